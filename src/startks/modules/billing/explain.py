"""«Откуда сумма»: every line of a bill with its formula, the account's own numbers and where each comes from.

Nothing of this is stored. The facts of the house are read again, the very frames of the calculation are built, and the
line's rule runs once over numbers that remember what was done to them. ``matches`` says whether the result is what
stands on the bill: it is not where facts were changed after the calculation, and then the screen says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import polars as pl
from sqlalchemy import Connection, Row, text

from startks.base.db.bulk import plain_reader
from startks.base.errors import StartksError
from startks.domain.calc.interpret import apply_trace
from startks.domain.calc.trace import Explanation, number_text
from startks.modules.billing.calculation.benefits import Benefits, benefits
from startks.modules.billing.calculation.frames import lines_of
from startks.modules.billing.calculation.inputs import Inputs, Month
from startks.modules.billing.calculation.reductions import Reductions
from startks.modules.billing.calculation.regimes import Group, Regimes
from startks.modules.billing.calculation.run import resolve
from startks.modules.billing.sources import describe

UNITS = {"m3": "м³", "kwh": "кВт·ч", "gcal": "Гкал", "m2": "м²", "person": "чел.", "rub": "₽"}


@dataclass(frozen=True, slots=True)
class Step:
    """A named number of the explanation: ``value`` as text in Russian notation, ``source`` a phrase or empty."""

    title: str
    value: str
    unit: str
    source: str = ""
    expression: str = ""
    expression_with_numbers: str = ""
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineExplanation:
    """Where a line's sum comes from. ``charge`` and ``charged`` (the bill's own figure) in kopecks."""

    service_code: str
    service_title: str
    title: str
    words: str
    act: str
    paragraph: str
    label: str
    inputs: tuple[Step, ...]
    steps: tuple[Step, ...]
    house: tuple[tuple[str, str, str], ...]
    """the whole house's balance for shared lines: (title, value, unit)"""
    rounding: str
    charge: int
    charged: int

    @property
    def matches(self) -> bool:
        """Whether the facts of today still give the sum of the bill."""
        return self.charge == self.charged


class HouseTrace:
    """The calculation of one house, kept so that several lines of it are explained without reading it again."""

    def __init__(self, connection: Connection, house_id: int, period: int, consumption: str | None) -> None:
        self.connection = connection
        self.month = Month(period, house_id, house_id)
        read = plain_reader(connection)
        self.inputs = Inputs(read, self.month)
        self.used = self.inputs.consumption(resolve(consumption))
        self.regimes = Regimes(self.inputs, self.used)
        self.groups = self.regimes.build()
        self.answers: dict[tuple, Row | None] = {}
        """what :mod:`.sources` has asked the data base already"""

    @cached_property
    def resources(self) -> dict[str, str | None]:
        """The resource behind each connected service of the house."""
        rows = self.inputs.connections.select("service", "resource").unique(keep="first", maintain_order=True)
        return dict(rows.iter_rows())

    @cached_property
    def reductions(self) -> Reductions:
        """What acts and absences take off the lines of the house."""
        return Reductions(self.regimes)

    @cached_property
    def benefits(self) -> Benefits:
        """What rights give on the lines of the house."""
        return benefits(self.regimes, lines_of(self.groups), self.reductions.money)

    @cached_property
    def readings(self) -> dict[tuple[int, int | None], list[dict]]:
        """Volumes by (service, account); account None: the house's own meters. Those of a flat: (service, minus its id)."""
        found: dict[tuple[int, int | None], list[dict]] = defaultdict(list)
        for row in self.used.iter_rows(named=True):
            flat = None if row["premise_id"] is None else -row["premise_id"]
            found[row["service_id"], row["account_id"] if flat is None else flat].append(row)
        return found

    @cached_property
    def own_categories(self) -> set[tuple[int, int]]:
        """(account, service) where the account has its own row of tariff or norm."""
        return set(self.regimes.own_categories.found.select("account_id", "service_id").iter_rows())

    @cached_property
    def flats(self) -> dict[int, int]:
        """Communal flat of each account of a room."""
        rooms = self.regimes.rooms
        return dict(rooms.select("account_id", "flat_id").iter_rows()) if not rooms.is_empty() else {}

    @cached_property
    def lines(self) -> dict[tuple[int, int, int], list[tuple[Group, dict]]]:
        """Every line of the house by (account, service, supplier): the groups that charge it, each with its row."""
        found: dict[tuple[int, int, int], list[tuple[Group, dict]]] = defaultdict(list)
        for group in self.groups:
            for row in group.frame.iter_rows(named=True):
                found[row["account_id"], row["service_id"], row["supplier_id"]].append((group, row))
        return found

    def parts(self, account_id: int, service_id: int) -> Iterator[tuple[Group, dict]]:
        """The groups that charge a line and its row in each; a month may be charged by more than one rule."""
        for group in self.groups:
            rows = group.frame.filter((pl.col("account_id") == account_id) & (pl.col("service_id") == service_id))
            yield from ((group, row) for row in rows.iter_rows(named=True))

    def find(self, account_id: int, service_id: int) -> tuple[Group, dict] | None:
        """The first group and row of a line; None where the account is not charged for the service."""
        return next(self.parts(account_id, service_id), None)


