"""Contracts with suppliers and managers: opened, their terms and services by date, ended.

Commission is a percent of what was collected; terms change by a supplementary agreement from a date, services are added and
ended by date. The tariffs of a contract's services stand in the reference book. Dates are half-open: the end is the first
day on which the contract no longer holds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, delete, func, or_, select, true
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from startks.base.db.ranges import holds_on, since, until
from startks.base.errors import StartksError
from startks.domain.accounts.models import HouseService
from startks.domain.facts import services as facts
from startks.domain.facts.errors import ContradictionError
from startks.domain.parties.models import BankDetails, Contract, ContractService, ContractTerms, Organisation
from startks.domain.reference.models import Act, Service, Tariff
from startks.domain.security.audit import audit
from startks.domain.security.identity import Identity

KINDS = ("supply", "management", "agency")
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class NewContract:
    """What is said of a contract when it is entered; ``commission``: percent, 0 where nothing is kept."""

    organisation_id: int
    kind: str
    number: str
    signed_on: dt.date
    valid_from: dt.date
    valid_to: dt.date | None = None
    service_ids: tuple[int, ...] = ()
    commission: Decimal = Decimal(0)
    settlement_account: str | None = None


def check_contract(session: Session, new: NewContract) -> None:
    """Raise StartksError, with what stands there already, where the contract cannot be entered."""
    if new.kind not in KINDS:
        raise StartksError("Такого вида договора нет: выберите его из списка.")
    if not new.number.strip():
        raise StartksError("Впишите номер договора.")
    if new.valid_to is not None and new.valid_to <= new.valid_from:
        raise StartksError("Договор не может кончиться раньше, чем начался: исправьте дни.")
    if session.get(Organisation, new.organisation_id) is None:
        raise StartksError("Такой организации нет: откройте её карточку снова.")
    twin = session.execute(
        select(Contract.id, since(Contract.valid).label("since")).where(
            Contract.organisation_id == new.organisation_id, Contract.kind == new.kind, Contract.number == new.number.strip(),
            Contract.valid.op("&&")(func.daterange(new.valid_from, new.valid_to)),
        ).limit(1)
    ).one_or_none()  # fmt: skip
    if twin is not None:
        begun = f" с {twin.since:%d.%m.%Y}" if twin.since else ""
        raise ContradictionError(
            f"договор № {new.number} этой организации уже действует{begun}", f"такой же с {new.valid_from:%d.%m.%Y}",
            "Измените условия того договора или укажите другой номер.",
        )  # fmt: skip
    _check_services(session, new.service_ids)
    _check_terms(session, new.organisation_id, new.commission, new.settlement_account, new.valid_from)


def open_contract(
    session: Session, new: NewContract, *, reason: str, document: str | None = None, by: Identity | None
) -> int:
    """Enter a contract with its services and terms; return its id."""
    check_contract(session, new)
    days = Range(new.valid_from, new.valid_to)
    contract = Contract(
        organisation_id=new.organisation_id, kind=new.kind, number=new.number.strip(), signed_on=new.signed_on,
        commission_percent=new.commission, valid=days,
    )  # fmt: skip
    session.add(contract)
    session.flush()
    session.add(ContractTerms(
        contract_id=contract.id, commission_percent=new.commission, settlement_account=new.settlement_account,
        document=document, valid=days,
    ))  # fmt: skip
    session.add_all(
        ContractService(contract_id=contract.id, service_id=service, document=document, valid=days)
        for service in dict.fromkeys(new.service_ids)
    )
    session.flush()
    facts.record(
        session, "contract", contract.id, "contract.number", None, contract.number, reason=reason, document=document, by=by,
    )  # fmt: skip
    audit(session, by, "parties:contract:open", ("contract", contract.id), {"organisation": new.organisation_id})
    return contract.id


def set_terms(
    session: Session, contract_id: int, *, commission: Decimal, settlement_account: str | None, valid_from: dt.date,
    reason: str, document: str | None = None, by: Identity | None, correct: bool = False,
) -> list[int]:
    """Let other terms hold from a day on; return the calculated months (YYYYMM) touched."""
    contract = _held(session, contract_id)
    _inside(contract, valid_from)
    _check_terms(session, contract.organisation_id, commission, settlement_account, valid_from)
    changed = facts.change(
        session, ContractTerms, {"contract_id": contract_id},
        {"commission_percent": commission, "settlement_account": settlement_account}, valid_from=valid_from, reason=reason,
        document=document, by=by, correct=correct,
    )  # fmt: skip
    audit(session, by, "parties:contract:terms", ("contract", contract_id), {"from": valid_from.isoformat()})
    return changed.touched


def add_services(
    session: Session, contract_id: int, service_ids: Iterable[int], *, valid_from: dt.date, reason: str,
    document: str | None = None, by: Identity | None,
) -> None:
    """Let the contract be about more services from a day on. One that it is about already is refused with both named."""
    contract = _held(session, contract_id)
    _inside(contract, valid_from)
    wanted = tuple(dict.fromkeys(service_ids))
    if not wanted:
        raise StartksError("Выберите хотя бы одну услугу.")
    _check_services(session, wanted)
    days = Range(valid_from, contract.valid.upper)
    known = session.execute(
        select(Service.title, since(ContractService.valid).label("since"))
        .join(Service, Service.id == ContractService.service_id)
        .where(ContractService.contract_id == contract_id, ContractService.service_id.in_(wanted),
               ContractService.valid.op("&&")(func.daterange(days.lower, days.upper)))
        .limit(1)
    ).one_or_none()  # fmt: skip
    if known is not None:
        raise ContradictionError(
            f"услуга «{known.title}» уже в договоре с {known.since:%d.%m.%Y}", f"та же услуга с {valid_from:%d.%m.%Y}",
            "Снимите её отметку.",
        )  # fmt: skip
    session.add_all(
        ContractService(contract_id=contract_id, service_id=service, document=document, valid=days) for service in wanted
    )
    session.flush()
    facts.record(
        session, "contract", contract_id, "contract_service.service_id", None, _titles(session, wanted), reason=reason,
        document=document, by=by,
    )  # fmt: skip


def end_service(
    session: Session, contract_id: int, service_id: int, *, ends_on: dt.date, reason: str, document: str | None = None,
    by: Identity | None,
) -> None:
    """Take a service out of the contract from a day on; houses that get it by this contract are named first."""
    contract = _held(session, contract_id)
    row = session.scalar(
        select(ContractService).where(
            ContractService.contract_id == contract_id, ContractService.service_id == service_id,
            holds_on(ContractService.valid, ends_on - dt.timedelta(days=1)),
        )
    )  # fmt: skip
    if row is None or (row.valid.upper is not None and row.valid.upper <= ends_on):
        raise StartksError("В этот день услуги в договоре уже нет: исправьте день.")
    _no_houses(session, contract, ends_on, service_id)
    row.valid = Range(row.valid.lower, ends_on)
    session.flush()
    facts.record(
        session, "contract", contract_id, "contract_service.service_id", _titles(session, (service_id,)), None,
        reason=reason, document=document, by=by, valid_from=ends_on,
    )  # fmt: skip


def end_contract(
    session: Session, contract_id: int, *, ends_on: dt.date, reason: str, document: str | None = None, by: Identity | None
) -> None:
    """End a contract with all its services and terms. Refused while houses get a service by it after that day."""
    contract = _held(session, contract_id)
    _inside(contract, ends_on - dt.timedelta(days=1))
    _no_houses(session, contract, ends_on)
    before = contract.valid.upper
    contract.valid = Range(contract.valid.lower, ends_on)
    for model in (ContractTerms, ContractService):
        session.execute(delete(model).where(model.contract_id == contract_id, since(model.valid) >= ends_on))
        for row in session.scalars(
            select(model).where(model.contract_id == contract_id, or_(until(model.valid).is_(None), until(model.valid) > ends_on))
        ):
            row.valid = Range(row.valid.lower, ends_on)
    session.flush()
    facts.record(
        session, "contract", contract_id, "contract.valid", before.isoformat() if before else None, ends_on.isoformat(),
        reason=reason, document=document, by=by,
    )  # fmt: skip
    audit(session, by, "parties:contract:end", ("contract", contract_id), {"on": ends_on.isoformat()})


# What a card shows


def contract_row(session: Any, organisation_id: int, contract_id: int) -> Row | None:
    """Return a contract of an organisation with its days, None where there is no such one."""
    return session.execute(
        select(Contract.id, Contract.kind, Contract.number, Contract.signed_on, Contract.organisation_id,
               Contract.commission_percent,
               since(Contract.valid).label("since"), until(Contract.valid).label("until"),
               Organisation.short_name.label("organisation"))
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .where(Contract.id == contract_id, Contract.organisation_id == organisation_id)
    ).one_or_none()  # fmt: skip


def terms(session: Any, contract_id: int) -> Sequence[Row]:
    """Return the terms by date, newest first."""
    return session.execute(
        select(ContractTerms.commission_percent, ContractTerms.settlement_account, ContractTerms.document,
               since(ContractTerms.valid).label("since"), until(ContractTerms.valid).label("until"))
        .where(ContractTerms.contract_id == contract_id).order_by(since(ContractTerms.valid).desc())
    ).all()  # fmt: skip


def contract_services(session: Any, contract_id: int, day: dt.date) -> Sequence[Row]:
    """Return the services by date with how many houses get them by this contract, and the lowest and highest tariff of a day."""
    tariffs = (
        select(func.min(Tariff.value).label("low"), func.max(Tariff.value).label("high"), func.min(Act.title).label("act"))
        .join(Act, Act.id == Tariff.act_id)
        .where(Tariff.service_id == ContractService.service_id, holds_on(Tariff.valid, day))
        .correlate(ContractService).lateral("tariffs")
    )  # fmt: skip
    houses = (
        select(func.count())
        .where(HouseService.contract_id == ContractService.contract_id,
               HouseService.service_id == ContractService.service_id, holds_on(HouseService.valid, day))
        .correlate(ContractService).scalar_subquery()
    )  # fmt: skip
    return session.execute(
        select(ContractService.service_id, Service.title, Service.unit, since(ContractService.valid).label("since"),
               until(ContractService.valid).label("until"), ContractService.document, houses.label("houses"),
               tariffs.c.low, tariffs.c.high, tariffs.c.act)
        .join(Service, Service.id == ContractService.service_id)
        .outerjoin(tariffs, true())
        .where(ContractService.contract_id == contract_id)
        .order_by(Service.position, since(ContractService.valid).desc())
    ).all()  # fmt: skip


def connected_services(session: Any, contract_id: int, day: dt.date) -> Sequence[Row]:
    """Return the services that houses get by the contract on a day, with how many houses."""
    return session.execute(
        select(Service.id, Service.title, func.count().label("houses"))
        .join(HouseService, HouseService.service_id == Service.id)
        .where(HouseService.contract_id == contract_id, holds_on(HouseService.valid, day))
        .group_by(Service.id, Service.title, Service.position).order_by(Service.position)
    ).all()  # fmt: skip


def accounts_of(session: Any, organisation_id: int) -> list[tuple[str, str]]:
    """Return (settlement account, with its bank) of an organisation: what a contract's money may go to."""
    rows = session.execute(
        select(BankDetails.settlement_account, BankDetails.bank_name)
        .where(BankDetails.organisation_id == organisation_id).order_by(since(BankDetails.valid).desc())
    )  # fmt: skip
    return list(dict.fromkeys((row.settlement_account, f"{row.settlement_account}, {row.bank_name}") for row in rows))


