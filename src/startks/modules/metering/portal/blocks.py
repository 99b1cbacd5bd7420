"""What residents see of meters: their last readings under the bill, and consumption by months as a picture.

The block stands on the hottest page, so it is filled from pieces and carries only a link to the pictures: they come when
the reader scrolls to them, or as a page without scripts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from markupsafe import Markup
from pyramid.request import Request
from sqlalchemy import Row

from startks.framework.documents.charts import Chart, Series, chart_figure
from startks.framework.i18n import _
from startks.framework.tree.ahead import read_ahead
from startks.framework.tree.crumbs import breadcrumbs
from startks.framework.tree.nodes import Account, House
from startks.framework.tree.urls import portal_url
from startks.framework.web.formats import date, micro, number
from startks.framework.web.formats import period as month_name
from startks.framework.web.pieces import Html, Pieces, joined
from startks.modules.metering.notices.services import of_account
from startks.modules.metering.notices.sheet import LAW, WAY_OUT, sentence
from startks.modules.metering.office_queries import account_readings, house_meters, house_readings
from startks.modules.metering.portal_queries import METERS, StandingMeter, meters_of, standing_meters

PIECES = Pieces(
    "startks.modules.metering.portal:templates/account.pt",
    "meters", "meter", "value", "read", "ok", "soon", "lapsed", "consumption",
)  # fmt: skip

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
        state = state_of(until, today)
        value = f"{micro(row.value)} {UNITS.get(row.unit, row.unit)}" if row.value is not None else ""
        lines.append(
            MeterLine(row.service, row.serial, row.model or "", row.place or "", value, row.read_on, until, state)
        )
    return lines


def state_of(until: dt.date | None, today: dt.date) -> str:
    """Of a meter verified until that day: ``ok``, ``soon`` to be verified again, or ``lapsed``."""
    return "ok" if until is None or until > today + SOON else "soon" if until >= today else "lapsed"


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


def account_block(context: Account, request: Request) -> Html | None:
    """Meters of the account that stand today; nothing where it has none."""
    today = dt.date.today()
    rows = read_ahead(request, METERS)
    meters = meters_of(rows) if rows is not None else standing_meters(request.read, context.account_id, today)
    if not meters:
        return None
    pieces, url = PIECES.of(request), portal_url(request, context)
    return joined(
        (
            pieces.meters(meters=joined(_card(meter, pieces, today, url) for meter in meters)),
            pieces.consumption(url=url),
        )
    )


def _card(meter: StandingMeter, pieces: Any, today: dt.date, url: str) -> Html:
    until = meter.verified_until
    value = pieces.value(value=f"{micro(meter.value)} {UNITS.get(meter.unit, meter.unit)}") if meter.value is not None else ""
    return pieces.meter(
        service=meter.service,
        serial=meter.serial,
        value=value,
        read=pieces.read(day=date(meter.read_on)) if meter.read_on else "",
        verified=_verified(pieces, state_of(until, today), until, url) if until else "",
    )


def _verified(pieces: Any, state: str, until: dt.date, url: str) -> Html:
    return pieces.ok(day=date(until)) if state == "ok" else getattr(pieces, state)(day=date(until), url=url)


def consumption_part(context: Account, request: Request) -> dict[str, Any]:
    """Consumption of the account's meters by months, a picture a resource."""
    readings = account_readings(request.read, context.account_id)
    return {"charts": charts_of(readings, request.localizer.locale_name, _words(request))}


def consumption_page(context: Account, request: Request) -> dict[str, Any]:
    """The same as a page: for readers without scripts, for printing, for a link."""
    return {
        **consumption_part(context, request),
        "url": portal_url(request, context),
        "steps": breadcrumbs(request, context, request.localizer.translate(_("Consumption"))),
    }


def verification_page(context: Account, request: Request) -> dict[str, Any]:
    """What the reminders of this account say, as they are printed for who has no cabinet."""
    today = dt.date.today()
    return {
        "notices": [sentence(row, today) for row in of_account(request.read, context.account_id)], "law": LAW,
        "way_out": WAY_OUT, "url": portal_url(request, context),
        "steps": breadcrumbs(request, context, request.localizer.translate(_("Verification of meters"))),
    }


def house_block(context: House, request: Request) -> dict[str, Any] | None:
    """The house's own meters; nothing where it has none. Flats' meters are nobody else's business."""
    meters = lines_of(house_meters(request.read, context.house_id), dt.date.today())
    if not meters:
        return None
    readings = house_readings(request.read, context.house_id, 120)
    return {"meters": meters, "charts": charts_of(readings, request.localizer.locale_name, _words(request))}
