"""What signing in and registering share: opening the session, the cookie, and where to go then."""

from __future__ import annotations

import re
from typing import Any

from pyramid.csrf import new_csrf_token
from pyramid.httpexceptions import HTTPSeeOther

from startks.domain.security.audit import audit
from startks.domain.security.identity import Identity
from startks.domain.security.sessions import load_identity, open_session, revoke
from startks.domain.security.sign_in import Brake
from startks.framework.tree import account_path
from startks.framework.tree.factory import OFFICE_PREFIX
from startks.framework.web import settings_of
from startks.framework.web.cookies import set_session
from startks.framework.web.policy import permissions_of

ACCOUNTS = "/@@accounts"
LOCAL = re.compile(r"/(?![/\\])[^\s\\]*")


def brake_of(request: Any) -> Brake:
    """Return the installation's brake on guessing."""
    settings = settings_of(request.registry)
    return Brake(settings.sign_in_attempts, settings.sign_in_pause_minutes)


def let_in(request: Any, user_id: int, action: str, wanted: str = "") -> HTTPSeeOther:
    """Open a new session for a user who has proved himself, and lead him on; the session before it ends."""
    settings = settings_of(request.registry)
    if request.identity is not None and request.identity.session_id is not None:
        revoke(request.db, request.identity.user_id, request.identity.session_id)
    token = open_session(
        request.db,
        user_id,
        request.remote_addr,
        request.user_agent,
        idle_minutes=settings.session_idle_minutes,
        absolute_hours=settings.session_absolute_hours,
    )
    identity = load_identity(request.db, token, table=permissions_of(request.registry), ip=request.remote_addr)
    audit(request.db, identity, action, ("user_account", user_id))
    response = HTTPSeeOther(location=safe_next(wanted) or landing(request, identity))
    set_session(request, response, token)
    # a token planted before signing in must not be good after it
    new_csrf_token(request)
    return response


def landing(request: Any, identity: Identity | None) -> str:
    """Where one goes after signing in: a clerk to the office, a resident to his account (or to the list of them)."""
    if identity is None:
        return request.script_name + "/"
    if identity.staff:
        return request.script_name + OFFICE_PREFIX
    if len(identity.accounts) == 1:
        return account_path(request, identity.accounts[0].path)
    return request.script_name + ACCOUNTS


def safe_next(wanted: str) -> str | None:
    """Return the path to go to when it is one of our own site, else None: no open redirect."""
    return wanted if LOCAL.fullmatch(wanted) and len(wanted) < 2000 else None
