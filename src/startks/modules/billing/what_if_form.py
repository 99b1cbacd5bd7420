"""The form «what if» of an explained line and its answer, the same for the cabinet and the office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.request import Request

from startks.framework.i18n import _
from startks.modules.billing.explain import HouseTrace
from startks.modules.billing.what_if import AWAY, METER, PEOPLE, Answer, asked_of

TITLES = {
    PEOPLE: _("Residents all the month"),
    AWAY: _("Full days away, one resident"),
    METER: _("Volume by the meter a month"),
}
FAULTS = {
    PEOPLE: _("Type a whole number of people from 0 to 99."),
    AWAY: _("Type a whole number of days, no more than the month has."),
    METER: _("Type the volume as a number, for instance 3,5."),
    "choice": _("This line does not depend on that: choose another change."),
}


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What the form shows; addresses are without the query."""

    page: str
    part: str
    service: str
    period: int
    choices: tuple[tuple[str, Any], ...]
    change: str
    amount: str
    answer: Answer | None
    fault: Any


def what_if_form(
    request: Request, trace: HouseTrace, account_id: int, service_id: int, page: str, part: str, period: int, service: str
) -> WhatIf:
    """Read the question from ``?change=&amount=`` and answer it by the rule of the line."""
    change, amount = request.params.get("change", ""), request.params.get("amount", "")[:20]
    choices, answer, fault = asked_of(trace, account_id, service_id, change, amount)
    say = request.localizer.translate
    return WhatIf(
        page, part, service, period, tuple((code, say(TITLES[code])) for code in choices), change, amount, answer,
        say(FAULTS[fault]) if fault else "",
    )
