"""Acts and absences for tests, entered by the services as a clerk's wizard does."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import text

from startks.domain.reductions import absences, acts
from startks.domain.reductions.acts import Node


def moment(words: str) -> dt.datetime:
    """«2026-10-03 08:00»."""
    return dt.datetime.fromisoformat(words)


def draw(env, service, kind, since, until=None, node=None, **more):
    """Draw up an act (on house 1 where no node is said); return its id."""
    values = {
        "kind": kind, "since": moment(since), "until": until and moment(until), "number": more.pop("number", "12"),
        "drawn_on": dt.date.fromisoformat(more.pop("drawn_on", since[:10])),
        **{name: Decimal(value) if isinstance(value, str) else value for name, value in more.items()},
    }
    with env.sessions.begin() as session:
        return acts.draw_up(session, node or Node("house", 1), service, values, reason="Заявка жителя", by=None).id


def away(env, account, person, left, returned=None, applied=None, **more):
    """Take in an application; return its id."""
    day = dt.date.fromisoformat
    values = {
        "left_on": day(left), "returned_on": returned and day(returned), "applied_on": day(applied or returned or left),
        "papers": "Командировочное удостоверение № 4", "decision": "granted", "grounds": None, **more,
    }
    with env.sessions.begin() as session:
        return absences.apply(session, account, person, values, reason="Заявление", by=None).id


def taken(env, period, account):
    """What was taken off the lines of an account: {service: [(rule, kopecks), …]}."""
    with env.engine.connect() as connection:
        found: dict[str, list] = {}
        for row in connection.execute(
            text("""SELECT s.code, l.key, r.amount FROM reduction r JOIN service s ON s.id = r.service_id
                      JOIN law_rule l ON l.id = r.rule_id
                     WHERE r.period = :period AND r.account_id = :account ORDER BY s.position, r.number"""),
            {"period": period, "account": account},
        ):
            found.setdefault(row.code, []).append((row.key, row.amount))
        return found
