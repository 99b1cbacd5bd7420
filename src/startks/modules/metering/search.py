"""Meters in the office's one search box: by the beginning of the serial number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, String, cast, collate, func, select
from sqlalchemy.orm import Session

from startks.base.db.prefix import begins
from startks.domain.accounts.models import Account
from startks.domain.reference.models import Service
from startks.domain.security import scope_filter
from startks.domain.territory.models import District, House, Premise, Street
from startks.framework.addons.search import Hit
from startks.modules.metering.models import Meter
from startks.modules.metering.permissions import MeteringPermission as Permission

_SERIAL = re.compile(r"(?=.*[0-9])[0-9a-zа-яё./-]{4,40}", re.IGNORECASE)


def find_meters(session: Session | Connection, typed: str, identity: Any, limit: int) -> Sequence[Hit]:
    """Return meters whose serial number begins so, within the reader's territory; none where it cannot be one."""
    serial = typed.strip().removeprefix("№").replace(" ", "")
    if not _SERIAL.fullmatch(serial):
        return []
    scope = scope_filter(identity, Permission.METER_READ, {
        "municipality": District.municipality_id, "district": House.district_id, "house": Meter.house_id,
        "account": Meter.account_id,
    })  # fmt: skip
    number = collate(func.upper(Meter.serial), "C")
    rows = session.execute(
        select(
            cast(Meter.id, String).label("id"), Meter.serial, Meter.removed_on, Service.title.label("service"),
            Account.number, Street.name.label("street"), House.number.label("house_number"),
            Premise.number.label("premise_number"), District.slug.label("district_slug"), House.slug.label("house_slug"),
            Premise.slug.label("premise_slug"),
        )
        .join(House, House.id == Meter.house_id)
        .join(District, District.id == House.district_id)
        .join(Street, Street.id == House.street_id)
        .join(Service, Service.id == Meter.service_id)
        .outerjoin(Account, Account.id == Meter.account_id)
        .outerjoin(Premise, Premise.id == Account.premise_id)
        .where(begins(number, serial.upper()), scope)
        .order_by(number)
        .limit(limit)
    )  # fmt: skip
    return [_hit(row) for row in rows]


def _hit(row: Any) -> Hit:
    place = f"{row.street}, {row.house_number}" + (f", {row.premise_number}" if row.premise_number else "")
    of = (row.premise_slug, row.number) if row.number is not None else ()
    return Hit(
        title=f"№ {row.serial}",
        path=(row.district_slug, row.house_slug, *of),
        inside=("+meters", row.id),
        notes=(row.service, place, *((row.number,) if row.number else ())),
        ended=row.removed_on is not None,
    )
