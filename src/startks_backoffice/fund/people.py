"""Personal data on cards: masked, until a reader asks to see it and says what for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pyramid.httpexceptions import HTTPUnprocessableEntity
from pyramid.request import Request
from sqlalchemy import Row

from startks.domain.security import log_personal_read
from startks.domain.security.masking import mask_birth_date, mask_name, mask_phone, mask_snils
from startks.framework.i18n import _

PURPOSES = {
    "appeal": _("a resident's question"),
    "documents": _("comparison with documents"),
    "correction": _("correction of data"),
    "authority": _("request of an authority"),
}
"""What personal data may be looked at for; the choice is kept in the log of readings."""


@dataclass(frozen=True, slots=True)
class Party:
    """A holder or resident as a page may show him: every text is masked unless the page was asked to show."""

    name: str
    person: bool
    birth_date: Any
    phone: str
    snils: str
    row: Row


def parties(rows: Iterable[Row], shown: bool) -> list[Party]:
    """Return the rows with their personal data masked, or plain where they are shown."""
    found = []
    for row in rows:
        values = row._mapping
        person = values["person_id"] is not None
        name = values["person_name"] if person else values.get("organisation")
        birth, phone, snils = (values.get(key) for key in ("birth_date", "phone", "snils"))
        if person and not shown:
            name, birth, phone, snils = mask_name(name), mask_birth_date(birth), mask_phone(phone), mask_snils(snils)
        found.append(Party(name or "", person, birth, phone or "", snils or "", row))
    return found


def owners_sum(rows: Iterable[Row], day: dt.date) -> Fraction | None:
    """Return the sum of the owners' shares on the day, None where nobody owns."""
    shares = [
        Fraction(row.share_part, row.share_whole)
        for row in rows
        if row.tenure == "owner" and (row.since or day) <= day < (row.until or dt.date.max)
    ]
    return sum(shares, Fraction(0)) if shares else None


def masked_payers(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return rows of an account list with the payer's name masked where he is a person."""
    return [{**row._mapping, "payer": payer_text(row)} for row in rows]


def payer_text(row: Row) -> str:
    """Return the payer of an account as a list shows him."""
    return mask_name(row.payer) if row.payer_person_id is not None else (row.payer or "")


def log_shown(request: Request, rows: Iterable[Row], fields: Sequence[str]) -> None:
    """Write down that the reader saw these persons; 422 where he did not say what for."""
    purpose = request.POST.get("purpose", "")
    if purpose not in PURPOSES:
        raise HTTPUnprocessableEntity(
            request.localizer.translate(_("Say what the personal data are needed for, then press «Show» again."))
        )
    ids = [row.person_id for row in rows if row.person_id is not None]
    log_personal_read(request.db, request.identity, purpose, "person", ids, fields)
    request.response.cache_control.no_store = True
