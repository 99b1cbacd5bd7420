"""The life of a personal account: opened, closed, archived; holders and residents by day.

Services take a session and plain values and write in the caller's transaction; each act has a reason, may have a document,
and is kept as a fact. Moving between accounts (transfer, split, merge) stands in :mod:`.moving`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.base.events import AccountClosed, AccountOpened, ResidentMoved, publish
from startks.domain.accounts import checks, queries
from startks.domain.accounts.models import Account, AccountHolder, Residence
from startks.domain.facts import services as facts
from startks.domain.facts.errors import ContradictionError
from startks.domain.facts.subjects import say_days
from startks.domain.security.audit import audit
from startks.domain.security.identity import Identity
from startks.domain.territory.models import Premise

KINDS = {"permanent": "по месту жительства", "temporary": "по месту пребывания"}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an account: a person or an organisation, by which right, with which share."""

    person_id: int | None = None
    organisation_id: int | None = None
    tenure: str = "owner"
    share: Fraction = Fraction(1)
    payer: bool = True

    @property
    def keys(self) -> dict[str, int]:
        """Column and id of the party."""
        if self.person_id is not None:
            return {"person_id": self.person_id}
        return {"organisation_id": self.organisation_id}


def open_account(
    session: Session,
    *,
    premise_id: int,
    number: str,
    opened_on: dt.date,
    kind: str = "residential",
    gis_account: str | None = None,
    gis_service: str | None = None,
    holder: Holder | None = None,
    reason: str,
    document: str | None = None,
    by: Identity | None,
) -> int:
    """Open an account at a premise from a day, with its first holder; return its id.

    A taken number, and a second open account at the same premise, are refused: the area would be charged twice.
    """
    check_new_number(session, number)
    check_free_premise(session, premise_id, opened_on)
    premise = session.get_one(Premise, premise_id)
    account = Account(
        number=number, house_id=premise.house_id, premise_id=premise_id, kind=kind, opened_on=opened_on,
        gis_account=gis_account or None, gis_service=gis_service or None,
    )  # fmt: skip
    session.add(account)
    session.flush()
    facts.record(
        session, "account", account.id, "account", None, {"number": number, "opened_on": opened_on.isoformat()},
        reason=reason, document=document, by=by, valid_from=opened_on, account_id=account.id,
        house_id=premise.house_id,
    )  # fmt: skip
    if holder is not None:
        add_holder(session, account.id, holder, since=opened_on, reason=reason, document=document, by=by)
    audit(session, by, "account:card:open", ("account", account.id), {"opened_on": opened_on.isoformat()})
    publish(session, AccountOpened(account_id=account.id, premise_id=premise_id, opened_on=opened_on))
    return account.id


def check_new_number(session: Session, number: str) -> None:
    """Raise where the number has a wrong form or is taken."""
    try:
        checks.account_number(number)
    except ValueError as fault:
        raise StartksError(str(fault)) from fault
    if queries.by_number(session, number) is not None:
        raise StartksError(f"Счёт {number} уже есть: укажите другой номер.")


def check_free_premise(session: Session, premise_id: int, day: dt.date, but: int | None = None) -> None:
    """Raise where an account of the premise is open on the day or later."""
    other = queries.open_on_premise(session, premise_id, day, but)
    if other is not None:
        raise StartksError(
            f"На это помещение открыт счёт {other}: закройте его, передайте новому владельцу или разделите, "
            "иначе площадь начислялась бы дважды."
        )


def close_account(
    session: Session,
    account_id: int,
    *,
    closed_on: dt.date,
    reason: str,
    document: str | None = None,
    residents_leave: bool = False,
    by: Identity | None,
) -> facts.Change:
    """Close an account: ``closed_on`` is the first day on which nothing is charged. Its debt stays on it.

    Holders end on that day. Who still lives there is refused, unless ``residents_leave`` lets him leave on that day.
    """
    account = session.get_one(Account, account_id, with_for_update=True)
    check_closing(session, account, closed_on, residents_leave=residents_leave)
    act = {"reason": reason, "document": document, "by": by}
    for row in queries.residents_on(session, account_id, closed_on):
        depart(session, account_id, row.person_id, row.kind, on=closed_on, **act)
    for row in queries.holders_on(session, account_id, closed_on - dt.timedelta(days=1)):
        end_holder(session, account_id, _party(row), on=closed_on, last=True, **act)
    account.closed_on = closed_on
    session.flush()
    change = facts.record(
        session, "account", account_id, "account.closed_on", None, closed_on.isoformat(), reason=reason,
        document=document, by=by, valid_from=closed_on, account_id=account_id, house_id=account.house_id,
    )  # fmt: skip
    audit(session, by, "account:card:close", ("account", account_id), {"closed_on": closed_on.isoformat()})
    publish(session, AccountClosed(account_id=account_id, closed_on=closed_on))
    return change


