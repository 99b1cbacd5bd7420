"""Words that stand in every row of the bill: translated once a request, not once a row."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pyramid.request import Request

from startks.framework.i18n import _

UNITS = {"m3": "м³", "kwh": "кВт·ч", "gcal": "Гкал", "m2": "м²", "person": "чел."}

WORDS: dict[str, Any] = {
    "opening": _("Owed at the beginning"),
    "charged": _("Charged"),
    "recalculation": _("Recalculation"),
    "benefit": _("Benefits"),
    "penalty": _("Penalty"),
    "paid": _("Paid"),
    "excess": _("of it by the raising coefficient"),
    "volume": _("Volume"),
    "tariff": _("Tariff"),
    "charge": _("Charge"),
    "total": _("To pay"),
    "service": _("Service"),
    "why": _("Where from?"),
    "why_of": _("Where does the sum come from:"),
    "closing": _("Owed at the end"),
    "month": _("Month"),
    "history": _("Charged and paid by months"),
    "housing": _("Housing services"),
    "common": _("Common needs of the house"),
    "utilities": _("Utilities"),
    "capital_repair": _("Capital repair"),
    "advance": _("Advance"),
    "history_text": _("For each month two bars: what was charged and what was paid."),
}


@lru_cache(maxsize=8)
def _words(localizer: Any) -> dict[str, str]:
    return {name: localizer.translate(message) for name, message in WORDS.items()}


def labels(request: Request) -> dict[str, str]:
    """The words in the reader's language; a localizer is one object a language, so they are kept by it."""
    return _words(request.localizer)
