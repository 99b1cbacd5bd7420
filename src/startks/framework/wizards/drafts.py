"""Keeping what was typed into wizards."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, cast, delete, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from startks.framework.wizards.models import WizardDraft

KEEP_DAYS = 30


def begin(session: Session, user_id: int, wizard: str, place: str) -> str:
    """Begin a draft and return its token; drafts nobody touched for :data:`KEEP_DAYS` days are thrown away."""
    session.execute(
        delete(WizardDraft).where(WizardDraft.changed_at < func.now() - text(f"interval '{KEEP_DAYS} days'"))
    )
    token = secrets.token_urlsafe(16)
    session.execute(insert(WizardDraft).values(token=token, user_id=user_id, wizard=wizard, place=place, typed={}))
    return token


def load(session: Session, token: str, user_id: int, wizard: str, place: str) -> dict[str, Any] | None:
    """Return {step: {field: text}} of one's own draft, None where there is none (finished, cancelled, another's)."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{22}", token):
        return None
    return session.execute(
        select(WizardDraft.typed).where(
            WizardDraft.token == token,
            WizardDraft.user_id == user_id,
            WizardDraft.wizard == wizard,
            WizardDraft.place == place,
        )
    ).scalar_one_or_none()


def keep(session: Session, token: str, step: str, typed: dict[str, Any]) -> None:
    """Keep the texts of a step."""
    session.execute(
        update(WizardDraft)
        .where(WizardDraft.token == token)
        .values(typed=WizardDraft.typed.op("||")(func.jsonb_build_object(step, _json(typed))), changed_at=func.now())
    )


def forget(session: Session, token: str) -> bool:
    """Throw a draft away; False where it was gone already (a button pressed twice)."""
    return bool(session.execute(delete(WizardDraft).where(WizardDraft.token == token)).rowcount)


def unfinished(session: Session, user_id: int, wizard: str, place: str) -> tuple[str, dt.datetime] | None:
    """Return token and time of the newest draft the user has here."""
    row = session.execute(
        select(WizardDraft.token, WizardDraft.changed_at)
        .where(WizardDraft.user_id == user_id, WizardDraft.wizard == wizard, WizardDraft.place == place)
        .order_by(WizardDraft.changed_at.desc())
        .limit(1)
    ).one_or_none()
    return (row.token, row.changed_at) if row else None


def of_user(session: Session | Connection, user_id: int, limit: int = 10) -> Sequence[Row]:
    """Return token, wizard, place and time of the user's drafts, newest first."""
    return session.execute(
        select(WizardDraft.token, WizardDraft.wizard, WizardDraft.place, WizardDraft.changed_at)
        .where(WizardDraft.user_id == user_id)
        .order_by(WizardDraft.changed_at.desc())
        .limit(limit)
    ).all()


def _json(typed: dict[str, Any]) -> Any:
    return cast(literal(typed, JSONB), JSONB)
