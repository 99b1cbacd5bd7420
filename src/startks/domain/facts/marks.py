"""Which calculated months a fact touches, and the marks by which the replay finds them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Integer, Select, insert, literal, or_, select
from sqlalchemy.orm import Session

from startks.base.periods import period_of
from startks.domain.accounts.models import Account, HouseService
from startks.domain.facts.models import RecalculationMark
from startks.domain.periods.models import Period
from startks.domain.territory.models import House, Premise


def touched_months(
    session: Session,
    valid_from: dt.date,
    valid_to: dt.date | None = None,
    *,
    house_id: int | None = None,
    account_id: int | None = None,
    premise_id: int | None = None,
    all_houses: bool = True,
) -> list[int]:
    """Return the closed or calculated months (YYYYMM) that have a day in [valid_from, valid_to), in order.

    For an account the months before it was opened do not count (those after its end do: what was charged there must go);
    for a house, a premise or all houses every month of the installation counts.
    """
    first = period_of(valid_from) if valid_from > dt.date(2000, 1, 1) else 0
    statement = select(Period.id).where(
        Period.id >= first, or_(Period.state == "closed", Period.calculated_at.is_not(None))
    )
    if valid_to is not None and valid_to < dt.date.max:
        statement = statement.where(Period.id <= period_of(valid_to - dt.timedelta(days=1)))
    months = list(session.scalars(statement.order_by(Period.id)))
    if account_id is not None and months:
        opened_on = session.scalar(select(Account.opened_on).where(Account.id == account_id))
        if opened_on is not None:
            months = [month for month in months if month >= period_of(opened_on)]
    return months


def leave_marks(
    session: Session,
    change_id: int,
    valid_from: dt.date,
    valid_to: dt.date | None,
    *,
    house_id: int | None,
    account_id: int | None,
    keys: Mapping[str, Any],
    subject: tuple[str, int],
) -> list[int]:
    """Mark whom the statement touches and return the months: the account, the premise's or entrance's accounts, the house,
    or (for a tariff, norm or contract of no one house) every house that has the service or the contract."""
    kind, subject_id = subject
    account_id = account_id or (subject_id if kind == "account" else None)
    touched = touched_months(session, valid_from, valid_to, house_id=house_id, account_id=account_id)
    if not touched:
        return []
    until = None if valid_to is None else touched[-1]
    whom = _whom(kind, subject_id, house_id, account_id, keys)
    if whom is None:
        return []
    for column, ids in whom:
        session.execute(
            insert(RecalculationMark).from_select(
                ["fact_change_id", column, "period_from", "period_to"],
                select(
                    literal(change_id), ids.subquery().c.id, literal(touched[0]), literal(until, Integer)
                ),
            )
        )
    return touched


def _whom(
    kind: str, subject_id: int, house_id: int | None, account_id: int | None, keys: Mapping[str, Any]
) -> list[tuple[str, Select]] | None:
    if account_id is not None:
        return [("account_id", select(Account.id).where(Account.id == account_id))]
    if keys.get("premise_id") is not None or kind == "premise":
        premise = keys.get("premise_id") or subject_id
        of_premise = Account.premise_id == premise
        if "quality_act" in keys:  # what a communal flat lacks, its rooms lack
            of_premise |= Account.premise_id.in_(select(Premise.id).where(Premise.parent_id == premise))
        return [("account_id", select(Account.id).where(of_premise))]
    if keys.get("entrance_id") is not None:
        premises = select(Premise.id).where(Premise.entrance_id == keys["entrance_id"])
        return [("account_id", select(Account.id).where(Account.premise_id.in_(premises)))]
    if house_id is not None or kind == "house":
        return [("house_id", select(House.id).where(House.id == (house_id or subject_id)))]
    if keys.get("service_id") is not None:
        condition = HouseService.service_id == keys["service_id"]
        return [("house_id", select(HouseService.house_id.label("id")).where(condition).distinct())]
    if keys.get("contract_id") is not None or kind == "contract":
        condition = HouseService.contract_id == (keys.get("contract_id") or subject_id)
        return [("house_id", select(HouseService.house_id.label("id")).where(condition).distinct())]
    if kind in ("parameter", "district", "municipality"):
        houses = select(House.id)
        return [("house_id", houses.where(House.district_id == subject_id) if kind == "district" else houses)]
    return None  # bank details, a person's phone: no month is computed from them