def explain_line(
    connection: Connection, account_id: int, period: int, service_code: str, consumption: str | None = None,
    trace: HouseTrace | None = None,
) -> LineExplanation | None:
    """Explain one line of the month; None where there is no such line.

    ``consumption`` is the metering contract's function name (None: charged by norms). ``trace`` may be given to explain
    several lines of one house.
    """
    line = connection.execute(
        text("""SELECT a.house_id, s.id AS service_id, s.title, s.unit, coalesce(sum(z.charge), 0)::int8 AS charge
                  FROM account a CROSS JOIN service s
                  LEFT JOIN statement z ON z.account_id = a.id AND z.service_id = s.id AND z.period = :period
                 WHERE a.id = :account AND s.code = :service GROUP BY 1, 2, 3, 4"""),
        {"account": account_id, "service": service_code, "period": period},
    ).one_or_none()
    if line is None:
        return None
    trace = trace or HouseTrace(connection, line.house_id, period, consumption)
    parts = []
    for group, row in trace.parts(account_id, line.service_id):
        sources = describe(connection, trace, group, row, account_id)
        try:
            explanation = apply_trace(group.rule, values_of(group, row), sources)
        except StartksError as fault:
            raise StartksError(f"{line.title}: {fault.message}") from fault
        parts.append(_explained(explanation, trace, group, row, service_code, line))
    return _together(parts) if parts else None


def _together(parts: list[LineExplanation]) -> LineExplanation:
    """One explanation of a line that several rules charge: their numbers one after the other, and the sum."""
    if len(parts) == 1:
        return parts[0]
    first, several = parts[0], "; ".join
    charge = sum(part.charge for part in parts)
    steps = [
        replace(step, title=f"{number}) {step.title}") for number, part in enumerate(parts, 1) for step in part.steps
    ]
    total = Step("начислено всего", number_text(Fraction(charge, 100)), "₽", expression=" + ".join(
        f"начислено {number})" for number in range(1, len(parts) + 1)
    ), expression_with_numbers=" + ".join(number_text(Fraction(part.charge, 100)) for part in parts))
    return replace(
        first, title=several(f"{number}) {part.title}" for number, part in enumerate(parts, 1)),
        words=several(dict.fromkeys(part.words for part in parts)), act=several(dict.fromkeys(part.act for part in parts)),
        paragraph=several(dict.fromkeys(part.paragraph for part in parts)),
        label=several(dict.fromkeys(part.label for part in parts)),
        inputs=tuple(dict.fromkeys(step for part in parts for step in part.inputs)), steps=(*steps, total),
        house=next((part.house for part in parts if part.house), ()), charge=charge,
    )


def values_of(group: Group, row: dict) -> dict[str, Fraction | None]:
    """The inputs of a line's rule as exact numbers in their units; None where a fact is missing."""
    return {
        item.name: None if row[item.name] is None else Fraction(row[item.name], 10**item.decimals)
        for item in group.rule.inputs
    }


def _explained(found: Explanation, trace: HouseTrace, group: Group, row: dict, service_code: str, line) -> LineExplanation:
    charge = int(found.results["charge"])
    exact = next((step for step in found.steps if step.name == "charge"), None)
    rounding = (
        "Сумма строки округлена до копейки по правилам арифметики; до округления ничего не округлялось."
        if exact is not None else ""
    )
    return LineExplanation(
        service_code=service_code, service_title=line.title, title=found.title, words=_words(found), act=found.act,
        paragraph=found.paragraph, label=found.label,
        inputs=tuple(Step(s.title, s.value_text, unit_of(s, line.unit), s.source) for s in found.inputs),
        steps=tuple(
            Step(s.title, s.value_text, unit_of(s, line.unit), "", s.expression, s.expression_with_numbers, s.conditions)
            for s in found.steps
        ),
        house=_house_table(trace, group, row),
        rounding=rounding, charge=charge, charged=int(line.charge),
    )


def unit_of(step, unit: str) -> str:
    """Unit of a step of a line measured in ``unit``; rules that serve several resources say «ед.» or nothing and mean the unit of the line."""
    own = UNITS.get(unit, unit)
    if not step.unit and step.name.endswith("volume"):
        return own
    return step.unit.replace("ед.", own)


def _words(found: Explanation) -> str:
    last = next((step for step in reversed(found.steps) if step.name == "charge"), None)
    return f"{last.title.capitalize()} = {last.expression}" if last is not None and last.expression else found.title


def _house_table(trace: HouseTrace, group: Group, row: dict) -> tuple[tuple[str, str, str], ...]:
    """The balance of the whole house for lines that share it."""
    if not group.rule.key.startswith(("common.", "heating.odpu")):
        return ()
    resource = trace.resources.get(group.service)
    if resource is None:
        return ()
    service_id = trace.inputs.services[resource]
    balances = pl.concat(trace.regimes.house_rows).filter(pl.col("service_id") == service_id)
    if balances.is_empty():
        return ()
    house = balances.row(0, named=True)
    unit = {"electricity": "кВт·ч", "heating": "Гкал"}.get(resource, "м³")
    micro, square = 10**6, 100
    rows = [
        ("Общедомовой счётчик", _text(house["house_volume"], micro), unit),
        ("Квартиры по счётчикам", _text(house["metered_volume"], micro), unit),
        ("Квартиры по нормативу и среднему", _text(house["norm_volume"], micro), unit),
        ("Нежилые помещения", _text(house["nonresidential_volume"], micro), unit),
        ("Остаётся на общее имущество", _text(house["common_volume"], micro), unit),
        ("Площадь всех помещений дома", _text(house["total_area"], square), "м²"),
    ]
    return tuple(rows)


def _text(value: int, scale: int) -> str:
    return number_text(Fraction(value, scale))
