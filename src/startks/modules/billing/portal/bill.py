"""The page of an account: the bill of a month, what came before, how to pay.

It is the hottest page of the product, so its numbers are put into words here, in one pass, and the template only lays
them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pyramid.request import Request

from startks.framework.addons.slots import slot
from startks.framework.i18n import _
from startks.framework.tree.crumbs import breadcrumbs
from startks.framework.tree.nodes import Account
from startks.framework.tree.urls import portal_url
from startks.framework.web.formats import money, number, price
from startks.modules.billing.bill import Bill, BillLine
from startks.modules.billing.portal.history import chart_of
from startks.modules.billing.portal.labels import UNITS, labels
from startks.modules.billing.portal.months import asked_bill
from startks.modules.billing.portal_queries import account_history
from startks.modules.billing.receipts import pay_until

MONTHS = 14
SECTIONS = {
    "housing": _("Housing services"),
    "common": _("Common needs of the house"),
    "utilities": _("Utilities"),
    "capital_repair": _("Capital repair"),
    "advance": _("Advance"),
}
ICONS = {
    "cold_water": "droplet", "hot_water": "droplet-filled", "hot_water_heat": "temperature-plus",
    "sewerage": "bucket-droplet", "electricity": "bolt", "electricity_day": "sun", "electricity_night": "moon",
    "gas": "flame", "heating": "temperature", "waste": "trash", "maintenance": "tools",
    "capital_repair": "building-community", "rent": "key", "advance": "wallet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A line ready to be laid out: words and numbers, nothing to compute."""

    code: str
    title: str
    icon: str
    supplier: str
    volume: str
    tariff: str
    charge: str
    extra: tuple[tuple[str, str], ...]
    total: str
    explained: bool


def rows_of(line: BillLine, words: dict[str, str]) -> Row:
    """Put a line into words; ``extra`` are recalculation, benefit, penalty and excess where there are any."""
    extra = [
        (words[name], money(value))
        for name, value in (
            ("excess", line.excess),
            ("recalculation", line.recalculation),
            ("benefit", -line.benefit),
            ("penalty", line.penalty),
        )
        if value
    ]
    unit = UNITS.get(line.unit, line.unit)
    charged = bool(line.rule_key)
    return Row(
        line.service_code,
        line.title,
        ICONS.get(line.service_code, "building"),
        line.supplier,
        f"{number(line.volume)} {unit}" if charged else "",
        price(line.tariff) if charged else "",
        money(line.charge),
        tuple(extra),
        money(line.to_pay),
        charged,
    )


def sections_of(bill: Bill, words: dict[str, str], translate: Any) -> list[tuple[str, str, list[Row]]]:
    """Lines under the headings of the bill, each with its sum."""
    order = list(SECTIONS)
    shown = [line for line in bill.lines if line.rule_key or line.to_pay or line.section != "advance"]
    shown.sort(key=lambda line: order.index(line.section))  # stable: keeps the order of services
    found = []
    for section, group in groupby(shown, key=lambda line: line.section):
        lines = list(group)
        total = money(sum(line.to_pay for line in lines))
        found.append((translate(SECTIONS[section]), total, [rows_of(line, words) for line in lines]))
    return found


def page(context: Account, request: Request) -> dict[str, Any]:
    """The bill of a month (``?period=202610``; the last calculated one without it)."""
    bill = asked_bill(context, request)
    words = labels(request)
    history = account_history(request.read, bill.account_id, bill.period, MONTHS)
    balance = [("=", words["opening"], bill.opening, "")]
    balance += [
        (sign, words[name], abs(value), name)
        for sign, name, value in (
            ("+", "charged", bill.charged),
            ("+" if bill.total("recalculation") >= 0 else "−", "recalculation", bill.total("recalculation")),
            ("+", "penalty", bill.total("penalty")),
            ("−", "benefit", bill.total("benefit")),
            ("−", "paid", bill.paid),
        )
        if value or name == "charged"
    ]
    here = bill.periods.index(bill.period)
    return {
        "bill": bill,
        "words": words,
        "steps": breadcrumbs(request, context),
        "url": portal_url(request, context),
        "balance": balance,
        "sections": sections_of(bill, words, request.localizer.translate),
        "until": pay_until(request.read, bill.period) if bill.to_pay > 0 else None,
        "older": bill.periods[here + 1] if here + 1 < len(bill.periods) else None,
        "newer": bill.periods[here - 1] if here else None,
        "history": history,
        "chart": chart_of(history, words, request.fmt),
        "blocks": slot(request, "account.cabinet", context),
    }
