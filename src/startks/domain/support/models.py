"""Benefits and subsidies: who is entitled to what by which act, who has the right, and what a month gave him.

What a category is due stands in ``benefit_term``: dated, with its act, for the country or for one municipality (whose own
row wins over the national one). A person's right is a fact by day at the account where he lives. ``benefit_amount`` is
written by the calculation of the month; ``benefit_correction`` by the replay of closed months.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

import startks.domain.accounts.models
import startks.domain.periods.models  # noqa: F401  (foreign keys point at their tables)
from startks.base.db import Base, BigKey, Key, Kopecks, Micro, PeriodId, Rate, Stamp, Valid
from startks.domain.reference.models import Act

FORMS = ("discount", "compensation")
SCOPES = ("holder", "family")
LIMITS = ("none", "area", "norm")


class BenefitCategory(Base):
    """A category of citizens with a right to a benefit, and the law that names it."""

    __tablename__ = "benefit_category"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"))
    paragraph: Mapped[str | None]
    certain: Mapped[bool] = mapped_column(server_default=text("true"))
    note: Mapped[str | None]

    act: Mapped[Act] = relationship()


class BenefitTerm(Base):
    """What a category is due for one service: percent, on whose part, within which limit, in which form."""

    __tablename__ = "benefit_term"

    id: Mapped[Key]
    category_id: Mapped[int] = mapped_column(ForeignKey("benefit_category.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("municipality.id"))
    """NULL: the whole country"""
    percent: Mapped[Rate]
    covers: Mapped[str] = mapped_column(server_default="holder")
    """holder: the part of the entitled person | family: of all who live with him"""
    bound: Mapped[str] = mapped_column(server_default="none")
    """area: within the social norm of area | norm: within the norm of consumption | none: the whole charge"""
    form: Mapped[str] = mapped_column(server_default="compensation")
    """discount: taken off the bill | compensation: paid apart, the bill stays"""
    tenure: Mapped[str | None]
    """owner | tenant: only where the flat is held so; NULL: everywhere"""
    valid: Mapped[Valid]
    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"))
    paragraph: Mapped[str | None]
    certain: Mapped[bool] = mapped_column(server_default=text("true"))
    note: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(
            ("category_id", "="), ("service_id", "="), (text("coalesce(municipality_id, 0)"), "="), ("valid", "&&"),
            name="ex_benefit_term_valid",
        ),
        CheckConstraint("percent > 0 AND percent <= 100", name="percent"),
        CheckConstraint("covers IN ('holder', 'family')", name="covers"),
        CheckConstraint("bound IN ('none', 'area', 'norm')", name="bound"),
        CheckConstraint("form IN ('discount', 'compensation')", name="form"),
        CheckConstraint("tenure IN ('owner', 'tenant')", name="tenure"),
    )  # fmt: skip


class BenefitRight(Base):
    """A person has a right to a category's benefit at the account where he lives, by day, by a document."""

    __tablename__ = "benefit_right"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("benefit_category.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    document: Mapped[str | None]
    """kind, number and date of the certificate"""
    valid: Mapped[Valid]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(("person_id", "="), ("category_id", "="), ("valid", "&&"), name="ex_benefit_right_valid"),
    )


class CourtDebt(Base):
    """Debt of an account confirmed by a court's act in force and not paid: it may stop benefits (ЖК РФ ст. 159, 160)."""

    __tablename__ = "court_debt"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    act: Mapped[str]
    """the court's act: court, number, day"""
    valid: Mapped[Valid]
    recorded_at: Mapped[Stamp]

    __table_args__ = (ExcludeConstraint(("account_id", "="), ("valid", "&&"), name="ex_court_debt_valid"),)


class BenefitAmount(Base):
    """What a right gave for one line of one month, kopecks. ``for_period`` before ``period``: a correction of that month.

    The rows of the discount form add up to the line's ``benefit`` in the statement (an invariant of the gate).
    """

    __tablename__ = "benefit_amount"

    period: Mapped[PeriodId]
    for_period: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int] = mapped_column(Integer)
    service_id: Mapped[int] = mapped_column(SmallInteger)
    supplier_id: Mapped[int] = mapped_column(Integer)
    person_id: Mapped[int] = mapped_column(Integer)
    """who has the right"""
    category_id: Mapped[int] = mapped_column(Integer)
    house_id: Mapped[int] = mapped_column(Integer)
    rule_id: Mapped[int] = mapped_column(SmallInteger)
    """law_rule.id; 0 for a correction"""
    is_discount: Mapped[bool]
    """taken off the bill; false: paid apart"""
    days: Mapped[int] = mapped_column(Integer)
    """person-days of those who have the benefit by this right"""
    percent: Mapped[Micro]
    base: Mapped[Kopecks]
    """charge without the excess of a raising coefficient"""
    amount: Mapped[Kopecks]

    __table_args__ = (
        # The account first, as in the statement: the bill of an account is read by it, and the key is built quicker.
        PrimaryKeyConstraint(
            "account_id", "service_id", "supplier_id", "person_id", "category_id", "is_discount", "for_period", "period"
        ),
        {"postgresql_partition_by": "LIST (period)"},
    )


