"""The month in figures: totals by service, the balance of a house, errors, payments. Money in kopecks.

``statement`` is partitioned by period, so every statement here names its periods. Lists over the territory take a
``scope``: the condition that ``scope_filter`` made of the reader's grants.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from startks.domain.accounts.models import Account
from startks.domain.ledger.models import CalculationError, HouseBalance, HouseRounding, Payment, Statement
from startks.domain.parties.models import Organisation
from startks.domain.periods.models import CalculationRun, Period
from startks.domain.reference.models import Service
from startks.domain.territory.models import District, House, Premise, Street


def _sum(column):
    return cast(func.sum(column), BigInteger)  # the server widens a sum of bigint to numeric


_SUMS = (
    _sum(Statement.opening).label("opening"),
    _sum(Statement.charge).label("charge"),
    _sum(Statement.excess).label("excess"),
    _sum(Statement.recalculation).label("recalculation"),
    _sum(Statement.benefit).label("benefit"),
    _sum(Statement.penalty).label("penalty"),
    _sum(Statement.paid).label("paid"),
    _sum(Statement.closing).label("closing"),
)

HOUSE_MONTH: Select = (
    select(
        Service.id.label("service_id"),
        Service.code,
        Service.title,
        Service.unit,
        Service.section,
        Organisation.short_name.label("supplier"),
        _sum(Statement.volume).label("volume"),
        func.count().label("accounts"),
        *_SUMS,
    )
    .join(Service, Service.id == Statement.service_id)
    .join(Organisation, Organisation.id == Statement.supplier_id)
    .where(Statement.period == bindparam("period"), Statement.house_id == bindparam("house_id"))
    .group_by(
        Service.id,
        Service.code,
        Service.title,
        Service.unit,
        Service.section,
        Service.position,
        Organisation.short_name,
    )
    .order_by(Service.position)
)

HOUSE_BALANCE: Select = (
    select(
        Service.code,
        Service.title,
        Service.unit,
        HouseBalance.has_meter,
        HouseBalance.house_volume,
        HouseBalance.metered_volume,
        HouseBalance.norm_volume,
        HouseBalance.nonresidential_volume,
        HouseBalance.common_volume,
        HouseBalance.total_area,
        HouseBalance.common_area,
        HouseBalance.persons,
    )
    .join(Service, Service.id == HouseBalance.service_id)
    .where(HouseBalance.period == bindparam("period"), HouseBalance.house_id == bindparam("house_id"))
    .order_by(Service.position)
)

HOUSE_ROUNDING: Select = (
    select(
        Service.code,
        Service.title,
        HouseRounding.house_amount,
        HouseRounding.lines_amount,
        HouseRounding.remainder,
    )
    .join(Service, Service.id == HouseRounding.service_id)
    .where(HouseRounding.period == bindparam("period"), HouseRounding.house_id == bindparam("house_id"))
    .order_by(Service.position)
)

ACCOUNT_MONTHS: Select = (
    select(Statement.period, *_SUMS)
    .where(Statement.account_id == bindparam("account_id"))
    .group_by(Statement.period)
    .order_by(Statement.period.desc())
    .limit(24)
)

ACCOUNT_PAYMENTS: Select = (
    select(
        Payment.id, Payment.paid_on, Payment.amount, Payment.channel, Payment.document, Payment.recorded_at
    )
    .where(Payment.account_id == bindparam("account_id"))
    .order_by(Payment.paid_on.desc(), Payment.id.desc())
)

SERVICE_TOTALS: Select = (
    select(
        Service.id.label("service_id"),
        Service.code,
        Service.title,
        Service.unit,
        Service.section,
        Service.position,
        Statement.period,
        _sum(Statement.volume).label("volume"),
        *_SUMS,
    )
    .join(Service, Service.id == Statement.service_id)
    .join(House, House.id == Statement.house_id)
    .join(District, District.id == House.district_id)  # a scope may be a municipality
    .group_by(
        Service.id, Service.code, Service.title, Service.unit, Service.section, Service.position, Statement.period
    )
    .order_by(Service.position, Statement.period)
)

PERIODS: Select = select(
    Period.id,
    Period.state,
    Period.opened_at,
    Period.calculated_at,
    Period.rehearsed_at,
    Period.frozen_at,
    Period.closed_at,
).order_by(Period.id.desc())

LAST_RUN: Select = (
    select(
        CalculationRun.id,
        CalculationRun.period,
        CalculationRun.state,
        CalculationRun.started_at,
        CalculationRun.finished_at,
        CalculationRun.accounts,
        CalculationRun.lines,
        CalculationRun.errors,
        CalculationRun.totals,
    )
    .order_by(CalculationRun.id.desc())
    .limit(1)
)

RUN_TOTALS: Select = (
    select(CalculationRun.period, CalculationRun.totals)
    .where(CalculationRun.state == "done", CalculationRun.totals.is_not(None))
    .order_by(CalculationRun.id)  # of a month calculated again the last one stays
)

ERRORS: Select = (
    select(
        CalculationError.number,
        CalculationError.period,
        CalculationError.code,
        CalculationError.severity,
        CalculationError.detail,
        CalculationError.house_id,
        CalculationError.account_id,
        House.district_id,
        District.slug.label("district_slug"),
        House.slug.label("house_slug"),
        Street.name.label("street"),
        House.number.label("house_number"),
        Account.number.label("account_number"),
        Premise.slug.label("premise_slug"),
        Premise.number.label("premise_number"),
        Service.title.label("service"),
    )
    .join(House, House.id == CalculationError.house_id)
    .join(District, District.id == House.district_id)
    .join(Street, Street.id == House.street_id)
    .outerjoin(Account, Account.id == CalculationError.account_id)
    .outerjoin(Premise, Premise.id == Account.premise_id)
    .outerjoin(Service, Service.id == CalculationError.service_id)
)
"""List of what could not be computed, with all slugs a link needs."""

ERROR_KINDS: Select = (
    select(
        CalculationError.code,
        CalculationError.severity,
        func.count().label("count"),
        func.count(CalculationError.account_id.distinct()).label("accounts"),
        func.count(CalculationError.house_id.distinct()).label("houses"),
    )
    .join(House, House.id == CalculationError.house_id)
    .join(District, District.id == House.district_id)
    .where(CalculationError.period == bindparam("period"))
    .group_by(CalculationError.code, CalculationError.severity)
    .order_by(CalculationError.severity, literal_column("count").desc())
)


def house_month(session: Session | Connection, house_id: int, period: int) -> Sequence[Row]:
    """Return sums of the house's statement by service and supplier (volume in millionths, money in kopecks)."""
    return session.execute(HOUSE_MONTH, {"house_id": house_id, "period": period}).all()


