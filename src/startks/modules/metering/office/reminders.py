"""Meters whose verification ends soon or has ended: a list over the reader's territory, and a tile of the desktop."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pyramid.request import Request

from startks.domain.security.access import scope_filter
from startks.framework.i18n import _
from startks.framework.tree.nodes import Root
from startks.framework.tree.urls import office_url
from startks.framework.web.lists import Column, Filter, Listing
from startks.modules.metering.models import Meter
from startks.modules.metering.office.nodes import MeteringDesk
from startks.modules.metering.office_queries import TERRITORY, VERIFICATION, verification_counts
from startks.modules.metering.permissions import MeteringPermission

DAYS = (30, 60, 90, 180)
DEFAULT_DAYS = 60


def verification(context: MeteringDesk, request: Request) -> Any:
    """Meters in service whose verification has ended or ends within the days asked (60 where nothing is asked)."""
    asked = request.params.get("days", "")
    days = int(asked) if asked in {str(number) for number in DAYS} else DEFAULT_DAYS
    until = dt.date.today() + dt.timedelta(days=days)
    listing = Listing(
        request,
        "verification",
        _("Verification of meters"),
        VERIFICATION.where(Meter.verified_until <= until),
        scope=scope_filter(request.identity, MeteringPermission.METER_LIST, TERRITORY),
        columns=(
            Column("verified_until", _("Verified until"), Meter.verified_until, show=lambda fmt, day: fmt.date(day)),
            Column("days", _("Days left"), show=lambda fmt, value: fmt.number(value), numeric=True),
            Column("address", _("Address"), url=lambda row: request.frame.house_url(row, "meters")),
            Column("premise_number", _("Flat")),
            Column("account_number", _("Account"), url=lambda row: _account(request, row)),
            Column("service", _("Resource")),
            Column("serial", _("Serial number"), Meter.serial, url=lambda row: _meter(request, row), head=True),
        ),
        filters=(
            Filter("q", _("Serial number"), "contains", Meter.serial),
            Filter("since", _("Verified until, from"), "since", Meter.verified_until),
        ),
        tie=Meter.id,
        empty=_("No verification ends in these days."),
        page_size=50,
    )
    here = office_url(request, context)
    links = [(number, f"{here}?days={number}", number == days) for number in DAYS]
    return listing.answer(days=days, links=links)


def tile(context: Root, request: Request) -> dict[str, Any] | None:
    """How many meters wait for a verification; nothing where none does."""
    scope = scope_filter(request.identity, MeteringPermission.METER_LIST, TERRITORY)
    counts = verification_counts(request.read, scope, DAYS[0])
    if not counts.overdue and not counts.soon:
        return None
    return {"counts": counts, "days": DAYS[0], "url": office_url(request, context) + "/+metering"}


def _meter(request: Request, row: Any) -> str:
    return f"{request.frame.house_url(row)}/+meters/{row.id}"


def _account(request: Request, row: Any) -> str | None:
    return request.frame.account_url(row, "meters") if row.account_number else None
