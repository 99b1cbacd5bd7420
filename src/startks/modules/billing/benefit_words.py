"""Where a benefit on a line comes from: whose right by which act, percent, limit, people, formula with his own numbers.

What a month gave stands in ``benefit_amount``; how it was found is computed again from the facts, as every explanation is.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import polars as pl
from sqlalchemy import Connection, text

from startks.domain.calc.interpret import apply_trace
from startks.domain.calc.trace import Explanation
from startks.domain.security.masking import mask_name
from startks.modules.billing.calculation.benefits import Claims
from startks.modules.billing.explain import HouseTrace, Step

FORMS = {True: "скидка в счёте", False: "компенсация: платится отдельно, счёт не меняет"}
_GIVEN = text("""
    SELECT b.for_period, b.person_id, b.category_id, b.is_discount, b.percent, b.amount,
           concat_ws(' ', p.last_name, p.first_name, p.middle_name) AS person, c.title AS category,
           coalesce(t.paragraph, c.paragraph) AS paragraph, coalesce(ta.title, ca.title) AS act,
           coalesce(ta.number, ca.number) AS number, coalesce(t.certain, c.certain) AS certain,
           (SELECT string_agg(DISTINCT r.document, '; ') FROM benefit_right r
             WHERE r.person_id = b.person_id AND r.category_id = b.category_id AND r.account_id = b.account_id) AS document,
           (SELECT string_agg(n.reason, '; ') FROM benefit_correction n
             WHERE n.period = b.period AND n.for_period = b.for_period AND n.account_id = b.account_id
               AND n.service_id = b.service_id AND n.person_id = b.person_id AND n.category_id = b.category_id) AS reason
      FROM benefit_amount b
      JOIN benefit_category c ON c.id = b.category_id JOIN act ca ON ca.id = c.act_id
      JOIN person p ON p.id = b.person_id
      JOIN house h ON h.id = b.house_id JOIN district d ON d.id = h.district_id
      LEFT JOIN LATERAL (
        SELECT x.paragraph, x.act_id, x.certain FROM benefit_term x
         WHERE x.category_id = b.category_id AND x.service_id = b.service_id
           AND coalesce(x.municipality_id, d.municipality_id) = d.municipality_id
           AND x.valid @> make_date(b.for_period / 100, b.for_period % 100, 1)
         ORDER BY x.municipality_id NULLS LAST LIMIT 1) t ON true
      LEFT JOIN act ta ON ta.id = t.act_id
     WHERE b.period = :period AND b.account_id = :account AND b.service_id = :service
     ORDER BY b.for_period DESC, b.person_id, b.category_id""")
_DISCOUNTS = text("""
    SELECT account_id, service_id, supplier_id, person_id, category_id, for_period, amount FROM benefit_amount
     WHERE period = :period AND account_id = ANY(CAST(:accounts AS int[])) AND is_discount
     ORDER BY account_id, service_id, supplier_id, for_period DESC, person_id, category_id""")


@dataclass(frozen=True, slots=True)
class BenefitExplanation:
    """One right's part in a line. ``amount`` (given by the month) and ``computed`` (by today's facts) in kopecks."""

    category: str
    """hidden from who may not see personal data: an empty text"""
    person: str
    """masked name"""
    document: str
    percent: str
    form: str
    is_discount: bool
    act: str
    paragraph: str
    inputs: tuple[Step, ...]
    steps: tuple[Step, ...]
    amount: int
    computed: int | None
    """None for a correction of an earlier month and where today's facts give nothing"""
    for_period: int | None
    """the earlier month that is corrected; None: the month's own benefit"""
    reason: str

    @property
    def matches(self) -> bool:
        """Whether today's facts still give what was given; a correction says so itself."""
        return self.for_period is not None or self.computed == self.amount


def benefits_of_line(
    connection: Connection, trace: HouseTrace, account_id: int, service_id: int, *, shown: bool = True
) -> list[BenefitExplanation]:
    """Explain the benefits of a line in both forms; ``shown`` False hides the category and the document."""
    period = trace.month.period
    rows = connection.execute(
        _GIVEN, {"period": period, "account": account_id, "service": service_id}
    ).all()
    return [_one(trace, row, account_id, service_id, period, shown) for row in rows]


