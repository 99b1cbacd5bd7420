"""The yearly corrections: heating paid in even parts (ПП РФ 354 п. 42(1), приложение 2 п. 3(4), 3(6)) and resources of the
common property charged by norm (ПП РФ 491 п. 29(2), method ``common.norm_settled``).

    found = look(connection, 2026)      # what would be posted, and the houses that cannot be settled, with the reason
    settle(connection, 2026)            # posts it into the open month

What the house's resource cost by its meter, month by month, is shared by area; what was charged in the year is taken off. Each
account answers for its own months and days. The difference stands in the open month as a recalculation of kind ``year``.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, text

from startks.base.db.bulk import copy_frame, plain_reader
from startks.base.errors import StartksError
from startks.base.periods import days_in
from startks.domain.calc.interpret import apply_bulk
from startks.domain.calc.registry import rule_for
from startks.domain.ledger.models import Recalculation
from startks.domain.periods.services import current_period
from startks.modules.billing.calculation.inputs import Month, Read
from startks.modules.billing.calculation.run import save_rules

MONTHS = 12


@dataclass(frozen=True)
class Kind:
    """What is settled: SQL of the services behind a balance (``r`` is its resource), the method, the volume; the rules; words."""

    service: str
    method: str
    volume: str
    share: str
    correction: str
    heated: bool
    words: str


KINDS = (
    Kind("s.id = r.id AND r.code = 'heating'", "heat.odpu.even", "house_volume", "heating.actual_share",
         "heating.year_correction", True,
         "Корректировка платы за отопление за {} год (ПП РФ 354 п. 42(1), формула 3(4)): тепло дома по счётчику стоило {} ₽, "
         "доля помещения {} из {} м², начислено за год {} ₽"),
    Kind("s.resource = r.code AND s.section = 'common' AND right(s.code, 5) <> '_heat'", "common.norm_settled", "common_volume",
         "common.actual_share", "common.year_difference", False,
         "Корректировка платы за ресурс на общее имущество за {} год (ПП РФ 491 п. 29(2)): по общедомовому счётчику он стоил {} ₽, "
         "доля помещения {} из {} м², начислено за год {} ₽"),
)

# The house's volume and its price, month by month. A month without a house meter gives no row.
_HOUSE = """
    SELECT b.house_id, b.period, b.{volume} AS house_volume, b.total_area AS all_area, c.organisation_id AS supplier_id,
           hs.service_id, (coalesce(own.value, town.value) * 1000000)::int8 AS tariff
      FROM house_balance b
      JOIN service r ON r.id = b.service_id
      JOIN service s ON {service}
      JOIN LATERAL (SELECT make_date(b.period / 100, mod(b.period, 100), 1) AS first) d ON true
      JOIN house_service hs ON hs.house_id = b.house_id AND hs.service_id = s.id AND hs.method = '{method}'
           AND hs.valid @> (d.first + interval '1 month' - interval '1 day')::date
      JOIN contract c ON c.id = hs.contract_id
      JOIN house h ON h.id = b.house_id
      JOIN district t ON t.id = h.district_id
      LEFT JOIN tariff own ON own.house_id = h.id AND own.service_id = hs.service_id AND own.municipality_id = t.municipality_id
           AND own.category = hs.tariff_category AND own.valid @> d.first
      LEFT JOIN tariff town ON town.house_id IS NULL AND town.service_id = hs.service_id
           AND town.municipality_id = t.municipality_id AND town.category = hs.tariff_category AND town.valid @> d.first
     WHERE b.period BETWEEN {first} AND {last} AND b.has_meter"""

# What each account was charged, and its days in each month; a premise cut off from heating has no heating settled.
_CHARGED = """
    SELECT z.house_id, z.account_id, z.period, z.service_id, z.supplier_id, sum(z.charge)::int8 AS charged,
           greatest(0, least(coalesce(a.closed_on, d.until), d.until) - greatest(a.opened_on, d.first))::int8 AS days,
           (pa.total_area * 100)::int8 AS area
      FROM (SELECT house_id, account_id, period, service_id, supplier_id, charge FROM statement
             WHERE period BETWEEN {first} AND {last}
             UNION ALL
            SELECT house_id, account_id, for_period, service_id, supplier_id, amount FROM recalculation
             WHERE for_period BETWEEN {first} AND {last} AND kind = 'replay') z
      JOIN account a ON a.id = z.account_id
      JOIN LATERAL (SELECT make_date(z.period / 100, mod(z.period, 100), 1) AS first,
                           (make_date(z.period / 100, mod(z.period, 100), 1) + interval '1 month')::date AS until) d ON true
      JOIN premise_area pa ON pa.premise_id = a.premise_id AND pa.valid @> d.until - 1 AND (pa.heated OR NOT {heated})
     WHERE z.house_id = ANY('{{{houses}}}'::int[]) AND z.service_id = ANY('{{{services}}}'::smallint[])
     GROUP BY z.house_id, z.account_id, z.period, z.service_id, z.supplier_id, a.opened_on, a.closed_on, d.first, d.until,
              pa.total_area"""


@dataclass(frozen=True)
class YearSettlement:
    """What a year's corrections would post. ``rows``: columns of ``recalculation``; ``refused``: house_id, service_id, months
    (found with a house meter), lacks (a tariff or an area)."""

    year: int
    period: int
    rows: pl.DataFrame
    refused: pl.DataFrame

    @property
    def amount(self) -> int:
        """Sum of all corrections, kopecks."""
        return int(self.rows["amount"].sum())


def look(connection: Connection, year: int) -> YearSettlement:
    """Compute the corrections of a year; nothing is written. StartksError where the year is not over or no month is open."""
    period = current_period(connection)
    if period is None:
        raise StartksError("Нет открытого месяца, в который внести корректировку: откройте следующий период.")
    if period // 100 <= year:
        raise StartksError(
            f"Год {year} ещё не закончен: корректировку вносят в первом квартале следующего года (ПП РФ 354 п. 42(1))."
        )
    read, rows, refused = plain_reader(connection), [], []
    for kind in KINDS:
        found, without = _of_kind(read, kind, year, period)
        rows += found
        refused.append(without)
    return YearSettlement(year, period, pl.concat(rows) if rows else pl.DataFrame(), pl.concat(refused))


def _of_kind(read: Read, kind: Kind, year: int, period: int) -> tuple[list[pl.DataFrame], pl.DataFrame]:
    """Corrections of a kind and the houses' services that cannot be settled."""
    span, key = {"first": year * 100 + 1, "last": year * 100 + MONTHS}, ["house_id", "service_id"]
    house = read(_HOUSE.format(**span, volume=kind.volume, service=kind.service, method=kind.method))
    known = house.group_by(key).agg(
        pl.len().alias("months"), (pl.col("tariff").is_null() | (pl.col("all_area") == 0)).any().alias("lacks")
    )
    whole = known.filter((pl.col("months") == MONTHS) & ~pl.col("lacks"))
    refused = known.join(whole, on=key, how="anti").sort(key)
    house = house.join(whole.select(key), on=key)
    if house.is_empty():
        return [], refused
    ids = {name: ",".join(map(str, house[column].unique().to_list())) for name, column in
           (("houses", "house_id"), ("services", "service_id"))}
    charged = read(_CHARGED.format(**span, **ids, heated=kind.heated))
    return [_corrections(kind, year, period, house, charged)], refused


