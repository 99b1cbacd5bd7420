"""A resident registers with a personal account and what its bill says; later he binds another account the same way."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from startks.base.errors import StartksError
from startks.domain.security.passwords import MIN_LENGTH
from startks.domain.security.permissions import Permission, Public
from startks.domain.security.registration import bind_account, check_account
from startks.domain.security.users import create_user
from startks.framework.i18n import _
from startks.framework.tree.nodes import Root
from startks.framework.web import fields, secret_of
from startks.framework.web.flash import flash
from startks.framework.web.forms import Form
from startks_portal.entry import TEMPLATES
from startks_portal.entry.door import ACCOUNTS, brake_of, let_in
from startks_portal.frame import steps

BILL_HELP = _(
    "The sum to be paid of one of the last three bills, for example 4 512,36."
)


class Bill(colander.MappingSchema):
    """What stands on a bill."""

    account = fields.text(
        _("Number of the personal account"),
        longest=40,
        help=_("Ten digits at the top of the bill."),
        attributes={"inputmode": "numeric", "autocomplete": "off"},
    )
    secret = fields.text(_("Sum of the bill"), longest=40, help=BILL_HELP, attributes={"autocomplete": "off"})


class Registration(Bill):
    """An account and a user."""

    full_name = fields.text(_("Surname, name and patronymic"), shortest=2, attributes={"autocomplete": "name"})
    login = fields.text(
        _("Login or e-mail"),
        longest=100,
        shortest=3,
        attributes={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = fields.password(
        _("Password"),
        new=True,
        help=_("At least ${length} signs; a few words are best.", mapping={"length": MIN_LENGTH}),
    )
    repeat = fields.password(_("Password once more"), new=True)
    agreed = fields.flag(_("I agree to the processing of my personal data for the cabinet"))

    def validator(self, node: Any, values: dict[str, Any]) -> None:
        """Compare the passwords and ask for the consent."""
        faults = colander.Invalid(node)
        if values["password"] != values["repeat"]:
            faults["repeat"] = _("The passwords differ: type both again.")
        if not values["agreed"]:
            faults["agreed"] = _("Without consent the cabinet cannot be opened.")
        if faults.children:
            raise faults


def register(context: Root, request: Request) -> Any:
    """Check the bill first: only its reader learns whether a login is taken."""
    form = Form(request, Registration(), submit=_("Register"), action=request.path, name="register")
    if request.method == "POST":
        values = form.validate()
        if values is not None:
            try:
                account_id = _checked(request, values)
                user_id = create_user(request.db, values["login"], values["full_name"], values["password"])
                bind_account(request.db, user_id, account_id, "bill")
            except StartksError as refusal:
                form.fail(refusal.message)
            else:
                flash(request, _("Welcome! Your cabinet is open."))
                return let_in(request, user_id, "session:register:success")
        request.response.status_int = 422
    return {"form": form.html(), "steps": steps(request, context, _("Registration"))}


def bind(context: Root, request: Request) -> Any:
    """Bind one more account to the cabinet."""
    form = Form(request, Bill(), submit=_("Add the account"), action=request.path, name="bind")
    if request.method == "POST":
        values = form.validate()
        if values is not None:
            try:
                account_id = _checked(request, values)
                bind_account(request.db, request.identity.user_id, account_id, "bill", by=request.identity)
            except StartksError as refusal:
                form.fail(refusal.message)
            else:
                flash(request, _("The account has been added to your cabinet."))
                return HTTPSeeOther(location=request.script_name + ACCOUNTS)
        request.response.status_int = 422
    return {"form": form.html(), "steps": steps(request, context, _("One more account"))}


def _checked(request: Request, values: dict[str, Any]) -> int:
    return check_account(
        request.db,
        values["account"],
        values["secret"],
        request.remote_addr or "",
        code_key=secret_of(request.registry),
        brake=brake_of(request),
    )


def includeme(config: Configurator) -> None:
    """Register both."""
    for view, name, permission, template in (
        (register, "register", Public, "register.pt"),
        (bind, "bind", Permission.SESSION_OWN_OPEN, "bind.pt"),
    ):
        config.add_portal_view(
            view,
            context=Root,
            name=name,
            permission=permission,
            renderer=TEMPLATES + template,
            request_method=("GET", "HEAD", "POST"),
        )