def check_closing(session: Session, account: Account, closed_on: dt.date, *, residents_leave: bool) -> None:
    """Raise where the account cannot be closed on the day."""
    if account.closed_on is not None:
        raise StartksError(f"Счёт {account.number} закрыт с {account.closed_on:%d.%m.%Y}: закрыть его ещё раз нельзя.")
    if closed_on <= account.opened_on:
        raise StartksError(
            f"Счёт открыт {account.opened_on:%d.%m.%Y}, закрыть его раньше нельзя: укажите более поздний день."
        )
    staying = queries.residents_on(session, account.id, closed_on)
    if staying and not residents_leave:
        raise StartksError(
            f"По счёту зарегистрировано человек: {len(staying)}. Снимите их с учёта или отметьте, "
            "что они выбывают в день закрытия."
        )


def archive_account(session: Session, account_id: int, *, on: dt.date, reason: str, by: Identity | None) -> None:
    """Put a closed account without debt and without overpayment into the archive."""
    account = session.get_one(Account, account_id, with_for_update=True)
    check_archive(session, account)
    account.archived_on = max(on, account.closed_on)
    session.flush()
    facts.record(
        session, "account", account_id, "account.archived_on", None, account.archived_on.isoformat(), reason=reason,
        by=by, account_id=account_id, house_id=account.house_id,
    )  # fmt: skip
    audit(session, by, "account:card:archive", ("account", account_id))


def check_archive(session: Session, account: Account) -> None:
    """Raise where the account is open, archived already, or not even."""
    if account.closed_on is None:
        raise StartksError("Счёт ещё открыт: сначала закройте его, потом отправляйте в архив.")
    if account.archived_on is not None:
        raise StartksError(f"Счёт в архиве с {account.archived_on:%d.%m.%Y}.")
    owed = queries.debt(session, account.id).total
    if owed:
        what = "долг" if owed > 0 else "переплата"
        roubles = f"{abs(owed) // 100},{abs(owed) % 100:02d}"
        raise StartksError(f"На счёте {what} {roubles} ₽: в архив идёт только счёт с нулевым остатком.")


def set_gis_numbers(
    session: Session,
    account_id: int,
    gis_account: str | None,
    gis_service: str | None,
    *,
    reason: str,
    document: str | None = None,
    by: Identity | None,
) -> None:
    """Write the ЕЛС and the identifier of services that ГИС ЖКХ gave the account."""
    account = session.get_one(Account, account_id)
    before = {"gis_account": account.gis_account, "gis_service": account.gis_service}
    try:
        after = {
            "gis_account": checks.gis_account(gis_account) if gis_account else None,
            "gis_service": checks.gis_service(gis_service, gis_account) if gis_service else None,
        }
    except ValueError as fault:
        raise StartksError(str(fault)) from fault
    if before == after:
        raise StartksError("Ничего не изменилось: исправьте номера или вернитесь в карточку.")
    account.gis_account, account.gis_service = after["gis_account"], after["gis_service"]
    session.flush()
    facts.record(
        session, "account", account_id, "account", before, after, reason=reason, document=document, by=by,
        account_id=account_id, house_id=account.house_id,
    )  # fmt: skip


# Holders


def add_holder(
    session: Session,
    account_id: int,
    holder: Holder,
    *,
    since: dt.date,
    reason: str,
    document: str | None = None,
    correct: bool = False,
    by: Identity | None,
) -> facts.Change:
    """Let a person or organisation hold the account from a day. Shares of owners over one whole are refused.

    Where he is the payer, whoever was it before is not from that day on.
    """
    act = {"valid_from": since, "reason": reason, "document": document, "by": by}
    if holder.payer:
        for row in queries.holders_on(session, account_id, since):
            if row.payer and _party(row) != holder.keys:
                facts.change(session, AccountHolder, {"account_id": account_id, **_party(row)}, {"payer": False}, **act)
    change = facts.change(
        session, AccountHolder, {"account_id": account_id, **holder.keys},
        {
            "tenure": holder.tenure, "payer": holder.payer, "share_part": holder.share.numerator,
            "share_whole": holder.share.denominator,
        },
        correct=correct, **act,
    )  # fmt: skip
    check_shares(session, account_id)
    return change