def house_balance(session: Session | Connection, house_id: int, period: int) -> Sequence[Row]:
    """Return the volumes of the house by resource, millionths of the unit; areas in hundredths of m²."""
    return session.execute(HOUSE_BALANCE, {"house_id": house_id, "period": period}).all()


def house_rounding(session: Session | Connection, house_id: int, period: int) -> Sequence[Row]:
    """Return what rounding left between the house's amount and its lines, by service, kopecks."""
    return session.execute(HOUSE_ROUNDING, {"house_id": house_id, "period": period}).all()


def account_months(session: Session | Connection, account_id: int) -> Sequence[Row]:
    """Return the account's months (at most 24, newest first) with their sums in kopecks."""
    return session.execute(ACCOUNT_MONTHS, {"account_id": account_id}).all()


def account_payments(session: Session | Connection, account_id: int) -> Sequence[Row]:
    """Return the account's payments, newest first, kopecks."""
    return session.execute(ACCOUNT_PAYMENTS, {"account_id": account_id}).all()


def periods(session: Session | Connection) -> Sequence[Row]:
    """Return all periods, newest first."""
    return session.execute(PERIODS).all()


def open_periods(session: Session | Connection) -> Sequence[Row]:
    """Return the periods that may be calculated, oldest first."""
    return [row for row in reversed(periods(session)) if row.state != "closed"]


def last_run(session: Session | Connection, period: int | None = None) -> Row | None:
    """Return the newest calculation (of the period, where given), None where nothing was calculated yet."""
    statement = LAST_RUN if period is None else LAST_RUN.where(CalculationRun.period == period)
    return session.execute(statement).one_or_none()


def service_totals(session: Session | Connection, periods: Sequence[int], scope: ColumnElement[bool]) -> Sequence[Row]:
    """Return sums by service and period over the houses in ``scope``: one pass over each period's partition."""
    return session.execute(SERVICE_TOTALS.where(Statement.period.in_(list(periods)), scope)).all()


def run_totals(session: Session | Connection, periods: Sequence[int]) -> dict[int, dict]:
    """Return what the last finished calculation of each period counted over the whole town: ``charge``, ``paid``, ``closing`` …

    Kopecks; a period that was not calculated is left out. It costs nothing, where :func:`service_totals` reads every line.
    """
    rows = session.execute(RUN_TOTALS.where(CalculationRun.period.in_(list(periods))))
    return {row.period: row.totals for row in rows}


def error_kinds(session: Session | Connection, period: int, scope: ColumnElement[bool]) -> Sequence[Row]:
    """Return how often each kind of error and warning stands in the period, over the houses in ``scope``."""
    return session.execute(ERROR_KINDS.where(scope), {"period": period}).all()


ERROR_PLACE = (func.ru_sort(Street.name), CalculationError.house_id, CalculationError.number)
ERROR_ORDER = (
    case((CalculationError.severity == "error", 0), else_=1),
    CalculationError.house_id,
    CalculationError.number,
)


def error_list(
    session: Session | Connection,
    period: int,
    *,
    scope: ColumnElement[bool] | None = None,
    house_id: int | None = None,
    limit: int = 200,
) -> Sequence[Row]:
    """Return errors and warnings of the period, errors first: of one house, or of the houses in ``scope``.

    One of the two must be given, so that no page lists what its reader could not open.
    """
    if (scope is None) == (house_id is None):
        raise TypeError("error_list takes a scope or a house")
    where = scope if house_id is None else CalculationError.house_id == house_id
    statement = ERRORS.where(CalculationError.period == period, where).order_by(*ERROR_ORDER).limit(limit)
    return session.execute(statement).all()
