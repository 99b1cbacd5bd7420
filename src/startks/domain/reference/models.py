"""Reference books (НСИ): acts, services, tariffs, norms, parameters of the law, calendars.

Every value is a dated record with its act. Tariffs and norms say on which ``level`` they were set: what the region set lies
in each of its municipalities, which may add to it but not change it; an organisation sets values of its own houses.
``certain`` is false where the figure is an estimate or borrowed from a
neighbouring region; the screens that list it say so.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from startks.base.db import Base, Key, Rate, SmallKey, Stamp, Valid


class Act(Base):
    """Normative act or other source of a figure."""

    __tablename__ = "act"

    id: Mapped[Key]
    title: Mapped[str]
    number: Mapped[str | None]
    body: Mapped[str | None]
    adopted_on: Mapped[dt.date | None]
    url: Mapped[str | None]

    __table_args__ = (UniqueConstraint("title", "number", "url", postgresql_nulls_not_distinct=True),)


class Service(Base):
    """One line of the bill. Components of hot water and zones of electricity are services of their own."""

    __tablename__ = "service"

    id: Mapped[SmallKey]
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    short_title: Mapped[str]
    unit: Mapped[str]
    """m3 | kwh | gcal | m2 | person"""
    section: Mapped[str]
    """housing | utilities | common | capital_repair | advance: where the line stands on the bill"""
    resource: Mapped[str | None]
    """code of the metered resource the line is charged for: cold_water, hot_water, electricity, heating, gas"""
    position: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint("section IN ('housing', 'utilities', 'common', 'capital_repair', 'advance')", name="section"),
    )


class Tariff(Base):
    """Price of a unit of a service, roubles with VAT; for one house where ``house_id`` is given (meeting's decision)."""

    __tablename__ = "tariff"

    id: Mapped[Key]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    house_id: Mapped[int | None] = mapped_column(ForeignKey("house.id"))
    category: Mapped[str] = mapped_column(server_default="")
    value: Mapped[Rate]
    valid: Mapped[Valid]
    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"))
    paragraph: Mapped[str | None]
    certain: Mapped[bool] = mapped_column(server_default=text("true"))
    note: Mapped[str | None]
    level: Mapped[str] = mapped_column(server_default="municipality")
    """who set it: region | municipality | organisation"""
    recorded_at: Mapped[Stamp]

    act: Mapped[Act] = relationship()
    service: Mapped[Service] = relationship()

    __table_args__ = (
        ExcludeConstraint(
            ("municipality_id", "="),
            ("service_id", "="),
            (text("coalesce(house_id, 0)"), "="),
            ("category", "="),
            ("valid", "&&"),
            name="ex_tariff_valid",
        ),
        CheckConstraint("value >= 0", name="value"),
        CheckConstraint("level IN ('region', 'municipality', 'organisation')", name="level"),
    )


class Norm(Base):
    """Consumption norm (норматив): a unit per person, per m² or per m³ and month.

    ``purpose``: individual | common | heat_per_m3. ``rooms`` and ``residents`` are 0 where the norm does not depend on
    them; the largest row of a table means «и более».
    """

    __tablename__ = "norm"

    id: Mapped[Key]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    purpose: Mapped[str] = mapped_column(server_default="individual")
    category: Mapped[str] = mapped_column(server_default="")
    rooms: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    residents: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    value: Mapped[Rate]
    unit: Mapped[str]
    """unit of ``value``, e.g. m3/person/month"""
    valid: Mapped[Valid]
    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"))
    paragraph: Mapped[str | None]
    certain: Mapped[bool] = mapped_column(server_default=text("true"))
    note: Mapped[str | None]
    level: Mapped[str] = mapped_column(server_default="municipality")
    """who set it: region | municipality"""
    recorded_at: Mapped[Stamp]

    act: Mapped[Act] = relationship()
    service: Mapped[Service] = relationship()

    __table_args__ = (
        ExcludeConstraint(
            ("municipality_id", "="),
            ("service_id", "="),
            ("purpose", "="),
            ("category", "="),
            ("rooms", "="),
            ("residents", "="),
            ("valid", "&&"),
            name="ex_norm_valid",
        ),
        CheckConstraint("purpose IN ('individual', 'common', 'heat_per_m3')", name="purpose"),
        CheckConstraint("level IN ('region', 'municipality')", name="level"),
    )


class Parameter(Base):
    """A number of the law: raising coefficient, rate, share, limit, day of the month; national where no municipality."""

    __tablename__ = "parameter"

    id: Mapped[Key]
    code: Mapped[str]
    """e.g. raising_coefficient.cold_water, due_day, heating_months"""
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("municipality.id"))
    value: Mapped[Rate]
    valid: Mapped[Valid]
    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"))
    paragraph: Mapped[str | None]
    certain: Mapped[bool] = mapped_column(server_default=text("true"))
    note: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    act: Mapped[Act] = relationship()

    __table_args__ = (
        ExcludeConstraint(
            ("code", "="), (text("coalesce(municipality_id, 0)"), "="), ("valid", "&&"), name="ex_parameter_valid"
        ),
    )


class LawRule(Base):
    """A rule of the engine as the data base knows it: statement rows name its ``id``.

    The code of the rule lives in ``domain/calc/rules``; this row keeps which key, version, act and dates it had, so that
    an old line can be explained years later. Filled from the engine's registry, never by hand.
    """

    __tablename__ = "law_rule"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key: Mapped[str]
    version: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str]
    act: Mapped[str]
    paragraph: Mapped[str]
    valid: Mapped[Valid]

    __table_args__ = (
        UniqueConstraint("key", "version"),
        ExcludeConstraint(("key", "="), ("valid", "&&"), name="ex_law_rule_valid"),
    )


class CalendarDay(Base):
    """Day off, transferred or shortened day by the production calendar; ordinary days have no row."""

    __tablename__ = "calendar_day"

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """holiday | weekend | working_saturday | short"""
    title: Mapped[str | None]
    certain: Mapped[bool] = mapped_column(server_default=text("true"))

    __table_args__ = (
        CheckConstraint("kind IN ('holiday', 'weekend', 'working_saturday', 'short')", name="kind"),
    )


class HeatingSeason(Base):
    """Days on which homes are heated."""

    __tablename__ = "heating_season"

    id: Mapped[Key]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    valid: Mapped[Valid]
    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"))
    certain: Mapped[bool] = mapped_column(server_default=text("true"))
    note: Mapped[str | None]

    __table_args__ = (
        ExcludeConstraint(("municipality_id", "="), ("valid", "&&"), name="ex_heating_season_valid"),
    )
