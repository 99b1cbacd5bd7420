"""Meters and readings: flat meters (ИПУ) and house meters (ОДПУ)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

import startks.domain.accounts.models  # noqa: F401  (foreign keys point at its tables)
from startks.base.db import Base, Key, Micro, PeriodId, Stamp


class Meter(Base):
    """A meter of one resource. ``account_id`` is NULL for a house meter (ОДПУ)."""

    __tablename__ = "meter"

    id: Mapped[Key]
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    """the resource: cold_water, hot_water, electricity, heating, gas"""
    zones: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    """1 whole day; 2 day and night"""
    serial: Mapped[str]
    model: Mapped[str | None]
    digits: Mapped[int] = mapped_column(SmallInteger, server_default="5")
    """whole digits of the dial"""
    installed_on: Mapped[dt.date]
    verified_until: Mapped[dt.date | None]
    removed_on: Mapped[dt.date | None]
    place: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint("zones IN (1, 2)", name="zones"),
        Index("ix_meter_serial", "serial"),
        Index(
            "ix_meter_house", "house_id", "service_id", postgresql_where=text("account_id IS NULL")
        ),
    )


class Reading(Base):
    """Reading of a meter on a day, millionths of the unit. ``zone``: 0 whole day, 1 day, 2 night."""

    __tablename__ = "reading"

    meter_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    zone: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    value: Mapped[Micro]
    source: Mapped[str] = mapped_column(server_default="consumer")
    """consumer | operator | automatic | act | initial"""
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint("value >= 0", name="value"),
        CheckConstraint("zone IN (0, 1, 2)", name="zone"),
        {"postgresql_partition_by": "RANGE (day)"},
    )


class MeterEstimate(Base):
    """Volume charged without a reading (average or norm) since the last true reading: the base of the true-up."""

    __tablename__ = "meter_estimate"

    period: Mapped[PeriodId] = mapped_column(primary_key=True)
    meter_id: Mapped[int] = mapped_column(ForeignKey("meter.id"), primary_key=True)
    zone: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    basis: Mapped[str]
    """average | norm"""
    months_in_row: Mapped[int] = mapped_column(SmallInteger)
    volume: Mapped[Micro]

    __table_args__ = (Index("ix_meter_estimate_meter_id", "meter_id"),)
