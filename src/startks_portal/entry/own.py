"""What a signed-in person has of his own: accounts, devices, password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import colander
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from startks.base.contracts import Balances
from startks.base.errors import StartksError
from startks.domain.security.audit import audit
from startks.domain.security.passwords import MIN_LENGTH
from startks.domain.security.permissions import Permission
from startks.domain.security.sessions import my_sessions, revoke, revoke_all
from startks.domain.security.users import change_password
from startks.framework.i18n import _
from startks.framework.tree import account_path
from startks.framework.tree.nodes import Root
from startks.framework.web import fields
from startks.framework.web.cookies import drop_session
from startks.framework.web.flash import flash
from startks.framework.web.forms import Form
from startks_portal.entry import TEMPLATES
from startks_portal.entry.agents import describe
from startks_portal.entry.door import landing
from startks_portal.frame import steps


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A line of «My accounts»; ``due`` in kopecks, None where no module keeps balances."""

    number: str
    address: str
    url: str
    due: int | None


@dataclass(frozen=True, slots=True)
class Device:
    """A line of «My devices»."""

    id: int
    name: str
    ip: str
    opened_at: Any
    last_seen_at: Any
    current: bool


def accounts(context: Root, request: Request) -> dict[str, Any]:
    """The user's personal accounts with what each owes: no query but the balances'."""
    own = request.identity.accounts
    balances = request.contract(Balances) if own else None
    due = balances.totals([account.account_id for account in own]) if balances is not None else {}
    lines = [
        OwnLine(account.number, account.address, account_path(request, account.path), due.get(account.account_id))
        for account in own
    ]
    return {"accounts": lines, "steps": steps(request, context, _("My accounts"))}


def cabinet(context: Root, request: Request) -> dict[str, Any]:
    """What a signed-in person may change for himself."""
    return {"steps": steps(request, context, _("My cabinet"))}


def devices(context: Root, request: Request) -> dict[str, Any]:
    """Where the user is signed in now."""
    current = request.identity.session_id
    lines = [
        Device(row.id, describe(row.agent), row.ip or "", row.opened_at, row.last_seen_at, row.id == current)
        for row in my_sessions(request.db, request.identity.user_id)
    ]
    return {"devices": lines, "steps": steps(request, context, _("My devices"))}


def end_session(context: Root, request: Request) -> HTTPSeeOther:
    """End one of the user's sessions, or all (this one too) where none is named."""
    identity = request.identity
    given = request.POST.get("session", "")
    if given == "all":
        revoke_all(request.db, identity.user_id)
        audit(request.db, identity, "session:own:end_all", ("user_account", identity.user_id))
        flash(request, _("All sessions have been ended. Sign in again."), "info")
        response = HTTPSeeOther(location=request.script_name + "/@@sign-in")
        drop_session(request, response)
        return response
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 18 else 0
    if revoke(request.db, identity.user_id, number):
        audit(request.db, identity, "session:own:end", ("user_session", number))
        flash(request, _("The session has been ended."))
    else:
        flash(request, _("This session has ended already."), "info")
    return HTTPSeeOther(location=request.script_name + "/@@devices")


class NewPassword(colander.MappingSchema):
    """The old password and twice the new one."""

    old = fields.password(_("Present password"))
    new = fields.password(
        _("New password"),
        new=True,
        help=_("At least ${length} signs; a few words are best.", mapping={"length": MIN_LENGTH}),
    )
    repeat = fields.password(_("New password once more"), new=True)

    def validator(self, node: Any, values: dict[str, Any]) -> None:
        """Compare the two."""
        if values["new"] != values["repeat"]:
            faults = colander.Invalid(node)
            faults["repeat"] = _("The passwords differ: type both again.")
            raise faults


def password(context: Root, request: Request) -> Any:
    """Change one's password; all other sessions end."""
    form = Form(request, NewPassword(), submit=_("Change the password"), action=request.path, name="password")
    if request.method == "POST":
        values = form.validate()
        if values is not None:
            try:
                change_password(request.db, request.identity, values["old"], values["new"])
            except StartksError as refusal:
                form.fail(refusal.message)
            else:
                flash(request, _("The password has been changed; other devices have been signed out."))
                return HTTPSeeOther(location=landing(request, request.identity))
        request.response.status_int = 422
    return {
        "form": form.html(),
        "must": request.identity.must_change,
        "steps": steps(request, context, _("Change of the password")),
    }


def includeme(config: Configurator) -> None:
    """Register the pages."""
    config.add_portal_view(
        accounts,
        context=Root,
        name="accounts",
        permission=Permission.SESSION_OWN_OPEN,
        renderer=TEMPLATES + "accounts.pt",
        request_method=("GET", "HEAD"),
    )
    config.add_portal_view(
        cabinet,
        context=Root,
        name="cabinet",
        permission=Permission.SESSION_OWN_OPEN,
        renderer=TEMPLATES + "cabinet.pt",
        request_method=("GET", "HEAD"),
    )
    config.add_portal_view(
        devices,
        context=Root,
        name="devices",
        permission=Permission.SESSION_OWN_OPEN,
        renderer=TEMPLATES + "devices.pt",
        request_method=("GET", "HEAD"),
    )
    config.add_portal_view(
        end_session, context=Root, name="devices", permission=Permission.SESSION_OWN_OPEN, request_method="POST"
    )
    config.add_portal_view(
        password,
        context=Root,
        name="password",
        permission=Permission.SESSION_OWN_OPEN,
        renderer=TEMPLATES + "password.pt",
        request_method=("GET", "HEAD", "POST"),
    )
