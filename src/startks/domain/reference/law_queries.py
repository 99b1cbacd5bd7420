"""What a town itself adds to the law on a day: tariffs, norms and figures of a service, for all its houses or for one.

A session or connection comes in; nothing here is personal, so no scope is put on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Date, Row, Select, bindparam, func, literal_column, or_, select, union_all

from startks.base.db.ranges import holds_on, until
from startks.domain.accounts.models import HouseService
from startks.domain.calc.law import without_future
from startks.domain.calc.parameters import Parameter as LawFigure
from startks.domain.calc.registry import Rule
from startks.domain.parties.models import Contract, Organisation
from startks.domain.reference.list_queries import PARAMETERS, TARIFFS
from startks.domain.reference.models import Norm, Parameter, Service, Tariff
from startks.domain.reference.parameter_titles import title_of
from startks.domain.reference.portal_queries import NORMS_ON, Reader
from startks.domain.territory.models import District, House, Municipality, Street

HOUSE: Select = (
    select(House.id, Street.name.label("street"), House.number, District.municipality_id)
    .join(District, District.id == House.district_id)
    .join(Street, Street.id == House.street_id)
    .where(District.slug == bindparam("district"), House.slug == bindparam("house"))
)

CONNECTION: Select = (
    select(
        HouseService.method,
        HouseService.tariff_category,
        HouseService.norm_category,
        HouseService.document,
        Contract.number.label("contract"),
        Organisation.short_name.label("supplier"),
    )
    .join(Service, Service.id == HouseService.service_id)
    .join(Contract, Contract.id == HouseService.contract_id)
    .join(Organisation, Organisation.id == Contract.organisation_id)
    .where(
        HouseService.house_id == bindparam("house_id"),
        Service.code == bindparam("service"),
        holds_on(HouseService.valid, bindparam("day")),
    )
)

_town = bindparam("municipality_id")
_on_day = bindparam("day", type_=Date)

# The house's own tariff (a meeting's decision) stands before the town's: the engine takes the first.
TARIFFS_FOR: Select = (
    TARIFFS.add_columns(Service.code.label("service_code"))
    .where(Service.code == bindparam("service"), holds_on(Tariff.valid, _on_day))
    .order_by(Tariff.house_id.nulls_last(), Tariff.category)
)
NORMS_FOR_HOUSE: Select = NORMS_ON.where(Norm.municipality_id == _town, Norm.category == bindparam("norm_category"))
FIGURES_FOR: Select = PARAMETERS.where(
    holds_on(Parameter.valid, _on_day),
    or_(Parameter.code.like(bindparam("own")), Parameter.code.in_(bindparam("general", expanding=True))),
).order_by(Parameter.code, Parameter.municipality_id.nulls_last())

GENERAL = ("due_day", "bill_day", "due_day_moves_from_day_off", "heating_months", "reading_last_day", "vat")
"""Figures of the town's own book that concern every service."""


@dataclass(frozen=True)
class TownLaw:
    """A town's own values on a day. ``connection`` is None where no house was asked for or it has no such service."""

    connection: Row | None
    tariffs: Sequence[Row]
    norms: Sequence[Row]
    figures: Sequence[Row]


def find_house(reader: Reader, district: str, house: str) -> Row | None:
    """The house by the slugs of its page's address; None where there is none."""
    return reader.execute(HOUSE, {"district": district, "house": house}).one_or_none()


def town_law(reader: Reader, day: dt.date, service: str, house: Row | None = None) -> TownLaw:
    """Tariffs (roubles), norms and figures in force; with a house only those that its connection chooses."""
    given = {"day": day, "service": service}
    connection, tariffs, norms = None, TARIFFS_FOR, NORMS_ON
    if house is None:
        tariffs = tariffs.where(Tariff.house_id.is_(None))
    else:
        connection = reader.execute(CONNECTION, {**given, "house_id": house.id}).one_or_none()
        category = "" if connection is None else connection.tariff_category
        given |= {
            "municipality_id": house.municipality_id,
            "norm_category": "" if connection is None else connection.norm_category,
        }
        tariffs = tariffs.where(
            Tariff.municipality_id == _town,
            or_(Tariff.house_id.is_(None), Tariff.house_id == house.id),
            Tariff.category == category,
        )
        norms = NORMS_FOR_HOUSE
    return TownLaw(
        connection,
        reader.execute(tariffs, given).all(),
        reader.execute(norms, given).all(),
        reader.execute(FIGURES_FOR, {"day": day, "own": f"%.{service}", "general": GENERAL}).all(),
    )


ALARM_DAYS = 365
"""How far ahead the end of a last edition is warned of."""



def _ending(valid, title, category, town) -> Select:
    """Groups whose last edition ends after ``day`` and not after ``end``."""
    last = func.max(until(valid))
    return (
        select(title.label("title"), category.label("category"), town.label("place"), last.label("until"))
        .group_by(title, category, town)
        .having(~func.bool_or(func.upper_inf(valid)), last > _on_day, last <= bindparam("end", type_=Date))
    )


_NO_CATEGORY = literal_column("NULL::text")
ENDING = union_all(
    _ending(Parameter.valid, Parameter.code, _NO_CATEGORY, Municipality.name).outerjoin_from(
        Parameter, Municipality, Municipality.id == Parameter.municipality_id
    ),
    _ending(Tariff.valid, Service.title, Tariff.category, Municipality.name)
    .select_from(Tariff).join(Service, Service.id == Tariff.service_id)
    .join(Municipality, Municipality.id == Tariff.municipality_id).where(Tariff.house_id.is_(None)),
)  # fmt: skip
"""Parameters (code, no category) and the town's tariffs (service, category) without a future."""


@dataclass(frozen=True)
class LawEnd:
    """A rule, figure or tariff whose last edition ends with nothing after it; ``valid_to`` is the first day without it."""

    title: str
    place: str
    """the town whose own value it is; empty for the country's"""
    valid_to: dt.date


def _goes_on(reader: Reader, entry: Rule | LawFigure) -> bool:
    """Whether the operator has entered what holds from the day on which a figure of the law ends."""
    if isinstance(entry, Rule):
        return False
    codes = {entry.name, entry.name.removeprefix("penalty.")}
    later = select(Parameter.id).where(Parameter.code.in_(codes), holds_on(Parameter.valid, entry.valid_to)).limit(1)
    return reader.scalar(later) is not None


def ends_ahead(reader: Reader, day: dt.date, horizon_days: int = ALARM_DAYS) -> list[LawEnd]:
    """What has no future within the horizon: rules and figures of the law, the town's figures and tariffs, soonest first."""
    given = {"day": day, "end": day + dt.timedelta(days=horizon_days)}
    law = [entry for entry in without_future(day, horizon_days) if not _goes_on(reader, entry)]
    told = {entry.key if isinstance(entry, Rule) else entry.name for entry in law}
    found = [LawEnd(entry.title[:1].upper() + entry.title[1:], "", entry.valid_to) for entry in law]
    for row in reader.execute(ENDING, given):
        if row.category is None:
            if row.title not in told:
                found.append(LawEnd(title_of(row.title), row.place or "", row.until))
        else:
            what = f" «{row.category}»" if row.category else ""
            found.append(LawEnd(f"{row.title}: тариф{what}", row.place, row.until))
    return sorted(found, key=lambda end: (end.valid_to, end.title, end.place))
