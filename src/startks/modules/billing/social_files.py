"""Files for the social office: benefits of a month right by right, subsidies of a month. CSV, UTF-8, comma, header.

The layout is documented in ``docs/social-files.md``. Both forms of a benefit stand in one file (``form``), so that the office
can pay the compensations and give back the discounts by the same rows; corrections of earlier months are rows of their own
(``month`` before the file's). Money in roubles with a point. Personal data (152-ФЗ).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any, BinaryIO

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from startks.base.db.bulk import copy_out
from startks.base.errors import StartksError
from startks.domain.security import log_personal_read, scope_filter
from startks.domain.security.audit import audit
from startks.domain.security.identity import Identity
from startks.domain.security.permissions import Permission
from startks.domain.support.queries import BENEFIT_FILE, SUBSIDY_FILE, terms_on
from startks.domain.territory.models import District, House
from startks.domain.territory.passport_queries import HOUSE_SCOPE
from startks.framework.i18n import _

EVERYWHERE = "true"
FIELDS = ("name", "birth_date", "snils", "benefit")


def write_benefits(connection: Connection | Session, period: int, target: BinaryIO, condition: str = EVERYWHERE) -> int:
    """Write the month's benefits; return the number of rows. StartksError where the month has not been calculated."""
    calculated = connection.scalar(
        text("SELECT calculated_at IS NOT NULL FROM period WHERE id = :period"), {"period": period}
    )
    if not calculated:
        month = _month(period)
        raise StartksError(f"Месяц {month} не рассчитан, льгот в нём нет: выполните startks period calculate {month}.")
    return copy_out(connection, BENEFIT_FILE.format(period=int(period), condition=condition), target)


def write_subsidies(connection: Connection | Session, period: int, target: BinaryIO, condition: str = EVERYWHERE) -> int:
    """Write the subsidies granted for the month; return the number of rows."""
    return copy_out(
        connection, SUBSIDY_FILE.format(period=int(period), month=_month(period), condition=condition), target
    )


def benefits_file(session: Session, period: int, identity: Identity) -> tuple[str, bytes]:
    """The benefits of the reader's territory as a file; the reading is written down."""
    return _file(session, period, identity, "benefits", write_benefits)


def subsidies_file(session: Session, period: int, identity: Identity) -> tuple[str, bytes]:
    """The subsidies of the reader's territory as a file; the reading is written down."""
    return _file(session, period, identity, "subsidies", write_subsidies)


def _file(session: Session, period: int, identity: Identity, name: str, write) -> tuple[str, bytes]:
    content = io.BytesIO()
    rows = write(session, period, content, _territory(identity))
    table = content.getvalue().decode()
    place = table.partition("\n")[0].split(",").index("person")
    people = {int(line[place]) for line in _lines(table)}
    log_personal_read(session, identity, "authority", "person", people, FIELDS)
    audit(session, identity, f"billing:{name}:export", ("period", period), {"rows": rows})
    return f"{name}-{_month(period)}.csv", content.getvalue()


def _lines(table: str) -> list[list[str]]:
    return list(csv.reader(table.splitlines()))[1:]


def _territory(identity: Identity) -> str:
    """The houses of the reader's territory as a condition of the files' statements."""
    scope = scope_filter(identity, Permission.PARTIES_PERSON_SHOW, HOUSE_SCOPE)
    houses = select(House.id).join(District, District.id == House.district_id).where(scope)
    compiled = houses.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    return f"h.id IN ({compiled})"


def _month(period: int) -> str:
    return f"{period // 100}-{period % 100:02d}"


COVERS = {"holder": "самого льготника", "family": "семьи, живущей с ним"}
BOUNDS = {"none": "вся плата", "area": "социальная норма площади", "norm": "норматив потребления"}
FORMS = {"discount": "скидка в счёте", "compensation": "деньгами отдельно"}
TENURES = {"": "", "owner": "собственникам", "tenant": "нанимателям"}


def benefit_book(session: Session, day: dt.date) -> list[dict[str, Any]]:
    """What each category is due for each service on a day, by which act: a reference book to read."""
    return [
        {
            **row._mapping, "covers": COVERS[row.covers], "bound": BOUNDS[row.bound], "form": FORMS[row.form],
            "tenure": TENURES[row.tenure], "certain": "" if row.certain else "требует подтверждения",
        }
        for row in terms_on(session, day)
    ]


def includeme(config) -> None:
    """Offer both files in the office's list of exchanges, and the book of benefits."""
    config.add_reference(
        "benefit_terms", benefit_book, title=_("Benefits: what each category is due"),
        permission=Permission.REFERENCE_BOOK_LIST, parameters={"day": _("On the day")},
        columns={
            "category": _("Benefit category"), "service": _("Service"), "place": _("Territory"), "percent": _("Per cent"),
            "covers": _("Whose part"), "bound": _("Within"), "form": _("Form"), "tenure": _("To whom"), "since": _("From"),
            "last": _("Up to and including"), "act": _("Act"), "paragraph": _("Paragraph"), "certain": _("Certainty"),
            "note": _("Note"),
        },
    )
    config.add_exchange(
        "benefits_file", benefits_file, title=_("Benefits of the month, for the social office"), direction="out",
        permission=Permission.PARTIES_PERSON_SHOW,
    )
    config.add_exchange(
        "subsidies_file", subsidies_file, title=_("Subsidies of the month, for the social office"), direction="out",
        permission=Permission.PARTIES_PERSON_SHOW,
    )
