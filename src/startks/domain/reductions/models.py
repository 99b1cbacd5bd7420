"""What takes something off a charge: acts of breaks and poor quality, temporary absences, and the month's rows of both.

Acts and absences are facts of the past: they are entered once, ended, or cancelled with a reason; nothing is deleted. The
calculation of a month writes ``reduction``: how much each of them took off each line.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

import startks.domain.accounts.models  # noqa: F401  (foreign keys point at its tables)
from startks.base.db import Base, Key, Kopecks, PeriodId, Stamp

KINDS = ("break", "repair", "composition", "temperature", "pressure", "voltage")
NODES = ("district_id", "house_id", "entrance_id", "premise_id")


class QualityAct(Base):
    """Act of a break or of poor quality of a service at one node of the tree (ПП РФ 354, приложение 1, п. 105–113).

    ``since`` and ``until`` are the local time of the house; an act without ``until`` is an outage that goes on.
    ``measured`` and ``planned`` are °C of hot water or of the room's air, MPa of a pressure.
    """

    __tablename__ = "quality_act"

    id: Mapped[Key]
    district_id: Mapped[int | None] = mapped_column(ForeignKey("district.id"))
    house_id: Mapped[int | None] = mapped_column(ForeignKey("house.id"))
    entrance_id: Mapped[int | None] = mapped_column(ForeignKey("entrance.id"))
    premise_id: Mapped[int | None] = mapped_column(ForeignKey("premise.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    kind: Mapped[str]
    """break | repair (planned: no percent) | composition | temperature | pressure | voltage"""
    since: Mapped[dt.datetime] = mapped_column(DateTime(timezone=False))
    until: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=False))
    measured: Mapped[Decimal | None] = mapped_column(Numeric(9, 4))
    planned: Mapped[Decimal | None] = mapped_column(Numeric(9, 4))
    """what it should have been where the law leaves it to the house: air of the rooms, pressure of heating"""
    feeds: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    """independent sources of electricity, 1 or 2"""
    dead_end: Mapped[bool] = mapped_column(server_default=text("false"))
    """accident on a dead-end main of water or sewerage"""
    supplier_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default="100")
    """what part of the reduction is the supplier's fault; the rest is the managing organisation's"""
    number: Mapped[str]
    drawn_on: Mapped[dt.date]
    document: Mapped[str | None]
    """act of restoring, message register, protocol of measuring"""
    cancelled: Mapped[bool] = mapped_column(server_default=text("false"))
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint("num_nonnulls(district_id, house_id, entrance_id, premise_id) = 1", name="one_node"),
        CheckConstraint(
            "kind IN ('break', 'repair', 'composition', 'temperature', 'pressure', 'voltage')", name="kind"
        ),
        CheckConstraint("until > since", name="until"),
        CheckConstraint("(kind IN ('temperature', 'pressure')) = (measured IS NOT NULL)", name="measured"),
        CheckConstraint("feeds IN (1, 2)", name="feeds"),
        CheckConstraint("supplier_percent BETWEEN 0 AND 100", name="supplier_percent"),
        Index("ix_quality_act_house_id", "house_id", postgresql_where=text("house_id IS NOT NULL")),
        Index("ix_quality_act_premise_id", "premise_id", postgresql_where=text("premise_id IS NOT NULL")),
        Index("ix_quality_act_since", "since"),
    )


class TemporaryAbsence(Base):
    """Application for a recalculation while a person was away (ПП РФ 354, раздел VIII), with its papers and decision.

    ``left_on`` and ``returned_on`` themselves are not counted (п. 91). Without ``returned_on`` he is away still: at most
    six months are taken ahead of time (п. 94).
    """

    __tablename__ = "temporary_absence"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    left_on: Mapped[dt.date]
    returned_on: Mapped[dt.date | None]
    applied_on: Mapped[dt.date]
    papers: Mapped[str]
    """documents of п. 93: what proves it"""
    decision: Mapped[str]
    """granted | refused"""
    grounds: Mapped[str | None]
    """why it was refused, or granted although it came late"""
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint("decision IN ('granted', 'refused')", name="decision"),
        CheckConstraint("returned_on > left_on", name="returned_on"),
        CheckConstraint("papers <> ''", name="papers"),
        ExcludeConstraint(
            ("person_id", "="), (text("daterange(left_on, returned_on)"), "&&"),
            name="ex_temporary_absence_days", where=text("decision = 'granted'"),
        ),
        Index("ix_temporary_absence_account_id", "account_id"),
    )


class Reduction(Base):
    """What acts or absences took off a line of the month, kopecks (negative): part of the line's ``recalculation``."""

    __tablename__ = "reduction"

    period: Mapped[PeriodId] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    service_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    """running number within the line"""
    house_id: Mapped[int] = mapped_column(Integer)
    rule_id: Mapped[int] = mapped_column(SmallInteger)
    """law_rule.id"""
    cause: Mapped[str]
    """act (of quality) | absence"""
    causes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    """ids of ``quality_act`` or ``temporary_absence``"""
    amount: Mapped[Kopecks]

    __table_args__ = (
        CheckConstraint("amount < 0", name="amount"),
        CheckConstraint("cause IN ('act', 'absence')", name="cause"),
        {"postgresql_partition_by": "LIST (period)"},
    )
