"""Who asks, and may he: Pyramid's security policy over the product's own rights.

The identity costs one query, asked when somebody needs it and only where the browser sent a session's cookie; a page with
permission :data:`Public` never asks. Rights are judged from frozen data (:mod:`startks.domain.security.access`).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED, Allowed, Denied

from startks.base.db.hot import Hot
from startks.domain.security.access import permits
from startks.domain.security.identity import Identity
from startks.domain.security.permissions import KERNEL_PERMISSIONS, PermissionTable, Public
from startks.domain.security.sessions import IDENTITY, identity_key, identity_of
from startks.framework.addons.lookup import role_table

TABLE = "startks.permission_table"
ACTING = "startks.acting"
"""Key of the environment under which a background job puts the identity it acts for; no header can set it."""
ROW = "startks_identity_row"
"""Where a request keeps what the data base said of its token, until somebody asks who the reader is."""
KEPT = "startks_identity"
"""Where a request keeps its identity."""


def includeme(config) -> None:
    """Set the policy, and ``request.ask_beside``."""
    config.set_security_policy(SecurityPolicy())
    config.add_request_method(ask_beside, "ask_beside")


def ask_beside(request: Any, statement: Hot, values: dict[str, Any]) -> Any:
    """Return the one value of a hot statement; where the browser sent a token, ask of it in the same round trip.

    The place of a page is read by every request, and a reader with a token is asked for on every page: waiting for the
    data base twice costs as much CPU as either statement.
    """
    token = _token(request)
    if token is None or ROW in request.__dict__:
        return statement.one(request.read, **values)
    found, request.__dict__[ROW] = _with_identity(statement).one(request.read, **{**values, **identity_key(token)})
    return found


@cache
def _with_identity(statement: Hot) -> Hot:
    return statement.beside(IDENTITY)


def _token(request: Any) -> str | None:
    """Return the token that is worth asking about."""
    token = request.session_token
    return token if token is not None and len(token) <= 100 else None


def permissions_of(registry: Any) -> PermissionTable:
    """Return the table role → permissions of the kernel and all modules; made once, after start."""
    table = registry.get(TABLE)
    if table is None:
        table = registry[TABLE] = KERNEL_PERMISSIONS.extended(role_table(registry))
    return table


class SecurityPolicy:
    """Identity by cookie, permission by grants. Signing in and out is done by services, not here."""

    def identity(self, request: Any) -> Identity | None:
        """Return the frozen identity of the request; by one query at most."""
        kept = request.__dict__
        if KEPT not in kept:
            kept[KEPT] = self._load(request)
        return kept[KEPT]

    def authenticated_userid(self, request: Any) -> int | None:
        """Return the user's id."""
        identity = self.identity(request)
        return identity.user_id if identity is not None else None

    def permits(self, request: Any, context: Any, permission: str) -> Allowed | Denied:
        """Judge; whatever is not granted is denied."""
        if permission in (Public, NO_PERMISSION_REQUIRED):
            return Allowed("public")
        identity = self.identity(request)
        if permits(identity, context, str(permission)):
            return Allowed("granted")
        return Denied("%s is not granted here", str(permission))

    def remember(self, request: Any, userid: Any, **kw: Any) -> list:
        """Pyramid asks for it; sessions are opened by :func:`startks.domain.security.sessions.open_session`."""
        raise NotImplementedError("open_session and cookies.set_session do this")

    def forget(self, request: Any, **kw: Any) -> list:
        """See :meth:`remember`."""
        raise NotImplementedError("revoke and cookies.drop_session do this")

    def _load(self, request: Any) -> Identity | None:
        acting = request.environ.get(ACTING)
        if acting is not None:
            return acting
        token = _token(request)
        if token is None:
            return None
        # taken out, not looked up: whoever forgets the identity within the request is answered by the data base anew
        row = request.__dict__.pop(ROW) if ROW in request.__dict__ else IDENTITY.one(request.read, **identity_key(token))
        return identity_of(row, permissions_of(request.registry), request.remote_addr)
