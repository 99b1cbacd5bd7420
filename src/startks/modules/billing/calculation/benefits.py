"""Benefits of the month: what each right gives for each line, by frames.

A right belongs to a person at the account where he lives. What his category is due for a service (percent, on whose part,
within which norm, in which form) is law by date. Of several benefits of one person for one thing the largest is taken, day
by day; those of different people stand side by side. The base is the line's charge without the excess of a raising
coefficient, the part is person-days over person-days, rounded half-up once a right and line. A discount goes into the
statement; a compensation is only written down, the bill stays as it is.

An account with a right that nobody who lives there uses gets an error row: a benefit without a person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from startks.base.db.months import Months
from startks.domain.calc.interpret import apply_bulk
from startks.domain.calc.registry import Rule
from startks.modules.billing.calculation.frames import parts_of
from startks.modules.billing.calculation.inputs import Inputs
from startks.modules.billing.calculation.regimes import Regimes
from startks.modules.billing.calculation.statement import LINE

AMOUNT = {
    "house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32, "for_period": pl.Int32,
    "person_id": pl.Int32, "category_id": pl.Int32, "rule_id": pl.Int16, "is_discount": pl.Boolean, "days": pl.Int32, "percent": pl.Int64,
    "base": pl.Int64, "amount": pl.Int64,
}
"""Columns of ``benefit_amount`` but for the period; kopecks, percent in millionths."""
RULES = {"none": "benefit.line_whole", "area": "benefit.line_area", "norm": "benefit.line_norm",
         "repair": "benefit.line_repair"}
REPAIR = "capital_repair"
"""The service whose benefit goes no higher than the minimum rate (bound «area» there means both limits)."""
RESOURCE = {"electricity_day": "electricity", "electricity_night": "electricity", "hot_water_heat": "hot_water"}
"""Services whose volume and norm are those of another one: zones together, heat with its water."""
WATERS = ("cold_water", "hot_water")
STANDARD = "area_standard"
"""Parameters ``area_standard.N``: social norm of area, m² a person in a family of N; the largest N means «и более»."""
LARGEST_FAMILY = 9
STOPS = "benefit.court_debt_stops"
"""Parameter: which benefits a debt confirmed by a court stops: 0 none, 1 compensations (ЖК РФ ст. 160 ч. 3), 2 both."""
NOBODY = ("benefit_without_person", "Льгота записана человеку, который в этом месяце по счёту не живёт: завершите льготу "
          "или внесите проживание.")
NO_NORM = ("no_benefit_norm", "Льгота даётся в пределах норматива, а его нет: внесите норматив (норму площади) в справочник. "
           "Льгота по строке не дана.")


@dataclass(frozen=True)
class Claims:
    """Lines on which a right gives something, each rule with its inputs: what the bulk run and the explanation share."""

    rule: Rule
    frame: pl.DataFrame
    """LINE columns, person_id and category_id of the right, is_discount and the rule's inputs"""

    def computed(self) -> pl.DataFrame:
        """The frame with ``result_benefit`` (kopecks); null where a norm is missing."""
        return apply_bulk(self.rule, self.frame, prefix="result_")


@dataclass(frozen=True)
class Benefits:
    """What the month gives: ``amounts`` (``AMOUNT``), ``discounts`` (LINE, benefit), ``faults`` (error rows), ``claims``."""

    amounts: pl.DataFrame
    discounts: pl.DataFrame
    faults: tuple[pl.DataFrame, ...] = ()
    claims: tuple[Claims, ...] = ()


def benefits(regimes: Regimes, lines: pl.DataFrame, taken: pl.DataFrame) -> Benefits:
    """Benefits of the lines of one month or several (see :class:`Inputs`), corrections not among them.

    ``lines``: as :func:`.frames.lines_of` gives them.
    ``taken``: LINE and ``recalculation`` (kopecks), what acts and absences take off the month's own lines.
    """
    inputs = regimes.inputs
    rights = _rights(inputs)
    if rights.is_empty():
        return Benefits(pl.DataFrame(schema=AMOUNT), _discounts(pl.DataFrame(schema=AMOUNT)))
    terms, bundles = _terms(inputs)
    claimed, idle = _claimed(inputs, rights, terms)
    claims = _claims(regimes, _based(lines, inputs, rights, taken), claimed, bundles)
    given, lacking = _amounts(inputs, claims)
    faults = [
        _fault(rows, service, fault) for rows, service, fault in (
            (idle, pl.lit(None, pl.Int16).alias("service_id"), NOBODY), (lacking, pl.col("service_id"), NO_NORM)
        ) if not rows.is_empty()
    ]
    return Benefits(given, _discounts(given), tuple(faults), tuple(claims))


