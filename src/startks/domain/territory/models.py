"""District → house → premise, and the passport of the housing stock.

What may change with time stands in dated tables (``valid`` is a half-open range of days); two facts that contradict
each other are refused by the data base itself (EXCLUDE constraints).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from startks.base.db import Area, Base, Key, Stamp, Valid

SLUG_RULE = "slug ~ '^[a-z0-9][a-z0-9._-]*$'"  # never '+' or '@': those belong to mounts and views


class Municipality(Base):
    """Городской округ or municipal district: the largest territory of one installation."""

    __tablename__ = "municipality"

    id: Mapped[Key]
    name: Mapped[str]
    region: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    oktmo: Mapped[str | None]

    __table_args__ = (CheckConstraint(SLUG_RULE, name="slug"),)


class District(Base):
    """Внутригородской район: first level of the tree."""

    __tablename__ = "district"

    id: Mapped[Key]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    population: Mapped[int | None]

    municipality: Mapped[Municipality] = relationship()

    __table_args__ = (CheckConstraint(SLUG_RULE, name="slug"),)


class Street(Base):
    """Street name with its kind, as residents write it: «улица Гагарина»."""

    __tablename__ = "street"

    id: Mapped[Key]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    name: Mapped[str]
    certain: Mapped[bool] = mapped_column(server_default=text("true"))

    __table_args__ = (UniqueConstraint("municipality_id", "name"),)


class House(Base):
    """Многоквартирный дом or private house with the passport of the brochure's wizard."""

    __tablename__ = "house"

    id: Mapped[Key]
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    street_id: Mapped[int] = mapped_column(ForeignKey("street.id"), index=True)
    number: Mapped[str]
    slug: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="apartment_building")
    """apartment_building | private_house | dormitory"""
    series: Mapped[str | None]
    year_built: Mapped[int | None] = mapped_column(SmallInteger)
    storeys: Mapped[int | None] = mapped_column(SmallInteger)
    entrances: Mapped[int | None] = mapped_column(SmallInteger)
    walls: Mapped[str | None]
    inventory_number: Mapped[str | None]
    registry_number: Mapped[str | None]
    cadastral_number: Mapped[str | None]
    survey_date: Mapped[dt.date | None]
    note: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    district: Mapped[District] = relationship()
    street: Mapped[Street] = relationship()

    __table_args__ = (
        UniqueConstraint("district_id", "slug"),
        CheckConstraint(SLUG_RULE, name="slug"),
        CheckConstraint("kind IN ('apartment_building', 'private_house', 'dormitory')", name="kind"),
    )


class HouseArea(Base):
    """Areas of a house from a date, m².

    ``total_area`` is Sоб of ПП РФ 354 (all residential and non-residential premises), ``common_area`` Sои,
    ``heated_common_area`` the heated part of it, ``cut_off_area`` Sинд (premises lawfully cut from the heating system).
    """

    __tablename__ = "house_area"

    id: Mapped[Key]
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"))
    valid: Mapped[Valid]
    total_area: Mapped[Area]
    residential_area: Mapped[Area]
    nonresidential_area: Mapped[Area]
    common_area: Mapped[Area]
    heated_common_area: Mapped[Area]
    cut_off_area: Mapped[Area] = mapped_column(server_default="0")
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(("house_id", "="), ("valid", "&&"), name="ex_house_area_valid"),
        CheckConstraint("total_area > 0 AND common_area >= 0 AND cut_off_area >= 0", name="areas"),
    )


class HouseCharacteristic(Base):
    """Characteristic of a house from a date (категория благоустройства, водоснабжение, плиты, лифт …)."""

    __tablename__ = "house_characteristic"

    id: Mapped[Key]
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"))
    code: Mapped[str]
    """amenities | water_supply | hot_water_system | stove | heating | lift | rubbish_chute | floors …"""
    value: Mapped[str]
    valid: Mapped[Valid]
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(("house_id", "="), ("code", "="), ("valid", "&&"), name="ex_house_characteristic_valid"),
    )


class Entrance(Base):
    """Подъезд."""

    __tablename__ = "entrance"

    id: Mapped[Key]
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"))
    number: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (UniqueConstraint("house_id", "number"),)


class Premise(Base):
    """Flat, room of a communal flat (``parent_id`` is the flat), or non-residential premise."""

    __tablename__ = "premise"

    id: Mapped[Key]
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"))
    entrance_id: Mapped[int | None] = mapped_column(ForeignKey("entrance.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("premise.id"))
    kind: Mapped[str] = mapped_column(server_default="flat")
    """flat | room | nonresidential"""
    number: Mapped[str]
    slug: Mapped[str]
    floor: Mapped[int | None] = mapped_column(SmallInteger)
    rooms: Mapped[int | None] = mapped_column(SmallInteger)
    cadastral_number: Mapped[str | None]

    house: Mapped[House] = relationship()

    __table_args__ = (
        UniqueConstraint("house_id", "slug"),
        CheckConstraint(SLUG_RULE, name="slug"),
        CheckConstraint("kind IN ('flat', 'room', 'nonresidential')", name="kind"),
        Index("ix_premise_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
    )


class PremiseArea(Base):
    """Areas of a premise from a date, m²; ``heated`` is false for a premise lawfully cut from the heating system."""

    __tablename__ = "premise_area"

    id: Mapped[Key]
    premise_id: Mapped[int] = mapped_column(ForeignKey("premise.id"))
    valid: Mapped[Valid]
    total_area: Mapped[Area]
    living_area: Mapped[Area | None]
    heated: Mapped[bool] = mapped_column(server_default=text("true"))
    document: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        ExcludeConstraint(("premise_id", "="), ("valid", "&&"), name="ex_premise_area_valid"),
        CheckConstraint("total_area > 0", name="total_area"),
    )