def _corrections(kind: Kind, year: int, period: int, house: pl.DataFrame, charged: pl.DataFrame) -> pl.DataFrame:
    month_days = {year * 100 + month: days_in(year * 100 + month) for month in range(1, MONTHS + 1)}
    keys = ["house_id", "account_id", "service_id", "supplier_id"]
    lines = charged.join(
        house.select("house_id", "service_id", "period", "house_volume", "tariff", "all_area"),
        on=["house_id", "service_id", "period"],
    ).with_columns(pl.col("period").replace_strict(month_days, return_dtype=pl.Int64).alias("month_days"))
    cost = pl.col("house_volume").cast(pl.Int128) * pl.col("tariff").cast(pl.Int128)
    # Of a part of a month the account answers for the cost of its days, to a billionth of a kopeck.
    of_days = (cost * pl.col("days") * 2 + pl.col("month_days")) // (pl.col("month_days") * 2)
    accounts = lines.sort(*keys, "period").with_columns(of_days.alias("house_cost")).group_by(keys, maintain_order=True).agg(
        pl.col("house_cost").sum(), pl.col("charged").sum(), pl.col("area").last(), pl.col("all_area").last(),
    )
    day = Month(year * 100 + MONTHS, 0, 0).start
    rule = rule_for(kind.correction, day)
    shares = apply_bulk(rule_for(kind.share, day), accounts).rename({"share": "actual_share"})
    return apply_bulk(rule, shares).filter(pl.col("correction") != 0).select(
        pl.lit(period, pl.Int32).alias("period"), pl.lit(year * 100 + MONTHS, pl.Int32).alias("for_period"), *keys,
        pl.lit(rule.id, pl.Int16).alias("rule_id"), "charged", pl.col("actual_share").alias("computed"),
        pl.col("correction").alias("amount"), pl.lit(0, pl.Int64).alias("volume_charged"),
        pl.lit(0, pl.Int64).alias("volume_computed"), pl.lit("{}").alias("causes"), pl.lit("year").alias("kind"),
        pl.format(
            kind.words, pl.lit(year), _decimal(pl.col("house_cost") // 10**10, 2), _decimal(pl.col("area"), 2),
            _decimal(pl.col("all_area"), 2), _decimal(pl.col("charged"), 2),
        ).alias("reason"),
    )


def _decimal(number: pl.Expr, places: int) -> pl.Expr:
    """Whole units of the last place as «-1234,56»."""
    unit, size = 10**places, number.abs()
    sign = pl.when(number < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.format("{}{},{}", sign, size // unit, (size % unit).cast(pl.String).str.zfill(places))


def settle(connection: Connection, year: int) -> YearSettlement:
    """Post the corrections of a year into the open month. Done again it posts the same rows, never a second time.

    Raises StartksError as :func:`look`, and where the year was settled in a month that is closed already.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('billing.year', 0))"))
    found = look(connection, year)
    earlier = connection.scalar(
        text("SELECT min(period) FROM recalculation WHERE kind = 'year' AND for_period = :month AND period < :open"),
        {"month": year * 100 + MONTHS, "open": found.period},
    )
    if earlier:
        raise StartksError(f"Корректировка за {year} год уже внесена в {earlier // 100}-{earlier % 100:02d}: второй раз её не вносят.")
    connection.execute(
        text("DELETE FROM recalculation WHERE kind = 'year' AND for_period = :month AND period = :open"),
        {"month": year * 100 + MONTHS, "open": found.period},
    )
    save_rules(connection)
    if found.rows.height:
        copy_frame(connection, Recalculation.__table__, found.rows)
        connection.execute(  # what was rehearsed lacks these rows
            text("UPDATE period SET state = 'open', rehearsed_at = NULL WHERE id = :id AND state = 'rehearsed'"),
            {"id": found.period},
        )
    return found
