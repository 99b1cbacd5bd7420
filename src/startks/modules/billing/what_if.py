"""«Что если»: one input of a line changed by the reader, the line computed again by the very rule. Nothing is kept.

    ask = Question("meter", "3,5")
    answer = answer_of(trace, account_id, service_id, ask)

What is not asked stays as on the bill: the norm, the tariff, the area.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from startks.base.errors import StartksError
from startks.domain.calc.errors import CalculationError
from startks.domain.calc.interpret import apply_trace
from startks.domain.calc.registry import Rule, rule_for
from startks.modules.billing.calculation.regimes import Group
from startks.modules.billing.explain import HouseTrace, values_of

PEOPLE, AWAY, METER = "people", "away", "meter"
CHOICES = (PEOPLE, AWAY, METER)
_BY_METER = ("meter", "average", "norm", "norm_raised")
MOST_PEOPLE, MOST_VOLUME = 99, 100_000


class BadQuestion(StartksError):
    """The number cannot be used. ``code``: ``people``, ``away``, ``meter`` (what is wrong with which) or ``choice``."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Вопрос «что если» не понят ({code}): выберите, что изменить, и введите число.")
        self.code = code


@dataclass(frozen=True, slots=True)
class Question:
    """What to change (one of :data:`CHOICES`) and to what, as typed: persons, full days, units of the service."""

    change: str
    amount: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The line as it is and as it would be: kopecks and the last step with numbers; ``title`` of the rule used."""

    before: int
    after: int
    title: str
    formula: str
    numbers: str

    @property
    def difference(self) -> int:
        return self.after - self.before


def choices_of(trace: HouseTrace, group: Group) -> tuple[str, ...]:
    """What may be asked of a line: residents and absence where persons count, the meter where there may be one."""
    names = {item.name for item in group.rule.inputs}
    found = (PEOPLE, AWAY) if {"person_days", "month_days"} <= names else ()
    return (*found, METER) if _metered(trace, group) is not None else found


def _metered(trace: HouseTrace, group: Group) -> Rule | None:
    """The rule by which the line would be charged with a meter."""
    service, _, ending = group.rule.key.rpartition(".")
    if service != group.service or ending not in _BY_METER:
        return None
    try:
        return rule_for(f"{service}.meter", trace.month.start)
    except CalculationError:
        return None


def answer_of(trace: HouseTrace, account_id: int, service_id: int, question: Question) -> Answer | None:
    """Compute the line with one number changed; None where there is no such line. Raises :class:`BadQuestion`."""
    found = trace.find(account_id, service_id)
    if found is None:
        return None
    group, row = found
    if question.change not in choices_of(trace, group):
        raise BadQuestion("choice")
    values = values_of(group, row)
    before = apply_trace(group.rule, values)
    rule = group.rule
    number = _number(question)
    if question.change == METER:
        rule = _metered(trace, group) or group.rule
        values = {name: value for name, value in values.items() if name in {item.name for item in rule.inputs}}
        values["volume"] = number
    elif question.change == PEOPLE:
        values["person_days"] = number * _known(values, "month_days")
    else:
        if number > _known(values, "month_days"):
            raise BadQuestion(AWAY)
        values["person_days"] = max(_known(values, "person_days") - number, Fraction(0))
    after = apply_trace(rule, values)
    last = next((step for step in reversed(after.steps) if step.name == "charge"), None)
    return Answer(
        int(before.results["charge"]), int(after.results["charge"]), after.title,
        last.expression if last is not None else "", last.expression_with_numbers if last is not None else "",
    )


def asked_of(
    trace: HouseTrace, account_id: int, service_id: int, change: str, amount: str
) -> tuple[tuple[str, ...], Answer | None, str]:
    """For a page: what may be asked of the line, the answer to what was asked, and the code of a fault in the question."""
    found = trace.find(account_id, service_id)
    choices = choices_of(trace, found[0]) if found is not None else ()
    if not choices or not change:
        return choices, None, ""
    try:
        return choices, answer_of(trace, account_id, service_id, Question(change, amount)), ""
    except BadQuestion as fault:
        return choices, None, fault.code


def _known(values: dict[str, Fraction | None], name: str) -> Fraction:
    value = values[name]
    if value is None:
        raise BadQuestion("choice")
    return value


def _number(question: Question) -> Fraction:
    typed = re.sub(r"[\s\u00a0]", "", question.amount).replace(",", ".")
    pattern = r"\d{1,6}(\.\d{1,6})?" if question.change == METER else r"\d{1,2}"
    if not re.fullmatch(pattern, typed, re.ASCII):
        raise BadQuestion(question.change)
    number = Fraction(typed)
    if number > {PEOPLE: MOST_PEOPLE, AWAY: 31, METER: MOST_VOLUME}[question.change]:
        raise BadQuestion(question.change)
    return number
