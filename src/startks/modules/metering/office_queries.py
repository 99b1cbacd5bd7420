"""Meters and their readings as the office shows them; values in millionths of the resource's unit."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, func, select, true
from sqlalchemy.orm import Session

from startks.domain.accounts.models import Account
from startks.domain.reference.models import Service
from startks.domain.security.models import UserAccount
from startks.domain.territory.models import District, House, Premise, Street
from startks.modules.metering.models import Meter, MeterEstimate, MeterEvent, Reading, ReadingChange, ReadingFile

_last = (
    select(
        func.max(Reading.day).label("day"),
    )
    .where(Reading.meter_id == Meter.id)
    .correlate(Meter)
    .lateral("last_reading")
)

METERS: Select = (
    select(
        Meter.id,
        Meter.serial,
        Meter.model,
        Meter.zones,
        Meter.digits,
        Meter.installed_on,
        Meter.verified_until,
        Meter.removed_on,
        Meter.place,
        Meter.seal,
        Meter.sealed_on,
        Meter.service_id,
        Meter.account_id,
        Meter.house_id,
        Service.title.label("service"),
        Service.code.label("service_code"),
        Service.unit,
        Account.number.label("account_number"),
        Premise.number.label("premise_number"),
        Premise.slug.label("premise_slug"),
        _last.c.day.label("read_on"),
        select(Reading.value)
        .where(Reading.meter_id == Meter.id, Reading.day == _last.c.day)
        .order_by(Reading.zone)
        .limit(1)
        .correlate(Meter, _last)
        .scalar_subquery()
        .label("value"),
    )
    .join(Service, Service.id == Meter.service_id)
    .outerjoin(Account, Account.id == Meter.account_id)
    .outerjoin(Premise, Premise.id == func.coalesce(Account.premise_id, Meter.premise_id))
    .outerjoin(_last, true())
)

_ORDER = (Meter.removed_on.desc().nulls_first(), Service.position, Meter.installed_on.desc(), Meter.id)
HOUSE_METERS: Select = METERS.where(
    Meter.house_id == bindparam("house_id"), Meter.account_id.is_(None)
).order_by(*_ORDER)
ACCOUNT_METERS: Select = METERS.where(Meter.account_id == bindparam("account_id")).order_by(*_ORDER)

_previous = func.lag(Reading.value).over(partition_by=(Reading.meter_id, Reading.zone), order_by=Reading.day)


def _readings(owner) -> Select:
    return (
        select(
            Reading.meter_id,
            Reading.zone,
            Reading.day,
            Reading.value,
            Reading.source,
            Reading.recorded_at,
            (Reading.value - _previous).label("used"),
            Meter.serial,
            Service.title.label("service"),
            Service.unit,
        )
        .join(Meter, Meter.id == Reading.meter_id)
        .join(Service, Service.id == Meter.service_id)
        .where(*owner)
        .order_by(Reading.day.desc(), Service.position, Reading.meter_id, Reading.zone)
        .limit(bindparam("limit"))
    )


ACCOUNT_READINGS: Select = _readings((Meter.account_id == bindparam("account_id"),))
METER_READINGS: Select = _readings((Meter.id == bindparam("meter_id"),))
HOUSE_READINGS: Select = _readings((Meter.house_id == bindparam("house_id"), Meter.account_id.is_(None)))

ACCOUNT_ESTIMATES: Select = (
    select(
        MeterEstimate.period,
        MeterEstimate.zone,
        MeterEstimate.basis,
        MeterEstimate.months_in_row,
        MeterEstimate.volume,
        Meter.serial,
        Service.title.label("service"),
        Service.unit,
    )
    .join(Meter, Meter.id == MeterEstimate.meter_id)
    .join(Service, Service.id == Meter.service_id)
    .where(Meter.account_id == bindparam("account_id"))
    .order_by(MeterEstimate.period.desc(), Service.position)
    .limit(60)
)

FLAT_METER_COUNTS: Select = (
    select(
        Service.title.label("service"),
        func.count().label("meters"),
        func.count(Meter.account_id.distinct()).label("accounts"),
        func.count().filter(Meter.verified_until < func.current_date()).label("overdue"),
    )
    .join(Service, Service.id == Meter.service_id)
    .where(
        Meter.house_id == bindparam("house_id"), and_(Meter.account_id.is_not(None), Meter.removed_on.is_(None))
    )
    .group_by(Service.id, Service.title, Service.position)
    .order_by(Service.position)
)


def house_meters(session: Session | Connection, house_id: int) -> Sequence[Row]:
    """Return the house meters (ОДПУ), those in service first, with the last reading."""
    return session.execute(HOUSE_METERS, {"house_id": house_id}).all()


def account_meters(session: Session | Connection, account_id: int) -> Sequence[Row]:
    """Return the account's meters (ИПУ), those in service first, with the last reading."""
    return session.execute(ACCOUNT_METERS, {"account_id": account_id}).all()


def account_readings(session: Session | Connection, account_id: int, limit: int = 120) -> Sequence[Row]:
    """Return the account's latest readings with what was used since the one before."""
    return session.execute(ACCOUNT_READINGS, {"account_id": account_id, "limit": limit}).all()


