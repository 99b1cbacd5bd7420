"""Meters and readings: flat meters (ИПУ) and house meters (ОДПУ), and what was done to them by whom."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, LargeBinary, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

import startks.domain.accounts.models
import startks.domain.security.models  # noqa: F401  (foreign keys point at their tables)
from startks.base.db import Base, BigKey, Key, Micro, PeriodId, Stamp


class Meter(Base):
    """A meter of one resource: of an account, of a communal flat (``premise_id``), or of the house (ОДПУ) where both are NULL."""

    __tablename__ = "meter"

    id: Mapped[Key]
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    premise_id: Mapped[int | None] = mapped_column(ForeignKey("premise.id"))
    """the communal flat whose common meter it is"""
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
    """first day on which it no longer counts: the day of its last reading"""
    place: Mapped[str | None]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("meter.id"))
    """the meter in whose place this one was put"""
    seal: Mapped[str | None]
    """number of the seal on it now"""
    sealed_on: Mapped[dt.date | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint("zones IN (1, 2)", name="zones"),
        CheckConstraint("premise_id IS NULL OR account_id IS NULL", name="one_place"),
        Index("ix_meter_premise_id", "premise_id", postgresql_where=text("premise_id IS NOT NULL")),
        Index("ix_meter_serial", "serial"),
        Index("ix_meter_serial_start", text('(upper(serial) COLLATE "C")')),
        Index(
            "ix_meter_house", "house_id", "service_id", postgresql_where=text("account_id IS NULL")
        ),
        Index("ix_meter_replaces_id", "replaces_id", postgresql_where=text("replaces_id IS NOT NULL")),
        Index("ix_meter_verified_until", "verified_until", postgresql_where=text("removed_on IS NULL")),
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


class MeterVerification(Base):
    """A verification (поверка): good from ``verified_on`` to ``verified_until``. A meter without rows has only its column.

    Kept by date, so that a month in which the interval had lapsed stays one when a later verification is entered
    (ПП РФ 354 п. 59: the average runs from the month of the lapse).
    """

    __tablename__ = "meter_verification"

    meter_id: Mapped[int] = mapped_column(ForeignKey("meter.id"), primary_key=True)
    verified_on: Mapped[dt.date] = mapped_column(primary_key=True)
    verified_until: Mapped[dt.date]
    document: Mapped[str | None]

    __table_args__ = (CheckConstraint("verified_until > verified_on", name="days"),)


class MeterTurn(Base):
    """The dial passed through zero: readings from ``day`` on stand ``span`` higher than they show."""

    __tablename__ = "meter_turn"

    meter_id: Mapped[int] = mapped_column(ForeignKey("meter.id"), primary_key=True)
    zone: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    """day of the first reading after zero"""
    span: Mapped[Micro]
    """what the dial counts in one turn: ten to the power of its digits"""

    __table_args__ = (CheckConstraint("span > 0", name="span"),)


class MeterEvent(Base):
    """What was done to a meter: the history of its card. Rows are only added."""

    __tablename__ = "meter_event"

    id: Mapped[BigKey]
    meter_id: Mapped[int] = mapped_column(ForeignKey("meter.id"), index=True)
    kind: Mapped[str]
    """installed | sealed | verified | replaced | removed | turned | corrected"""
    day: Mapped[dt.date]
    document: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    """what changed, by field: [before, after]; readings in millionths"""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint(
            "kind IN ('installed', 'sealed', 'verified', 'replaced', 'removed', 'turned', 'corrected')", name="kind"
        ),
    )


class ReadingFile(Base):
    """A file of readings as it came: its bytes, their hash, and what was said of its rows."""

    __tablename__ = "reading_file"

    id: Mapped[Key]
    name: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[str] = mapped_column(server_default="previewed")
    """checking → previewed | refused | failed; previewed → loading → loaded"""
    rows: Mapped[int] = mapped_column(server_default=text("0"))
    faults: Mapped[int] = mapped_column(server_default=text("0"))
    warned: Mapped[int] = mapped_column(server_default=text("0"))
    """readings that are loaded only when confirmed"""
    preview: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """the first faults, questions and readings, as its page shows them"""
    fault_list: Mapped[str | None] = mapped_column(deferred=True)
    """all faults as CSV"""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[Stamp]
    loaded_at: Mapped[dt.datetime | None]

    __table_args__ = (
        CheckConstraint(
            "state IN ('checking', 'previewed', 'loading', 'loaded', 'refused', 'failed')", name="state"
        ),
        Index("ix_reading_file_sha256", "sha256"),
    )


class ReadingChange(Base):
    """Who entered, corrected or struck a reading: before and after in millionths. Rows are only added."""

    __tablename__ = "reading_change"

    id: Mapped[BigKey]
    meter_id: Mapped[int] = mapped_column(ForeignKey("meter.id"))
    zone: Mapped[int] = mapped_column(SmallInteger)
    day: Mapped[dt.date]
    before: Mapped[int | None] = mapped_column(BigInteger)
    after: Mapped[int | None] = mapped_column(BigInteger)
    channel: Mapped[str]
    """one | house | file | act"""
    file_id: Mapped[int | None] = mapped_column(ForeignKey("reading_file.id"))
    reason: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint("channel IN ('one', 'house', 'file', 'act')", name="channel"),
        Index(None, "meter_id", "day"),
    )


class VerificationNotice(Base):
    """A reminder that the verification of a flat's meter ends: one a meter and end of interval, so nobody is told twice.

    Made by the clock; it stands in the cabinet of who has one, and is printed and handed over to the others.
    """

    __tablename__ = "verification_notice"

    meter_id: Mapped[int] = mapped_column(ForeignKey("meter.id"), primary_key=True)
    verified_until: Mapped[dt.date] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    month: Mapped[int]
    """YYYYMM of ``verified_until``: the month of the list in which it is due"""
    made_on: Mapped[dt.date]
    cabinet_on: Mapped[dt.date | None]
    """day from which it stands in a cabinet"""
    printed_on: Mapped[dt.date | None]
    handed_on: Mapped[dt.date | None]
    """day on which the paper was handed over"""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """who said that it was handed over"""

    __table_args__ = (
        CheckConstraint("handed_on IS NULL OR handed_on >= made_on", name="handed_on"),
        Index("ix_verification_notice_month", "month"),
    )
