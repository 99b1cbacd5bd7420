"""The personal account (лицевой счёт): where it is, whose it is, who lives there, which services it gets."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, SmallInteger, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

import startks.domain.parties.models
import startks.domain.reference.models
import startks.domain.security.models  # noqa: F401  (foreign keys point at their tables)
from startks.base.db import Base, BigKey, Key, Micro, Rate, Stamp, Valid
from startks.domain.territory.models import Premise


class Account(Base):
    """Personal account of one premise (several in a communal flat or with shared ownership).

    ``number`` is what people write on a payment; ``gis_account`` is the unified account (ЕЛС) of ГИС ЖКХ.
    """

    __tablename__ = "account"

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(unique=True)
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"), index=True)
    premise_id: Mapped[int] = mapped_column(ForeignKey("premise.id"), index=True)
    kind: Mapped[str] = mapped_column(server_default="residential")
    """residential | nonresidential"""
    opened_on: Mapped[dt.date]
    closed_on: Mapped[dt.date | None]
    """First day on which the account no longer exists."""
    gis_account: Mapped[str | None]
    gis_service: Mapped[str | None]
    archived_on: Mapped[dt.date | None]
    """day on which a closed account without debt went to the archive: it is found by its number, no list shows it"""
    recorded_at: Mapped[Stamp]

    premise: Mapped[Premise] = relationship()

    __table_args__ = (
        CheckConstraint("number ~ '^[0-9]{5,20}$'", name="number"),
        Index("ix_account_number_start", text('number COLLATE "C"')),
        CheckConstraint("kind IN ('residential', 'nonresidential')", name="kind"),
        CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name="closed_on"),
        CheckConstraint("archived_on IS NULL OR archived_on >= closed_on", name="archived_on"),
    )


class AccountHolder(Base):
    """Owner or tenant of the premise with his share in the right (``share_part/share_whole``), by day."""

    __tablename__ = "account_holder"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    tenure: Mapped[str] = mapped_column(server_default="owner")
    """owner | tenant"""
    payer: Mapped[bool] = mapped_column(server_default=text("false"))
    """The one whose name stands on the bill."""
    share_part: Mapped[int] = mapped_column(Integer, server_default="1")
    share_whole: Mapped[int] = mapped_column(Integer, server_default="1")
    valid: Mapped[Valid]
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (organisation_id IS NULL)", name="one_party"),
        CheckConstraint("share_part > 0 AND share_whole >= share_part", name="share"),
        CheckConstraint("tenure IN ('owner', 'tenant')", name="tenure"),
        ExcludeConstraint(("account_id", "="), ("person_id", "="), ("valid", "&&"), name="ex_account_holder_valid"),
    )


class Residence(Base):
    """A person lives at the account by day: permanent (место жительства) or temporary (место пребывания).

    Person-days of a month feed norms, waste and benefits (ПП РФ 354 п. 56–58).
    """

    __tablename__ = "residence"

    id: Mapped[BigKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(server_default="permanent")
    """permanent | temporary"""
    relation: Mapped[str | None]
    """relation to the holder: holder | spouse | child | parent | other"""
    valid: Mapped[Valid]
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint("kind IN ('permanent', 'temporary')", name="kind"),
        ExcludeConstraint(("person_id", "="), ("kind", "="), ("valid", "&&"), name="ex_residence_valid"),
    )


class HouseService(Base):
    """A house is connected to a service: by which contract, method and category, from a date.

    ``method`` is the regime of the house for this service, e.g. ``individual`` (meter, else average, else norm),
    ``heat.odpu`` or ``heat.norm``, ``area``, ``persons``, ``common.meter``, ``common.norm``. The two categories choose
    the row of the tariff and of the norm.
    """

    __tablename__ = "house_service"

    id: Mapped[Key]
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"), index=True)
    method: Mapped[str]
    tariff_category: Mapped[str] = mapped_column(server_default="")
    norm_category: Mapped[str] = mapped_column(server_default="")
    valid: Mapped[Valid]
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(("house_id", "="), ("service_id", "="), ("valid", "&&"), name="ex_house_service_valid"),
    )


class AccountServiceExclusion(Base):
    """An account does not get a service its house has (no gas, own boiler, non-residential with a direct contract)."""

    __tablename__ = "account_service_exclusion"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    reason: Mapped[str]
    valid: Mapped[Valid]

    __table_args__ = (
        ExcludeConstraint(
            ("account_id", "="), ("service_id", "="), ("valid", "&&"), name="ex_account_service_exclusion_valid"
        ),
    )


class MeterInfeasibility(Base):
    """Act that a flat meter cannot be installed (акт обследования, Приказ Минстроя 485/пр): no raising coefficient."""

    __tablename__ = "meter_infeasibility"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    act: Mapped[str]
    valid: Mapped[Valid]

    __table_args__ = (
        ExcludeConstraint(("account_id", "="), ("service_id", "="), ("valid", "&&"), name="ex_meter_infeasibility_valid"),
    )


class AccountCategory(Base):
    """An account's own rows of tariff and norm for a service, where they differ from its house's: a ground floor that the
    meeting freed of the lift, an electric stove in a house with gas. An empty column leaves the house's."""

    __tablename__ = "account_category"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    tariff_category: Mapped[str | None]
    norm_category: Mapped[str | None]
    valid: Mapped[Valid]
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(("account_id", "="), ("service_id", "="), ("valid", "&&"), name="ex_account_category_valid"),
        CheckConstraint("tariff_category IS NOT NULL OR norm_category IS NOT NULL", name="says"),
    )


