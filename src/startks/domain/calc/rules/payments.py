"""Sharing out a payment (ПП 354, пункт 118; ГК, статьи 319, 319.1) and settling with a supplier.

A part payment is shared over the services of the bill in proportion to their charges; the payer does not choose a
service. A named month comes first, then the oldest; after all principal the penalty; the rest is an advance.
Sums are kopecks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from ..numbers import kopecks, maximum
from ..registry import Output, rule
from ..splitting import split
from ._inputs import money_input, percent_input

PP253 = "ПП РФ от 28.03.2012 № 253"
_SINCE = date(2012, 4, 1)
_PAID = money_input("paid", "оплачено потребителями", "О")
_REST = (
    money_input("agent_fee", "агентское вознаграждение", "А"),
    money_input("opening", "задолженность на начало", "Н", signed=True), money_input("transferred", "перечислено", "П"),
)
_OUTPUTS = (
    Output("commission", "комиссия банка", "коп.", 0), Output("to_transfer", "к перечислению", "коп.", 0),
    Output("closing", "задолженность на конец", "коп.", 0),
)


@dataclass(frozen=True)
class Line:
    """Money due for a service (charge, debt or a recalculation below zero)."""

    service: str
    amount: int


@dataclass
class Shared:
    """Parts of a payment by service in order of first appearance, and what was left of it."""

    parts: dict[str, int]
    rest: int


def share_by_lines(payment: int, lines: Iterable[Line]) -> Shared:
    """Share a payment over the lines of one bill.

    Lines of one service are netted first; a service with nothing due takes no part. A payment that covers
    everything pays each in full and leaves a rest.
    """
    due: dict[str, int] = {}
    for line in lines:
        due[line.service] = due.get(line.service, 0) + line.amount
    positive = {service: amount for service, amount in due.items() if amount > 0}
    total = sum(positive.values())
    if payment >= total:
        paid = positive
    else:
        paid = dict(zip(positive, split(payment, positive.values()), strict=True))
    return Shared({service: paid.get(service, 0) for service in due}, payment - sum(paid.values()))


@dataclass
class Distribution:
    """A payment over months: parts by month and service, penalty paid, advance."""

    months: dict[str, dict[str, int]] = field(default_factory=dict)
    penalty: int = 0
    advance: int = 0

    @property
    def principal(self) -> int:
        """Paid for services."""
        return sum(sum(parts.values()) for parts in self.months.values())


def distribute(
    payment: int, debts: Sequence[tuple[str, Sequence[Line]]], penalty: int, stated_month: str | None = None
) -> Distribution:
    """Share a payment over debts by month, the penalty, and an advance.

    ``debts``: (month ``YYYY-MM``, lines) in any order; the answer keeps it. ``stated_month``: named by the payer.
    """
    result, rest = Distribution({month: {} for month, _ in debts}), payment
    for month, lines in sorted(debts, key=lambda debt: (debt[0] != stated_month, debt[0])):
        shared = share_by_lines(rest, lines)
        result.months[month], rest = shared.parts, shared.rest
    result.penalty = min(rest, penalty)
    result.advance = rest - result.penalty
    return result


@rule(
    id=1501, key="advance.next_bill", title="К оплате по следующему счёту с учётом аванса", act="Гражданский кодекс РФ",
    paragraph="статья 319.1", valid_from=_SINCE,
    inputs=(money_input("next_charge", "начислено", "Н"), money_input("advance", "аванс", "А")),
    outputs=(Output("to_pay", "к оплате", "коп.", 0),),
)
def next_bill(next_charge, advance):
    """The charge less the advance, not below zero."""
    return {"to_pay": kopecks(maximum(next_charge - advance, 0))}


def _settled(paid, commission, agent_fee, opening, transferred):
    due = kopecks(paid - agent_fee) - commission
    return {
        "commission": commission, "to_transfer": due, "closing": kopecks(opening - transferred) + due,
    }


@rule(
    id=1511, key="supplier.settlement_percent", title="Расчёты с поставщиком: комиссия в процентах", act=PP253,
    paragraph="пункты 5–7", inputs=(_PAID, percent_input("commission_percent", "комиссия банка", "contract"), *_REST),
    outputs=_OUTPUTS, valid_from=_SINCE,
)
def settlement_percent(paid, commission_percent, agent_fee, opening, transferred):
    """Paid less commission and fee; the consumer is credited gross."""
    return _settled(paid, kopecks(paid * commission_percent / 100), agent_fee, opening, transferred)


@rule(
    id=1512, key="supplier.settlement_sum", title="Расчёты с поставщиком: комиссия суммой", act=PP253,
    paragraph="пункты 5–7", inputs=(_PAID, money_input("commission_sum", "комиссия банка", "К"), *_REST),
    outputs=_OUTPUTS, valid_from=_SINCE,
)
def settlement_sum(paid, commission_sum, agent_fee, opening, transferred):
    """As by percent, with the commission the bank states."""
    return _settled(paid, kopecks(commission_sum), agent_fee, opening, transferred)
