"""Passing accounts on: transfer to another holder, split, merge. No money is moved here: a debt stays where it was made.

* Transfer (:func:`transfer`): either the debt stays with who made it (the old account is closed with it, a new one is opened for
  the new holder), or it passes with the account (inheritance, ГК РФ art. 1175; an agreement). Contributions for capital
  repair pass to a new owner by law whatever is agreed (ЖК РФ art. 158 p. 3).
* Split (:func:`split`): the account goes on with its debt and what remains of the area; a new account without debt takes its part.
* Merge (:func:`merge`): the other account is closed with its debt; its area and residents come over.

Area is charged by the premise on the month's last day, so splits and merges are made on the first day of a month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from startks.base.db.ranges import holds_on
from startks.base.errors import StartksError
from startks.domain.accounts import queries
from startks.domain.accounts.models import Account, AccountHolder, AccountServiceExclusion, MeterInfeasibility
from startks.domain.accounts.services import (
    Holder,
    _party,
    add_holder,
    check_free_premise,
    check_new_number,
    check_shares,
    close_account,
    depart,
    end_holder,
    open_account,
    register,
)
from startks.domain.facts import services as facts
from startks.domain.security.audit import audit
from startks.domain.security.identity import Identity
from startks.domain.territory.models import Premise, PremiseArea
from startks.domain.territory.services import create_premise

DEBT_STAYS, DEBT_PASSES = "stays", "passes"


def transfer(
    session: Session,
    account_id: int,
    holder: Holder,
    *,
    on: dt.date,
    debt: str,
    new_number: str | None = None,
    residents: Sequence[int] = (),
    reason: str,
    document: str | None = None,
    by: Identity | None,
) -> int:
    """Pass the account on to another holder from a day; return the id of the account that is charged from then on.

    ``debt`` is :data:`DEBT_STAYS` (then ``new_number`` is the new account's) or :data:`DEBT_PASSES`. ``residents`` are the
    persons who go on living there; all others leave on that day.
    """
    account = session.get_one(Account, account_id, with_for_update=True)
    check_open(account, on)
    act = {"reason": reason, "document": document, "by": by}
    living = queries.residents_on(session, account_id, on)
    if debt == DEBT_PASSES:
        for row in queries.holders_on(session, account_id, on - dt.timedelta(days=1)):
            if _party(row) != holder.keys:
                end_holder(session, account_id, _party(row), on=on, last=True, **act)
        for row in living:
            if row.person_id not in residents:
                depart(session, account_id, row.person_id, row.kind, on=on, **act)
        add_holder(session, account_id, holder, since=on, **act)
        audit(session, by, "account:card:transfer", ("account", account_id), {"debt": debt, "on": on.isoformat()})
        return account_id
    if not new_number:
        raise StartksError("Долг остаётся у прежнего владельца, поэтому нужен номер нового счёта: укажите его.")
    close_account(session, account_id, closed_on=on, residents_leave=True, **act)
    new_id = open_account(
        session, premise_id=account.premise_id, number=new_number, opened_on=on, kind=account.kind, holder=holder, **act
    )
    _settle(session, new_id, [row for row in living if row.person_id in residents], on, act)
    _carry_services(session, account_id, new_id, on, act)
    audit(session, by, "account:card:transfer", ("account", account_id), {"debt": debt, "new": new_id})
    return new_id


def split(
    session: Session,
    account_id: int,
    *,
    on: dt.date,
    new_number: str,
    leaving: dict[str, int],
    room_id: int | None = None,
    room_number: str | None = None,
    area: Decimal | None = None,
    residents: Sequence[int] = (),
    reason: str,
    document: str | None = None,
    by: Identity | None,
) -> int:
    """Let one holder (``leaving``) have an account of his own from the first of a month; return its id.

    He gets the room ``room_id`` of the flat, or a part of ``area`` m², entered as room ``room_number``; the flat keeps the
    rest. The shares of both accounts are counted anew so that each has one whole. ``residents`` go with him.
    """
    account = session.get_one(Account, account_id, with_for_update=True)
    check_split(session, account, on, leaving, room_id=room_id, area=area)
    check_new_number(session, new_number)
    act = {"reason": reason, "document": document, "by": by}
    if room_id is None:
        room_id = _cut_room(session, account, on, room_number or "1", area, act)
    else:
        check_free_premise(session, room_id, on)
    holders = queries.holders_on(session, account_id, on)
    left = next(row for row in holders if _party(row) == leaving)
    end_holder(session, account_id, leaving, on=on, **act)
    new_id = open_account(
        session, premise_id=room_id, number=new_number, opened_on=on, kind=account.kind,
        holder=Holder(**leaving, tenure=left.tenure), **act,
    )  # fmt: skip
    _whole_again(session, account_id, on, act)
    moving = [row for row in queries.residents_on(session, account_id, on) if row.person_id in residents]
    for row in moving:
        depart(session, account_id, row.person_id, row.kind, on=on, **act)
    _settle(session, new_id, moving, on, act)
    audit(session, by, "account:card:split", ("account", account_id), {"new": new_id, "on": on.isoformat()})
    return new_id


def check_split(
    session: Session,
    account: Account,
    on: dt.date,
    leaving: dict[str, int],
    *,
    room_id: int | None,
    area: Decimal | None,
) -> None:
    """Raise where the account cannot be split so."""
    check_open(account, on)
    check_first_day(on)
    holders = queries.holders_on(session, account.id, on)
    if len(holders) < 2:
        raise StartksError("У счёта один владелец, делить нечего: сначала укажите всех владельцев с долями.")
    if not any(_party(row) == leaving for row in holders):
        raise StartksError("Выбранный владелец на этот день счётом не владеет: выберите другого.")
    if room_id is None:
        whole = area_on(session, account.premise_id, on)
        if whole is None or area is None or not 0 < area < whole:
            raise StartksError(
                f"Часть площади больше нуля и меньше площади помещения ({whole or 0} м²): исправьте площадь."
            )


def merge(
    session: Session,
    account_id: int,
    other_id: int,
    *,
    on: dt.date,
    reason: str,
    document: str | None = None,
    by: Identity | None,
) -> None:
    """Merge ``other_id`` into ``account_id`` from the first of a month: area and residents come over, its debt stays on it."""
    account = session.get_one(Account, account_id, with_for_update=True)
    other = session.get_one(Account, other_id, with_for_update=True)
    check_merge(session, account, other, on)
    act = {"reason": reason, "document": document, "by": by}
    living = queries.residents_on(session, other_id, on)
    close_account(session, other_id, closed_on=on, residents_leave=True, **act)
    _settle(session, account_id, living, on, act)
    if other.premise_id != account.premise_id:
        mine, theirs = area_on(session, account.premise_id, on), area_on(session, other.premise_id, on)
        facts.close(session, PremiseArea, {"premise_id": other.premise_id}, until=on, **act)
        facts.change(
            session, PremiseArea, {"premise_id": account.premise_id}, {"total_area": mine + theirs}, valid_from=on, **act
        )
    audit(session, by, "account:card:merge", ("account", account_id), {"closed": other_id, "on": on.isoformat()})


def check_merge(session: Session, account: Account, other: Account, on: dt.date) -> None:
    """Raise where the two cannot become one."""
    if account.id == other.id:
        raise StartksError("Это тот же самый счёт: укажите номер другого счёта.")
    if account.house_id != other.house_id:
        raise StartksError("Счета стоят в разных домах: объединять можно счета одного дома.")
    if account.kind != other.kind:
        raise StartksError("Один счёт жилой, другой нежилой: объединять можно счета одного вида.")
    for one in (account, other):
        check_open(one, on)
    check_first_day(on)
    if account.premise_id != other.premise_id:
        for one in (account, other):
            if area_on(session, one.premise_id, on) is None:
                raise StartksError(f"У помещения счёта {one.number} на этот день нет площади: сначала укажите её.")


def check_open(account: Account, on: dt.date) -> None:
    """Raise where the account is not open before and on the day."""
    if on <= account.opened_on or (account.closed_on is not None and on >= account.closed_on):
        closed = f" и закрыт с {account.closed_on:%d.%m.%Y}" if account.closed_on else ""
        raise StartksError(
            f"Счёт {account.number} открыт {account.opened_on:%d.%m.%Y}{closed}: выберите день, когда он действует."
        )


def check_first_day(on: dt.date) -> None:
    """Raise where the day is not the first of a month."""
    if on.day != 1:
        raise StartksError(
            f"Делят и объединяют счета с первого числа месяца, а указано {on:%d.%m.%Y}: "
            "площадь месяца начисляется целиком по одному из счетов."
        )


def area_on(session: Session, premise_id: int, day: dt.date) -> Decimal | None:
    """Return the total area (m²) of the premise on the day."""
    return session.scalar(
        select(PremiseArea.total_area).where(PremiseArea.premise_id == premise_id, holds_on(PremiseArea.valid, day))
    )


def _cut_room(session: Session, account: Account, on: dt.date, number: str, area: Decimal, act: dict) -> int:
    flat = session.get_one(Premise, account.premise_id)
    row = session.execute(
        select(PremiseArea.total_area, PremiseArea.living_area, PremiseArea.heated).where(
            PremiseArea.premise_id == flat.id, holds_on(PremiseArea.valid, on)
        )
    ).one()
    living = None if row.living_area is None else min(row.living_area, row.total_area - area)
    facts.change(
        session, PremiseArea, {"premise_id": flat.id},
        {"total_area": row.total_area - area, "living_area": living}, valid_from=on, **act,
    )  # fmt: skip
    return create_premise(
        session, house_id=account.house_id, kind="room", number=number, parent_id=flat.parent_id or flat.id,
        total_area=area, heated=row.heated, since=on, document=act["document"], by=act["by"],
    )  # fmt: skip


def _whole_again(session: Session, account_id: int, on: dt.date, act: dict) -> None:
    """Count the remaining owners' shares anew in the part that remains: 1/4 and 1/4 of a half are 1/2 and 1/2 of the whole."""
    owners = [row for row in queries.holders_on(session, account_id, on) if row.tenure == "owner"]
    shares = [Holder(**_party(row)).share * row.share_part / row.share_whole for row in owners]
    total = sum(shares)
    if not owners or total == 1:
        return
    for row, share in zip(owners, shares, strict=True):
        new = replace(Holder(**_party(row)), share=share / total)
        facts.change(
            session, AccountHolder, {"account_id": account_id, **_party(row)},
            {"share_part": new.share.numerator, "share_whole": new.share.denominator}, valid_from=on, **act,
        )  # fmt: skip
    if not any(row.payer for row in owners):
        facts.change(
            session, AccountHolder, {"account_id": account_id, **_party(owners[0])}, {"payer": True}, valid_from=on, **act
        )
    check_shares(session, account_id)


def _carry_services(session: Session, old_id: int, new_id: int, on: dt.date, act: dict) -> None:
    """What the premise does not get, and where no meter can be put, does not change with the holder."""
    for model, column in ((AccountServiceExclusion, "reason"), (MeterInfeasibility, "act")):
        for row in session.scalars(select(model).where(model.account_id == old_id, holds_on(model.valid, on))).all():
            facts.change(
                session, model, {"account_id": new_id, "service_id": row.service_id}, {column: getattr(row, column)},
                valid_from=on, valid_to=row.valid.upper, **act,
            )  # fmt: skip


def _settle(session: Session, account_id: int, rows: Sequence, on: dt.date, act: dict) -> None:
    for row in rows:
        register(
            session, account_id, row.person_id, kind=row.kind, relation=row.relation,
            since=max(on, row.since or on), until=row.until, **act,
        )  # fmt: skip
