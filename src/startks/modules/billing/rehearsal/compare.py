"""Two months of a range of whole houses side by side: every line whose money changed, the cause, and its part of the sum.

A change of the charge is split exactly: what another tariff makes of this month's volume is the tariff's, the rest is the
cause of the other volume. Recalculations, what acts and absences take off, benefits and penalties are causes of their own. The parts of a line sum to its
whole change.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from startks.base.periods import first_day, last_day, shift
from startks.domain.calc.registry import all_rules
from startks.modules.billing.calculation.inputs import Inputs, Month, Read
from startks.modules.billing.rehearsal.causes import Cause

KEY = ["account_id", "service_id"]
MONEY = ["charge", "recalculation", "reduction", "benefit", "penalty"]
ROWS = {"cause": pl.Int16, "service_id": pl.Int16, "account_id": pl.Int32, "house_id": pl.Int32, "before": pl.Int64,
        "after": pl.Int64, "change": pl.Int64}

JUMP_TIMES = 5
"""A volume so many times the largest of the last months looks like an extra digit."""
JUMP_KOPECKS = 50_000
"""… where it also costs at least 500 ₽ more."""
USUAL_MONTHS = 6

NORMED = ("norm", "norm_raised", "persons", "area", "common.norm", "heat.norm", "month_norm", "norm_by_use")
BY_HOUSE = ("common.share", "common.credit", "heat.odpu")


def compare(read: Read, period: int, low: int, high: int) -> pl.DataFrame:
    """Changed lines of the houses ``low`` … ``high`` (columns ``ROWS``, kopecks); ``read`` runs a SELECT.

    ``before`` and ``after`` are what the line charged in the two months (charge + recalculation + penalty − benefit);
    ``change`` is the part of their difference that the cause makes.
    """
    lines = _lines(read, period, low, high)
    facts = Facts(read, period, low, high)
    parts = [_price(lines), _rest(read, lines, facts)]
    for column, cause, sign in (
        ("recalculation", Cause.RECALCULATION, 1), ("reduction", Cause.REDUCTION, 1), ("benefit", Cause.BENEFIT, -1), ("penalty", Cause.PENALTY, 1)
    ):
        parts.append(lines.select(
            *_shared(cause), (sign * (pl.col(column) - pl.col(f"{column}_before"))).alias("change")
        ))
    return pl.concat([part.select([pl.col(name).cast(kind) for name, kind in ROWS.items()]) for part in parts]).filter(
        pl.col("change") != 0
    )


def groups(rows: pl.DataFrame) -> list[dict]:
    """Sums by cause and service, and by cause alone (service 0): accounts, houses, before and change in kopecks."""
    sums = [
        pl.col("account_id").n_unique().alias("accounts"), pl.col("house_id").n_unique().alias("houses"),
        pl.col("before").sum(), pl.col("change").sum(),
    ]
    by_service = rows.group_by("cause", "service_id").agg(sums)
    whole = rows.group_by("cause").agg(sums).with_columns(pl.lit(0, pl.Int16).alias("service_id"))
    return pl.concat([by_service, whole.select(by_service.columns)]).to_dicts()


def _lines(read: Read, period: int, low: int, high: int) -> pl.DataFrame:
    """One row an account and service of either month; sums over suppliers, rule and tariff of the dearest one."""
    frames = [_month(read, month, low, high) for month in (period, shift(period, -1))]
    before = frames[1].rename({name: f"{name}_before" for name in frames[1].columns if name not in KEY})
    joined = frames[0].join(before, on=KEY, how="full", coalesce=True)
    numbers = [*MONEY, "volume", "tariff"]
    return joined.with_columns(
        pl.coalesce("house_id", "house_id_before").alias("house_id"),
        pl.col(*numbers, *(f"{name}_before" for name in numbers)).fill_null(0),
        pl.col("family", "family_before").fill_null(""),
    )


def _month(read: Read, period: int, low: int, high: int) -> pl.DataFrame:
    frame = read(f"""
        SELECT account_id, service_id, supplier_id, house_id, rule_id, volume, tariff, charge, recalculation, benefit, penalty
          FROM statement
         WHERE period = {int(period)} AND house_id BETWEEN {int(low)} AND {int(high)}
           AND (rule_id <> 0 OR charge <> 0 OR recalculation <> 0 OR benefit <> 0 OR penalty <> 0)""")
    taken = read(f"""
        SELECT account_id, service_id, supplier_id, sum(amount)::int8 AS reduction FROM reduction
         WHERE period = {int(period)} AND house_id BETWEEN {int(low)} AND {int(high)} GROUP BY 1, 2, 3""")
    frame = frame.join(taken, on=[*KEY, "supplier_id"], how="left").with_columns(pl.col("reduction").fill_null(0)).with_columns(
        (pl.col("recalculation") - pl.col("reduction")).alias("recalculation")
    ).drop("supplier_id")
    frame = frame.join(families(), on="rule_id", how="left").drop("rule_id")
    if frame.select(KEY).is_duplicated().any():
        frame = frame.sort("charge").group_by(KEY).agg(
            pl.col("house_id").first(), pl.col(*MONEY, "volume").sum(), pl.col("tariff", "family").last()
        )
    return frame.select(*KEY, "house_id", "volume", "tariff", *MONEY, "family")


@cache
def families() -> pl.DataFrame:
    """rule_id → kind of rule: meter, average, norm, …; common.share, heat.odpu for what a whole house shares."""
    found = []
    for rule in all_rules():
        group, _, kind = rule.key.partition(".")
        if group == "common":
            kind = "common." + ("credit" if "credit" in kind else kind.partition("_")[0])
        elif group == "heating" and kind.startswith(("odpu", "norm")):
            kind = "heat." + kind.partition("_")[0]
        found.append({"rule_id": rule.id, "family": kind})
    return pl.DataFrame(found, schema={"rule_id": pl.Int16, "family": pl.String})


def _shared(cause: Cause | pl.Expr) -> list[pl.Expr]:
    whole = pl.col("charge") + pl.col("recalculation") + pl.col("reduction") + pl.col("penalty") - pl.col("benefit")
    before = (pl.col("charge_before") + pl.col("recalculation_before") + pl.col("reduction_before")
              + pl.col("penalty_before") - pl.col("benefit_before"))
    name = cause if isinstance(cause, pl.Expr) else pl.lit(int(cause))
    return [name.alias("cause"), pl.col(*KEY, "house_id"), before.alias("before"), whole.alias("after")]


def _of_price() -> pl.Expr:
    """What the new tariff makes of this month's charge: charge − charge × old ÷ new, half-up by magnitude.

    A kopeck that is left is the rounding of two months, not a cause.
    """
    wide = pl.col("charge").cast(pl.Int128) * pl.col("tariff_before").cast(pl.Int128)
    old = ((2 * wide.abs() + pl.col("tariff").cast(pl.Int128)) // (2 * pl.col("tariff").cast(pl.Int128))) * wide.sign()
    changed = (pl.col("tariff") > 0) & (pl.col("tariff_before") > 0) & (pl.col("tariff") != pl.col("tariff_before"))
    whole = pl.col("charge") - pl.col("charge_before")
    part = pl.col("charge") - old.cast(pl.Int64)
    return pl.when(changed).then(pl.when((whole - part).abs() <= 1).then(whole).otherwise(part)).otherwise(0)


def _price(lines: pl.DataFrame) -> pl.DataFrame:
    changed = lines.filter((pl.col("tariff") != pl.col("tariff_before")) & (pl.col("tariff") > 0)
                           & (pl.col("tariff_before") > 0))
    return changed.select(*_shared(Cause.TARIFF), _of_price().alias("change"))


class Facts:
    """What changed between the two months in the registers and books: few rows each, read once."""

    def __init__(self, read: Read, period: int, low: int, high: int) -> None:
        before = shift(period, -1)
        self.read = read
        self.houses = f"BETWEEN {int(low)} AND {int(high)}"
        self.start, self.start_before = first_day(period), first_day(before)
        self.last, self.last_before = last_day(period), last_day(before)
        self.period = period
        season = [Inputs(read, Month(month, low, high)).is_heating_month for month in (period, before)]
        self.season_changed = season[0] != season[1]

    def _within(self, column: str) -> str:
        """A dated row began or ended after the first day of the month before and not after this month's end."""
        return (f"(lower({column}) > DATE '{self.start_before}' AND lower({column}) <= DATE '{self.last}'"
                f" OR upper({column}) > DATE '{self.start_before}' AND upper({column}) <= DATE '{self.last}')")

    def accounts(self) -> pl.DataFrame:
        """account_id with marks: opened, closed, residents, area."""
        return self.read(f"""
            SELECT account_id, bool_or(what = 1) AS opened, bool_or(what = 2) AS closed, bool_or(what = 3) AS residents,
                   bool_or(what = 4) AS area
              FROM (SELECT id AS account_id, 1 AS what FROM account
                     WHERE house_id {self.houses} AND opened_on > DATE '{self.start_before}' AND opened_on <= DATE '{self.last}'
                    UNION ALL
                    SELECT id, 2 FROM account
                     WHERE house_id {self.houses} AND closed_on > DATE '{self.start_before}' AND closed_on <= DATE '{self.last}'
                    UNION ALL
                    SELECT r.account_id, 3 FROM residence r JOIN account a ON a.id = r.account_id
                     WHERE a.house_id {self.houses} AND {self._within("r.valid")}
                    UNION ALL
                    SELECT h.account_id, 3 FROM account_holder h JOIN account a ON a.id = h.account_id
                     WHERE a.house_id {self.houses} AND {self._within("h.valid")}
                    UNION ALL
                    SELECT a.id, 4 FROM premise_area p JOIN account a ON a.premise_id = p.premise_id
                     WHERE a.house_id {self.houses} AND {self._within("p.valid")}) found
             GROUP BY account_id""")

    def lines(self) -> pl.DataFrame:
        """account_id, service_id with marks: connection (house or account), error."""
        return self.read(f"""
            SELECT account_id, service_id, bool_or(what = 1) AS connection, bool_or(what = 2) AS error
              FROM (SELECT a.id AS account_id, hs.service_id, 1 AS what
                      FROM house_service hs JOIN account a ON a.house_id = hs.house_id
                     WHERE hs.house_id {self.houses} AND {self._within("hs.valid")}
                    UNION ALL
                    SELECT x.account_id, x.service_id, 1 FROM account_service_exclusion x JOIN account a ON a.id = x.account_id
                     WHERE a.house_id {self.houses} AND {self._within("x.valid")}
                    UNION ALL
                    SELECT account_id, service_id, 2 FROM calculation_error
                     WHERE period IN ({int(self.period)}, {shift(self.period, -1)}) AND house_id {self.houses}
                       AND severity = 'error' AND account_id IS NOT NULL AND service_id IS NOT NULL) found
             GROUP BY account_id, service_id""")

    def areas(self) -> pl.DataFrame:
        """house_id of houses whose areas changed."""
        return self.read(f"SELECT DISTINCT house_id FROM house_area WHERE house_id {self.houses} AND {self._within('valid')}")

    def norms(self) -> list[int]:
        """Services whose norms begin with this month."""
        frame = self.read(f"""
            SELECT DISTINCT service_id FROM norm
             WHERE lower(valid) > DATE '{self.start_before}' AND lower(valid) <= DATE '{self.start}'""")
        return frame["service_id"].to_list()

    def coefficient_changed(self) -> bool:
        """Whether a raising coefficient changed with this month."""
        return not self.read(f"""
            SELECT 1 AS one FROM parameter WHERE code LIKE 'raising_coefficient.%'
               AND lower(valid) > DATE '{self.start_before}' AND lower(valid) <= DATE '{self.start}' LIMIT 1""").is_empty()

    def services(self) -> dict[str, int]:
        """Service ids by code."""
        return dict(self.read("SELECT code, id FROM service").iter_rows())


