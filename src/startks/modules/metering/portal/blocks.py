"""What the blocks show: the meters with their last readings, and consumption by months as a picture."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from markupsafe import Markup
from pyramid.request import Request
from sqlalchemy import Row

from startks.framework.documents.charts import Chart, Series, chart_figure
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account, House
from startks.framework.web.formats import micro, number
from startks.framework.web.formats import period as month_name
from startks.modules.metering.office_queries import (
    account_meters,
    account_readings,
    house_meters,
    house_readings,
)

UNITS = {"m3": "м³", "kwh": "кВт·ч", "gcal": "Гкал"}
MONTHS = 14
SOON = dt.timedelta(days=60)
"""A verification that ends within this time is named beforehand."""
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class MeterLine:
    """A meter in service as a resident reads it; ``state`` is ``ok``, ``soon`` or ``lapsed``."""

    service: str
    serial: str
    model: str
    place: str
    value: str
    read_on: dt.date | None
    verified_until: dt.date | None
    state: str


def lines_of(rows: Iterable[Row], today: dt.date) -> list[MeterLine]:
    """Meters that still stand, in words."""
    lines = []
    for row in rows:
        if row.removed_on is not None and row.removed_on <= today:
            continue
        until = row.verified_until
        state = "ok" if until is None or until > today + SOON else "soon" if until >= today else "lapsed"
        value = f"{micro(row.value)} {UNITS.get(row.unit, row.unit)}" if row.value is not None else ""
        lines.append(
            MeterLine(row.service, row.serial, row.model or "", row.place or "", value, row.read_on, until, state)
        )
    return lines


def used_by_month(rows: Sequence[Row]) -> dict[tuple[str, str], dict[int, int]]:
    """Consumption between readings, summed by (service, unit) and the month (YYYYMM) of the later reading, millionths."""
    found: dict[tuple[str, str], dict[int, int]] = {}
    for row in rows:
        if row.used is None or row.used < 0:
            continue  # the first reading, or a meter that was changed: there is no consumption between the two
        months = found.setdefault((row.service, row.unit), {})
        month = row.day.year * 100 + row.day.month
        months[month] = months.get(month, 0) + row.used
    return found


def charts_of(rows: Sequence[Row], locale: str, words: tuple[str, str, str]) -> list[Markup]:
    """A picture a resource, of its last months."""
    pictures = []
    for (service, unit), months in used_by_month(rows).items():
        last = sorted(months.items())[-MONTHS:]
        if len(last) > 1:
            pictures.append(_picture(service, UNITS.get(unit, unit), tuple(last), locale, words))
    return pictures


# A pure function of the numbers: the same months are drawn once, however often their page is opened.
@lru_cache(maxsize=1024)
def _picture(
    service: str, unit: str, months: tuple[tuple[int, int], ...], locale: str, words: tuple[str, str, str]
) -> Markup:
    text, series, numbers = words
    names = tuple(f"{name[:3]} {year[-2:]}" for name, year in (month_name(m, locale).split() for m, _used in months))
    return chart_figure(
        Chart(
            title=f"{service}, {unit}",
            description=text,
            categories=names,
            series=(Series(series, tuple(Decimal(used) / MILLION for _month, used in months)),),
            unit=unit,
            text_of=lambda value: number(value, 3) if value % 1 else number(value),
        ),
        numbers,
        width=460,
        height=210,
    )


def _words(request: Request) -> tuple[str, str, str]:
    translate = request.localizer.translate
    return (
        translate(_("Consumption by months, from the readings.")),
        translate(_("Consumption")),
        translate(_("The same in numbers")),
    )


def account_block(context: Account, request: Request) -> dict[str, Any] | None:
    """Meters of the account; nothing where it has none."""
    meters = lines_of(account_meters(request.read, context.account_id), dt.date.today())
    if not meters:
        return None
    readings = account_readings(request.read, context.account_id)
    return {"meters": meters, "charts": charts_of(readings, request.localizer.locale_name, _words(request))}


def house_block(context: House, request: Request) -> dict[str, Any] | None:
    """The house's own meters; nothing where it has none. Flats' meters are nobody else's business."""
    meters = lines_of(house_meters(request.read, context.house_id), dt.date.today())
    if not meters:
        return None
    readings = house_readings(request.read, context.house_id, 120)
    return {"meters": meters, "charts": charts_of(readings, request.localizer.locale_name, _words(request))}
