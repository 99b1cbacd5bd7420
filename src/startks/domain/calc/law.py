"""The law as a book to be opened on a day: which rules and figures hold for a service, what changes, what has no future.

    law_on(date(2026, 5, 1), "cold_water").rules
    differences(date(2025, 12, 1), date(2026, 1, 1), "cold_water")
    without_future(date(2026, 11, 24), horizon_days=365)

Read from the register of rules and the dated figures; what a town decides for itself (tariffs, norms, its own figures)
stands in the data base and is joined by :mod:`startks.domain.reference.law_queries`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from startks.domain.calc.errors import CalculationError
from startks.domain.calc.parameters import Parameter, history, names
from startks.domain.calc.registry import Rule, all_rules

HOUSING = ("maintenance", "capital_repair", "rent")
UTILITIES = (
    "cold_water", "hot_water", "hot_water_heat", "sewerage", "electricity", "electricity_day", "electricity_night", "gas",
    "heating", "waste",
)  # fmt: skip
COMMON = tuple(f"soi_{code}" for code in ("cold_water", "hot_water", "hot_water_heat", "electricity", "sewerage"))
SERVICES = (*HOUSING, *UTILITIES, *COMMON)
"""Codes of the bill lines the law speaks of."""

EPISODES = frozenset({"penalty.moratorium"})
"""Figures that hold only for a while: a day without one is no hole."""

_TOPICS = {"room": "heating", "degree_hours": "heating"}
"""Words of names that speak of one service without naming it."""

_BY_PERSONS = ("cold_water", "hot_water", "sewerage", "electricity", "gas", "waste")


@dataclass(frozen=True)
class Chapter:
    """A family of rules and figures (first word of their names) and the services it speaks of."""

    family: str
    title: str
    services: tuple[str, ...]


CHAPTERS = (
    Chapter("due", "Сроки оплаты", SERVICES),
    Chapter("raising_coefficient", "Повышающие коэффициенты", UTILITIES),
    Chapter("broken_seal", "Вмешательство в счётчик", ("cold_water", "hot_water", "hot_water_heat", "electricity", "gas")),
    Chapter("average", "Среднемесячное потребление", UTILITIES),
    Chapter("residents", "Число плательщиков", _BY_PERSONS),
    Chapter("communal", "Коммунальные квартиры", (*_BY_PERSONS, "heating")),
    Chapter("common", "Общедомовые нужды", COMMON),
    Chapter("absence", "Временное отсутствие", _BY_PERSONS),
    Chapter("quality", "Перерывы и качество", UTILITIES),
    Chapter("benefit", "Льготы", SERVICES),
    Chapter("social", "Льготы и субсидии", SERVICES),
    Chapter("subsidy", "Субсидия", SERVICES),
    Chapter("penalty", "Пени", SERVICES),
)
"""Chapters beside a service's own rules (``cold_water.norm``), in the order in which a bill comes about."""


@dataclass(frozen=True)
class Section:
    """A chapter as it stands on a day."""

    title: str
    rules: tuple[Rule, ...]
    figures: tuple[Parameter, ...]