def _rest(read: Read, lines: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """What is left of a change of charge after the tariff, by the cause of the volume."""
    services = facts.services()
    rest = lines.with_columns((pl.col("charge") - pl.col("charge_before") - _of_price()).alias("change")).filter(
        pl.col("change") != 0
    )
    marks = ["opened", "closed", "residents", "area", "connection", "error", "house_area"]
    rest = (
        rest.join(facts.accounts(), on="account_id", how="left").join(facts.lines(), on=KEY, how="left")
        .join(facts.areas().with_columns(pl.lit(True).alias("house_area")), on="house_id", how="left")
        .with_columns(pl.col(*marks).fill_null(False))
    )
    rest = _with_jumps(read, rest, facts)
    power = [services[code] for code in ("electricity", "electricity_day", "electricity_night") if code in services]
    # A two-zone meter without readings is charged as plain electricity: the service changes, the cause is the reading.
    swapped = pl.col("service_id").is_in(power) & (
        (pl.col("family") == "") | (pl.col("family_before") == "")
    ) & (pl.col("service_id").is_in(power).cast(pl.Int32).sum().over("account_id") > 1)
    now, then = pl.col("family"), pl.col("family_before")
    appeared, gone, same = then == "", now == "", now == then
    by_norm = ["norm", "norm_raised"]
    either = pl.when(appeared).then(now).otherwise(then)
    house_shares = now.is_in(BY_HOUSE) | then.is_in(BY_HOUSE)
    normed = now.is_in(NORMED) & same
    heating = pl.col("service_id") == services.get("heating", -1)
    chain = [
        (pl.col("jump"), Cause.JUMP),
        (gone & pl.col("error"), Cause.ERROR),
        (pl.col("opened"), Cause.OPENED),
        (pl.col("closed"), Cause.CLOSED),
        (heating & pl.lit(facts.season_changed) & ~(same & (now == "heat.odpu")), Cause.SEASON),
        (pl.col("connection"), Cause.CONNECTION),
        (swapped & now.is_in(by_norm), Cause.NO_READING_NORM),
        (swapped & then.is_in(by_norm), Cause.READING_CAME),
        (swapped & gone, Cause.NO_READING_NORM),
        (swapped & appeared, Cause.READING_CAME),
        (~appeared & (now == "average") & (then == "meter"), Cause.NO_READING_AVERAGE),
        (~appeared & now.is_in(by_norm) & then.is_in(["meter", "average"]), Cause.NO_READING_NORM),
        ((now == "meter") & then.is_in(["average", *by_norm]), Cause.READING_CAME),
        (now.is_in(by_norm) & then.is_in(by_norm) & ~same, Cause.COEFFICIENT),
        (house_shares, Cause.HOUSE_METER),
        (~appeared & ~gone & ~same, Cause.METHOD),
        (normed & pl.col("service_id").is_in(facts.norms()), Cause.NORM),
        (pl.col("residents") & (normed | appeared | gone), Cause.RESIDENTS),
        ((pl.col("area") | pl.col("house_area")) & (normed | appeared | gone), Cause.AREA),
        (normed & pl.lit(facts.coefficient_changed()) & (now == "norm_raised"), Cause.COEFFICIENT),
        (appeared & pl.col("error"), Cause.ERROR),
        (either.is_in(["meter", "average"]), Cause.CONSUMPTION),
    ]
    cause = pl.lit(None, pl.Int16)
    for condition, name in reversed(chain):
        cause = pl.when(condition).then(pl.lit(int(name), pl.Int16)).otherwise(cause)
    rest = rest.with_columns(cause.alias("cause"))
    return _followers(rest, services).select(*_shared(pl.col("cause")), "change")


def _followers(rest: pl.DataFrame, services: dict[str, int]) -> pl.DataFrame:
    """Sewerage has the cause of the account's water; what is still without a cause is said to be so."""
    water = [services.get(code, -1) for code in ("cold_water", "hot_water")]
    leader = (
        rest.filter(pl.col("service_id").is_in(water) & pl.col("cause").is_not_null())
        .sort(pl.col("change").abs(), descending=True).unique("account_id", keep="first", maintain_order=True)
        .select("account_id", pl.col("cause").alias("leader"))
    )
    follows = (pl.col("service_id") == services.get("sewerage", -1)) & pl.col("leader").is_not_null()
    return rest.join(leader, on="account_id", how="left").with_columns(
        pl.when(follows & (pl.col("cause").is_null() | (pl.col("family") == "sum"))).then("leader")
        .otherwise("cause").fill_null(int(Cause.UNEXPLAINED)).alias("cause")
    )


def _with_jumps(read: Read, rest: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Mark metered volumes that are many times the usual: the largest of the last months, or the houses' median."""
    metered = (pl.col("family") == "meter") & (pl.col("change") >= JUMP_KOPECKS)
    suspects = rest.filter(metered & (pl.col("volume") > JUMP_TIMES * pl.col("volume_before"))).select(*KEY, "volume")
    if suspects.is_empty():
        return rest.with_columns(pl.lit(False).alias("jump"))
    accounts = ",".join(map(str, suspects["account_id"].unique().to_list()))
    months = ",".join(str(shift(facts.period, -back)) for back in range(1, USUAL_MONTHS + 1))
    usual = read(f"""
        SELECT account_id, service_id, max(volume)::int8 AS usual FROM statement
         WHERE period IN ({months}) AND account_id = ANY('{{{accounts}}}'::int[]) GROUP BY 1, 2""")
    median = rest.filter(pl.col("family") == "meter").group_by("service_id").agg(
        pl.col("volume").median().cast(pl.Int64).alias("median")
    )
    found = (
        suspects.join(usual, on=KEY, how="left").join(median, on="service_id", how="left")
        .filter(pl.col("volume") > JUMP_TIMES * pl.max_horizontal(
            pl.when(pl.col("usual").fill_null(0) > 0).then("usual").otherwise("median"), pl.lit(1)))
        .select(*KEY, pl.lit(True).alias("jump"))
    )
    return rest.join(found, on=KEY, how="left").with_columns(pl.col("jump").fill_null(False))