@dataclass(frozen=True, slots=True)
class Discount:
    """What a right took off a line of a bill, kopecks; ``told`` is None for a correction and where facts have changed."""

    amount: int
    for_period: int
    told: Explanation | None


def discounts_of_bills(
    connection: Connection, trace: HouseTrace, account_ids: list[int]
) -> dict[tuple[int, int, int], list[Discount]]:
    """Discounts of the lines of several bills of the house by (account, service, supplier), each recomputed."""
    rows = connection.execute(_DISCOUNTS, {"period": trace.month.period, "accounts": account_ids}).all()
    if not rows:
        return {}
    known = {
        (row["account_id"], row["service_id"], row["supplier_id"], row["person_id"], row["category_id"]): (claims, row)
        for claims in trace.benefits.claims for row in claims.frame.iter_rows(named=True)
    }
    found: dict[tuple[int, int, int], list[Discount]] = {}
    for row in rows:
        line = (row.account_id, row.service_id, row.supplier_id)
        claim = known.get((*line, row.person_id, row.category_id)) if row.for_period == trace.month.period else None
        told = _told(*claim) if claim is not None else None
        if told is not None and int(told.results["benefit"]) != row.amount:
            told = None
        found.setdefault(line, []).append(Discount(row.amount, row.for_period, told))
    return found


def _told(claims: Claims, row: dict, sources: dict[str, str] | None = None) -> Explanation:
    numbers = {
        item.name: None if row[item.name] is None else Fraction(row[item.name], 10**item.decimals)
        for item in claims.rule.inputs
    }
    return apply_trace(claims.rule, numbers, sources)


def _one(trace: HouseTrace, row, account_id: int, service_id: int, period: int, shown: bool) -> BenefitExplanation:
    own = row.for_period == period
    found = _claim(trace, account_id, service_id, row) if own else None
    inputs: tuple[Step, ...] = ()
    steps: tuple[Step, ...] = ()
    computed = None
    number = f" № {row.number}" if row.number else ""
    act = f"{row.act}{number}{'' if row.certain else ' (проверить: чтение закона или размер не подтверждены)'}"
    if found is not None:
        explanation = _told(*found, {
            "base": "эта строка: начислено без превышения, за вычетом снятого актами", "percent": act,
            "social_norm": "справочник: стандарт площади на человека", "norm": "справочник нормативов",
            "person_days": "регистр жителей по дням", "benefit_days": "дни, когда льгота и проживание совпали",
            "own_volume": "объём ресурса за месяц (зоны вместе)", "area": "карточка помещения",
        })  # fmt: skip
        inputs = tuple(Step(s.title, s.value_text, s.unit, s.source) for s in explanation.inputs)
        steps = tuple(
            Step(s.title, s.value_text, s.unit, "", s.expression, s.expression_with_numbers, s.conditions)
            for s in explanation.steps
        )
        computed = int(explanation.results["benefit"])
    percent = f"{row.percent / 1_000_000:g}".replace(".", ",") if row.percent else ""
    return BenefitExplanation(
        category=row.category if shown else "", person=mask_name(row.person) or "",
        document=(row.document or "") if shown else "", percent=percent, form=FORMS[row.is_discount],
        is_discount=row.is_discount, act=act, paragraph=row.paragraph or "", inputs=inputs, steps=steps,
        amount=row.amount, computed=computed, for_period=None if own else row.for_period, reason=row.reason or "",
    )


def _claim(trace: HouseTrace, account_id: int, service_id: int, row) -> tuple[Claims, dict] | None:
    """The rule's inputs of a right and line by today's facts."""
    for claims in trace.benefits.claims:
        rows = claims.frame.filter(
            (pl.col("account_id") == account_id) & (pl.col("service_id") == service_id)
            & (pl.col("person_id") == row.person_id) & (pl.col("category_id") == row.category_id)
        )
        if not rows.is_empty():
            return claims, rows.row(0, named=True)
    return None