@dataclass(frozen=True)
class Law:
    """What holds for a service on a day; sections without content are left out."""

    day: date
    service: str
    sections: tuple[Section, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules, in the order of the sections."""
        return tuple(entry for section in self.sections for entry in section.rules)

    @property
    def figures(self) -> tuple[Parameter, ...]:
        """All figures, in the order of the sections."""
        return tuple(figure for section in self.sections for figure in section.figures)


@dataclass(frozen=True)
class Difference:
    """A rule or figure that is not the same on two days; ``before`` or ``after`` is None where there is none."""

    name: str
    title: str
    before: Rule | Parameter | None
    after: Rule | Parameter | None


def law_on(day: date, service: str) -> Law:
    """Open the book for a service of :data:`SERVICES`.

    Raises CalculationError ``unknown_service`` with the codes that are known.
    """
    if service not in SERVICES:
        raise CalculationError(
            "unknown_service", f"Нет услуги «{service}». Известны: {', '.join(SERVICES)}."
        )
    rules = [entry for entry in all_rules() if entry.valid_on(day)]
    figures = [figure for name in names() for figure in history(name) if figure.valid_on(day)]
    own = Section(
        "Начисление",
        tuple(entry for entry in rules if _family(entry.key) == service),
        tuple(figure for figure in figures if _family(figure.name) in _relatives(service)),
    )
    sections = [own]
    for chapter in CHAPTERS:
        if service in chapter.services:
            sections.append(
                Section(
                    chapter.title,
                    tuple(
                        entry for entry in rules
                        if _family(entry.key) == chapter.family and _speaks_of(entry.key, service)
                    ),
                    tuple(
                        figure for figure in figures
                        if _family(figure.name) == chapter.family and _speaks_of(figure.name, service)
                    ),
                )  # fmt: skip
            )
    sections.append(Section("Правила модулей", tuple(entry for entry in rules if _is_foreign(entry, service)), ()))
    return Law(day, service, tuple(section for section in sections if section.rules or section.figures))


def differences(before: date, after: date, service: str) -> list[Difference]:
    """Rules and figures of a service that are not the same on two days, in the order of the book."""
    first, second = law_on(before, service), law_on(after, service)
    found = []
    for kind in ("rules", "figures"):
        old = {_name(entry): entry for entry in getattr(first, kind)}
        new = {_name(entry): entry for entry in getattr(second, kind)}
        for name in [*new, *(name for name in old if name not in new)]:
            one, other = old.get(name), new.get(name)
            if one != other:
                found.append(Difference(name, (other or one).title, one, other))
    return found


def without_future(day: date, horizon_days: int = 365) -> list[Rule | Parameter]:
    """Rules and figures whose last edition ends within the horizon with nothing after it: the operator must be told."""
    end = day + timedelta(days=horizon_days)
    last: dict[str, Rule | Parameter] = {}
    for entry in (*all_rules(), *(figure for name in names() if name not in EPISODES for figure in history(name))):
        known = last.get(_name(entry))
        if known is None or known.valid_from < entry.valid_from:
            last[_name(entry)] = entry
    return sorted(
        (entry for entry in last.values() if entry.valid_to is not None and entry.valid_to <= end),
        key=lambda entry: (entry.valid_to, _name(entry)),
    )


def figure_faults(first: date, last: date) -> list[tuple[str, date, int]]:
    """Every run of days within ``first``..``last`` on which a figure has no value or several: (name, its first day, how many).

    A figure is expected from its own first day on; :data:`EPISODES` may be absent but not double.
    """
    faults = []
    for name in names():
        editions = history(name)
        day, known = max(first, editions[0].valid_from), 1
        while day <= last:
            count = sum(edition.valid_on(day) for edition in editions)
            is_fault = count > 1 or (count == 0 and name not in EPISODES)
            if is_fault and known != count:
                faults.append((name, day, count))
            known = count if is_fault else 1
            day += timedelta(days=1)
    return faults


def _is_foreign(entry: Rule, service: str) -> bool:
    """Whether a module of a partner brought the rule, for the service it names (for every one where it names none)."""
    return entry.function.__module__.partition(".")[0] != "startks" and entry.service in ("", service)


def _family(name: str) -> str:
    return name.partition(".")[0]


def _name(entry: Rule | Parameter) -> str:
    return entry.key if isinstance(entry, Rule) else entry.name


def _relatives(service: str) -> tuple[str, ...]:
    """The service and what it is a part of."""
    if service.startswith("electricity_"):
        return service, "electricity"
    return (service, "hot_water") if service == "hot_water_heat" else (service,)


def _speaks_of(name: str, service: str) -> bool:
    """Whether a name within a chapter concerns the service: those that name another service do not."""
    words = name.split(".")[1:]
    named = [code for code in SERVICES if any(_starts(word, code) for word in words)]
    named += [code for topic, code in _TOPICS.items() if any(_starts(word, topic) for word in words)]
    return not named or max(named, key=len) in _relatives(service)


def _starts(word: str, beginning: str) -> bool:
    return word == beginning or word.startswith(beginning + "_")