def house_readings(session: Session | Connection, house_id: int, limit: int = 60) -> Sequence[Row]:
    """Return the house meters' latest readings with what was used since the one before."""
    return session.execute(HOUSE_READINGS, {"house_id": house_id, "limit": limit}).all()


def account_estimates(session: Session | Connection, account_id: int) -> Sequence[Row]:
    """Return the months in which a volume was estimated because no reading came."""
    return session.execute(ACCOUNT_ESTIMATES, {"account_id": account_id}).all()


def flat_meter_counts(session: Session | Connection, house_id: int) -> Sequence[Row]:
    """Return by resource how many flat meters the house has and how many are past their verification day."""
    return session.execute(FLAT_METER_COUNTS, {"house_id": house_id}).all()


def meter_card(session: Session | Connection, meter_id: int, house_id: int | None, account_id: int | None) -> Row | None:
    """Return a meter with its place and neighbours in time; None where it is not of this house (or this account)."""
    statement = METERS.where(Meter.id == meter_id, Meter.house_id == house_id)
    if account_id is not None:
        statement = statement.where(Meter.account_id == account_id)
    return session.execute(statement).one_or_none()


def meter_readings(session: Session | Connection, meter_id: int, limit: int = 120) -> Sequence[Row]:
    """Return the meter's latest readings with what was used since the one before."""
    return session.execute(METER_READINGS, {"meter_id": meter_id, "limit": limit}).all()


def meter_events(session: Session | Connection, meter_id: int) -> Sequence[Row]:
    """Return what was done to the meter, newest first, with who wrote it down."""
    return session.execute(
        select(MeterEvent.kind, MeterEvent.day, MeterEvent.document, MeterEvent.detail, MeterEvent.recorded_at,
               UserAccount.full_name)
        .outerjoin(UserAccount, UserAccount.id == MeterEvent.user_id)
        .where(MeterEvent.meter_id == meter_id)
        .order_by(MeterEvent.id.desc())
        .limit(100)
    ).all()  # fmt: skip


def reading_changes(session: Session | Connection, meter_id: int) -> Sequence[Row]:
    """Return who entered, corrected and struck readings of the meter, newest first."""
    return session.execute(
        select(ReadingChange.zone, ReadingChange.day, ReadingChange.before, ReadingChange.after, ReadingChange.channel,
               ReadingChange.reason, ReadingChange.recorded_at, UserAccount.full_name)
        .outerjoin(UserAccount, UserAccount.id == ReadingChange.user_id)
        .where(ReadingChange.meter_id == meter_id)
        .order_by(ReadingChange.id.desc())
        .limit(60)
    ).all()  # fmt: skip


def reading_file(session: Session | Connection, file_id: int) -> Row | None:
    """Return what is kept of a file of readings, without its bytes."""
    return session.execute(
        select(ReadingFile.id, ReadingFile.name, ReadingFile.sha256, ReadingFile.size, ReadingFile.state, ReadingFile.rows,
               ReadingFile.faults, ReadingFile.warned, ReadingFile.preview, ReadingFile.user_id, ReadingFile.recorded_at,
               ReadingFile.loaded_at, ReadingFile.fault_list.is_not(None).label("listed"))
        .where(ReadingFile.id == file_id)
    ).one_or_none()  # fmt: skip


VERIFICATION: Select = (
    select(
        Meter.id,
        Meter.serial,
        Meter.verified_until,
        (Meter.verified_until - func.current_date()).label("days"),
        Service.title.label("service"),
        Account.number.label("account_number"),
        Premise.number.label("premise_number"),
        Premise.slug.label("premise_slug"),
        House.slug.label("house_slug"),
        func.concat(Street.name, ", ", House.number).label("address"),
        District.slug.label("district_slug"),
    )
    .join(Service, Service.id == Meter.service_id)
    .join(House, House.id == Meter.house_id)
    .join(Street, Street.id == House.street_id)
    .join(District, District.id == House.district_id)
    .outerjoin(Account, Account.id == Meter.account_id)
    .outerjoin(Premise, Premise.id == Account.premise_id)
    .where(Meter.removed_on.is_(None), Meter.verified_until.is_not(None))
)
"""Meters in service with the day their verification ends; the list adds the reader's territory and the days asked."""

TERRITORY = {
    "municipality": District.municipality_id, "district": House.district_id, "house": Meter.house_id,
    "account": Meter.account_id,
}  # fmt: skip


def verification_counts(session: Session | Connection, scope: ColumnElement[bool], days: int) -> Row:
    """Return ``overdue`` and ``soon``: meters past their verification, and those whose days end within ``days``."""
    return session.execute(
        select(
            func.count().filter(Meter.verified_until < func.current_date()).label("overdue"),
            func.count().filter(Meter.verified_until >= func.current_date()).label("soon"),
        )
        .join(House, House.id == Meter.house_id)
        .join(District, District.id == House.district_id)
        .where(Meter.removed_on.is_(None), Meter.verified_until <= func.current_date() + days, scope)
    ).one()
