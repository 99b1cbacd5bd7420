"""What a month is calculated from: facts of a range of whole houses, each read once as a frame.

Facts that change inside a month are taken by days (residents, opening and closing of an account); conditions (areas,
connections, exclusions) as of the last day, the tariff and the norm as of the first day of the month: the law changes
them from a first day of a month.

Several months of the same houses may be read as one (the replay does). Then every month has houses and accounts of its
own: ``house_id``, ``account_id``, ``premise_id`` and ``municipality_id`` are moved by a width that the ids of these houses do
not exceed, so whatever is grouped or joined by them stays within its month. :meth:`Inputs.named` gives the ids and the month back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from startks.base.contracts.consumption import CONSUMPTION
from startks.base.db.months import Months
from startks.base.periods import days_in, first_day, last_day, shift
from startks.modules.billing.calculation.carry import packs_sql, unpacked
from startks.modules.billing.calculation.part_month import by_days

Read = Callable[[str], pl.DataFrame]
Consumption = Callable[[Read, Months, int, int], pl.DataFrame]


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

    Integers are scaled as the rules' inputs are: areas in hundredths, tariffs and norms in millionths. ``months``: one
    month, or several of the same houses in rising order.
    """

    def __init__(self, read: Read, *months: Month) -> None:
        self.read = read
        self.months = months
        self.dates = Months(tuple(month.period for month in months))
        """SQL of the days of each month"""
        self.houses_sql = months[0].houses

    @property
    def month(self) -> Month:
        """The month. ValueError where there are several: then :meth:`by_month` or ``dates`` has to be used."""
        (month,) = self.months
        return month

    @cached_property
    def _spans(self) -> tuple[int, int, int, int]:
        # OFFSET 0: else the planner walks the whole key of accounts in search of the least one of these houses.
        return self.read(f"""
            SELECT a.low, a.high, least(a.low_premise, p.low) AS low_premise, greatest(a.high_premise, p.high) AS high_premise
              FROM (SELECT coalesce(min(id), 0) AS low, coalesce(max(id), 0) AS high,
                           coalesce(min(premise_id), 0) AS low_premise, coalesce(max(premise_id), 0) AS high_premise
                      FROM (SELECT id, premise_id FROM account WHERE house_id {self.houses_sql} OFFSET 0) a) a,
                   (SELECT min(id) AS low, max(id) AS high
                      FROM (SELECT id FROM premise WHERE house_id {self.houses_sql} OFFSET 0) p) p""").row(0)

    @property
    def span(self) -> str:
        """``BETWEEN`` of the accounts' ids, so that big tables are read by their keys and not whole."""
        return f"BETWEEN {self._spans[0]} AND {self._spans[1]}"

    @property
    def premise_span(self) -> str:
        """``BETWEEN`` of the ids of the houses' premises."""
        return f"BETWEEN {self._spans[2]} AND {self._spans[3]}"

    # -- several months -------------------------------------------------------------------------------------------

    @cached_property
    def _widths(self) -> dict[str, int]:
        """By how much the ids of each kind are moved from one month to the next."""
        first = self.months[0]
        low, high, low_premise, high_premise = self._spans
        towns = self.read("SELECT coalesce(max(id), 0) + 1 AS width FROM municipality").item()
        return {"house_id": first.house_to - first.house_from + 1, "account_id": high - low + 1,
                "premise_id": high_premise - low_premise + 1, "municipality_id": towns}

    @cached_property
    def place(self) -> pl.Expr:
        """The place of a row's month among the months; rows have ``house_id``."""
        if not self.dates.several:
            return pl.lit(0, pl.Int32)
        return (pl.col("house_id") - self.months[0].house_from) // self._widths["house_id"]

    def by_month(self, values: Sequence[Any], dtype: Any = pl.Int64) -> pl.Expr:
        """What holds in the month of the row, as a column; ``values`` by place. Rows have ``house_id``."""
        return self.dates.number(values, self.place, dtype)

    def read_dated(self, statement: str) -> pl.DataFrame:
        """Rows of every month: ``statement`` uses the days of :attr:`dates`."""
        found = self.read(self.dates.each(statement))
        return self.numbered(found) if self.dates.several else found

    def numbered(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows with ``place`` (their month) under the ids of this run."""
        return frame.with_columns(
            (pl.col(name).cast(pl.Int64) + pl.col("place").cast(pl.Int64) * width).cast(frame.schema[name])
            for name, width in self._widths.items() if name in frame.columns
        ).drop("place")

    def named(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows of this run under the ids of the data base, and ``period``, their month; rows have ``house_id``."""
        if not self.dates.several:
            return frame.with_columns(pl.lit(self.month.period, pl.Int32).alias("period"))
        return frame.with_columns(self.by_month(self.dates.periods, pl.Int32).alias("period"), *(
            (pl.col(name) - self.place * self._widths[name]).cast(frame.schema[name]) for name in ("house_id", "account_id")
        ))

    def consumption(self, function: Consumption | None) -> pl.DataFrame:
        """Volumes of the meters (``CONSUMPTION``) by the metering module's function; nothing without one."""
        if function is None:
            return pl.DataFrame(schema=CONSUMPTION)
        found = function(self.read, self.dates, self.months[0].house_from, self.months[0].house_to)
        return self.numbered(found) if self.dates.several else found

    @cached_property
    def accounts(self) -> pl.DataFrame:
        """account_id, house_id, premise_id, nonresidential, days, area, heated, rooms, tenant, owners, person_days, persons,
        month_days, tenant_days, follows."""
        return by_days(self, self._everybody[0])

    @property
    def homes(self) -> pl.DataFrame:
        """account_id, house_id of all accounts of the houses, also of closed ones: debts outlive them."""
        return self._everybody[1]

    @cached_property
    def premises(self) -> pl.DataFrame:
        """premise_id, house_id, parent_id (of a room: its flat), rooms, area (hundredths of m²; of the last day), heated."""
        premises = self.read_dated(f"""
            SELECT id AS premise_id, house_id, parent_id, rooms FROM premise WHERE id {self.premise_span}""")
        areas = self.read_dated(f"""
            SELECT premise_id, (total_area * 100)::int8 AS area, heated FROM premise_area
             WHERE premise_id {self.premise_span} AND valid @> {self.dates.last}""")
        return premises.join(areas, on="premise_id", how="left", maintain_order="left")

    @cached_property
    def _everybody(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        # Five narrow reads: the server takes twice their time for one wide one.
        at = self.dates
        # The last day on which a closed account is there: nobody holds it after that.
        closed = f"""SELECT id AS account_id, closed_on - 1 AS last FROM account
                      WHERE house_id {self.houses_sql} AND closed_on > {at.start} AND closed_on < {at.until} OFFSET 0"""
        accounts = self.read_dated(f"""
            SELECT opened_on < {at.until} AND (closed_on IS NULL OR closed_on > {at.start}) AS charged,
                   id AS account_id, house_id, premise_id, kind = 'nonresidential' AS nonresidential,
                   (least(coalesce(closed_on, {at.until}), {at.until}) - greatest(opened_on, {at.start}))::int4 AS days
              FROM account WHERE house_id {self.houses_sql}""").sort("account_id")
        residents = self.read_dated(f"""
            SELECT account_id, sum(least(coalesce(upper(valid), {at.until}), {at.until})
                                   - greatest(coalesce(lower(valid), {at.start}), {at.start})) AS registered_days,
                   (count(*) FILTER (WHERE valid @> coalesce(closed.last, {at.last})))::int4 AS persons
              FROM residence LEFT JOIN ({closed}) closed USING (account_id)
             WHERE account_id {self.span} AND valid && daterange({at.start}, {at.until})
             GROUP BY 1""")
        holders = self.read_dated(f"""
            SELECT account_id, bool_or(tenure = 'tenant') AS tenant,
                   (count(*) FILTER (WHERE tenure = 'owner' AND person_id IS NOT NULL))::int4 AS owners
              FROM account_holder LEFT JOIN ({closed}) closed USING (account_id)
             WHERE account_id {self.span} AND valid @> coalesce(closed.last, {at.last})
             GROUP BY 1""")
        everybody = accounts.lazy().join(
            self.premises.lazy().select("premise_id", "area", "heated", "rooms"), on="premise_id", how="left", maintain_order="left"
        ).join(holders.lazy(), on="account_id", how="left", maintain_order="left").join(
            residents.lazy(), on="account_id", how="left", maintain_order="left"
        ).with_columns(
            pl.col("heated").fill_null(True), pl.col("rooms").fill_null(1), pl.col("tenant").fill_null(False),
            pl.col("owners", "persons", "registered_days").fill_null(0),
        ).collect()
        accounts = everybody.filter("charged").with_columns(
            # Nobody registered: as many residents as owners (ПП РФ 354 п. 56(2)).
            pl.when(pl.col("nonresidential")).then(0)
            .when(pl.col("registered_days") > 0).then(pl.col("registered_days"))
            .otherwise(pl.col("owners").cast(pl.Int64) * pl.col("days"))
            .alias("person_days"),
            self.by_month([month.days for month in self.months]).alias("month_days"),
        ).drop("charged", "registered_days")
        return accounts, everybody.select("account_id", "house_id")

    @cached_property
    def houses(self) -> pl.DataFrame:
        """house_id, total_area, common_area, heated_common_area, cut_off_area (hundredths of m²)."""
        return self.read_dated(f"""
            SELECT h.id AS house_id, (a.total_area * 100)::int8 AS total_area, (a.common_area * 100)::int8 AS common_area,
                   (a.heated_common_area * 100)::int8 AS heated_common_area,
                   (a.cut_off_area * 100)::int8 AS cut_off_area
              FROM house h
              LEFT JOIN house_area a ON a.house_id = h.id AND a.valid @> {self.dates.last}
             WHERE h.id {self.houses_sql}""")

    @cached_property
    def connections(self) -> pl.DataFrame:
        """house_id, service (code), service_id, resource, supplier_id, method, tariff (1e-6 ₽ or null), norm_category."""
        return self.read_dated(f"""
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
                   AND own.valid @> {self.dates.start}
              LEFT JOIN tariff town ON town.house_id IS NULL AND town.service_id = hs.service_id
                   AND town.municipality_id = d.municipality_id AND town.category = hs.tariff_category
                   AND town.valid @> {self.dates.start}
             WHERE hs.house_id {self.houses_sql} AND hs.valid @> {self.dates.last}""")

    @cached_property
    def exclusions(self) -> pl.DataFrame:
        """account_id, service_id: services the account does not get."""
        return self._of_accounts("account_service_exclusion")

    @cached_property
    def infeasible(self) -> pl.DataFrame:
        """account_id, service_id: a meter cannot be installed (act), so no raising coefficient."""
        return self._of_accounts("meter_infeasibility")

    def _of_accounts(self, table: str) -> pl.DataFrame:
        return self.read_dated(f"""
            SELECT x.account_id, x.service_id FROM {table} x JOIN account a ON a.id = x.account_id
             WHERE x.account_id {self.span} AND a.house_id {self.houses_sql}
               AND x.valid @> {self.dates.last}""")

    @cached_property
    def norms(self) -> pl.DataFrame:
        """municipality_id, service_id, purpose, norm_category, rooms, residents, norm (millionths)."""
        return self.read_dated(f"""
            SELECT municipality_id, service_id, purpose, category AS norm_category, rooms, residents,
                   (value * 1000000)::int8 AS norm
              FROM norm WHERE valid @> {self.dates.start}""")

    @cached_property
    def _parameter_values(self) -> list[tuple[str, int, dt.date, dt.date | None, bool]]:
        """Every value of every parameter: code, millionths, from, until, whether it is a town's own; these first, newest first."""
        return self.read("""
            SELECT code, (value * 1000000)::int8 AS value, coalesce(lower(valid), DATE '1900-01-01') AS since, upper(valid) AS until,
                   municipality_id IS NOT NULL AS own
              FROM parameter ORDER BY municipality_id NULLS LAST, lower(valid) DESC""").rows()

    @cached_property
    def _parameters(self) -> list[dict[str, int]]:
        return [
            {
                code: value for code, value, since, until, _ in reversed(self._parameter_values)
                if since <= month.start and (until is None or month.start < until)
            }
            for month in self.months
        ]  # fmt: skip

    def parameter(self, code: str, default: int) -> list[int]:
        """A number of the law in force on the first day of each month, millionths; the town's own wins over a national one."""
        return [known.get(code, default) for known in self._parameters]

    @property
    def is_heating_month(self) -> bool:
        """Whether homes were heated on any day of the only month."""
        return self.heating_months[self.months.index(self.month)]

    @cached_property
    def heating_months(self) -> list[bool]:
        """Whether homes were heated on any day of each month (a partial month counts, domain rule 1.7)."""
        at = self.dates
        frame = self.read(at.each(f"""
            SELECT 1 AS one FROM heating_season WHERE valid && daterange({at.start}, {at.until}) LIMIT 1"""))
        if not at.several:
            return [not frame.is_empty()]
        heated = set(frame["place"])
        return [place in heated for place in range(len(self.months))]

    @property
    def opening(self) -> pl.DataFrame:
        """account_id, house_id, service_id, supplier_id, opening: what the previous month's statement left."""
        return self._carried[0]

    @property
    def debts(self) -> pl.DataFrame:
        """LINE columns, origin, amount: unpaid months before the last one, and penalties (origin 0), at the month's start."""
        return self._carried[1]

    @cached_property
    def _carried(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Opening balances and debts by month: from the packs of the houses, from the ledger where there are none."""
        month = self.month
        rows = self.read(packs_sql(month.period, month.houses))
        if rows.is_empty():
            return self._opening_of(self.span), self._debts_of(self.span)
        opening, debts = unpacked(rows)
        left = self.homes.filter(~pl.col("house_id").is_in(rows["house_id"].unique().implode()))
        if left.is_empty():
            return opening, debts
        accounts = f"= ANY ('{{{','.join(map(str, left['account_id'].to_list()))}}}'::int[])"
        return pl.concat([opening, self._opening_of(accounts).select(opening.columns)]), pl.concat(
            [debts, self._debts_of(accounts).select(debts.columns)]
        )

    def _opening_of(self, accounts: str) -> pl.DataFrame:
        """Closing balances of the ledger; ``accounts``: a condition after account_id."""
        before = shift(self.month.period, -1)
        # By the key of accounts alone: rows are the largest read of all, and each column of them costs.
        return self.read(f"""
            SELECT account_id, service_id, supplier_id, closing AS opening FROM statement
             WHERE period = {before} AND account_id {accounts} AND closing <> 0""").join(
            self.homes, on="account_id", maintain_order="left"
        )

    def _debts_of(self, accounts: str) -> pl.DataFrame:
        """Debts by month of the ledger. A month that was never calculated here was brought with the town, its debts too."""
        before = shift(self.month.period, -1)
        return self.read(f"""
            SELECT account_id, service_id, supplier_id, origin, amount FROM month_debt
             WHERE period = {before} AND account_id {accounts}
            UNION ALL
            SELECT account_id, service_id, supplier_id, origin, amount FROM debt_origin
             WHERE account_id {accounts} AND origin <= {before}
               AND NOT EXISTS (SELECT 1 FROM period WHERE id = {before} AND calculated_at IS NOT NULL)""").join(
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
    def due_facts(self) -> tuple[set[dt.date], list[tuple[int, dt.date, dt.date | None]], bool]:
        """Days off; the town's due days (number, from, until) newest first; whether a day off moves the due day."""
        days_off = set(self.read("SELECT day FROM calendar_day WHERE kind IN ('holiday', 'weekend')")["day"])
        numbers = [(code, value // 1_000_000, since, until) for code, value, since, until, _ in self._parameter_values]
        own = [(number, since, until) for code, number, since, until in numbers if code == "due_day"]
        moves = next((number for code, number, *_ in numbers if code == "due_day_moves_from_day_off"), 1)
        return days_off, own, bool(moves)

    @cached_property
    def rate_facts(self) -> dict[str, list[tuple[int, dt.date, dt.date | None]]]:
        """Key rates and caps of the rate for penalties that the operator entered: (1e-6 %, from, until) newest first."""
        return {
            wanted: [(value, since, until) for code, value, since, until, own in self._parameter_values if code == wanted and not own]
            for wanted in ("key_rate", "penalty.rate_cap")
        }

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