def end_holder(
    session: Session,
    account_id: int,
    party: dict[str, int],
    *,
    on: dt.date,
    reason: str,
    document: str | None = None,
    last: bool = False,
    by: Identity | None,
) -> facts.Change:
    """Let a holder (``{"person_id": 7}`` or ``{"organisation_id": 3}``) end: ``on`` is the first day without him.

    The only holder of an open account is not ended (``last`` allows it: the account itself is being closed or passed on).
    """
    if not last:
        others = [row for row in queries.holders_on(session, account_id, on) if _party(row) != party]
        if not others:
            raise StartksError(
                "Это единственный владелец счёта: передайте счёт новому владельцу или закройте его, "
                "иначе квитанцию некому выставить."
            )
    return facts.close(
        session, AccountHolder, {"account_id": account_id, **party}, until=on, reason=reason, document=document, by=by
    )


def check_shares(session: Session, account_id: int) -> None:
    """Raise where on some day the owners' shares are over one whole, with the day and the sum."""
    rows = queries.owners_by_day(session, account_id)
    for day in sorted({since for since, _until, _share in rows}):
        try:
            checks.sum_of_shares(share for since, until, share in rows if since <= day < until)
        except ValueError as fault:
            when = "" if day == dt.date.min else f" на {day:%d.%m.%Y}"
            raise StartksError(f"Доли владельцев{when}: {str(fault)[0].lower()}{str(fault)[1:]}") from fault


def shares_on(session: Session, account_id: int, day: dt.date) -> Fraction:
    """Return the sum of the owners' shares on the day."""
    return sum(
        (share for since, until, share in queries.owners_by_day(session, account_id) if since <= day < until),
        Fraction(0),
    )


# Residents


def register(
    session: Session,
    account_id: int,
    person_id: int,
    *,
    kind: str = "permanent",
    relation: str | None = None,
    since: dt.date,
    until: dt.date | None = None,
    reason: str,
    document: str | None = None,
    by: Identity | None,
) -> facts.Change:
    """Register a person at the account from a day; ``until`` is the first day he no longer lives there.

    A person is registered permanently in one place only, and at one place of stay: a second one is refused with both named.
    """
    check_residence(session, account_id, person_id, kind, since, until)
    change = facts.change(
        session, Residence, {"account_id": account_id, "person_id": person_id, "kind": kind}, {"relation": relation},
        valid_from=since, valid_to=until, reason=reason, document=document, by=by,
    )  # fmt: skip
    publish(session, ResidentMoved(person_id=person_id, account_id=account_id, moved_in=since, moved_out=until))
    return change


def check_residence(
    session: Session, account_id: int, person_id: int, kind: str, since: dt.date, until: dt.date | None
) -> None:
    """Raise where the account does not exist on these days, or the person lives in two places, with both named."""
    account = session.get_one(Account, account_id)
    if since < account.opened_on or (account.closed_on is not None and (until or dt.date.max) > account.closed_on):
        closed = f", закрыт с {account.closed_on:%d.%m.%Y}" if account.closed_on else ""
        raise StartksError(
            f"Счёт открыт с {account.opened_on:%d.%m.%Y}{closed}: выберите дни, когда он действует."
        )
    if kind == "temporary" and until is None:
        raise StartksError("Регистрация по месту пребывания имеет срок: укажите последний день.")
    other = queries.residence_elsewhere(session, person_id, kind, since, until)
    if other is None:
        return
    name = queries.person_name(session, person_id)
    raise ContradictionError(
        f"«{name} зарегистрирован {KINDS[kind]}: {queries.label(session, other.account_id)}, "
        f"{say_days(other.since or dt.date.min, other.until)}»",
        f"новый факт «{queries.label(session, account_id)}, {say_days(since, until)}»",
        "Сначала снимите его с учёта по прежнему адресу или выберите другой день.",
    )


def depart(
    session: Session,
    account_id: int,
    person_id: int,
    kind: str,
    *,
    on: dt.date,
    reason: str,
    document: str | None = None,
    by: Identity | None,
) -> facts.Change:
    """Let a resident leave: ``on`` is the first day he no longer lives there."""
    change = facts.close(
        session, Residence, {"account_id": account_id, "person_id": person_id, "kind": kind}, until=on, reason=reason,
        document=document, by=by,
    )  # fmt: skip
    publish(session, ResidentMoved(person_id=person_id, account_id=account_id, moved_in=None, moved_out=on))
    return change


def _party(row) -> dict[str, int]:
    return {"person_id": row.person_id} if row.person_id is not None else {"organisation_id": row.organisation_id}
