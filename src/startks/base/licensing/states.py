"""The state of each module: a pure function of the licence, the counters and the day.

Nothing here reads a file, a clock or a table, so every case is a row of a test.

A limit that is exceeded is treated like a term that has run out: ``grace_days`` begin with the first measurement
above the limit, and only after them writing stops. A new house connected on Monday must not stop the whole billing on
Tuesday.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass

from startks.base.licensing.counters import Counter
from startks.base.licensing.licence import Grant, Licence, Verdict


class State(enum.StrEnum):
    """What a module may do today. Reading and printing by address work in every state."""

    ABSENT = "absent"
    """No licence names its product."""
    ACTIVE = "active"
    """All is in order."""
    GRACE = "grace"
    """The term or the limit is exceeded, the days of grace run."""
    READONLY = "readonly"
    """The term or the limit is exceeded: everything may be read and printed, nothing written."""
    BLOCKED = "blocked"
    """The licence file is not to be believed."""

    @property
    def writable(self) -> bool:
        """May the module's views and tasks write?"""
        return self in (State.ACTIVE, State.GRACE)

    @property
    def visible(self) -> bool:
        """Do its menu lines, blocks, contracts and subscribers take part?"""
        return self in (State.ACTIVE, State.GRACE, State.READONLY)

    @property
    def title(self) -> str:
        """The state in Russian, for screens and tables."""
        return TITLES[self]


TITLES = {
    State.ABSENT: "нет лицензии",
    State.ACTIVE: "действует",
    State.GRACE: "льготный срок",
    State.READONLY: "только чтение",
    State.BLOCKED: "лицензия негодна",
}


@dataclass(frozen=True, slots=True)
class ModuleState:
    """A module's state, the sentence that explains it, and the last day on which it holds (None: no end known)."""

    state: State
    why: str
    until: dt.date | None = None


def module_states(
    verdict: Verdict,
    demands: Mapping[str, str | None],
    counters: Mapping[str, Counter],
    today: dt.date,
) -> dict[str, ModuleState]:
    """Return the state of each module.

    ``demands`` maps a module to the product it belongs to, None for a module that needs no licence. ``counters`` maps a
    metric to what was measured; a metric never measured counts as within the limit.
    """
    return {module: _state(verdict, product, counters, today) for module, product in demands.items()}


def _state(verdict: Verdict, product: str | None, counters: Mapping[str, Counter], today: dt.date) -> ModuleState:
    if product is None:
        return ModuleState(State.ACTIVE, "Лицензия не нужна.")
    if verdict.problem is not None:
        return ModuleState(State.BLOCKED, verdict.problem)
    licence = verdict.licence
    if licence is None:
        place = f" Положите файл лицензии в {verdict.path}." if verdict.path else " Задайте startks.licence_file."
        return ModuleState(State.ABSENT, "Лицензия не установлена: данные можно читать и печатать." + place)
    grant = licence.grant(product)
    if grant is None:
        return ModuleState(
            State.ABSENT,
            f"Лицензия № {licence.number} не включает продукт «{product}». Запросите у поставщика лицензию с ним.",
        )
    if today < licence.valid_from:
        return ModuleState(
            State.READONLY,
            f"Лицензия № {licence.number} начнёт действовать {_day(licence.valid_from)}. Проверьте дату на сервере.",
            licence.valid_from - dt.timedelta(days=1),
        )
    # The worse of the two judgements counts.
    judged = [_by_term(licence, today), _by_limit(licence, grant, counters.get(grant.metric), today)]
    order = (State.READONLY, State.GRACE, State.ACTIVE)
    return min(judged, key=lambda found: (order.index(found.state), found.until or dt.date.max))


def _by_term(licence: Licence, today: dt.date) -> ModuleState:
    end = licence.valid_to
    if end is None:
        return ModuleState(State.ACTIVE, f"Лицензия № {licence.number} бессрочная.")
    if today <= end:
        return ModuleState(State.ACTIVE, f"Лицензия № {licence.number} действует по {_day(end)}.", end)
    last = end + dt.timedelta(days=licence.grace_days)
    expired = f"Срок лицензии № {licence.number} истёк {_day(end)}"
    if today <= last:
        return ModuleState(
            State.GRACE, f"{expired}, запись возможна по {_day(last)}. Продлите лицензию до этого дня.", last
        )
    return ModuleState(
        State.READONLY, f"{expired}: данные можно читать и печатать. Продлите лицензию, чтобы вносить изменения."
    )


def _by_limit(licence: Licence, grant: Grant, counter: Counter | None, today: dt.date) -> ModuleState:
    within = ModuleState(State.ACTIVE, f"Лицензия № {licence.number}: в пределах лимита.")
    if grant.limit is None or counter is None:
        return within
    since = counter.first_day_above(grant.limit)
    if since is None:
        return within
    last = since + dt.timedelta(days=licence.grace_days)
    over = f"Лимит лицензии № {licence.number} превышен с {_day(since)}: {counter.value} при лимите {grant.limit}"
    if today <= last:
        return ModuleState(
            State.GRACE, f"{over}, запись возможна по {_day(last)}. Расширьте лицензию до этого дня.", last
        )
    return ModuleState(
        State.READONLY, f"{over}: данные можно читать и печатать. Расширьте лицензию, чтобы вносить изменения."
    )


def _day(day: dt.date) -> str:
    return day.strftime("%d.%m.%Y")
