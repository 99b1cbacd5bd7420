"""Register of rules: what each needs, what it gives, which act it is, when it is in force.

``rule(...)`` turns a pure function into a :class:`Rule` and enters it into the register. A rule is named by a
*regime key* (``heating.odpu_no_ipu_season``) and has a small stable ``id`` for the statement rows. For one key
exactly one rule is valid on any day; :func:`coverage_faults` proves it.

A function returns :class:`LineResult` (a bill line) or a dict of named numbers (house results, facts).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from .errors import CalculationError

KOPECKS = "коп."

#: Largest plausible absolute values in natural units; more is a contradicting fact and gives no result.
LIMIT = 10**9


@dataclass(frozen=True)
class Input:
    """An argument of a rule.

    ``decimals``: the bulk column holds the value times ``10 ** decimals`` as an integer.
    ``source``: where the value comes from (``reading``, ``register``, ``tariff``, ``norm``, ``house``, ``law``).
    ``limit``: greatest plausible absolute value in natural units; ``signed``: may be below zero.
    """

    name: str
    title: str
    unit: str
    decimals: int
    source: str
    symbol: str = ""
    limit: int = LIMIT
    signed: bool = False

    @property
    def bounds(self) -> tuple[int, int]:
        """Lowest and highest value allowed in the scaled column."""
        high = self.limit * 10**self.decimals
        return (-high if self.signed else 0), high


@dataclass(frozen=True)
class Output:
    """A result of a rule; its bulk column is an Int64 scaled by ``10 ** decimals`` (money: kopecks, 0)."""

    name: str
    title: str
    unit: str
    decimals: int


@dataclass(frozen=True)
class LineResult:
    """A bill line: exact ``volume`` in the unit of the service, ``charge`` and ``excess`` in kopecks.

    ``excess`` is the part of ``charge`` due to the raising coefficient (сумма превышения).
    """

    volume: Any
    charge: Any
    excess: Any = 0


@dataclass(frozen=True, eq=False)
class Rule:
    """One edition of one regime; it equals only itself. Calling it calls the function, so that rules can be built from rules."""

    id: int
    key: str
    function: Callable[..., Any]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    service: str
    unit: str
    title: str
    act: str
    paragraph: str
    label: str
    valid_from: date
    valid_to: date | None
    version: int

    def __call__(self, **arguments: Any) -> Any:
        return self.function(**arguments)

    def results(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Named results of the function for ``arguments`` of one interpreter."""
        answer = self.function(**arguments)
        if isinstance(answer, LineResult):
            return {"volume": answer.volume, "charge": answer.charge, "excess": answer.excess}
        return answer

    def valid_on(self, day: date) -> bool:
        """Whether this edition is in force on ``day`` (``valid_to`` is the first day without it)."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


_BY_KEY: dict[str, list[Rule]] = {}
_BY_ID: dict[int, Rule] = {}


def line_outputs(unit: str) -> tuple[Output, ...]:
    """Outputs of a bill line whose volume is measured in ``unit``."""
    return (
        Output("volume", "объём", unit, 6),
        Output("charge", "начислено", KOPECKS, 0),
        Output("excess", "сумма превышения", KOPECKS, 0),
    )


def rule(
    *,
    id: int,
    key: str,
    title: str,
    act: str,
    paragraph: str,
    inputs: Iterable[Input],
    service: str = "",
    unit: str = "",
    label: str = "",
    outputs: Iterable[Output] = (),
    valid_from: date,
    valid_to: date | None = None,
    version: int = 1,
) -> Callable[[Callable[..., Any]], Rule]:
    """Enter a function into the register.

    ``valid_from`` is the first day for which the project claims the rule, ``valid_to`` the first day it is no
    longer law (None: in force). ``id`` never changes and is never used again: statement rows keep it.
    """

    def enter(function: Callable[..., Any]) -> Rule:
        entry = Rule(
            id, key, function, tuple(inputs), tuple(outputs) or line_outputs(unit), service, unit, title, act,
            paragraph, label, valid_from, valid_to, version,
        )
        if not 0 < id < 2**15:
            raise ValueError(f"rule id {id} does not fit a smallint")
        if id in _BY_ID:
            raise ValueError(f"rule id {id} is taken by {_BY_ID[id].key}")
        _BY_ID[id] = entry
        _BY_KEY.setdefault(key, []).append(entry)
        return entry

    return enter


_TAKEN_IN: dict[str, None] = {}
"""Modules of rules that came by the door, in the order in which they came."""


def take_in(dotted: str) -> None:
    """Enter the rules of a module of a partner: importing it does. Again it does nothing. Raises ImportError."""
    importlib.import_module(dotted)
    _TAKEN_IN[dotted] = None


def taken_in() -> tuple[str, ...]:
    """What was taken in by this process; another process takes in the same to know the same rules."""
    return tuple(_TAKEN_IN)


def forget(package: str) -> None:
    """Take the rules of a package out again (its module was unloaded)."""
    mine = [entry for entry in _BY_ID.values() if entry.function.__module__.partition(".")[0] == package]
    for entry in mine:
        del _BY_ID[entry.id]
        _BY_KEY[entry.key].remove(entry)
        if not _BY_KEY[entry.key]:
            del _BY_KEY[entry.key]
    for dotted in [dotted for dotted in _TAKEN_IN if dotted.partition(".")[0] == package]:
        del _TAKEN_IN[dotted]


def _load() -> None:
    from . import rules  # noqa: F401  (the import enters every rule)


def all_rules() -> list[Rule]:
    """Every rule, by key and edition."""
    _load()
    return sorted(_BY_ID.values(), key=lambda entry: (entry.key, entry.valid_from))


def rule_by_id(number: int) -> Rule:
    """The rule a statement row names; KeyError if there never was one."""
    _load()
    return _BY_ID[number]


def rule_for(key: str, day: date) -> Rule:
    """The edition of ``key`` in force on ``day``.

    Raises CalculationError ``no_rule`` for an unknown key or a day outside every edition.
    """
    _load()
    for entry in _BY_KEY.get(key, ()):
        if entry.valid_on(day):
            return entry
    raise CalculationError(
        "no_rule",
        f"Для режима «{key}» на {day:%d.%m.%Y} нет действующего правила. Выберите другой способ расчёта услуги.",
    )


def coverage_faults(first: date, last: date) -> list[str]:
    """Days within ``first``..``last`` on which a key has no rule or more than one, as sentences."""
    faults = []
    for key in sorted({entry.key for entry in all_rules()}):
        day = first
        while day <= last:
            count = sum(entry.valid_on(day) for entry in _BY_KEY[key])
            if count != 1:
                faults.append(f"{key}: {count} rules on {day}")
                break
            day += timedelta(days=1)
    return faults


def exact(value: Any) -> Fraction:
    """An int, Decimal, Fraction or decimal text as an exact Fraction; floats are refused."""
    if isinstance(value, float):
        raise TypeError("floats are not exact; pass Decimal, int, Fraction or text")
    return Fraction(value)


def checked_values(entry: Rule, values: Mapping[str, Any]) -> dict[str, Fraction]:
    """The rule's inputs as exact numbers.

    Raises CalculationError ``missing_input`` (absent or None), ``unknown_input`` or ``implausible_input``
    (outside the limits of the input), naming the input.
    """
    unknown = sorted(set(values) - {item.name for item in entry.inputs})
    if unknown:
        raise CalculationError("unknown_input", f"Правило {entry.key} не знает величины «{unknown[0]}».")
    result = {}
    for item in entry.inputs:
        if values.get(item.name) is None:
            raise CalculationError(
                "missing_input", f"Не задано: {item.title}. Без этой величины строка не рассчитывается."
            )
        number = exact(values[item.name])
        if abs(number) > item.limit or (number < 0 and not item.signed):
            raise CalculationError(
                "implausible_input", f"Недопустимое значение: {item.title} = {float(number):g}. Проверьте данные."
            )
        result[item.name] = number
    return result


def catalogue(entries: Iterable[Rule] | None = None) -> list[str]:
    """One line a rule: ``id key: inputs (decimals) -> outputs (decimals)``, in the order of the keys."""
    return [
        f"{entry.id} {entry.key}: "
        + ", ".join(f"{item.name} ({item.decimals})" for item in entry.inputs)
        + " -> "
        + ", ".join(f"{output.name} ({output.decimals})" for output in entry.outputs)
        for entry in (all_rules() if entries is None else entries)
    ]
