"""Reminders on paper: three on an A4 sheet, to be cut apart; no names on them, so whoever carries them learns none.

One paper an account, with all its meters that are due in the month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby

from sqlalchemy import Row

from startks.framework.documents.pen import Pen
from startks.framework.documents.receipt_pdf import new_canvas
from startks.framework.documents.receipt_sheet import ACCENT, BLACK, HAIR, HEIGHT, LEFT, RIGHT, WIDTH
from startks.framework.web.formats import date

A_SHEET = 3
SLIP = HEIGHT / A_SHEET
LAW = (
    "По окончании срока поверки показания прибора к расчёту не принимаются: плата считается по среднему за прошлые месяцы не "
    "дольше трёх месяцев подряд, затем по нормативу с повышающим коэффициентом (пункты 59 и 60 Правил предоставления "
    "коммунальных услуг, постановление Правительства РФ от 06.05.2011 № 354)."
)
WAY_OUT = (
    "Закажите поверку у аккредитованной организации или замену прибора. Сведения о поверке организация передаёт в реестр "
    "ФГИС «Аршин»; сообщите о них нам, если они не появились в расчёте."
)


@dataclass(frozen=True, slots=True)
class Slip:
    """A paper for one account; ``meters`` are sentences."""

    address: str
    account: str
    meters: tuple[str, ...]
    sender: str


def slips_of(rows: Sequence[Row], today: dt.date) -> list[Slip]:
    """Papers of the rows of :func:`~startks.modules.metering.notices.services.to_print`, in their order."""
    found = []
    for _account, group in groupby(rows, key=lambda row: row.account_id):
        lines = list(group)
        first = lines[0]
        sender = ", ".join(part for part in (first.manager, f"тел. {first.phone}" if first.phone else None) if part)
        found.append(Slip(
            f"{first.street}, д. {first.house_number}, кв. (пом.) {first.premise_number}", first.account_number,
            tuple(sentence(line, today) for line in lines), sender,
        ))  # fmt: skip
    return found


def sentence(row: Row, today: dt.date) -> str:
    """«Холодное водоснабжение, прибор № 204177 (кухня): срок поверки кончается 14.12.2026.»"""
    place = f" ({row.place})" if row.place else ""
    ends = "кончается" if row.verified_until >= today else "кончился"
    return f"{row.service}, прибор № {row.serial}{place}: срок поверки {ends} {date(row.verified_until)}."


def render(slips: Iterable[Slip], title: str) -> bytes:
    """One PDF of all papers. ValueError where there are none."""
    output = BytesIO()
    canvas = new_canvas(output)
    pen, place = Pen(canvas), -1
    for number, slip in enumerate(slips):
        place = number % A_SHEET
        _draw(pen, slip, HEIGHT - place * SLIP)
        if place == A_SHEET - 1:
            pen.end_page()
    if place < 0:
        raise ValueError("a PDF of no notices was asked for")
    if place != A_SHEET - 1:
        pen.end_page()
    canvas.setTitle(title)
    canvas.save()
    return output.getvalue()


def _draw(pen: Pen, slip: Slip, top: float) -> None:
    width = RIGHT - LEFT
    pen.ink(ACCENT)
    pen.text(LEFT, top - 34, "Извещение: поверка прибора учёта", 14, bold=True)
    pen.ink(BLACK)
    pen.text(LEFT, top - 54, slip.address, 10.5, bold=True)
    pen.text(LEFT, top - 69, f"Лицевой счёт {slip.account}", 10)
    meters = tuple((line, 10.5, True) for line in slip.meters)
    foot, gap = top - SLIP + 26, ("", 6.0, False)
    pen.block(LEFT, top - 92, (*meters, gap, (LAW, 10.5, False), gap, (WAY_OUT, 10.5, False)), width, top - 92 - foot - 16)
    pen.text(LEFT, foot, slip.sender, 9.5)
    pen.ink(HAIR)
    pen.line(0, top - SLIP, WIDTH, top - SLIP, dash="4 4")
    pen.ink(BLACK)
