"""Rights to benefits as facts: given from a day, ended on a day; a debt confirmed by a court.

A right needs a person who lives at the account on its first day. Two rights of one person by one category on the same days
contradict each other, at whatever accounts: both are named.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Date, Row, func, select, type_coerce
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from startks.base.db.ranges import holds_on, since, until
from startks.base.errors import StartksError
from startks.domain.accounts.models import Account, Residence
from startks.domain.accounts.queries import FULL_NAME
from startks.domain.facts import services as facts
from startks.domain.facts import subjects
from startks.domain.facts.errors import ContradictionError, UnknownFactError
from startks.domain.facts.subjects import say_days
from startks.domain.parties.models import Person
from startks.domain.security.identity import Identity
from startks.domain.support.models import BenefitCategory, BenefitRight, CourtDebt

subjects.TITLES |= {"benefit_right": "Льгота", "court_debt": "Долг, подтверждённый судом", "subsidy": "Субсидия"}
subjects.COLUMNS |= {"act": "акт", "state": "решение", "month_from": "с месяца", "month_to": "по месяц", "amount": "сумма, коп."}
facts.SENSITIVE |= {"benefit_right", "court_debt"}

def check_right(
    session: Session, person_id: int, category_id: int, account_id: int, first: dt.date, last: dt.date | None = None,
    correct: bool = False,
) -> None:
    """Raise where the right cannot begin: nobody of that name lives there, or another right contradicts it.

    ``last`` is the first day on which it no longer holds.
    """
    if last is not None and last <= first:
        raise StartksError(f"Льгота кончается раньше, чем начинается ({first:%d.%m.%Y}): исправьте дни.")
    lives = session.scalar(
        select(func.count()).select_from(Residence).where(
            Residence.account_id == account_id, Residence.person_id == person_id, holds_on(Residence.valid, first)
        )
    )
    if not lives:
        raise StartksError(
            f"Льгота без жителя: на {first:%d.%m.%Y} этот человек по счёту не живёт. Внесите его проживание или выберите "
            "другой день."
        )
    if correct:
        return
    days = Range(first, last, bounds="[)")
    other = session.execute(
        select(Account.number, BenefitCategory.title, since(BenefitRight.valid).label("since"),
               until(BenefitRight.valid).label("until"), BenefitRight.document)
        .join(Account, Account.id == BenefitRight.account_id)
        .join(BenefitCategory, BenefitCategory.id == BenefitRight.category_id)
        .where(BenefitRight.person_id == person_id, BenefitRight.category_id == category_id,
               BenefitRight.valid.overlaps(days))
        .limit(1)
    ).one_or_none()  # fmt: skip
    if other is not None:
        number = session.scalar(select(Account.number).where(Account.id == account_id))
        paper = f" ({other.document})" if other.document else ""
        raise ContradictionError(
            f"льгота «{other.title}» этого человека {say_days(other.since or dt.date.min, other.until)} записана по счёту "
            f"{other.number}{paper}",
            f"новая льгота «{other.title}» по счёту {number} {say_days(first, last)}",
            "Завершите прежнюю льготу или отметьте, что исправляете её.",
        )


def grant_right(
    session: Session, *, person_id: int, category_id: int, account_id: int, first: dt.date, last: dt.date | None = None,
    reason: str, document: str | None = None, correct: bool = False, by: Identity | None,
) -> facts.Change:
    """Let a person have a benefit at the account where he lives, from a day (``last``: first day without it)."""
    check_right(session, person_id, category_id, account_id, first, last, correct)
    return facts.change(
        session, BenefitRight, {"person_id": person_id, "category_id": category_id}, {"account_id": account_id},
        valid_from=first, valid_to=last, reason=reason, document=document, by=by, correct=correct,
        subject=("account", account_id),
    )  # fmt: skip


def end_right(
    session: Session, right_id: int, *, on: dt.date, reason: str, document: str | None = None, by: Identity | None
) -> facts.Change:
    """Let a right end: ``on`` is the first day without it."""
    right = session.get_one(BenefitRight, right_id)
    return facts.close(
        session, BenefitRight, {"person_id": right.person_id, "category_id": right.category_id}, until=on, reason=reason,
        document=document, by=by, subject=("account", right.account_id),
    )  # fmt: skip


def rights_of(session: Session, account_id: int, day: dt.date) -> list[Row]:
    """Rights of an account that hold on the day or begin later: id, person_id, title, name, since, until, document."""
    return list(
        session.execute(
            select(BenefitRight.id, BenefitRight.person_id, BenefitCategory.title, FULL_NAME.label("name"),
                   since(BenefitRight.valid).label("since"), until(BenefitRight.valid).label("until"), BenefitRight.document)
            .join(BenefitCategory, BenefitCategory.id == BenefitRight.category_id)
            .join(Person, Person.id == BenefitRight.person_id)
            .where(BenefitRight.account_id == account_id,
                   func.coalesce(until(BenefitRight.valid), dt.date.max) > type_coerce(day, Date))
            .order_by(BenefitRight.id)
        )
    )  # fmt: skip


def categories(session: Session) -> list[Row]:
    """id, code and title of all categories."""
    return list(session.execute(
        select(BenefitCategory.id, BenefitCategory.code, BenefitCategory.title).order_by(BenefitCategory.id)
    ))  # fmt: skip


# A debt confirmed by a court


def court_debt_on(session: Session, account_id: int, day: dt.date) -> CourtDebt | None:
    """The court's act about the account's debt that stops benefits on the day."""
    return session.scalar(
        select(CourtDebt).where(CourtDebt.account_id == account_id, holds_on(CourtDebt.valid, day))
    )


def begin_court_debt(
    session: Session, account_id: int, *, first: dt.date, act: str, reason: str, by: Identity | None
) -> facts.Change:
    """Write down that a court's act about the account's unpaid debt is in force from a day."""
    standing = court_debt_on(session, account_id, first)
    if standing is not None:
        raise ContradictionError(
            f"долг по счёту, подтверждённый судом, уже записан: {standing.act}", f"новый долг с {first:%d.%m.%Y}: {act}",
            "Сначала отметьте погашение прежнего.",
        )
    return facts.change(
        session, CourtDebt, {"account_id": account_id}, {"act": act}, valid_from=first, reason=reason, document=act, by=by
    )


def end_court_debt(
    session: Session, account_id: int, *, on: dt.date, reason: str, document: str | None = None, by: Identity | None
) -> facts.Change:
    """The debt is paid (or the act cancelled): ``on`` is the first day without it."""
    if court_debt_on(session, account_id, on - dt.timedelta(days=1)) is None:
        raise UnknownFactError("По счёту нет долга, подтверждённого судом, который можно завершить с этого дня.")
    return facts.close(session, CourtDebt, {"account_id": account_id}, until=on, reason=reason, document=document, by=by)
