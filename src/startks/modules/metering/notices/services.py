"""Make the reminders of a day, find those of a month, say that they were printed and handed over.

A reminder is of the meter as it stands: one whose meter was verified or taken out since is no longer due.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select, text, update
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.domain.accounts.models import Account
from startks.domain.parties.models import HouseManager, Organisation
from startks.domain.reference.models import Service
from startks.domain.security.audit import audit
from startks.domain.security.identity import Identity
from startks.domain.territory.models import District, House, Premise, Street
from startks.framework.web import formats
from startks.modules.metering.models import Meter, VerificationNotice

Notice = VerificationNotice
AHEAD_DAYS = 60
"""A reminder is made so many days before the verification ends."""
BEHIND_DAYS = 366
"""… and for one that ended up to so many days ago without a reminder: the clock may have stood, the meter come by file."""
SCOPE = {
    "municipality": District.municipality_id, "district": House.district_id, "house": Meter.house_id,
    "account": Notice.account_id,
}  # fmt: skip

_MAKE = text("""
    INSERT INTO verification_notice (meter_id, verified_until, account_id, month, made_on, cabinet_on)
    SELECT m.id, m.verified_until, m.account_id,
           extract(year FROM m.verified_until)::int * 100 + extract(month FROM m.verified_until)::int, :today,
           CASE WHEN EXISTS (SELECT 1 FROM account_binding b WHERE b.account_id = m.account_id) THEN CAST(:today AS date) END
      FROM meter m JOIN account a ON a.id = m.account_id
     WHERE m.removed_on IS NULL AND (a.closed_on IS NULL OR a.closed_on > :today)
       AND m.verified_until BETWEEN CAST(:today AS date) - :behind AND CAST(:today AS date) + :ahead
        ON CONFLICT DO NOTHING""")
_IN_CABINETS = text("""
    UPDATE verification_notice n SET cabinet_on = :today
     WHERE n.cabinet_on IS NULL AND EXISTS (SELECT 1 FROM account_binding b WHERE b.account_id = n.account_id)""")

_STANDS = and_(Meter.removed_on.is_(None), Meter.verified_until == Notice.verified_until)


def _placed(*columns: Any) -> Select:
    return (
        select(*columns)
        .join(Meter, Meter.id == Notice.meter_id)
        .join(Account, Account.id == Notice.account_id)
        .join(Premise, Premise.id == Account.premise_id)
        .join(House, House.id == Meter.house_id)
        .join(Street, Street.id == House.street_id)
        .join(District, District.id == House.district_id)
        .where(_STANDS)
    )


NOTICES: Select = _placed(
    Notice.meter_id, Notice.verified_until, Notice.month, Notice.made_on, Notice.cabinet_on, Notice.printed_on,
    Notice.handed_on, Meter.serial, Service.title.label("service"), Account.number.label("account_number"),
    Premise.number.label("premise_number"), Premise.slug.label("premise_slug"), House.slug.label("house_slug"),
    func.concat(Street.name, ", ", House.number).label("address"), District.slug.label("district_slug"),
).join(Service, Service.id == Meter.service_id)  # fmt: skip
"""Reminders that are due, with their meter and address; the list adds the month and the reader's territory."""


def make(session: Session, today: dt.date | None = None) -> int:
    """Make the reminders that are due and not made yet, in one statement; return how many. The caller commits."""
    today = today or dt.date.today()
    made = session.execute(_MAKE, {"today": today, "ahead": AHEAD_DAYS, "behind": BEHIND_DAYS}).rowcount
    session.execute(_IN_CABINETS, {"today": today})  # who has opened a cabinet since
    return made


def months(session: Session, scope: ColumnElement[bool]) -> Sequence[Row]:
    """Return by month (YYYYMM), newest first: ``notices``, ``cabinets``, ``printed``, ``handed``; ``waiting`` are neither
    in a cabinet nor handed over."""
    return session.execute(
        _placed(
            Notice.month,
            func.count().label("notices"),
            func.count(Notice.cabinet_on).label("cabinets"),
            func.count(Notice.printed_on).label("printed"),
            func.count(Notice.handed_on).label("handed"),
            func.count().filter(Notice.cabinet_on.is_(None), Notice.handed_on.is_(None)).label("waiting"),
        )
        .where(scope)
        .group_by(Notice.month)
        .order_by(Notice.month.desc())
    ).all()


def to_print(session: Session, month: int, scope: ColumnElement[bool]) -> Sequence[Row]:
    """Return what a month's papers say, in the order in which they are carried round: one row a meter.

    Only those that are not handed over yet; with the organisation that manages the house today.
    """
    return session.execute(
        _placed(
            Notice.meter_id, Notice.verified_until, Account.id.label("account_id"), Account.number.label("account_number"),
            Premise.number.label("premise_number"), Street.name.label("street"), House.number.label("house_number"),
            Meter.serial, Meter.model, Meter.place, Service.title.label("service"), Organisation.short_name.label("manager"),
            Organisation.phone,
        )
        .join(Service, Service.id == Meter.service_id)
        .outerjoin(HouseManager, and_(HouseManager.house_id == House.id, HouseManager.valid.contains(func.current_date())))
        .outerjoin(Organisation, Organisation.id == HouseManager.organisation_id)
        .where(scope, Notice.month == month, Notice.handed_on.is_(None))
        .order_by(District.id, House.id, Premise.id, Account.id, Service.position, Notice.meter_id)
    ).all()  # fmt: skip


def mark_printed(session: Session, month: int, meter_ids: Sequence[int], today: dt.date) -> None:
    """Say that these reminders of a month lie in a file for printing."""
    session.execute(
        text("UPDATE verification_notice SET printed_on = :today WHERE month = :month AND meter_id = ANY(:ids)"),
        {"today": today, "month": month, "ids": list(meter_ids)},
    )


def hand_over(
    session: Session, month: int, scope: ColumnElement[bool], *, day: dt.date, today: dt.date, by: Identity
) -> int:
    """Say that the printed papers of a month were handed over on a day; return how many. StartksError where none were."""
    if day > today:
        raise StartksError(f"День {formats.date(day)} ещё не наступил: отметьте вручение, когда оно состоялось.")
    waiting = _placed(Notice.meter_id).where(
        scope, Notice.month == month, Notice.printed_on.is_not(None), Notice.handed_on.is_(None)
    )
    early = session.scalar(select(func.min(Notice.printed_on)).where(Notice.meter_id.in_(waiting), Notice.month == month))
    if early is None:
        raise StartksError("Напечатанных и не вручённых извещений в этом месяце нет: сначала закажите файл для печати.")
    if day < early:
        raise StartksError(f"Извещения напечатаны {formats.date(early)}: раньше этого дня вручить их не могли.")
    count = session.execute(
        update(Notice)
        .where(Notice.month == month, Notice.meter_id.in_(waiting), Notice.printed_on.is_not(None), Notice.printed_on <= day)
        .values(handed_on=day, user_id=by.user_id)
        .execution_options(synchronize_session=False)
    ).rowcount
    audit(session, by, "metering:notice:hand", ("verification_notice", month), {"day": day.isoformat(), "count": count})
    return count


def of_account(session: Any, account_id: int) -> Sequence[Row]:
    """Return the reminders of an account's meters that are due, soonest first."""
    return session.execute(
        select(Notice.verified_until, Meter.serial, Meter.place, Service.title.label("service"))
        .join(Meter, Meter.id == Notice.meter_id)
        .join(Service, Service.id == Meter.service_id)
        .where(_STANDS, Notice.account_id == account_id)
        .order_by(Notice.verified_until, Notice.meter_id)
    ).all()
