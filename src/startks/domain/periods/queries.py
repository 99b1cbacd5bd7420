"""What the pages of a month show: groups of its rehearsal, their lines, findings of the gate, closed months."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, Select, func, select, text
from sqlalchemy.orm import Session

from startks.domain.accounts.models import Account
from startks.domain.periods.models import GateFinding, Period, RehearsalGroup, rehearsal_row
from startks.domain.reference.models import Service
from startks.domain.security.models import UserAccount
from startks.domain.territory.models import District, House, Premise, Street

_ROW = rehearsal_row.c
CHANGE_SIZE = func.abs(_ROW.change)

_PLACE = (
    District.slug.label("district_slug"),
    House.slug.label("house_slug"),
    House.district_id,
    Street.name.label("street"),
    House.number.label("house_number"),
    Account.number.label("account_number"),
    Premise.slug.label("premise_slug"),
    Premise.number.label("premise_number"),
)


def _with_places(rows) -> Select:
    """Lines of a rehearsal with the names and slugs that a list and its links to the account's card need."""
    return (
        select(
            rows.account_id,
            rows.house_id,
            rows.service_id,
            rows.before,
            rows.after,
            rows.change,
            Service.short_title.label("service"),
            *_PLACE,
        )
        .join(Account, Account.id == rows.account_id)
        .join(Premise, Premise.id == Account.premise_id)
        .join(House, House.id == rows.house_id)
        .join(District, District.id == House.district_id)
        .join(Street, Street.id == House.street_id)
        .join(Service, Service.id == rows.service_id)
    )


GROUP_ROWS: Select = _with_places(_ROW)
"""Lines of all causes; add conditions on period and cause."""

FINDINGS: Select = (
    select(
        GateFinding.id,
        GateFinding.detail,
        GateFinding.house_id,
        GateFinding.account_id,
        Service.short_title.label("service"),
        *_PLACE,
    )
    .outerjoin(House, House.id == GateFinding.house_id)
    .outerjoin(District, District.id == House.district_id)
    .outerjoin(Street, Street.id == House.street_id)
    .outerjoin(Account, Account.id == GateFinding.account_id)
    .outerjoin(Premise, Premise.id == Account.premise_id)
    .outerjoin(Service, Service.id == GateFinding.service_id)
)
"""Places where an invariant does not hold; add conditions on period and name."""

CLOSED: Select = (
    select(
        Period.id,
        Period.state,
        Period.calculated_at,
        Period.rehearsed_at,
        Period.closed_at,
        Period.totals,
        Period.hash,
        UserAccount.full_name.label("closed_by"),
    )
    .outerjoin(UserAccount, UserAccount.id == Period.closed_by)
    .order_by(Period.id.desc())
)


def groups(session: Session | Connection, period: int) -> Sequence[Row]:
    """Groups of the month's rehearsal, by cause and service (service 0: all services of the cause); kopecks."""
    return session.execute(
        select(
            RehearsalGroup.cause,
            RehearsalGroup.service_id,
            Service.short_title.label("service"),
            RehearsalGroup.accounts,
            RehearsalGroup.houses,
            RehearsalGroup.before,
            RehearsalGroup.change,
        )
        .outerjoin(Service, Service.id == RehearsalGroup.service_id)
        .where(RehearsalGroup.period == period)
        .order_by(RehearsalGroup.cause, func.abs(RehearsalGroup.change).desc())
    ).all()


def group_page(
    session: Session | Connection, period: int, cause: int, *, descending: bool, limit: int, offset: int
) -> Sequence[Row]:
    """A page of a group by the size of the change: the page is cut by the index, only its rows are joined."""
    size = CHANGE_SIZE.desc() if descending else CHANGE_SIZE
    page = (
        select(rehearsal_row)
        .where(_ROW.period == period, _ROW.cause == cause)
        .order_by(size, _ROW.account_id)
        .limit(limit)
        .offset(offset)
        .subquery("page")
    )
    size = func.abs(page.c.change)
    return session.execute(
        _with_places(page.c).order_by(size.desc() if descending else size, page.c.account_id)
    ).all()


def rows_kept(session: Session | Connection, period: int) -> bool:
    """Whether the lines of the month's rehearsal are still there (they go two months later, the groups stay)."""
    return bool(session.scalar(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": f"rehearsal_row_{int(period)}"}))


def history(session: Session | Connection) -> Sequence[Row]:
    """All months, newest first, with totals and hash of the closed ones."""
    return session.execute(CLOSED).all()