class BenefitCorrection(Base):
    """What a closed month would give a right by today's facts, less what it gave: posted into an open month by the replay."""

    __tablename__ = "benefit_correction"

    id: Mapped[BigKey]
    period: Mapped[PeriodId] = mapped_column(ForeignKey("period.id"))
    for_period: Mapped[PeriodId]
    house_id: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    supplier_id: Mapped[int] = mapped_column(Integer)
    person_id: Mapped[int] = mapped_column(Integer)
    category_id: Mapped[int] = mapped_column(Integer)
    is_discount: Mapped[bool]
    given: Mapped[Kopecks]
    computed: Mapped[Kopecks]
    amount: Mapped[Kopecks]
    causes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    """fact_change.id of what was learned later"""
    reason: Mapped[str]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        UniqueConstraint(
            "period", "for_period", "account_id", "service_id", "supplier_id", "person_id", "category_id", "is_discount",
            name="uq_benefit_correction_line",
        ),
        CheckConstraint("amount = computed - given AND amount <> 0", name="amount"),
        CheckConstraint("for_period < period", name="for_period"),
        Index("ix_benefit_correction_account_id", "account_id", "period"),
    )  # fmt: skip


class SubsidyStandard(Base):
    """Regional standard of the cost of housing and utilities, roubles a member and month (ПП РФ 761 п. 23)."""

    __tablename__ = "subsidy_standard"

    id: Mapped[Key]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    members: Mapped[int] = mapped_column(SmallInteger)
    """size of the family; the largest row means «и более»"""
    category: Mapped[str] = mapped_column(server_default="")
    """kind of house and right as the region distinguishes them; empty: one for all"""
    value: Mapped[Rate]
    valid: Mapped[Valid]
    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"))
    paragraph: Mapped[str | None]
    certain: Mapped[bool] = mapped_column(server_default=text("true"))
    note: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(
            ("municipality_id", "="), ("members", "="), ("category", "="), ("valid", "&&"),
            name="ex_subsidy_standard_valid",
        ),
        CheckConstraint("value > 0", name="value"),
        CheckConstraint("members > 0", name="members"),
    )  # fmt: skip


class Subsidy(Base):
    """An application for the housing subsidy with the numbers it was decided by. Money in kopecks a month.

    Never changed after the decision but for its end (``state`` stopped, ``month_to`` earlier); the bill does not know it.
    """

    __tablename__ = "subsidy"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    """who applied"""
    applied_on: Mapped[dt.date]
    working: Mapped[int] = mapped_column(SmallInteger)
    pensioners: Mapped[int] = mapped_column(SmallInteger)
    children: Mapped[int] = mapped_column(SmallInteger)
    income: Mapped[Kopecks]
    """average monthly income of the family"""
    expense: Mapped[Kopecks]
    """actual expense of the month the decision looked at"""
    standard: Mapped[Kopecks]
    """standard of cost a member"""
    share: Mapped[Rate]
    """highest share of expenses in the income, per cent"""
    minimum_sum: Mapped[Kopecks]
    """sum of the subsistence minimums of the members"""
    cut_digits: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """digits of the correcting coefficient where the office cuts it; 0: exact"""
    amount: Mapped[Kopecks]
    month_from: Mapped[PeriodId]
    month_to: Mapped[PeriodId]
    state: Mapped[str]
    """applied | granted | refused | stopped"""
    decided_on: Mapped[dt.date | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    document: Mapped[str | None]
    reason: Mapped[str | None]
    """why refused or stopped"""
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(
            ("account_id", "="), (text("int4range(month_from, month_to, '[]')"), "&&"),
            where=text("state IN ('granted', 'stopped')"), name="ex_subsidy_months",
        ),
        CheckConstraint("state IN ('applied', 'granted', 'refused', 'stopped')", name="state"),
        CheckConstraint("working >= 0 AND pensioners >= 0 AND children >= 0 AND working + pensioners + children > 0",
                        name="members"),
        CheckConstraint("income >= 0 AND expense >= 0 AND standard > 0 AND minimum_sum >= 0 AND amount >= 0", name="money"),
        CheckConstraint("share > 0 AND share <= 100", name="share"),
        CheckConstraint("cut_digits BETWEEN 0 AND 6", name="cut_digits"),
        CheckConstraint("month_to >= month_from", name="months"),
    )  # fmt: skip
