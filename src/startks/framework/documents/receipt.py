"""Everything that stands on a payment document, and nothing else: no ORM, no rules, no formatting.

The form is that of Приказ Минстроя 26.01.2018 № 43/пр (contents: ПП 354 p. 69; ЖК РФ art. 155 p. 2). Money is whole
kopecks (``int``), volumes, tariffs, norms and areas are ``Decimal``, periods are ``YYYYMM``. Sums that follow from
others are properties, so a receipt cannot contradict itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import groupby


class ReceiptKind(StrEnum):
    """A month's document, or the debt bill (долговая квитанция): the same with a list of periods."""

    MONTHLY = "monthly"
    DEBT = "debt"


class LineGroup(StrEnum):
    """Blocks of section 3, in the order printed."""

    HOUSING = "housing"
    COMMON = "common"
    UTILITIES = "utilities"
    CAPITAL_REPAIR = "capital_repair"
    OTHER = "other"


GROUP_TITLES = {
    LineGroup.HOUSING: "Содержание жилого помещения",
    LineGroup.COMMON: "Коммунальные ресурсы на содержание общего имущества",
    LineGroup.UTILITIES: "Коммунальные услуги",
    LineGroup.CAPITAL_REPAIR: "Взнос на капитальный ремонт",
    LineGroup.OTHER: "Прочие услуги",
}


class Basis(StrEnum):
    """How the volume of a line was found; the value is what the form prints."""

    METER = "счётчик"
    AVERAGE = "среднее"
    NORM = "норматив"
    HOUSE_METER = "ОДПУ"
    AREA = "площадь"
    PERSONS = "люди"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Payer:
    """Section 1, the payer and the premise. ``residents`` counts registered persons, temporary ones included."""

    name: str
    address: str
    total_area: Decimal
    residents: int
    tenure: str = ""
    heated_area: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """Section 1, the provider of services (исполнитель)."""

    name: str
    inn: str
    address: str
    phones: tuple[str, ...] = ()
    site: str = ""
    email: str = ""
    emergency_service: str = ""
    office_hours: str = ""


@dataclass(frozen=True, slots=True)
class Payee:
    """Where the money goes: name as in the bank, INN, KPP, account of 20 digits, bank, BIC, correspondent account."""

    name: str
    inn: str
    account: str
    bank: str
    bic: str
    correspondent_account: str = "0"
    kpp: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Section 2, one scale of a flat's meter. ``volume`` is the consumption of the period in ``unit``."""

    service: str
    serial: str
    unit: str
    previous: Decimal | None
    current: Decimal | None
    volume: Decimal | None
    previous_date: date | None = None
    current_date: date | None = None
    verify_by: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Section 3, one service of one supplier.

    ``charge`` is volume × tariff **without** the excess; ``excess`` is what the raising coefficient adds (ПП 354
    p. 42, 60); ``recalculation`` is signed; ``benefit`` is positive and lowers the sum.
    """

    group: LineGroup
    service: str
    unit: str
    individual_volume: Decimal | None
    common_volume: Decimal | None
    basis: Basis
    tariff: Decimal | None
    charge: int
    coefficient: Decimal | None = None
    excess: int = 0
    recalculation: int = 0
    benefit: int = 0
    supplier: str = ""

    @property
    def to_pay(self) -> int:
        """Kopecks to pay for the line."""
        return self.charge + self.excess + self.recalculation - self.benefit


@dataclass(frozen=True, slots=True)
class ReferenceLine:
    """Section 4, one service of the house: norms a person (or m²) and month, house meter, volumes of the house."""

    service: str
    unit: str
    individual_norm: Decimal | None = None
    common_norm: Decimal | None = None
    house_previous: Decimal | None = None
    house_current: Decimal | None = None
    house_volume: Decimal | None = None
    individual_volume: Decimal | None = None
    common_volume: Decimal | None = None


@dataclass(frozen=True, slots=True)
class House:
    """Section 4, what the shares of the house are computed from (m²; residents are persons)."""

    premises_area: Decimal | None = None
    common_area: Decimal | None = None
    residents: int | None = None


@dataclass(frozen=True, slots=True)
class Recalculation:
    """Section 4, why a line was recalculated; signed kopecks."""

    service: str
    ground: str
    amount: int


@dataclass(frozen=True, slots=True)
class Instalment:
    """Section 5, a payment spread in time (ПП 354 p. 72): parts of this period and earlier ones, interest, kopecks."""

    service: str
    current: int
    previous: int
    interest_percent: Decimal
    interest: int

    @property
    def to_pay(self) -> int:
        return self.current + self.previous + self.interest


@dataclass(frozen=True, slots=True)
class DebtPeriod:
    """Debt bill, one month: what was charged and paid, and the penalty counted for it; kopecks."""

    period: int
    charged: int
    paid: int
    penalty: int = 0

    @property
    def debt(self) -> int:
        """Principal still owed."""
        return self.charged - self.paid

    @property
    def to_pay(self) -> int:
        return self.debt + self.penalty


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One payment document of one personal account for ``period`` (YYYYMM).

    ``opening`` is the balance at the start (minus: overpaid), ``paid`` what came in since, ``last_payment`` its last
    day, ``penalty`` the penalty (пени) of the period. ``instalments`` are payments moved into this document by an
    agreement and add to the sum.
    """

    kind: ReceiptKind = ReceiptKind.MONTHLY
    period: int
    issued: date
    pay_until: date
    account: str
    unified_account: str = ""
    service_id: str = ""
    document_id: str = ""
    payer: Payer
    provider: Provider
    payee: Payee
    opening: int = 0
    paid: int = 0
    last_payment: date | None = None
    readings: tuple[Reading, ...] = ()
    lines: tuple[Line, ...] = ()
    penalty: int = 0
    reference: tuple[ReferenceLine, ...] = ()
    house: House = House()
    recalculations: tuple[Recalculation, ...] = ()
    instalments: tuple[Instalment, ...] = ()
    debts: tuple[DebtPeriod, ...] = ()
    notice: str = ""
    cabinet_code: str = ""
    """eight digits that bind the account to a resident's cabinet; kept above the slip that is handed to the bank"""

    @property
    def accrued(self) -> int:
        """Charged for the period: sum of the lines to pay, without penalty."""
        return sum([line.to_pay for line in self.lines])

    @property
    def overdue(self) -> int:
        """Debt of earlier periods not covered by payments, never below zero."""
        return max(self.opening - self.paid, 0)

    @property
    def balance(self) -> int:
        """Closing balance: positive is owed, negative is an overpayment."""
        if self.kind is ReceiptKind.DEBT:
            return sum([row.to_pay for row in self.debts])
        spread = sum([row.to_pay for row in self.instalments])
        return self.opening - self.paid + self.accrued + self.penalty + spread

    @property
    def amount_due(self) -> int:
        """What to pay now: the balance, or zero where it is an overpayment."""
        return max(self.balance, 0)

    def grouped_lines(self) -> Iterator[tuple[LineGroup, list[Line]]]:
        """Lines by group in the order of the form; inside a group in the order given."""
        order = list(LineGroup)
        ordered = sorted(self.lines, key=lambda line: order.index(line.group))
        for group, lines in groupby(ordered, key=lambda line: line.group):
            yield group, list(lines)
