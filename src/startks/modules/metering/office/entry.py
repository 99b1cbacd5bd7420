"""Readings by list: a house or an account in one table, by keyboard alone.

With scripts each line is saved as it is left (htmx sends the row, the rest stays as typed); without scripts the page is
one form. The rules stand in :mod:`startks.modules.metering.readings`; here is only what was typed and what is shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyramid.renderers import render_to_response
from pyramid.request import Request

from startks.domain.security.audit import audit
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account, House
from startks.framework.tree.urls import office_url
from startks.framework.web import formats
from startks.modules.metering.readings import checks, registers
from startks.modules.metering.readings.checks import Register
from startks.modules.metering.readings.entry import Item, Outcome, enter, touched

ROW = "startks.modules.metering.office:templates/entry_answer.pt"
CAN_TURN = frozenset({"below_previous", "no_turn"})
LONGEST_TYPED = 40
WORDS = {
    "below": _("less than the previous one"), "long": _("more digits than on the dial"), "unusual": _("an extra digit?"),
}  # fmt: skip
"""What the page says while one types, before anything is sent."""


@dataclass(slots=True)
class Line:
    """A row of the table: the dial, what was typed, what was found."""

    register: Register
    typed: str = ""
    turned: bool = False
    confirmed: bool = False
    fault: str | None = None
    outcome: Outcome | None = None

    @property
    def key(self) -> str:
        """Part of the names of its fields."""
        return self.register.key

    @property
    def zone(self) -> str:
        """«день», «ночь» or nothing."""
        return checks.ZONES[self.register.zone]

    @property
    def previous(self) -> str:
        """Previous value as shown."""
        return checks.say(self.register.previous)

    @property
    def sentences(self) -> list[str]:
        """What is wrong with it."""
        if self.fault:
            return [self.fault]
        return [] if self.outcome is None else [finding.sentence for finding in self.outcome.findings]

    @property
    def state(self) -> str:
        """empty | saved | warning | refused."""
        if self.fault or (self.outcome is not None and self.outcome.refused):
            return "refused"
        if self.outcome is None:
            return "saved" if self.register.same is not None else "empty"
        return "saved" if self.outcome.saved else "warning"

    @property
    def can_turn(self) -> bool:
        """Whether «through zero» is offered."""
        codes = {finding.code for finding in self.outcome.findings} if self.outcome is not None else set()
        return self.turned or bool(codes & CAN_TURN)

    @property
    def can_confirm(self) -> bool:
        """Whether «confirm» is offered."""
        return self.state == "warning" or (self.confirmed and self.state == "saved")

    @property
    def use(self) -> str:
        """Use since the previous reading, as shown."""
        if self.outcome is not None and self.outcome.used is not None and not self.outcome.refused:
            return checks.say(self.outcome.used, self.register.unit)
        if self.outcome is None and self.register.same is not None:
            use = checks.used(self.register, self.register.same)
            return checks.say(use, self.register.unit) if use is not None and use >= 0 else ""
        return ""

    @property
    def most(self) -> int:
        """Micro-units of use from which the page hints at an extra digit before anything is sent."""
        usual = self.register.usual
        if self.register.account_id is None:
            return self.register.span
        if usual is None:
            return checks.UNLIKELY.get(self.register.resource, 1_000) * checks.MICRO
        return max(checks.UNUSUAL_TIMES * usual, checks.NOTICEABLE.get(self.register.resource, 100) * checks.MICRO)


def house_list(context: House | Account, request: Request) -> dict[str, Any]:
    """Show the table of a house or account; a POST (no scripts) saves every line typed and shows what remains."""
    today = dt.date.today()
    day, fault = _day(request, today)
    resource = request.params.get("resource", "")
    dials = _registers(context, request, day)
    lines = [Line(dial, typed=_shown(dial.same)) for dial in dials if resource in ("", dial.resource)]
    saved = 0
    if request.method == "POST" and fault is None:
        saved = _save(context, request, lines, day, today)
        if any(line.state in ("refused", "warning") for line in lines):
            request.response.status_int = 422
    return {
        "lines": lines, "day": day, "day_fault": fault, "resource": resource,
        "resources": sorted({(dial.resource, dial.service) for dial in dials}, key=lambda pair: pair[1]),
        "touched": _touched(context, request, day), "saved": saved, "asked": request.method == "POST",
        "left": [line for line in lines if line.state in ("refused", "warning")],
        "filled": sum(line.state == "saved" for line in lines),
        "row_url": office_url(request, context, "readings-row"),
        "words": {name: request.localizer.translate(word) for name, word in WORDS.items()},
    }  # fmt: skip


def row(context: House | Account, request: Request) -> Any:
    """Save one line and answer with it alone (htmx)."""
    today = dt.date.today()
    day, fault = _day(request, today)
    key = request.POST.get("key", "")
    meter, _dash, zone = key.partition("-")
    found = None
    if meter.isascii() and meter.isdigit() and len(meter) < 10:
        wanted = (int(meter), zone)
        found = next((dial for dial in _known(context, request, wanted[0], day) if str(dial.zone) == wanted[1]), None)
    if found is None:
        return render_to_response(
            ROW, {"line": None, "message": _("This meter is no longer here: open the list again.")}, request=request
        )
    line = Line(found, typed=_shown(found.same))
    if fault is None:
        _save(context, request, [line], day, today)
    else:
        line.typed, line.fault = request.POST.get(f"value-{key}", "")[:LONGEST_TYPED], fault
    return render_to_response(ROW, {"line": line, "message": None}, request=request)


def _save(context: House | Account, request: Request, lines: Iterable[Line], day: dt.date, today: dt.date) -> int:
    """Read the fields of the lines and save what is new; return how many were saved."""
    items: list[Item] = []
    sent: list[Line] = []
    for line in lines:
        typed = request.POST.get(f"value-{line.key}", "").strip()[:LONGEST_TYPED]
        line.turned = f"turned-{line.key}" in request.POST
        line.confirmed = f"confirm-{line.key}" in request.POST
        if not typed or typed == _shown(line.register.same):
            continue
        line.typed = typed
        try:
            value = checks.parse(typed)
        except ValueError as error:
            line.fault = str(error)
            continue
        items.append(Item(line.register.meter_id, line.register.zone, value, line.turned, line.confirmed))
        sent.append(line)
    if not items:
        return 0
    outcomes = enter(
        request.db, items, day=day, channel="house", by=request.identity, today=today, house_id=context.house_id
    )
    for line, outcome in zip(sent, outcomes, strict=True):
        line.outcome = outcome
    saved = sum(outcome.saved for outcome in outcomes)
    if saved:
        audit(request.db, request.identity, "metering:reading:enter", (context.kind, context.id),
              {"day": day.isoformat(), "readings": saved})  # fmt: skip
    return saved


def _registers(context: House | Account, request: Request, day: dt.date) -> list[Register]:
    if isinstance(context, Account):
        return registers.of_account(request.db, context.id, day)
    return registers.of_house(request.db, context.id, day)


def _known(context: House | Account, request: Request, meter_id: int, day: dt.date) -> list[Register]:
    found = registers.of_meters(request.db, [meter_id], day)
    if isinstance(context, Account):
        return [dial for dial in found if dial.account_id == context.id]
    return [dial for dial in found if dial.house_id == context.id]


def _touched(context: House | Account, request: Request, day: dt.date) -> list[int]:
    account = context.id if isinstance(context, Account) else None
    return touched(request.db, day, account_id=account, house_id=None if account else context.house_id)


def _day(request: Request, today: dt.date) -> tuple[dt.date, str | None]:
    typed = request.params.get("day", "").strip()
    if not typed:
        return today, None
    try:
        day = formats.parse_date(typed)
    except ValueError as error:
        return today, str(error)
    if day > today:
        return today, f"День {formats.date(day)} ещё не наступил: показания вносят не позже {formats.date(today)}."
    return day, None


def _shown(value: int | None) -> str:
    return "" if value is None else checks.say(value)
