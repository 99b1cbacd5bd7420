"""Users and their grants: making, changing, dismissing. Every act is audited in the same transaction."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.domain.security.audit import audit
from startks.domain.security.identity import Identity
from startks.domain.security.models import SCOPE_KINDS, RoleGrant, UserAccount
from startks.domain.security.passwords import check_new_password, hash_password, password_matches
from startks.domain.security.permissions import KERNEL_PERMISSIONS, PermissionTable
from startks.domain.security.sessions import revoke_all


class LoginTaken(StartksError):
    """Somebody has this login already."""


class GrantRefused(StartksError):
    """The grant contradicts another one or names something unknown."""


def create_user(
    session: Session,
    login: str,
    full_name: str,
    password: str | None,
    *,
    email: str | None = None,
    phone: str | None = None,
    must_change: bool = False,
    by: Identity | None = None,
) -> int:
    """Create a user and return his id. The password is checked for strength; None for outside identity only.

    Raises :class:`LoginTaken`, :class:`~.passwords.WeakPassword`, and StartksError for a login of the wrong form.
    """
    login = login.strip()
    if not 3 <= len(login) <= 100 or any(sign.isspace() for sign in login):
        raise StartksError("Логин — от 3 до 100 знаков без пробелов. Исправьте логин.")
    if session.execute(select(UserAccount.id).where(UserAccount.login == login)).first():
        raise LoginTaken("Такой логин уже занят. Выберите другой или войдите.")
    if password is not None:
        check_new_password(password, login)
    user = UserAccount(
        login=login,
        full_name=" ".join(full_name.split()),
        password_hash=hash_password(password) if password is not None else None,
        email=email,
        phone=phone,
        must_change=must_change,
    )
    try:
        with session.begin_nested():
            session.add(user)
            session.flush()
    except IntegrityError as error:  # somebody took the login between the question and the answer
        raise LoginTaken("Такой логин уже занят. Выберите другой или войдите.") from error
    audit(session, by, "administration:user:create", ("user_account", user.id), {"login": login})
    return user.id


def change_password(session: Session, identity: Identity, old: str, new: str) -> None:
    """Change one's own password and end all one's other sessions. Raises StartksError or WeakPassword."""
    stored = session.execute(
        select(UserAccount.password_hash).where(UserAccount.id == identity.user_id).with_for_update()
    ).scalar_one()
    if not password_matches(stored, old):
        raise StartksError("Прежний пароль не подходит. Введите его ещё раз.")
    if old == new:
        raise StartksError("Новый пароль совпадает с прежним. Придумайте другой.")
    check_new_password(new, identity.login)
    _set_password(session, identity.user_id, new, must_change=False)
    revoke_all(session, identity.user_id, except_id=identity.session_id)
    audit(session, identity, "session:password:change", ("user_account", identity.user_id))


def reset_password(session: Session, user_id: int, password: str, *, by: Identity) -> None:
    """Give a user a password that he must change; ends all his sessions."""
    login = session.execute(select(UserAccount.login).where(UserAccount.id == user_id)).scalar_one()
    check_new_password(password, login)
    _set_password(session, user_id, password, must_change=True)
    revoke_all(session, user_id)
    audit(session, by, "administration:user:reset_password", ("user_account", user_id))


def set_active(session: Session, user_id: int, active: bool, *, by: Identity) -> None:
    """Dismiss a user (his sessions end at once) or let him in again. Nobody dismisses himself."""
    if not active and user_id == by.user_id:
        raise StartksError("Нельзя отключить самого себя. Попросите другого администратора.")
    session.execute(update(UserAccount).where(UserAccount.id == user_id).values(active=active))
    if not active:
        revoke_all(session, user_id)
    audit(session, by, f"administration:user:{'enable' if active else 'disable'}", ("user_account", user_id))


def grant_role(
    session: Session,
    user_id: int,
    role: str,
    scope_kind: str = "all",
    scope_id: int = 0,
    *,
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
    by: Identity | None = None,
    table: PermissionTable = KERNEL_PERMISSIONS,
) -> int:
    """Give a role in a scope on ``[valid_from, valid_to)`` (from today, without end) and return the grant's id.

    Raises :class:`GrantRefused` for an unknown role or scope, an empty range, or one that overlaps the same grant.
    """
    if role not in table.roles():
        raise GrantRefused(f"Роли «{role}» нет. Выберите роль из списка.")
    if scope_kind not in SCOPE_KINDS or (scope_kind == "all") != (scope_id == 0):
        raise GrantRefused("Не указано, на какую территорию выдаётся роль. Выберите её из списка.")
    start = valid_from or dt.date.today()
    if valid_to is not None and valid_to <= start:
        raise GrantRefused("Срок роли кончается раньше, чем начинается. Исправьте даты.")
    grant = RoleGrant(
        user_id=user_id,
        role=role,
        scope_kind=scope_kind,
        scope_id=scope_id,
        valid=Range(start, valid_to),
        granted_by=by.user_id if by else None,
    )
    try:
        with session.begin_nested():
            session.add(grant)
            session.flush()
    except IntegrityError as error:
        raise GrantRefused("Такая роль на эти дни уже выдана. Отзовите прежнюю или выберите другие даты.") from error
    audit(
        session,
        by,
        "administration:grant:create",
        ("user_account", user_id),
        {
            "grant": grant.id,
            "role": role,
            "scope": [scope_kind, scope_id],
            "from": str(start),
            "to": str(valid_to or ""),
        },
    )
    return grant.id


def revoke_grant(session: Session, grant_id: int, *, by: Identity, today: dt.date | None = None) -> None:
    """End a grant from today on; one that has not begun, or began today, is deleted (its trace stays in the audit).

    It works at the next request, since grants are read with each one.
    """
    today = today or dt.date.today()
    grant = session.get(RoleGrant, grant_id, with_for_update=True)
    if grant is None or (grant.valid.upper is not None and grant.valid.upper <= today):
        raise GrantRefused("Эта роль уже отозвана. Обновите страницу.")
    if grant.user_id == by.user_id and grant.role == "administrator" and grant.scope_kind == "all":
        raise GrantRefused("Нельзя отозвать у себя роль администратора. Попросите другого администратора.")
    user_id, role = grant.user_id, grant.role
    if grant.valid.lower is not None and grant.valid.lower >= today:
        session.delete(grant)
    else:
        grant.valid = Range(grant.valid.lower, today)
    session.flush()
    audit(session, by, "administration:grant:revoke", ("user_account", user_id), {"grant": grant_id, "role": role})


def _set_password(session: Session, user_id: int, password: str, *, must_change: bool) -> None:
    session.execute(
        update(UserAccount)
        .where(UserAccount.id == user_id)
        .values(password_hash=hash_password(password), must_change=must_change, password_changed_at=func.now())
    )
