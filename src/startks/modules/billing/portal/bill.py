"""The page of an account: the bill of a month, what came before, how to pay.

It is the hottest page of the product: one statement reads it (:mod:`startks.modules.billing.portal_queries`), and it is
laid out by filling pieces (:mod:`startks.framework.web.pieces`) that were rendered once for the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import Any

from markupsafe import Markup
from pyramid.request import Request
from pyramid.response import Response

from startks.framework.addons.slots import Block, slot
from startks.framework.tree.crumbs import breadcrumbs
from startks.framework.tree.nodes import Account
from startks.framework.tree.urls import portal_url
from startks.framework.web.assets import Face, face_of
from startks.framework.web.formats import Formats, long_date, micro, micro_price, money
from startks.framework.web.pieces import Html, Piece, Pieces, joined
from startks.modules.billing.bill import Bill, BillLine
from startks.modules.billing.portal.labels import UNITS, labels
from startks.modules.billing.portal.months import asked_page

PIECES = Pieces(
    "startks.modules.billing.portal:templates/bill.pt",
    "main", "older", "newer", "month", "shown", "owed", "overpaid", "until", "code", "opening", "change",
    "section", "charged", "carried", "extra", "history", "block", "untitled",
)  # fmt: skip
SECTIONS = ("housing", "common", "utilities", "capital_repair", "advance")
ORDER = {name: place for place, name in enumerate(SECTIONS)}
ICONS = {
    "cold_water": "droplet", "hot_water": "droplet-filled", "hot_water_heat": "temperature-plus",
    "sewerage": "bucket-droplet", "electricity": "bolt", "electricity_day": "sun", "electricity_night": "moon",
    "gas": "flame", "heating": "temperature", "waste": "trash", "maintenance": "tools",
    "capital_repair": "building-community", "rent": "key", "advance": "wallet",
}  # fmt: skip


class Page:
    """One request's page: the bill and what its parts need in common."""

    def __init__(self, request: Request, bill: Bill, url: str) -> None:
        self.request = request
        self.bill = bill
        self.url = url
        self.shown = str(bill.period)
        self.pieces = PIECES.of(request)
        self.words = labels(request)
        self.month = request.fmt.period
        self.face = face_of(request)

    def steps(self) -> tuple[Html, Html]:
        """Links to the month before and the month after; empty where there is none."""
        periods = self.bill.periods
        here = periods.index(self.bill.period)
        found = []
        for place, piece in ((here + 1, self.pieces.older), (here - 1, self.pieces.newer)):
            period = periods[place] if 0 <= place < len(periods) else None
            found.append(piece.plain(url=self.url, period=str(period), month=self.month(period)) if period else Html())
        return found[0], found[1]

    def balance(self) -> Html:
        """From what was owed at the beginning to what is to be paid: only what there is, and always the charge."""
        bill, words, change = self.bill, self.words, self.pieces.change
        recalculated = bill.total("recalculation")
        parts = [self.pieces.opening.plain(title=words["opening"], sum=money(bill.opening))]
        for sign, name, value in (
            ("+", "charged", bill.charged),
            ("+" if recalculated >= 0 else "−", "recalculation", recalculated),
            ("+", "penalty", bill.total("penalty")),
            ("−", "benefit", bill.total("benefit")),
            ("−", "paid", bill.paid),
        ):
            if value or name == "charged":
                parts.append(change.plain(title=words[name], sign=sign, sum=money(abs(value))))
        return joined(parts)

    def sections(self) -> Html:
        """Lines under the headings of the bill, each with its sum."""
        shown = [line for line in self.bill.lines if line.rule_key or line.to_pay or line.section != "advance"]
        shown.sort(key=lambda line: ORDER[line.section])  # stable: keeps the order of services
        parts: list[str] = []
        for section, group in groupby(shown, key=lambda line: line.section):
            lines, total = [], 0
            for line in group:
                lines += self.line(line)
                total += line.to_pay
            parts += self.pieces.section.parts(title=self.words[section], total=money(total), lines="".join(lines))
        return Html("".join(parts))

    def line(self, line: BillLine) -> list[str]:
        """Parts of one line: with volume, price and explanation where a rule charged it, else only its sum."""
        if not line.rule_key:
            common = carried(self.pieces, self.face, line.service_code, line.title, line.supplier)
            return common.parts(sum=money(line.to_pay))
        common = charged(
            self.pieces, self.face, line.service_code, line.title, line.supplier, line.unit, line.tariff_micro
        )
        return common.parts(
            volume=micro(line.volume_micro),
            extra=self.extra(line),
            sum=money(line.to_pay),
            url=self.url,
            period=self.shown,
        )

    def extra(self, line: BillLine) -> Html:
        """What a charge has besides volume and price: raising coefficient, recalculation, benefit, penalty."""
        if not (line.excess or line.recalculation or line.benefit or line.penalty):
            return Html()
        extra, words = self.pieces.extra, self.words
        return joined(
            extra.plain(title=words[name], sum=money(value))
            for name, value in (
                ("excess", line.excess),
                ("recalculation", line.recalculation),
                ("benefit", -line.benefit),
                ("penalty", line.penalty),
            )
            if value
        )

    def blocks(self, blocks: Iterable[Block]) -> Html:
        """What modules put under the bill."""
        pieces = self.pieces
        return joined(
            pieces.block(title=block.title, html=block.html) if block.title else pieces.untitled(html=block.html)
            for block in blocks
        )


