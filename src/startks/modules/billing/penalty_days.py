"""«Откуда пени»: the table of days of every unpaid month of an account, from the month's own frames."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import polars as pl
from sqlalchemy import Connection, text

from startks.base.db.bulk import plain_reader
from startks.base.periods import shift
from startks.domain.calc.penalty_schedule import CAPITAL_REPAIR, HOUSING_AND_UTILITIES, Debt, Payment, charge_penalties
from startks.domain.calc.registry import rule_for
from startks.modules.billing.bill import BillLine
from startks.modules.billing.calculation.inputs import Inputs, Month
from startks.modules.billing.calculation.penalties import charged, last_days_to_pay, paid_parts, rouble_days
from startks.modules.billing.calculation.settlement import settle
from startks.modules.billing.calculation.statement import LINE


@dataclass(frozen=True, slots=True)
class Stretch:
    """Equal days of a debt: both days included, kopecks owed, the fraction of the rate 1/``divisor`` (0: costs nothing)."""

    first: dt.date
    last: dt.date
    debt: int
    divisor: int
    is_moratorium: bool

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    def cost(self, rate: Fraction) -> Decimal:
        """Roubles before rounding to kopecks, by a rate in per cent a year."""
        return _decimal(self.debt * self.days * rate / 10_000 / self.divisor) if self.divisor else Decimal(0)


@dataclass(frozen=True, slots=True)
class MonthPenalty:
    """Penalty of one month's debt of one line in the month. Money in kopecks, ``rates`` in per cent a year."""

    service_id: int
    service: str
    supplier_id: int
    supplier: str
    origin: int
    last_day_to_pay: dt.date
    rates: tuple[Fraction, ...]
    """one for what is unpaid; more where parts were paid under another key rate"""
    stretches: tuple[Stretch, ...]
    penalty: int
    act: str
    paragraph: str

    @property
    def rates_shown(self) -> tuple[Decimal, ...]:
        """The rates as decimal numbers."""
        return tuple(map(_decimal, self.rates))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def penalty_days(
    connection: Connection, account_id: int, period: int, inputs: Inputs | None = None
) -> list[MonthPenalty]:
    """Month-debts that cost penalties in ``period``, in the order of months and lines; empty for an unknown account.

    ``inputs``: those of the account's house and month where they are read already.
    """
    if inputs is None:
        house = connection.scalar(text("SELECT house_id FROM account WHERE id = :id"), {"id": account_id})
        if house is None:
            return []
        inputs = Inputs(plain_reader(connection), Month(period, house, house))
    settlement = settle(
        inputs.opening, inputs.payments, inputs.services["advance"], inputs.agent, inputs.debts, shift(period, -1)
    )
    costs = charged(inputs, rouble_days(inputs, settlement)).filter(pl.col("account_id") == account_id)
    if costs.is_empty():
        return []
    parts = settlement.parts.filter(pl.col("account_id") == account_id)
    due = last_days_to_pay(inputs, costs["origin"].unique().to_list())
    paid = paid_parts(inputs, parts)
    titles = dict(connection.execute(text("SELECT id, title FROM service")).all())
    names = dict(connection.execute(
        text("SELECT id, short_name FROM organisation WHERE id = ANY(:ids)"),
        {"ids": costs["supplier_id"].unique().to_list()},
    ).all())
    found = []
    for key, rows in costs.sort("origin", "service_id", "supplier_id").group_by([*LINE, "origin"], maintain_order=True):
        same = pl.all_horizontal(pl.col(name) == value for name, value in zip([*LINE, "origin"], key, strict=True))
        _, _, service, supplier, origin = key
        is_repair = service == inputs.services.get(CAPITAL_REPAIR)
        rule = rule_for("penalty.capital_repair" if is_repair else "penalty.month_debt", inputs.month.last)
        found.append(MonthPenalty(
            service, titles[service], supplier, names[supplier], origin, due[origin],
            tuple(Fraction(rate, 10**6) for rate in rows["rate"].to_list()),
            _stretches(inputs.month, Debt(str(origin), due[origin], parts.filter(same)["amount"][0]),
                       CAPITAL_REPAIR if is_repair else HOUSING_AND_UTILITIES, paid.filter(same)),
            int(rows["penalty"].sum()), rule.act, rule.paragraph,
        ))
    return found


def penalties_of_line(
    connection: Connection, account_id: int, period: int, line: BillLine, inputs: Inputs
) -> list[MonthPenalty]:
    """The month-debts behind the penalty of one line of a bill; nothing is read where the line has none."""
    if not line.penalty:
        return []
    return [
        debt for debt in penalty_days(connection, account_id, period, inputs)
        if (debt.service_id, debt.supplier_id) == (line.service_id, line.supplier_id)
    ]


def _stretches(month: Month, debt: Debt, kind: str, paid: pl.DataFrame) -> tuple[Stretch, ...]:
    """Days of the month on which the debt was overdue, those after the last kopeck left out."""
    epoch = dt.date(1970, 1, 1)
    payments = [Payment(epoch + dt.timedelta(days=day), part) for day, part in paid.select("_until", "_sum").iter_rows()]
    schedule = charge_penalties([debt], month.last, Fraction(0), kind, payments)[0]
    return tuple(
        Stretch(max(row.first, month.start), row.last, row.debt, row.divisor, row.paused)
        for row in schedule.stretches if row.last >= month.start and row.debt > 0
    )