def _amounts(inputs: Inputs, claims: list[Claims]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the claims give (``AMOUNT``), and house_id, account_id, service_id of those that lack a norm."""
    said = [*LINE, "person_id", "category_id", "is_discount", pl.col("benefit_days").alias("days"), "percent", "base",
            pl.col("result_benefit").alias("amount")]
    parts = [item.computed().select(*said, pl.lit(item.rule.id, pl.Int16).alias("rule_id")) for item in claims]
    if not parts:
        return pl.DataFrame(schema=AMOUNT), pl.DataFrame(schema={name: AMOUNT[name] for name in LINE[:3]})
    rows = pl.concat(parts)
    given = inputs.named(rows.filter(pl.col("amount") != 0)).rename({"period": "for_period"}).cast(AMOUNT).select(*AMOUNT)
    return given, rows.filter(pl.col("amount").is_null()).select(LINE[:3]).unique()


def with_corrections(found: Benefits, inputs: Inputs) -> Benefits:
    """Add what the replay of closed months posted into this one: each row names the month it corrects."""
    posted = inputs.read(f"""
        SELECT house_id, account_id, service_id, supplier_id, for_period, person_id, category_id, is_discount, amount
          FROM benefit_correction WHERE period = {inputs.month.period} AND account_id {inputs.span}""").join(
        inputs.homes.select("account_id"), on="account_id", how="semi"
    )
    if posted.is_empty():
        return found
    rows = posted.with_columns(
        *(pl.lit(0).alias(name) for name in ("rule_id", "days", "percent", "base"))
    ).select(*AMOUNT).cast(AMOUNT)
    amounts = pl.concat([found.amounts, rows])
    return Benefits(amounts, _discounts(amounts), found.faults, found.claims)


def _discounts(amounts: pl.DataFrame) -> pl.DataFrame:
    """LINE and benefit (kopecks): what is taken off the bill, a row a right."""
    return amounts.filter("is_discount").select(*LINE, pl.col("amount").alias("benefit"))


def _fault(rows: pl.DataFrame, service: pl.Expr, fault: tuple[str, str]) -> pl.DataFrame:
    return rows.select(
        "house_id", "account_id", service, pl.lit(fault[0]).alias("code"), pl.lit("error").alias("severity"),
        pl.lit(fault[1]).alias("detail"),
    )


# -- who has a right, for what, on which days -------------------------------------------------------------------------


def _rights(inputs: Inputs) -> pl.DataFrame:
    """account_id, house_id, municipality_id, person_id, category_id, days of the month (:func:`_days_sql`)."""
    at = inputs.dates
    return inputs.read_dated(f"""
        SELECT r.account_id, a.house_id, d.municipality_id, r.person_id, r.category_id, {_days_sql("r.valid", at)} AS days
          FROM benefit_right r JOIN account a ON a.id = r.account_id
          JOIN house h ON h.id = a.house_id JOIN district d ON d.id = h.district_id
         WHERE r.account_id {inputs.span} AND a.house_id {inputs.houses_sql} AND a.kind = 'residential'
           AND r.valid && daterange({at.start}, {at.until})
           AND a.opened_on < {at.until} AND (a.closed_on IS NULL OR a.closed_on > {at.start})
         GROUP BY 1, 2, 3, 4, 5""")


def _living(inputs: Inputs) -> pl.DataFrame:
    """account_id, person_id, lived: days of the month on which people live at accounts with a right."""
    at = inputs.dates
    return inputs.read_dated(f"""
        SELECT x.account_id, x.person_id, {_days_sql("x.valid", at)} AS lived
          FROM residence x
         WHERE x.account_id {inputs.span} AND x.valid && daterange({at.start}, {at.until})
           AND x.account_id IN (SELECT account_id FROM benefit_right WHERE account_id {inputs.span})
         GROUP BY 1, 2""")


def _days_sql(valid: str, at: Months) -> str:
    """Days of the month within the ranges of a group as bits of one number, the first day the lowest."""
    first = f"greatest(coalesce(lower({valid}), {at.start}), {at.start}) - {at.start}"
    until = f"least(coalesce(upper({valid}), {at.until}), {at.until}) - {at.start}"
    return f"bit_or((1::int8 << ({until})) - (1::int8 << ({first})))"


def _terms(inputs: Inputs) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is due, and for which services: services that the law treats alike are one ``bundle``, resolved once for all.

    The first: municipality_id, category_id, bundle, percent (1e-6), family, bound, is_discount, tenure. The second: service_id, bundle.
    """
    at = inputs.dates
    terms = inputs.read_dated(f"""
        SELECT DISTINCT ON (m.id, t.category_id, t.service_id)
               m.id AS municipality_id, t.category_id, t.service_id, (t.percent * 1000000)::int8 AS percent,
               t.covers = 'family' AS family, t.bound, t.form = 'discount' AS is_discount, coalesce(t.tenure, '') AS tenure
          FROM municipality m
          JOIN benefit_term t ON coalesce(t.municipality_id, m.id) = m.id AND t.valid @> {at.start}
         ORDER BY m.id, t.category_id, t.service_id, t.municipality_id NULLS LAST""")
    due = [name for name in terms.columns if name != "service_id"]
    bundles = terms.group_by("service_id").agg(pl.concat_str(due, separator=" ").sort().str.join(";").alias("bundle")).with_columns(
        pl.col("bundle").rank("dense").cast(pl.Int64) - 1
    )
    return terms.join(bundles, on="service_id").select(*due, "bundle").unique(), bundles


def _stopped(inputs: Inputs) -> pl.DataFrame:
    """account_id of accounts whose debt is confirmed by a court on the last day of the month."""
    return inputs.read_dated(f"""
        SELECT account_id FROM court_debt WHERE account_id {inputs.span} AND valid @> {inputs.dates.last}""")


def _claimed(inputs: Inputs, rights: pl.DataFrame, terms: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What each right covers of each bundle of services, and the rights that nobody uses.

    The first: account_id, bundle, person_id, category_id, percent, bound, is_discount, benefit_days. The second: house_id, account_id.
    """
    living = _living(inputs).with_row_index("stay")
    # A right holds while its person lives there; a family's benefit covers on these days all who live with him.
    held = rights.join(living, on=["account_id", "person_id"], how="left").with_columns(
        (pl.col("days") & pl.col("lived")).fill_null(0).alias("days")
    )
    used = pl.col("days") != 0
    claims = _of_accounts(inputs, held.filter(used).join(terms, on=["municipality_id", "category_id"]))
    return _best(claims, living), held.filter(~used).select("house_id", "account_id").unique()


def _of_accounts(inputs: Inputs, claims: pl.DataFrame) -> pl.DataFrame:
    """Leave out terms for another tenure, and those that a debt stops."""
    tenant = inputs.accounts.select("account_id", "tenant")
    found = claims.join(tenant, on="account_id").filter(
        (pl.col("tenure") == "") | ((pl.col("tenure") == "tenant") == pl.col("tenant"))
    )
    stopped = _stopped(inputs)
    if stopped.is_empty():
        return found
    stops = inputs.by_month([value // 1_000_000 for value in inputs.parameter(STOPS, 1_000_000)])
    hit = pl.col("account_id").is_in(stopped["account_id"].implode()) & (
        (stops == 2) | ((stops == 1) & ~pl.col("is_discount"))
    )
    return found.filter(~hit)


def _best(claims: pl.DataFrame, living: pl.DataFrame) -> pl.DataFrame:
    """Claims that give something, with ``benefit_days`` (person-days).

    Where a person (a ``stay``) has several for a bundle on a day, the largest percent has it.
    """
    claims = claims.with_row_index("claim")
    family = claims.filter("family").select("claim", "account_id", "bundle", "days").join(
        living.select("account_id", "stay", "lived"), on="account_id"
    ).with_columns(pl.col("days") & pl.col("lived"))
    said = ["claim", "stay", "bundle", "days"]
    shares = pl.concat([claims.filter(~pl.col("family")).select(said), family.select(said)])
    claim, days = shares["claim"].to_numpy(), shares["days"].to_numpy(writable=True)
    bundle = shares["bundle"].to_numpy()
    key = shares["stay"].to_numpy().astype(np.int64) * (bundle.max(initial=0) + 1) + bundle
    left = np.flatnonzero(np.bincount(key)[key] > 1)
    percent, person, category = (claims[name].to_numpy()[claim[left]] for name in ("percent", "person_id", "category_id"))
    left = left[np.lexsort((category, person, -percent))]
    taken = np.zeros(key.max(initial=0) + 1, dtype=np.int64)
    while len(left):  # the best claim of each stay, then the second best by the days that are left to it, …
        is_next = np.zeros(len(left), dtype=bool)
        is_next[np.unique(key[left], return_index=True)[1]] = True
        best, left = left[is_next], left[~is_next]
        days[best] &= ~taken[key[best]]
        taken[key[best]] |= days[best]
    person_days = np.bincount(claim, np.bitwise_count(days), claims.height).astype(np.int64)
    return claims.with_columns(pl.Series("benefit_days", person_days)).filter(pl.col("benefit_days") > 0)


# -- the lines and the norms ------------------------------------------------------------------------------------------


def _based(lines: pl.DataFrame, inputs: Inputs, rights: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """LINE, base (kopecks), volume, rate (1e-6 ₽) of every line of the accounts that have a right.

    What acts and absences took off is paid by nobody, so it bears no benefit.
    """
    first, last = inputs.homes["account_id"].min(), inputs.homes["account_id"].max()
    entitled = np.isin(np.arange(first, last + 1), rights["account_id"])
    mine = lines.filter(pl.Series(entitled[lines["account_id"].to_numpy() - first]) & lines["charge"].is_not_null())
    said = [*LINE, "base", "volume", "rate", "is_reduced"]
    charged = mine.lazy().with_columns(
        (pl.col("charge") - pl.col("excess")).alias("base"), pl.col("tariff").alias("rate"), pl.lit(False).alias("is_reduced")
    )
    off = taken.lazy().with_columns(
        pl.col("recalculation").alias("base"), pl.lit(True).alias("is_reduced"),
        *(pl.lit(0, pl.Int64).alias(name) for name in ("volume", "rate")),
    ).join(mine.lazy(), on=LINE, how="semi")
    key = pl.col("account_id").cast(pl.Int64) * 2**16 + pl.col("service_id")
    found = pl.concat([charged.select(said), off.select(said)]).sort(key).with_columns(
        (key == key.shift(1)).fill_null(False).alias("again")
    ).collect()
    # Few lines are charged by several rules, and few are reduced: they are put together apart.
    again = pl.col("again") | pl.col("again").shift(-1, fill_value=False)
    together = found.lazy().filter(again).group_by(LINE).agg(
        pl.col("base", "volume").sum(), pl.col("rate").max(), pl.col("is_reduced").any()
    ).with_columns(  # an excess taken off with the line leaves no base below nought
        pl.when("is_reduced").then(pl.max_horizontal("base", 0)).otherwise("base").alias("base")
    )
    return pl.concat([found.lazy().filter(~again).drop("again"), together]).drop("is_reduced").collect()


def _claims(regimes: Regimes, lines: pl.DataFrame, claimed: pl.DataFrame, bundles: pl.DataFrame) -> list[Claims]:
    """The claims on lines by the rule that computes them, with its inputs."""
    inputs = regimes.inputs
    people = inputs.accounts.select(
        "account_id", "area", "person_days", "persons", pl.col("days").cast(pl.Int64).alias("days_charged"), "month_days"
    )
    claim = (pl.col("account_id").cast(pl.Int64) * bundles.height + pl.col("bundle")).alias("claim")
    is_repair = (pl.col("service_id") == inputs.services.get(REPAIR, -1)) & (pl.col("bound") == "area")
    rows = lines.lazy().filter(pl.col("base") != 0).join(bundles.lazy(), on="service_id").with_columns(claim).drop("bundle").join(
        claimed.lazy().select(claim, "person_id", "category_id", "percent", "bound", "is_discount", "benefit_days"), on="claim"
    ).join(people.lazy(), on="account_id").with_columns(
        pl.when(is_repair).then(pl.lit("repair")).otherwise("bound").alias("bound")
    ).collect()
    found = []
    for (bound,), frame in parts_of(rows, "bound").items():
        if bound in ("area", "repair"):
            frame = frame.with_columns(_social_norm(inputs).alias("social_norm"))
        if bound == "repair":
            frame = frame.join(_least_rates(inputs), on="house_id", how="left").with_columns(
                pl.col("least_rate").fill_null(pl.col("rate"))
            )
        if bound == "norm":
            frame = _with_norms(regimes, lines, frame)
        for rule, part in regimes.by_edition(RULES[bound], frame):
            wanted = [*LINE, "person_id", "category_id", "is_discount", *(item.name for item in rule.inputs)]
            found.append(Claims(rule, part.select(*wanted)))
    return found


def _social_norm(inputs: Inputs) -> pl.Expr:
    """Social norm of area a person (1e-6 m²) by the number of people on the last day; null where no size is set."""
    norm = pl.lit(None, pl.Int64)
    size = pl.max_horizontal(pl.col("persons"), 1)
    for members in range(1, LARGEST_FAMILY + 1):
        values = inputs.parameter(f"{STANDARD}.{members}", 0)
        if any(values):
            own = inputs.by_month(values)
            norm = pl.when((size >= members) & (own > 0)).then(own).otherwise(norm)
    return norm


def _least_rates(inputs: Inputs) -> pl.DataFrame:
    """house_id, ``least_rate`` (1e-6 ₽): the town's contribution for capital repair, null where the town has set none."""
    at = inputs.dates
    return inputs.read_dated(f"""
        SELECT hs.house_id, (town.value * 1000000)::int8 AS least_rate
          FROM house_service hs JOIN service s ON s.id = hs.service_id AND s.code = '{REPAIR}'
          JOIN house h ON h.id = hs.house_id JOIN district d ON d.id = h.district_id
          LEFT JOIN tariff town ON town.house_id IS NULL AND town.service_id = hs.service_id
               AND town.municipality_id = d.municipality_id AND town.category = hs.tariff_category
               AND town.valid @> {at.start}
         WHERE hs.house_id {inputs.houses_sql} AND hs.valid @> {at.last}""")


def _with_norms(regimes: Regimes, lines: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``own_volume`` (of the resource) and ``norm`` (a person and month): waste water has the norms of both waters."""
    inputs, ids = regimes.inputs, regimes.inputs.services
    of_resource = pl.col("service_id").replace({ids[code]: ids[of] for code, of in RESOURCE.items() if {code, of} <= ids.keys()})
    resources = rows.select(of_resource.unique()).to_series().to_list()
    volumes = lines.lazy().filter(pl.col("service_id") != ids.get("hot_water_heat", -1)).select(
        "account_id", of_resource.alias("resource"), "volume"
    ).filter(pl.col("resource").is_in(resources)).group_by("account_id", "resource").agg(pl.col("volume").sum().alias("own_volume"))
    waste, waters = ids.get("sewerage", -1), [ids[code] for code in WATERS if code in ids]
    with_norms = {number for number in resources if number != waste}.union(waters if waste in resources else ())
    services = regimes.connected.connections.lazy().filter(pl.col("service_id").is_in(with_norms)).select(
        "house_id", "service_id", "norm_table", "tariff"
    ).unique(["house_id", "service_id"])
    homes = inputs.accounts.lazy().select("account_id", "house_id", "rooms", "persons", "owners").join(
        rows.lazy(), on="account_id", how="semi"
    ).join(services, on="house_id").join(inputs.exclusions.lazy(), on=["account_id", "service_id"], how="anti").collect()
    norms = regimes.with_norm(regimes.with_own(homes)).lazy().select("account_id", pl.col("service_id").alias("resource"), "norm")
    of_waste = norms.filter(pl.col("resource").is_in(waters)).group_by("account_id").agg(
        pl.lit(waste, pl.Int16).alias("resource"), pl.when(pl.col("norm").is_not_null().all()).then(pl.col("norm").sum())
    )
    key = ["account_id", "resource"]
    return rows.lazy().with_columns(of_resource.alias("resource")).join(volumes, on=key, how="left").join(
        pl.concat([norms, of_waste]), on=key, how="left"
    ).collect()