def _icon(face: Face, code: str) -> Markup:
    return face.icon(ICONS.get(code, "building"))


# What all have in common who have a service of one supplier at one price is filled in once for them all.
@lru_cache(maxsize=2000)
def carried(pieces: Any, face: Face, code: str, title: str, supplier: str) -> Piece:
    """A line without a charge, but for its sum."""
    return pieces.carried.begun(code=code, icon=_icon(face, code), title=title, supplier=supplier)


@lru_cache(maxsize=2000)
def charged(pieces: Any, face: Face, code: str, title: str, supplier: str, unit: str, tariff: int) -> Piece:
    """A line of a charge, but for its volume, its sums and its address."""
    return pieces.charged.begun(
        code=code, icon=_icon(face, code), title=title, supplier=supplier, unit=UNITS.get(unit, unit),
        tariff=micro_price(tariff),
    )  # fmt: skip


@lru_cache(maxsize=100)
def months(pieces: Any, fmt: Formats, periods: tuple[int, ...], shown: int) -> Html:
    """Options of the choice of months, the latest first: the same for all who look at a month in one language."""
    return joined(
        (pieces.shown if period == shown else pieces.month).plain(period=str(period), month=fmt.period(period))
        for period in periods
    )


def page(context: Account, request: Request) -> Response:
    """The bill of a month (``?period=202610``; the last calculated one without it)."""
    found = asked_page(context, request)
    bill = found.bill
    url = portal_url(request, context)
    parts = Page(request, bill, url)
    pieces, owes = parts.pieces, bill.to_pay > 0
    older, newer = parts.steps()
    main = pieces.main(
        address=bill.address,
        number=bill.number,
        payer=bill.payer,
        url=url,
        period=parts.shown,
        older=older,
        newer=newer,
        months=months(pieces, request.fmt, bill.periods, bill.period),
        caption=(pieces.owed if bill.to_pay >= 0 else pieces.overpaid).plain(month=parts.month(bill.period)),
        sum=money(abs(bill.to_pay)),
        until=pieces.until.plain(day=long_date(found.pay_until)) if owes else Html(),
        code=pieces.code.plain(url=url, period=parts.shown) if owes else Html(),
        balance=parts.balance(),
        total=money(bill.to_pay),
        sections=parts.sections(),
        history=pieces.history.plain(url=url, period=parts.shown) if len(bill.periods) > 1 else Html(),
        blocks=parts.blocks(slot(request, "account.cabinet", context)),
    )
    return request.portal_page(title=context.title, steps=breadcrumbs(request, context), main=main)
