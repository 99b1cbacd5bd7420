"""Words for the codes of the data base, as residents say them; a code that nobody named is shown as it stands."""

from __future__ import annotations

import datetime as dt

from startks.framework.web import labels as shared

SERVICE_ICONS = {
    "cold_water": "droplet",
    "hot_water": "droplet-filled",
    "hot_water_heat": "temperature-plus",
    "sewerage": "bucket-droplet",
    "electricity": "bolt",
    "electricity_day": "sun",
    "electricity_night": "moon",
    "gas": "flame",
    "heating": "temperature",
    "waste": "trash",
    "maintenance": "tools",
    "capital_repair": "building-community",
    "rent": "key",
}
"""Sign of a service; services of the house's common needs have the building's."""


sayer = shared.sayer(shared.LABELS)
"""Request method: ``say(kind, code)`` in the reader's language."""


def last_day(until: dt.date) -> dt.date:
    """Last day on which a fact holds, from the half-open end of its range."""
    return until - dt.timedelta(days=1)


def page_numbers(page: int, pages: int) -> list[int | None]:
    """Pages to offer: the first, the last and those around the shown one; None is a gap."""
    shown = sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
    numbers: list[int | None] = []
    for number in shown:
        if numbers and number - (numbers[-1] or 0) > 1:
            numbers.append(None)
        numbers.append(number)
    return numbers