class CalculatedVolume(Base):
    """Volume of a month that the supplier calculated for a non-residential premise without a usable meter, by his act
    (ПП РФ 354 п. 6, 43; воды ПП 776/2013, электричества ПП 442/2012), millionths of the unit."""

    __tablename__ = "calculated_volume"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    volume: Mapped[Micro]
    valid: Mapped[Valid]
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(("account_id", "="), ("service_id", "="), ("valid", "&&"), name="ex_calculated_volume_valid"),
        CheckConstraint("volume >= 0", name="volume"),
    )


class BrokenSeal(Base):
    """Interference with a flat's meter, found by a check: norm × 10 in the place of readings (ПП РФ 354 п. 81(11)).

    ``valid`` begins with the day the seal was put on or the last check before, whichever is later, at most three months
    before the check, and ends with the day it was mended (empty while it is not).
    """

    __tablename__ = "broken_seal"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    sealed_on: Mapped[dt.date | None]
    checked_on: Mapped[dt.date | None]
    """the last check before the one that found it"""
    found_on: Mapped[dt.date]
    valid: Mapped[Valid]
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(("account_id", "="), ("service_id", "="), ("valid", "&&"), name="ex_broken_seal_valid"),
        CheckConstraint("sealed_on IS NOT NULL OR checked_on IS NOT NULL", name="begins"),
        CheckConstraint("sealed_on <= found_on AND checked_on <= found_on", name="found_on"),
    )


class HouseHeat(Base):
    """Heat of the last year by the house meter, millionths of a Gcal: a twelfth of it is a month of even payment."""

    __tablename__ = "house_heat"

    id: Mapped[Key]
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"))
    volume: Mapped[Micro]
    valid: Mapped[Valid]
    """months charged by it, usually the year after"""
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(("house_id", "="), ("valid", "&&"), name="ex_house_heat_valid"),
        CheckConstraint("volume >= 0", name="volume"),
    )


class AccountHeat(Base):
    """Heat of the last year by the flat's own meters, millionths of a Gcal; goes with the house's (``HouseHeat``)."""

    __tablename__ = "account_heat"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    volume: Mapped[Micro]
    valid: Mapped[Valid]
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(("account_id", "="), ("valid", "&&"), name="ex_account_heat_valid"),
        CheckConstraint("volume >= 0", name="volume"),
    )


class HouseContainers(Base):
    """Containers of the house's waste site with separate collection: m³ of one and how many were emptied in a month."""

    __tablename__ = "house_containers"

    id: Mapped[Key]
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"))
    container_volume: Mapped[Rate]
    emptied: Mapped[int] = mapped_column(Integer)
    valid: Mapped[Valid]
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(("house_id", "="), ("valid", "&&"), name="ex_house_containers_valid"),
        CheckConstraint("container_volume > 0 AND emptied >= 0", name="volume"),
    )


class AccountBinding(Base):
    """A user of the cabinet is bound to an account (by number and last bill, at the office, by ЕСИА)."""

    __tablename__ = "account_binding"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    method: Mapped[str]
    valid: Mapped[Valid]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(("account_id", "="), ("user_id", "="), ("valid", "&&"), name="ex_account_binding_valid"),
    )
