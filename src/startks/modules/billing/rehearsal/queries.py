"""What the page of «what if» reads: its question, names of services and districts, places of accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Row, select, text
from sqlalchemy.orm import Session

from startks.domain.reference.models import Service
from startks.domain.territory.models import District
from startks.modules.billing.rehearsal.whatif import WHATIF_JOB

_PLACES = text("""
    SELECT a.id, a.number AS account_number, p.slug AS premise_slug, h.slug AS house_slug, d.slug AS district_slug
      FROM account a JOIN premise p ON p.id = a.premise_id JOIN house h ON h.id = a.house_id
      JOIN district d ON d.id = h.district_id WHERE a.id = ANY(:ids)""")


def services(session: Session | Connection) -> Sequence[Row]:
    """id, code and title of all services in the order of the bill."""
    return session.execute(select(Service.id, Service.code, Service.title).order_by(Service.position)).all()


def districts(session: Session | Connection) -> Sequence[Row]:
    """id and name of all districts."""
    return session.execute(select(District.id, District.name).order_by(District.name)).all()


def question(session: Session | Connection, job: int) -> Mapping | None:
    """Payload of a «what if», None where the job is none."""
    return session.scalar(
        text("SELECT payload FROM job WHERE id = :job AND kind = :kind"), {"job": job, "kind": WHATIF_JOB}
    )


def places(session: Session | Connection, accounts: Sequence[int]) -> Mapping[int, Row]:
    """Numbers and slugs of accounts by id, for the links to their cards."""
    return {row.id: row for row in session.execute(_PLACES, {"ids": list(accounts)})}
