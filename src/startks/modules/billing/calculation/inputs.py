"""What a month is calculated from: facts of a range of whole houses, each read once as a frame.

Facts that change inside a month are taken by days (residents, opening and closing of an account); conditions (areas,
connections, exclusions) as of the last day, the tariff and the norm as of the first day of the month: the law changes
them from a first day of a month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from startks.base.periods import days_in, first_day, last_day, shift

Read = Callable[[str], pl.DataFrame]


@dataclass(frozen=True)
class Month:
    """The month and the houses of one piece of work."""

    period: int
    house_from: int
    house_to: int

    @property
    def start(self):
        return first_day(self.period)

    @property
    def end(self):
        """First day after the month."""
        return first_day(shift(self.period, 1))

    @property
    def last(self):
        return last_day(self.period)

    @property
    def days(self) -> int:
        return days_in(self.period)

    @property
    def houses(self) -> str:
        return f"BETWEEN {int(self.house_from)} AND {int(self.house_to)}"


class Inputs:
    """Lazily read frames of one piece of work. ``read`` runs a SELECT and returns a Polars frame.

    Integers are scaled as the rules' inputs are: areas in hundredths, tariffs and norms in millionths.
    """

    def __init__(self, read: Read, month: Month) -> None:
        self.read = read
        self.month = month

    @cached_property
    def _spans(self) -> tuple[str, str]:
        # OFFSET 0: else the planner walks the whole key of accounts in search of the least one of these houses.
        row = self.read(f"""
            SELECT coalesce(min(id), 0) AS low, coalesce(max(id), 0) AS high,
                   coalesce(min(premise_id), 0) AS low_premise, coalesce(max(premise_id), 0) AS high_premise
              FROM (SELECT id, premise_id FROM account WHERE house_id {self.month.houses} OFFSET 0) a""").row(0)
        return f"BETWEEN {row[0]} AND {row[1]}", f"BETWEEN {row[2]} AND {row[3]}"

    @property
    def span(self) -> str:
        """``BETWEEN`` of the accounts' ids, so that big tables are read by their keys and not whole."""
        return self._spans[0]

    @property
    def premise_span(self) -> str:
        """``BETWEEN`` of the ids of the accounts' premises."""
        return self._spans[1]

    @property
    def accounts(self) -> pl.DataFrame:
        """account_id, house_id, nonresidential, days, area, heated, rooms, tenant, owners, person_days, persons."""
        return self._everybody[0]

    @property
    def homes(self) -> pl.DataFrame:
        """account_id, house_id of all accounts of the houses, also of closed ones: debts outlive them."""
        return self._everybody[1]

    @cached_property
    def _everybody(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        m = self.month
        # The last day on which a closed account is there: nobody holds it after that.
        closed = f"""SELECT id AS account_id, closed_on - 1 AS last FROM account
                      WHERE house_id {m.houses} AND closed_on > DATE '{m.start}' AND closed_on < DATE '{m.end}' OFFSET 0"""
        everybody = self.read(f"""
            SELECT a.opened_on < DATE '{m.end}' AND (a.closed_on IS NULL OR a.closed_on > DATE '{m.start}') AS charged,
                   a.id AS account_id, a.house_id, a.kind = 'nonresidential' AS nonresidential,
                   (least(coalesce(a.closed_on, DATE '{m.end}'), DATE '{m.end}')
                    - greatest(a.opened_on, DATE '{m.start}'))::int4 AS days,
                   (pa.total_area * 100)::int8 AS area, coalesce(pa.heated, true) AS heated,
                   coalesce(p.rooms, 1)::int2 AS rooms, coalesce(t.tenant, false) AS tenant,
                   coalesce(t.owners, 0)::int4 AS owners, coalesce(r.person_days, 0)::int8 AS registered_days,
                   coalesce(r.persons, 0)::int4 AS persons
              FROM account a
              JOIN premise p ON p.id = a.premise_id AND p.id {self.premise_span}
              LEFT JOIN (
                SELECT premise_id, total_area, heated FROM premise_area
                 WHERE premise_id {self.premise_span} AND valid @> DATE '{m.last}' OFFSET 0) pa ON pa.premise_id = p.id
              LEFT JOIN (
                SELECT account_id,
                       sum(least(coalesce(upper(valid), DATE '{m.end}'), DATE '{m.end}')
                           - greatest(coalesce(lower(valid), DATE '{m.start}'), DATE '{m.start}')) AS person_days,
                       count(*) FILTER (WHERE valid @> coalesce(closed.last, DATE '{m.last}')) AS persons
                  FROM residence LEFT JOIN ({closed}) closed USING (account_id)
                 WHERE account_id {self.span} AND valid && daterange('{m.start}', '{m.end}')
                 GROUP BY 1) r ON r.account_id = a.id
              LEFT JOIN (
                SELECT account_id, bool_or(tenure = 'tenant') AS tenant,
                       count(*) FILTER (WHERE tenure = 'owner' AND person_id IS NOT NULL) AS owners
                  FROM account_holder LEFT JOIN ({closed}) closed USING (account_id)
                 WHERE account_id {self.span} AND valid @> coalesce(closed.last, DATE '{m.last}')
                 GROUP BY 1) t ON t.account_id = a.id
             WHERE a.house_id {m.houses}
        """).sort("account_id")
        accounts = everybody.filter("charged").with_columns(
            # Nobody registered: as many residents as owners (ПП РФ 354 п. 56(2)).
            pl.when(pl.col("nonresidential")).then(0)
            .when(pl.col("registered_days") > 0).then(pl.col("registered_days"))
            .otherwise(pl.col("owners").cast(pl.Int64) * pl.col("days"))
            .alias("person_days")
        ).drop("charged", "registered_days")
        return accounts, everybody.select("account_id", "house_id")

    @cached_property
    def houses(self) -> pl.DataFrame:
        """house_id, total_area, common_area, heated_common_area, cut_off_area (hundredths of m²)."""
        return self.read(f"""
            SELECT h.id AS house_id, (a.total_area * 100)::int8 AS total_area, (a.common_area * 100)::int8 AS common_area,
                   (a.heated_common_area * 100)::int8 AS heated_common_area,
                   (a.cut_off_area * 100)::int8 AS cut_off_area
              FROM house h
              LEFT JOIN house_area a ON a.house_id = h.id AND a.valid @> DATE '{self.month.last}'
             WHERE h.id {self.month.houses}""")

    @cached_property
    def connections(self) -> pl.DataFrame:
        """house_id, service (code), service_id, resource, supplier_id, method, tariff (1e-6 ₽ or null), norm_category."""
        m = self.month
        return self.read(f"""
            SELECT hs.house_id, s.code AS service, hs.service_id, s.resource, c.organisation_id AS supplier_id, hs.method,
                   hs.norm_category, d.municipality_id,
                   (coalesce(own.value, town.value) * 1000000)::int8 AS tariff
              FROM house_service hs
              JOIN service s ON s.id = hs.service_id
              JOIN contract c ON c.id = hs.contract_id
              JOIN house h ON h.id = hs.house_id
              JOIN district d ON d.id = h.district_id
              LEFT JOIN tariff own ON own.house_id = hs.house_id AND own.service_id = hs.service_id
                   AND own.municipality_id = d.municipality_id AND own.category = hs.tariff_category
                   AND own.valid @> DATE '{m.start}'
              LEFT JOIN tariff town ON town.house_id IS NULL AND town.service_id = hs.service_id
                   AND town.municipality_id = d.municipality_id AND town.category = hs.tariff_category
                   AND town.valid @> DATE '{m.start}'
             WHERE hs.house_id {m.houses} AND hs.valid @> DATE '{m.last}'""")

    @cached_property
    def exclusions(self) -> pl.DataFrame:
        """account_id, service_id: services the account does not get."""
        return self._of_accounts("account_service_exclusion")

    @cached_property
    def infeasible(self) -> pl.DataFrame:
        """account_id, service_id: a meter cannot be installed (act), so no raising coefficient."""
        return self._of_accounts("meter_infeasibility")

    def _of_accounts(self, table: str) -> pl.DataFrame:
        return self.read(f"""
            SELECT x.account_id, x.service_id FROM {table} x JOIN account a ON a.id = x.account_id
             WHERE x.account_id {self.span} AND a.house_id {self.month.houses}
               AND x.valid @> DATE '{self.month.last}'""")

    @cached_property
    def norms(self) -> pl.DataFrame:
        """municipality_id, service_id, purpose, norm_category, rooms, residents, norm (millionths)."""
        return self.read(f"""
            SELECT municipality_id, service_id, purpose, category AS norm_category, rooms, residents,
                   (value * 1000000)::int8 AS norm
              FROM norm WHERE valid @> DATE '{self.month.start}'""")

    @cached_property
    def parameters(self) -> dict[str, int]:
        """Numbers of the law in force on the first day, millionths, by code; the town's own win over national ones."""
        frame = self.read(f"""
            SELECT code, (value * 1000000)::int8 AS value FROM parameter
             WHERE valid @> DATE '{self.month.start}' ORDER BY municipality_id NULLS FIRST""")
        return dict(frame.iter_rows())

    @cached_property
    def is_heating_month(self) -> bool:
        """Whether homes were heated on any day of the month (a partial month counts, domain rule 1.7)."""
        m = self.month
        return not self.read(f"""
            SELECT 1 AS one FROM heating_season
             WHERE valid && daterange('{m.start}', '{m.end}') LIMIT 1""").is_empty()

    @cached_property
    def opening(self) -> pl.DataFrame:
        """account_id, house_id, service_id, supplier_id, opening: what the previous month's statement left."""
        before = shift(self.month.period, -1)
        # By the key of accounts alone: rows are the largest read of all, and each column of them costs.
        return self.read(f"""
            SELECT account_id, service_id, supplier_id, closing AS opening FROM statement
             WHERE period = {before} AND account_id {self.span} AND closing <> 0""").join(
            self.homes, on="account_id", maintain_order="left"
        )

    @cached_property
    def payments(self) -> pl.DataFrame:
        """account_id, house_id, received (kopecks) in the month."""
        return self.payments_by_day.join(self.homes, on="account_id").group_by("account_id", "house_id").agg(
            pl.col("amount").sum().alias("received")
        )

    @cached_property
    def payments_by_day(self) -> pl.DataFrame:
        """account_id, paid_on, amount (kopecks) of every payment that the month takes."""
        return self.read(f"""
            SELECT account_id, paid_on, amount FROM payment
             WHERE account_id {self.span} AND period = {self.month.period}""")

    @cached_property
    def debts(self) -> pl.DataFrame:
        """LINE columns, origin, amount: unpaid months before the last one, and penalties (origin 0), at the month's start.

        A month that was never calculated here was brought with the town: its debts are those of the import.
        """
        before = shift(self.month.period, -1)
        return self.read(f"""
            SELECT account_id, service_id, supplier_id, origin, amount FROM month_debt
             WHERE period = {before} AND account_id {self.span}
            UNION ALL
            SELECT account_id, service_id, supplier_id, origin, amount FROM debt_origin
             WHERE account_id {self.span} AND origin <= {before}
               AND NOT EXISTS (SELECT 1 FROM period WHERE id = {before} AND calculated_at IS NOT NULL)""").join(
            self.homes, on="account_id", maintain_order="left"
        )

    @cached_property
    def due_facts(self) -> tuple[set[dt.date], list[tuple[int, dt.date, dt.date | None]], bool]:
        """Days off; the town's due days (number, from, until) newest first; whether a day off moves the due day."""
        days_off = set(self.read("SELECT day FROM calendar_day WHERE kind IN ('holiday', 'weekend')")["day"])
        rows = self.read("""
            SELECT code, value::int4 AS number, coalesce(lower(valid), DATE '1900-01-01') AS since, upper(valid) AS until
              FROM parameter WHERE code IN ('due_day', 'due_day_moves_from_day_off')
             ORDER BY municipality_id NULLS LAST, lower(valid) DESC""").rows()
        own = [row[1:] for row in rows if row[0] == "due_day"]
        moves = next((row[1] for row in rows if row[0] != "due_day"), 1)
        return days_off, own, bool(moves)

    @cached_property
    def recalculations(self) -> pl.DataFrame:
        """LINE columns and recalculation (kopecks): what the replay of closed months posted into this one."""
        return self.read(f"""
            SELECT house_id, account_id, service_id, supplier_id, sum(amount)::int8 AS recalculation FROM recalculation
             WHERE period = {self.month.period} AND account_id {self.span} GROUP BY 1, 2, 3, 4""")

    @cached_property
    def services(self) -> dict[str, int]:
        """Service ids by code."""
        return dict(self.read("SELECT code, id FROM service").iter_rows())

    @cached_property
    def agent(self) -> int:
        """Organisation that keeps advances: the settlement centre."""
        frame = self.read("SELECT id FROM organisation ORDER BY (role = 'settlement_centre') DESC, id LIMIT 1")
        return frame.item()
