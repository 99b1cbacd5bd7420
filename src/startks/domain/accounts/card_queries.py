"""What the card of a personal account and the services of a house show: prebuilt statements, one a block.

Names, birth dates and numbers of persons are personal data: views mask them unless they were shown on purpose.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, aliased

from startks.base.db.ranges import holds_on, since, until
from startks.domain.accounts.models import (
    Account,
    AccountHolder,
    AccountServiceExclusion,
    HouseService,
    MeterInfeasibility,
    Residence,
)
from startks.domain.parties.models import Contract, Organisation, Person
from startks.domain.reference.models import Act, Norm, Service, Tariff
from startks.domain.territory.models import District, House, Premise, PremiseArea, Street
from startks.domain.territory.passport_queries import natural

FULL_NAME = func.concat_ws(" ", Person.last_name, Person.first_name, Person.middle_name)

ACCOUNT: Select = (
    select(
        Account.id,
        Account.number,
        Account.kind,
        Account.opened_on,
        Account.closed_on,
        Account.archived_on,
        Account.gis_account,
        Account.gis_service,
        Account.recorded_at,
        Premise.number.label("premise_number"),
        Premise.kind.label("premise_kind"),
        Premise.floor,
        Premise.rooms,
        PremiseArea.total_area,
        PremiseArea.living_area,
        PremiseArea.heated,
        House.number.label("house_number"),
        Street.name.label("street"),
    )
    .join(Premise, Premise.id == Account.premise_id)
    .join(House, House.id == Account.house_id)
    .join(Street, Street.id == House.street_id)
    .outerjoin(
        PremiseArea, and_(PremiseArea.premise_id == Premise.id, holds_on(PremiseArea.valid, bindparam("day")))
    )
    .where(Account.id == bindparam("account_id"))
)

HOLDERS: Select = (
    select(
        AccountHolder.id,
        AccountHolder.person_id,
        AccountHolder.organisation_id,
        FULL_NAME.label("person_name"),
        Person.birth_date,
        Person.phone,
        Person.snils,
        Organisation.short_name.label("organisation"),
        AccountHolder.tenure,
        AccountHolder.payer,
        AccountHolder.share_part,
        AccountHolder.share_whole,
        since(AccountHolder.valid).label("since"),
        until(AccountHolder.valid).label("until"),
        AccountHolder.document,
    )
    .outerjoin(Person, Person.id == AccountHolder.person_id)
    .outerjoin(Organisation, Organisation.id == AccountHolder.organisation_id)
    .where(AccountHolder.account_id == bindparam("account_id"))
    .order_by(until(AccountHolder.valid).desc().nulls_first(), AccountHolder.payer.desc(), AccountHolder.id)
)

RESIDENTS: Select = (
    select(
        Residence.id,
        Residence.person_id,
        FULL_NAME.label("person_name"),
        Person.birth_date,
        Residence.kind,
        Residence.relation,
        since(Residence.valid).label("since"),
        until(Residence.valid).label("until"),
        Residence.document,
        func.greatest(
            0,
            func.least(func.coalesce(until(Residence.valid), bindparam("month_end")), bindparam("month_end"))
            - func.greatest(func.coalesce(since(Residence.valid), bindparam("month_start")), bindparam("month_start")),
        ).label("days"),
    )
    .join(Person, Person.id == Residence.person_id)
    .where(Residence.account_id == bindparam("account_id"))
    .order_by(until(Residence.valid).desc().nulls_first(), since(Residence.valid), Residence.id)
)

_tariff = (
    select(Tariff.value, Tariff.certain, Tariff.act_id)
    .where(
        Tariff.municipality_id == District.municipality_id,
        Tariff.service_id == HouseService.service_id,
        Tariff.category == HouseService.tariff_category,
        or_(Tariff.house_id.is_(None), Tariff.house_id == HouseService.house_id),
        holds_on(Tariff.valid, bindparam("day")),
    )
    .order_by(Tariff.house_id.nulls_last())
    .limit(1)
    .correlate(HouseService, District)
    .lateral("tariff_now")
)
_norm = (
    select(
        func.min(Norm.value).label("least"),
        func.max(Norm.value).label("most"),
        func.min(Norm.unit).label("unit"),
        func.bool_and(Norm.certain).label("certain"),
    )
    .where(
        Norm.municipality_id == District.municipality_id,
        Norm.service_id == HouseService.service_id,
        Norm.category == HouseService.norm_category,
        holds_on(Norm.valid, bindparam("day")),
    )
    .correlate(HouseService, District)
    .lateral("norm_now")
)

HOUSE_SERVICES: Select = (
    select(
        HouseService.id,
        Service.id.label("service_id"),
        Service.code,
        Service.title,
        Service.unit,
        Service.section,
        Organisation.id.label("supplier_id"),
        Organisation.short_name.label("supplier"),
        Contract.number.label("contract"),
        Contract.signed_on,
        HouseService.method,
        HouseService.tariff_category,
        HouseService.norm_category,
        since(HouseService.valid).label("since"),
        until(HouseService.valid).label("until"),
        HouseService.document,
        _tariff.c.value.label("tariff"),
        _tariff.c.certain.label("tariff_certain"),
        Act.title.label("tariff_act"),
        Act.number.label("tariff_act_number"),
        _norm.c.least.label("norm_least"),
        _norm.c.most.label("norm_most"),
        _norm.c.unit.label("norm_unit"),
        _norm.c.certain.label("norm_certain"),
    )
    .join(House, House.id == HouseService.house_id)
    .join(District, District.id == House.district_id)
    .join(Service, Service.id == HouseService.service_id)
    .join(Contract, Contract.id == HouseService.contract_id)
    .join(Organisation, Organisation.id == Contract.organisation_id)
    .outerjoin(_tariff, true())
    .outerjoin(Act, Act.id == _tariff.c.act_id)
    .outerjoin(_norm, true())
    .where(
        HouseService.house_id == bindparam("house_id"), holds_on(HouseService.valid, bindparam("day"))
    )
    .order_by(Service.position)
)

EXCLUSIONS: Select = (
    select(
        AccountServiceExclusion.service_id,
        AccountServiceExclusion.reason,
        since(AccountServiceExclusion.valid).label("since"),
        until(AccountServiceExclusion.valid).label("until"),
        holds_on(AccountServiceExclusion.valid, bindparam("day")).label("holds"),
        Service.title,
    )
    .join(Service, Service.id == AccountServiceExclusion.service_id)
    .where(AccountServiceExclusion.account_id == bindparam("account_id"))
    .order_by(Service.position, since(AccountServiceExclusion.valid).desc())
)

_account = bindparam("account_id")


def _fact(kind: str, title, value, person_id, valid, document, recorded_at) -> Select:
    return select(
        literal(kind, String).label("kind"),
        title.label("title"),
        value.label("value"),
        person_id.label("person_id"),
        since(valid).label("since"),
        until(valid).label("until"),
        document.label("document"),
        recorded_at.label("recorded_at"),
    )


_no_text = cast(null(), String)
_no_id = cast(null(), Integer)
_facts = union_all(
    _fact(
        "holder",
        AccountHolder.tenure,
        func.coalesce(func.nullif(FULL_NAME, ""), Organisation.short_name),
        AccountHolder.person_id,
        AccountHolder.valid,
        AccountHolder.document,
        AccountHolder.recorded_at,
    )
    .outerjoin(Person, Person.id == AccountHolder.person_id)
    .outerjoin(Organisation, Organisation.id == AccountHolder.organisation_id)
    .where(AccountHolder.account_id == _account),
    _fact(
        "residence",
        Residence.kind,
        FULL_NAME,
        Residence.person_id,
        Residence.valid,
        Residence.document,
        Residence.recorded_at,
    )
    .join(Person, Person.id == Residence.person_id)
    .where(Residence.account_id == _account),
    _fact(
        "area",
        _no_text,
        cast(PremiseArea.total_area, String),
        _no_id,
        PremiseArea.valid,
        PremiseArea.document,
        PremiseArea.recorded_at,
    )
    .join(Account, Account.premise_id == PremiseArea.premise_id)
    .where(Account.id == _account),
    _fact(
        "exclusion",
        Service.title,
        AccountServiceExclusion.reason,
        _no_id,
        AccountServiceExclusion.valid,
        _no_text,
        null(),
    )
    .join(Service, Service.id == AccountServiceExclusion.service_id)
    .where(AccountServiceExclusion.account_id == _account),
    _fact(
        "infeasibility", Service.title, MeterInfeasibility.act, _no_id, MeterInfeasibility.valid, _no_text, null()
    )
    .join(Service, Service.id == MeterInfeasibility.service_id)
    .where(MeterInfeasibility.account_id == _account),
).subquery()
ACCOUNT_FACTS: Select = select(_facts).order_by(_facts.c.since.desc().nulls_last(), _facts.c.kind)

_holder = aliased(AccountHolder)
_payer = (
    select(
        func.coalesce(
            func.nullif(func.concat_ws(" ", Person.last_name, Person.first_name, Person.middle_name), ""),
            Organisation.short_name,
        ).label("name"),
        _holder.person_id,
    )
    .select_from(_holder)
    .outerjoin(Person, Person.id == _holder.person_id)
    .outerjoin(Organisation, Organisation.id == _holder.organisation_id)
    .where(_holder.account_id == Account.id, holds_on(_holder.valid, func.current_date()))
    .order_by(_holder.payer.desc(), _holder.id)
    .limit(1)
    .correlate(Account)
    .lateral("payer")
)
_residents = (
    select(func.count())
    .where(Residence.account_id == Account.id, holds_on(Residence.valid, func.current_date()))
    .correlate(Account)
    .scalar_subquery()
)

ACCOUNTS: Select = (
    select(
        Account.id,
        Account.number,
        Account.kind,
        Account.house_id,
        Account.premise_id,
        Account.opened_on,
        Account.closed_on,
        House.district_id,
        House.slug.label("house_slug"),
        District.slug.label("district_slug"),
        Street.name.label("street"),
        House.number.label("house_number"),
        Premise.number.label("premise_number"),
        Premise.slug.label("premise_slug"),
        Premise.kind.label("premise_kind"),
        PremiseArea.total_area,
        _payer.c.name.label("payer"),
        _payer.c.person_id.label("payer_person_id"),
        func.jsonb_build_array(_payer.c.name, _payer.c.person_id.is_not(None), type_=JSONB).label("payer_pair"),
        _residents.label("residents"),
    )
    .join(Premise, Premise.id == Account.premise_id)
    .join(House, House.id == Account.house_id)
    .join(District, District.id == House.district_id)
    .join(Street, Street.id == House.street_id)
    .outerjoin(
        PremiseArea, and_(PremiseArea.premise_id == Premise.id, holds_on(PremiseArea.valid, func.current_date()))
    )
    .outerjoin(_payer, true())
)
"""List of accounts; ``payer`` is personal data where ``payer_person_id`` is given; ``payer_pair`` is both at once."""

ACCOUNT_SCOPE = {
    "municipality": District.municipality_id,
    "district": House.district_id,
    "house": Account.house_id,
    "account": Account.id,
}
"""Columns for ``scope_filter`` in every statement here that joins account, house and district."""

ACCOUNT_ORDER = (
    case((Premise.kind == "nonresidential", 1), else_=0),
    *natural(Premise.number),
    Account.number,
)


def account_card(session: Session | Connection, account_id: int, day: dt.date) -> Row:
    """Return the account with its premise and the areas (m²) of the day."""
    return session.execute(ACCOUNT, {"account_id": account_id, "day": day}).one()


def account_holders(session: Session | Connection, account_id: int) -> Sequence[Row]:
    """Return all holders of the account by date, present ones first; names are personal data."""
    return session.execute(HOLDERS, {"account_id": account_id}).all()


def account_residents(
    session: Session | Connection, account_id: int, month_start: dt.date, month_end: dt.date
) -> Sequence[Row]:
    """Return who lives or lived at the account; ``days`` counts days of ``[month_start, month_end)``."""
    values = {"account_id": account_id, "month_start": month_start, "month_end": month_end}
    return session.execute(RESIDENTS, values).all()


def house_services(session: Session | Connection, house_id: int, day: dt.date) -> Sequence[Row]:
    """Return the services of the house on the day: supplier, contract, method, tariff (roubles), norm."""
    return session.execute(HOUSE_SERVICES, {"house_id": house_id, "day": day}).all()


def account_exclusions(session: Session | Connection, account_id: int, day: dt.date) -> Sequence[Row]:
    """Return services that the account does not get although its house has them; ``holds`` on the day."""
    return session.execute(EXCLUSIONS, {"account_id": account_id, "day": day}).all()


def account_facts(session: Session | Connection, account_id: int) -> Sequence[Row]:
    """Return every dated fact of the account with its document and the moment it became known, newest first."""
    return session.execute(ACCOUNT_FACTS, {"account_id": account_id}).all()


def premise_accounts(session: Session | Connection, premise_id: int, scope: ColumnElement[bool]) -> Sequence[Row]:
    """Return the accounts of a premise that are in ``scope``; the payer's name is personal data."""
    return session.execute(ACCOUNTS.where(Account.premise_id == premise_id, scope).order_by(*ACCOUNT_ORDER)).all()
