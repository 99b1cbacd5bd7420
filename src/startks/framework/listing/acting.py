"""Who a background job acts for: the user as he is now, with the rights he has today, not with those of the order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from startks.base.db.ranges import holds_on
from startks.domain.security.identity import Grant, Identity
from startks.domain.security.models import RoleGrant, UserAccount
from startks.domain.security.permissions import PermissionTable


def identity_of_user(session: Any, user_id: int, table: PermissionTable) -> Identity | None:
    """Return the user with his grants of today; None for one who is unknown or disabled."""
    rows = session.execute(
        select(UserAccount.login, UserAccount.full_name, RoleGrant.role, RoleGrant.scope_kind, RoleGrant.scope_id)
        .outerjoin(RoleGrant, (RoleGrant.user_id == UserAccount.id) & holds_on(RoleGrant.valid, func.current_date()))
        .where(UserAccount.id == user_id, UserAccount.active)
        .order_by(RoleGrant.id)
    ).all()
    if not rows:
        return None
    grants = tuple(
        Grant(row.role, row.scope_kind, row.scope_id, table.of(row.role)) for row in rows if row.role is not None
    )
    return Identity(user_id, str(rows[0].login), rows[0].full_name, grants=grants)
