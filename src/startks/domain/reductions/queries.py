"""Acts and absences as cards, wizards and lists show them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, select, text
from sqlalchemy.orm import Session

from startks.domain.reductions.checks import SERVICES_OF
from startks.domain.reference.models import Service

_WHERE = {
    "district": "q.district_id = :id",
    "house": """(q.house_id = :id OR q.entrance_id IN (SELECT e.id FROM entrance e WHERE e.house_id = :id)
                 OR q.premise_id IN (SELECT p.id FROM premise p WHERE p.house_id = :id)
                 OR q.district_id = (SELECT h.district_id FROM house h WHERE h.id = :id))""",
    "premise": """(q.premise_id IN (SELECT x FROM premise p, unnest(ARRAY[p.id, p.parent_id]) x WHERE p.id = :id)
                   OR q.entrance_id = (SELECT p.entrance_id FROM premise p WHERE p.id = :id)
                   OR q.house_id = (SELECT p.house_id FROM premise p WHERE p.id = :id)
                   OR q.district_id = (SELECT h.district_id FROM premise p JOIN house h ON h.id = p.house_id WHERE p.id = :id))""",
}
_ACTS = """
    SELECT q.id, q.number, q.drawn_on, s.code AS service_code, s.title AS service, q.kind, q.since, q.until, q.measured,
           q.planned, q.supplier_percent, q.document, q.cancelled,
           CASE WHEN q.district_id IS NOT NULL THEN 'district' WHEN q.house_id IS NOT NULL THEN 'house'
                WHEN q.entrance_id IS NOT NULL THEN 'entrance' ELSE 'premise' END AS node,
           coalesce(e.number::text, p.number, '') AS place
      FROM quality_act q JOIN service s ON s.id = q.service_id
      LEFT JOIN entrance e ON e.id = q.entrance_id LEFT JOIN premise p ON p.id = q.premise_id
     WHERE {where} ORDER BY q.since DESC, q.id DESC LIMIT 200"""

_OWN = {"district": "q.district_id = :id", "house": _WHERE["house"].rpartition("OR")[0] + ")", "premise": "q.premise_id = :id"}
_AMOUNTS = """
    SELECT act_id, count(DISTINCT account_id)::int AS accounts, sum(amount)::int8 AS amount
      FROM (SELECT unnest(r.causes) AS act_id, r.account_id, r.amount FROM reduction r
             WHERE r.cause = 'act' AND r.causes && CAST(:acts AS bigint[]) AND r.period >= :since
               AND {whose}) x
     WHERE act_id = ANY(:acts) GROUP BY 1"""
_WHOSE = {
    "house": "r.account_id = ANY(ARRAY(SELECT a.id FROM account a WHERE a.house_id = :id))",
    "account": "r.account_id = :id",
    "district": """r.house_id = ANY(ARRAY(SELECT h.id FROM house h WHERE h.district_id = :id))""",
}
_ABSENCES = text("""
    SELECT t.id, t.person_id, concat_ws(' ', p.last_name, p.first_name, p.middle_name) AS name, t.left_on, t.returned_on,
           t.applied_on, t.papers, t.decision, t.grounds,
           (SELECT sum(r.amount)::int8 FROM reduction r
             WHERE r.account_id = t.account_id AND r.cause = 'absence' AND t.id = ANY(r.causes)
               AND r.period >= extract(year FROM t.left_on) * 100 + extract(month FROM t.left_on)) AS amount
      FROM temporary_absence t JOIN person p ON p.id = t.person_id
     WHERE t.account_id = :account ORDER BY t.left_on DESC, t.id DESC LIMIT 200""")
_PEOPLE = text("""
    SELECT p.id, concat_ws(' ', p.last_name, p.first_name, p.middle_name) AS name, bool_or(x.lives) AS lives
      FROM (SELECT person_id, true AS lives FROM residence WHERE account_id = :account
             UNION ALL SELECT person_id, false FROM account_holder WHERE account_id = :account AND person_id IS NOT NULL) x
      JOIN person p ON p.id = x.person_id
     GROUP BY p.id ORDER BY lives DESC, p.id""")
_UNDER = {
    "district": "SELECT count(*) FROM account a JOIN house h ON h.id = a.house_id WHERE h.district_id = :id AND a.closed_on IS NULL",
    "house": "SELECT count(*) FROM account a WHERE a.house_id = :id AND a.closed_on IS NULL",
    "entrance": """SELECT count(*) FROM account a JOIN premise p ON p.id = a.premise_id
                    WHERE p.entrance_id = :id AND a.closed_on IS NULL""",
    "premise": """SELECT count(*) FROM account a JOIN premise p ON p.id = a.premise_id
                   WHERE (p.id = :id OR p.parent_id = :id) AND a.closed_on IS NULL""",
}


def acts_over(session: Session | Connection, node: str, node_id: int) -> Sequence[Row]:
    """Acts that reach a district, house or premise, also from above it (and, of a house, from inside), newest first."""
    return session.execute(text(_ACTS.format(where=_WHERE[node])), {"id": node_id}).all()


def own_acts(session: Session | Connection, node: str, node_id: int, *, only_open: bool = False) -> Sequence[Row]:
    """Acts of a node itself (of a house also of its entrances and premises) that are not cancelled, newest first."""
    where = f"{_OWN[node]} AND NOT q.cancelled{' AND q.until IS NULL' if only_open else ''}"
    return session.execute(text(_ACTS.format(where=where)), {"id": node_id}).all()


def act_amounts(session: Session | Connection, acts: Sequence[Row], whose: str, owner_id: int) -> dict[int, Row]:
    """accounts and amount (kopecks, negative) by act of the house, account or district; a sum of several acts counts for each."""
    if not acts:
        return {}
    first = min(act.since for act in acts)
    rows = session.execute(
        text(_AMOUNTS.format(whose=_WHOSE[whose])),
        {"acts": [act.id for act in acts], "since": first.year * 100 + first.month, "id": owner_id},
    )
    return {row.act_id: row for row in rows}


def absences_of(session: Session | Connection, account_id: int) -> Sequence[Row]:
    """Applications of an account with what they took off (kopecks, negative, or None), newest first."""
    return session.execute(_ABSENCES, {"account": account_id}).all()


def people_of(session: Session | Connection, account_id: int) -> Sequence[Row]:
    """id, name and ``lives`` of everybody who lives at the account or holds it, now or once."""
    return session.execute(_PEOPLE, {"account": account_id}).all()


def services_with_acts(session: Session | Connection) -> Sequence[Row]:
    """code and title of the services that an act may be about, as they stand on a bill."""
    codes = {code for services in SERVICES_OF.values() for code in services}
    return session.execute(
        select(Service.code, Service.title).where(Service.code.in_(codes)).order_by(Service.position)
    ).all()


def accounts_under(session: Session | Connection, node: str, node_id: int) -> int:
    """How many open accounts lie under a district, house, entrance or premise."""
    return session.execute(text(_UNDER[node]), {"id": node_id}).scalar_one()
