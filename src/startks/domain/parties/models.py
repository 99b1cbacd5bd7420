"""Persons, organisations, their bank details and contracts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

import startks.domain.reference.models
import startks.domain.territory.models  # noqa: F401  (foreign keys point at their tables)
from startks.base.db import Base, Key, Stamp, Valid


class Person(Base):
    """A natural person: personal data by 152-ФЗ, masked on screens unless shown on purpose."""

    __tablename__ = "person"

    id: Mapped[Key]
    last_name: Mapped[str]
    first_name: Mapped[str]
    middle_name: Mapped[str | None]
    birth_date: Mapped[dt.date | None]
    sex: Mapped[str | None]
    """m | f"""
    snils: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint("sex IN ('m', 'f')", name="sex"),
        Index(
            "ix_person_name_trgm",
            text("(last_name || ' ' || first_name || ' ' || coalesce(middle_name, '')) gin_trgm_ops"),
            postgresql_using="gin",
        ),
        Index("ix_person_surname", text("replace(lower(last_name), 'ё', 'е') text_pattern_ops")),
        Index(
            "ix_person_phone",
            text("reverse(right(regexp_replace(phone, '[^0-9]', '', 'g'), 10)) text_pattern_ops"),
            postgresql_where=text("phone IS NOT NULL"),
        ),
    )


class Surname(Base):
    """A surname that somebody has or had, in small letters without «ё», once; triggers of ``person`` enter it.

    ``keys``: the word, and the word without each of its letters; two words one slip apart share a key.
    """

    __tablename__ = "surname"

    name: Mapped[str] = mapped_column(primary_key=True)
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text))

    __table_args__ = (Index("ix_surname_keys", "keys", postgresql_using="gin"),)


class Organisation(Base):
    """Managing company, supplier of a resource, regional operator, bank, owner of a non-residential premise."""

    __tablename__ = "organisation"

    id: Mapped[Key]
    name: Mapped[str]
    short_name: Mapped[str]
    role: Mapped[str]
    """manager | water | heat | electricity | gas | waste | capital_repair | municipality | settlement_centre | other"""
    inn: Mapped[str | None]
    kpp: Mapped[str | None]
    ogrn: Mapped[str | None]
    address: Mapped[str | None]
    phone: Mapped[str | None]
    emergency_phone: Mapped[str | None]
    site: Mapped[str | None]
    email: Mapped[str | None]
    working_hours: Mapped[str | None]
    recorded_at: Mapped[Stamp]


class BankDetails(Base):
    """Settlement account of an organisation from a date; goes into the QR code of the bill."""

    __tablename__ = "bank_details"

    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    bank_name: Mapped[str]
    bic: Mapped[str]
    correspondent_account: Mapped[str]
    settlement_account: Mapped[str]
    valid: Mapped[Valid]

    organisation: Mapped[Organisation] = relationship()

    __table_args__ = (
        ExcludeConstraint(("organisation_id", "="), ("valid", "&&"), name="ex_bank_details_valid"),
        CheckConstraint("bic ~ '^[0-9]{9}$'", name="bic"),
    )


class Contract(Base):
    """Contract with a supplier or a manager; ``commission_percent`` is kept by the agent."""

    __tablename__ = "contract"

    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str]
    """supply | management | agency"""
    number: Mapped[str]
    signed_on: Mapped[dt.date]
    commission_percent: Mapped[Decimal | None] = mapped_column(Numeric(6, 3))
    valid: Mapped[Valid]

    organisation: Mapped[Organisation] = relationship()


class ContractTerms(Base):
    """What a contract says from a date, by its supplementary agreements: commission of the agent, account paid to."""

    __tablename__ = "contract_terms"

    id: Mapped[Key]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    commission_percent: Mapped[Decimal] = mapped_column(Numeric(6, 3))
    """percent of what was collected; 0 where nothing is kept"""
    settlement_account: Mapped[str | None]
    """account of the organisation that money of this contract goes to; NULL: its main one"""
    document: Mapped[str | None]
    valid: Mapped[Valid]

    __table_args__ = (
        ExcludeConstraint(("contract_id", "="), ("valid", "&&"), name="ex_contract_terms_valid"),
        CheckConstraint("commission_percent >= 0 AND commission_percent < 100", name="commission_percent"),
    )


class ContractService(Base):
    """A service that a contract is about, on the days of ``valid``; its tariffs stand in the reference book."""

    __tablename__ = "contract_service"

    id: Mapped[Key]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"), index=True)
    document: Mapped[str | None]
    valid: Mapped[Valid]

    __table_args__ = (
        ExcludeConstraint(
            ("contract_id", "="), ("service_id", "="), ("valid", "&&"), name="ex_contract_service_valid"
        ),
    )


class HouseManager(Base):
    """Which organisation manages a house from a date (договор управления, protocol of the meeting)."""

    __tablename__ = "house_manager"

    id: Mapped[Key]
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    valid: Mapped[Valid]
    document: Mapped[str | None]

    __table_args__ = (ExcludeConstraint(("house_id", "="), ("valid", "&&"), name="ex_house_manager_valid"),)
