"""The life of an act of quality: drawn up, ended, cancelled. Each step is kept as a fact and marks closed months."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.base.events import OutageEnded, publish
from startks.domain.facts import services as facts
from startks.domain.facts.errors import ContradictionError
from startks.domain.reductions.checks import act_faults, same_thing
from startks.domain.reductions.models import NODES, QualityAct
from startks.domain.reference.models import Service
from startks.domain.security.identity import Identity
from startks.domain.territory.models import Entrance, Premise

FIELDS = (
    "kind", "since", "until", "measured", "planned", "feeds", "dead_end", "supplier_percent", "number", "drawn_on", "document",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """Where the act holds: ``kind`` district | house | entrance | premise."""

    kind: str
    id: int

    @property
    def column(self) -> str:
        """Its column of ``quality_act``."""
        return f"{self.kind}_id"


class ActFault(StartksError):
    """An act that cannot be true; ``field`` names what is to be corrected."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def node_of(act: QualityAct) -> Node:
    """The node of an act."""
    column = next(name for name in NODES if getattr(act, name) is not None)
    return Node(column.removesuffix("_id"), getattr(act, column))


def check(session: Session, node: Node, service: str, values: Mapping[str, Any], *, but: int | None = None) -> None:
    """Refuse an act that contradicts itself or another one of the node. Raises :class:`ActFault`, ContradictionError."""
    faults = act_faults(values, service, dt.datetime.now())
    if faults:
        raise ActFault(*faults[0])
    other = _other(session, node, service, values, but)
    if other is not None:
        raise ContradictionError(
            f"акт № {other.number} от {other.drawn_on:%d.%m.%Y}: {_span(other.since, other.until)}",
            f"новый акт: {_span(values['since'], values.get('until'))}",
            "На одном месте об одной услуге и одном нарушении в одно время составляют один акт: исправьте время или отмените "
            "прежний.",
        )


def draw_up(
    session: Session, node: Node, service: str, values: Mapping[str, Any], *, reason: str, by: Identity | None
) -> QualityAct:
    """Enter an act. ``values``: :data:`FIELDS`; without ``until`` the outage goes on. Errors as :func:`check`."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"act:{node.kind}:{node.id}", 0))))
    check(session, node, service, values)
    service_id = session.scalars(select(Service.id).where(Service.code == service)).one()
    act = QualityAct(**{node.column: node.id}, service_id=service_id, **{name: values[name] for name in FIELDS if name in values})
    session.add(act)
    session.flush()
    _keep(session, act, service, None, _said(act, service), reason=reason, by=by)
    if act.until is not None:
        _tell(session, act, node, service)
    return act


def end(
    session: Session, act_id: int, until: dt.datetime, *, reason: str, document: str | None, by: Identity | None
) -> QualityAct:
    """The outage is over (акт о восстановлении, п. 113). Raises :class:`ActFault` for an act that has ended."""
    act = _locked(session, act_id)
    if act.until is not None or act.cancelled:
        raise ActFault("act", f"Акт № {act.number} уже завершён или отменён: выберите другой.")
    service = session.get_one(Service, act.service_id).code
    node = node_of(act)
    before = _said(act, service)
    check(session, node, service, {**{name: getattr(act, name) for name in FIELDS}, "until": until}, but=act.id)
    act.until = until
    if document:
        act.document = "; ".join(filter(None, (act.document, document)))
    session.flush()
    # until today: months closed meanwhile were reduced as if it went on
    _keep(session, act, service, before, _said(act, service), reason=reason, by=by, document=document, last=dt.datetime.now())
    _tell(session, act, node, service)
    return act


def cancel(session: Session, act_id: int, *, reason: str, document: str | None, by: Identity | None) -> QualityAct:
    """The act was wrong: nothing is reduced by it any more, and what was reduced is charged again by the replay."""
    act = _locked(session, act_id)
    if act.cancelled:
        raise ActFault("act", f"Акт № {act.number} уже отменён.")
    service = session.get_one(Service, act.service_id).code
    act.cancelled = True
    session.flush()
    _keep(session, act, service, {"cancelled": False}, {"cancelled": True}, reason=reason, by=by, document=document)
    return act


def _locked(session: Session, act_id: int) -> QualityAct:
    act = session.scalar(select(QualityAct).where(QualityAct.id == act_id).with_for_update())
    if act is None:
        raise ActFault("act", "Такого акта нет: обновите страницу.")
    return act


def _other(session: Session, node: Node, service: str, values: Mapping[str, Any], but: int | None) -> QualityAct | None:
    """Another act of the node about the same thing at the same time."""
    since, until = values["since"], values.get("until")
    statement = (
        select(QualityAct)
        .join(Service, Service.id == QualityAct.service_id)
        .where(
            getattr(QualityAct, node.column) == node.id, Service.code == service, QualityAct.cancelled.is_(False),
            or_(QualityAct.until.is_(None), QualityAct.until > since),
        )
        .order_by(QualityAct.since)
    )  # fmt: skip
    if until is not None:
        statement = statement.where(QualityAct.since < until)
    if but is not None:
        statement = statement.where(QualityAct.id != but)
    return next((act for act in session.scalars(statement) if same_thing(act.kind, values["kind"])), None)


def _said(act: QualityAct, service: str) -> dict[str, Any]:
    """The act as the history keeps it."""
    plain = {
        "act_number": act.number, "service": service, "quality_kind": act.kind, "since": act.since.isoformat(),
        "until": act.until.isoformat() if act.until else None, "drawn_on": act.drawn_on.isoformat(),
        "measured": _text(act.measured), "planned": _text(act.planned), "supplier_percent": _text(act.supplier_percent),
    }  # fmt: skip
    return {name: value for name, value in plain.items() if value is not None}


def _text(number: Any) -> str | None:
    if number is None:
        return None
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _keep(
    session: Session, act: QualityAct, service: str, before: Any, after: Any, *, reason: str, by: Identity | None,
    document: str | None = None, last: dt.datetime | None = None,
) -> None:
    node = node_of(act)
    house_id = _house(session, node)
    last = last or act.until or dt.datetime.now()
    facts.record(
        session, "house" if node.kind == "entrance" else node.kind, house_id if node.kind == "entrance" else node.id,
        "quality_act", before, after, reason=reason, by=by, document=document or f"акт № {act.number} от {act.drawn_on:%d.%m.%Y}",
        valid_from=act.since.date(), valid_to=max(last, act.since).date() + dt.timedelta(days=1), house_id=house_id,
        keys={"quality_act": act.id, **({node.column: node.id} if node.kind in ("entrance", "premise") else {})},
    )  # fmt: skip


def _house(session: Session, node: Node) -> int | None:
    if node.kind == "house":
        return node.id
    if node.kind == "district":
        return None
    return session.get_one(Entrance if node.kind == "entrance" else Premise, node.id).house_id


def _tell(session: Session, act: QualityAct, node: Node, service: str) -> None:
    publish(session, OutageEnded(
        outage_id=act.id, node_kind=node.kind, node_id=node.id, house_id=_house(session, node), service_code=service,
        began=act.since, ended=act.until,
    ))  # fmt: skip


def _span(since: dt.datetime, until: dt.datetime | None) -> str:
    return f"{since:%d.%m.%Y %H:%M} — {f'{until:%d.%m.%Y %H:%M}' if until else 'продолжается'}"
