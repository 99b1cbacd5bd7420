"""Sign-in and sign-out, the same page for residents and clerks."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from startks.domain.security.audit import audit
from startks.domain.security.permissions import Permission, Public
from startks.domain.security.sessions import revoke
from startks.domain.security.sign_in import SignInRefused, authenticate
from startks.framework.i18n import _
from startks.framework.tree.nodes import Root
from startks.framework.web import fields
from startks.framework.web.cookies import drop_session
from startks.framework.web.flash import flash
from startks.framework.web.forms import Form
from startks_portal.entry import TEMPLATES
from startks_portal.entry.door import brake_of, landing, let_in, safe_next
from startks_portal.frame import steps


class SignIn(colander.MappingSchema):
    """Login and password."""

    login = fields.text(
        _("Login"),
        longest=100,
        attributes={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = fields.password(_("Password"))
    next = fields.hidden(missing="")


def sign_in(context: Root, request: Request) -> Any:
    """Ask for login and password; a refusal says neither which of them is wrong nor who exists.

    The page is returned, not raised, also after a refusal: the attempt must be committed for the brake to count it.
    """
    form = Form(request, SignIn(), submit=_("Sign in"), action=request.path, name="sign-in")
    if request.method == "POST":
        values = form.validate()
        if values is not None:
            try:
                user_id = authenticate(
                    request.db, values["login"], values["password"], request.remote_addr or "", brake_of(request)
                )
            except SignInRefused as refusal:
                form.fail(refusal.message)
            else:
                return let_in(request, user_id, "session:sign_in:success", values["next"])
        request.response.status_int = 422
    elif request.identity is not None:
        return HTTPSeeOther(location=landing(request, request.identity))
    wanted = safe_next(request.params.get("next", "")) or ""
    return {"form": form.html({"next": wanted}), "steps": steps(request, context, _("Sign in"))}


def sign_out(context: Root, request: Request) -> HTTPSeeOther:
    """End this session on the server and forget the cookie."""
    identity = request.identity
    revoke(request.db, identity.user_id, identity.session_id)
    audit(request.db, identity, "session:sign_out:done", ("user_account", identity.user_id))
    flash(request, _("You have signed out."), "info")
    response = HTTPSeeOther(location=request.script_name + "/@@sign-in")
    drop_session(request, response)
    return response


def includeme(config: Configurator) -> None:
    """Register both."""
    config.add_portal_view(
        sign_in,
        context=Root,
        name="sign-in",
        permission=Public,
        renderer=TEMPLATES + "sign_in.pt",
        request_method=("GET", "HEAD", "POST"),
    )
    config.add_portal_view(
        sign_out, context=Root, name="sign-out", permission=Permission.SESSION_OWN_OPEN, request_method="POST"
    )