def _held(session: Session, contract_id: int) -> Contract:
    contract = session.get(Contract, contract_id, with_for_update=True)
    if contract is None:
        raise StartksError("Такого договора нет: откройте карточку организации снова.")
    return contract


def _inside(contract: Contract, day: dt.date) -> None:
    low, high = contract.valid.lower, contract.valid.upper
    if (low is not None and day < low) or (high is not None and day >= high):
        begun = f"{low:%d.%m.%Y}" if low else "начала"
        ended = f" по {high - dt.timedelta(days=1):%d.%m.%Y}" if high else ""
        raise ContradictionError(
            f"договор № {contract.number} действует с {begun}{ended}", f"изменение {day:%d.%m.%Y}", "Исправьте день."
        )


def _check_services(session: Session, service_ids: Iterable[int]) -> None:
    wanted = set(service_ids)
    known = set(session.scalars(select(Service.id).where(Service.id.in_(wanted)))) if wanted else set()
    if wanted - known:
        raise StartksError("Такой услуги нет: выберите её из списка.")


def _check_terms(
    session: Session, organisation_id: int, commission: Decimal, account: str | None, day: dt.date
) -> None:
    if not 0 <= commission < HUNDRED:
        raise StartksError("Комиссия — от нуля до ста процентов: проверьте запятую.")
    if account is None:
        return
    if account not in {number for number, _title in accounts_of(session, organisation_id)}:
        raise StartksError("Такого счёта у организации нет: сначала внесите её банковские реквизиты.")


def _no_houses(session: Session, contract: Contract, day: dt.date, service_id: int | None = None) -> None:
    conditions = [HouseService.contract_id == contract.id,
                  or_(until(HouseService.valid).is_(None), until(HouseService.valid) > day)]  # fmt: skip
    if service_id is not None:
        conditions.append(HouseService.service_id == service_id)
    houses = session.scalar(select(func.count(HouseService.house_id.distinct())).where(*conditions))
    if houses:
        raise ContradictionError(
            f"по договору № {contract.number} услуги получают дома: {houses}", f"он кончается {day:%d.%m.%Y}",
            "Сначала переведите подключения этих домов на другой договор.",
        )  # fmt: skip


def _titles(session: Session, service_ids: Iterable[int]) -> str:
    return ", ".join(session.scalars(select(Service.title).where(Service.id.in_(set(service_ids))).order_by(Service.position)))
