"""The money: the month's statement, what a house's lines leave, payments, and errors of a calculation.

``statement`` is written only by the calculation, whole houses at a time; corrections are new rows in the open period.
Invariant of each row: closing = opening + charge + recalculation + penalty − benefit − paid (checked by the data base).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

import startks.domain.accounts.models  # noqa: F401  (foreign keys point at its tables)
from startks.base.db import Base, BigKey, Kopecks, Micro, PeriodId, Stamp


class Statement(Base):
    """One line of one account in one month: period × account × service × supplier.

    Partitioned by period (LIST). Money in kopecks; ``volume`` and ``tariff`` in millionths. ``charge`` is the whole
    charge, ``excess`` the part of it that a raising coefficient causes.
    """

    __tablename__ = "statement"

    period: Mapped[PeriodId] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    service_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    house_id: Mapped[int] = mapped_column(Integer)
    rule_id: Mapped[int] = mapped_column(SmallInteger)
    """law_rule.id; 0 where the line only carries a balance"""
    volume: Mapped[Micro]
    tariff: Mapped[Micro]
    opening: Mapped[Kopecks]
    charge: Mapped[Kopecks]
    excess: Mapped[Kopecks]
    recalculation: Mapped[Kopecks]
    benefit: Mapped[Kopecks]
    penalty: Mapped[Kopecks]
    paid: Mapped[Kopecks]
    closing: Mapped[Kopecks]

    __table_args__ = (
        # The account first: within a month's partition the period never differs, and its key is sorted a third quicker.
        PrimaryKeyConstraint("account_id", "service_id", "supplier_id", "period"),
        CheckConstraint(
            "closing = opening + charge + recalculation + penalty - benefit - paid", name="balance"
        ),
        # BRIN: a house's lines lie together, because a chunk of whole houses is written at once.
        Index("ix_statement_house_id", "house_id", postgresql_using="brin"),
        {"postgresql_partition_by": "LIST (period)"},
    )


class CarryPack(Base):
    """What a house hands over to the next month, packed as arrays: a copy of ``statement`` and ``month_debt`` for its run.

    ``kind`` 0: closing balances that are not zero; 1: debts by month of origin. Each array holds one little-endian number
    a line (4 bytes; ``service_ids`` 2, ``amounts`` 8, kopecks); ``origins`` is empty for kind 0. A house that carries
    nothing has empty arrays; a house without rows is read from the ledger. Written by the calculation alone.
    """

    __tablename__ = "carry_pack"

    period: Mapped[PeriodId] = mapped_column(primary_key=True)
    house_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    lines: Mapped[int] = mapped_column(Integer)
    account_ids: Mapped[bytes] = mapped_column(LargeBinary)
    service_ids: Mapped[bytes] = mapped_column(LargeBinary)
    supplier_ids: Mapped[bytes] = mapped_column(LargeBinary)
    origins: Mapped[bytes] = mapped_column(LargeBinary)
    amounts: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint("kind IN (0, 1)", name="kind"),
        CheckConstraint("octet_length(amounts) = 8 * lines", name="lines"),
        {"postgresql_partition_by": "LIST (period)"},
    )


class HouseBalance(Base):
    """Volumes of a house for one resource and month, millionths of the unit: what the common needs were made of."""

    __tablename__ = "house_balance"

    period: Mapped[PeriodId] = mapped_column(primary_key=True)
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"), primary_key=True)
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"), primary_key=True)
    """the resource: cold_water, hot_water, electricity, heating …"""
    house_volume: Mapped[Micro]
    """by the house meter; 0 where there is none (see ``has_meter``)"""
    has_meter: Mapped[bool]
    metered_volume: Mapped[Micro]
    norm_volume: Mapped[Micro]
    """flats by norm or average"""
    nonresidential_volume: Mapped[Micro]
    common_volume: Mapped[Micro]
    """what is shared among the premises by area (may be negative)"""
    total_area: Mapped[int] = mapped_column(BigInteger)
    """Sоб in hundredths of m²"""
    common_area: Mapped[int] = mapped_column(BigInteger)
    cut_off_area: Mapped[int] = mapped_column(BigInteger, server_default="0")
    persons: Mapped[int] = mapped_column(Integer)
    """person-days of the month"""

    __table_args__ = ({"postgresql_partition_by": "LIST (period)"},)


class HouseRounding(Base):
    """What rounding of the lines leaves between a house's shared lines and the house's total, kopecks, by name."""

    __tablename__ = "house_rounding"

    period: Mapped[PeriodId] = mapped_column(primary_key=True)
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"), primary_key=True)
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"), primary_key=True)
    house_amount: Mapped[Kopecks]
    lines_amount: Mapped[Kopecks]
    remainder: Mapped[Kopecks]

    __table_args__ = (
        CheckConstraint("remainder = house_amount - lines_amount", name="remainder"),
        {"postgresql_partition_by": "LIST (period)"},
    )


class CalculationError(Base):
    """An account or house that could not be computed: reason and way out; the rest of the city goes on."""

    __tablename__ = "calculation_error"

    period: Mapped[PeriodId] = mapped_column(primary_key=True)
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    """running number within the house"""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    service_id: Mapped[int | None] = mapped_column(SmallInteger, ForeignKey("service.id"))
    code: Mapped[str]
    """no_tariff | no_norm | no_area | house_below_flats | …"""
    severity: Mapped[str] = mapped_column(server_default="error")
    """error (line not charged) | warning (charged, look at it)"""
    detail: Mapped[str]

    __table_args__ = (
        CheckConstraint("severity IN ('error', 'warning')", name="severity"),
        {"postgresql_partition_by": "LIST (period)"},
    )


class Recalculation(Base):
    """What a closed month would be charged by today's facts, less what it was: posted into an open month, by its cause.

    Money in kopecks, volumes in millionths. The month of ``period`` adds the ``amount`` to the line's recalculation.
    """

    __tablename__ = "recalculation"

    id: Mapped[BigKey]
    period: Mapped[PeriodId] = mapped_column(ForeignKey("period.id"))
    """the open month it is posted into"""
    for_period: Mapped[PeriodId]
    """the closed month that it corrects"""
    house_id: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    supplier_id: Mapped[int] = mapped_column(Integer)
    rule_id: Mapped[int] = mapped_column(SmallInteger)
    """the rule that gives the new charge; 0 where nothing is charged any more"""
    charged: Mapped[Kopecks]
    """the closed month's charge with the recalculations posted for it before"""
    computed: Mapped[Kopecks]
    amount: Mapped[Kopecks]
    volume_charged: Mapped[Micro]
    volume_computed: Mapped[Micro]
    causes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    """fact_change.id of what was learned later"""
    reason: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="replay")
    """replay: a closed month by today's facts | year: a year's settlement (``for_period`` is its last month)"""
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        UniqueConstraint(
            "period", "for_period", "account_id", "service_id", "supplier_id", "kind", name="uq_recalculation_line"
        ),
        CheckConstraint("amount = computed - charged AND amount <> 0", name="amount"),
        CheckConstraint("kind IN ('replay', 'year')", name="kind"),
        CheckConstraint("for_period < period", name="for_period"),
        Index("ix_recalculation_account_id", "account_id", "period"),
    )


class Payment(Base):
    """Money received for an account, kopecks; its split over services stands in the month's statement (``paid``)."""

    __tablename__ = "payment"

    id: Mapped[BigKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    paid_on: Mapped[dt.date]
    period: Mapped[int] = mapped_column(Integer, server_default=FetchedValue())
    """the month that takes it: of its day, or the next open one where that is closed (trigger)"""
    amount: Mapped[Kopecks]
    channel: Mapped[str]
    """bank | cash | terminal | internet | post"""
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_payment_account_id_paid_on", "account_id", "paid_on"),
        Index("ix_payment_paid_on", text("paid_on")),
        Index("ix_payment_period", "period", "account_id"),
    )
