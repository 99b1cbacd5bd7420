"""Months of an account: a picture and the table of its numbers, as a part that the bill unfolds and as a page.

The bill itself only carries the link: most readers look at the sum and pay, and the picture costs more than the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup
from pyramid.request import Request

from startks.framework.documents.charts import Chart, Series, chart_svg
from startks.framework.i18n import _
from startks.framework.tree.crumbs import breadcrumbs
from startks.framework.tree.nodes import Account
from startks.framework.tree.urls import portal_url
from startks.framework.web.formats import number
from startks.modules.billing.portal.labels import labels
from startks.modules.billing.portal.months import asked_bill
from startks.modules.billing.portal_queries import Month, account_history

MONTHS = 14


def part(context: Account, request: Request) -> dict[str, Any]:
    """The months up to ``?period=202610`` (the last calculated one without it)."""
    bill = asked_bill(context, request)
    words = labels(request)
    months = account_history(request.read, bill.account_id, bill.period, MONTHS)
    return {
        "bill": bill,
        "words": words,
        "months": months,
        "chart": chart_of(months, words, request.fmt),
        "url": portal_url(request, context),
    }


def page(context: Account, request: Request) -> dict[str, Any]:
    """The same as a page: for readers without scripts, for printing, for a link."""
    return {**part(context, request), "steps": breadcrumbs(request, context, request.localizer.translate(_("History")))}


def chart_of(months: Sequence[Month], words: dict[str, str], fmt: Any) -> Markup | None:
    """Bars of what was charged and paid month by month, roubles; None for less than two months."""
    if len(months) < 2:
        return None
    return chart_svg(
        Chart(
            title=words["history"],
            description=words["history_text"],
            categories=tuple(_short(fmt.period(month.period)) for month in months),
            series=(
                Series(words["charged"], tuple(Decimal(month.charged) / 100 for month in months)),
                Series(words["paid"], tuple(Decimal(month.paid) / 100 for month in months)),
            ),
            unit="₽",
            text_of=lambda value: number(value, 0),
        )
    )


def _short(month: str) -> str:
    """«октябрь 2026» → «окт 26»."""
    name, _space, year = month.partition(" ")
    return f"{name[:3]} {year[-2:]}"
