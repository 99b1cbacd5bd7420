"""Users and their roles: list, card, granting and revoking with dates, a new password, dismissal."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

import colander
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import Request

from startks.base.errors import StartksError
from startks.domain.security import user_queries
from startks.domain.security.access import scope_filter
from startks.domain.security.models import UserAccount
from startks.domain.security.permissions import Permission
from startks.domain.security.users import create_user, grant_role, reset_password, revoke_grant, set_active
from startks.framework.i18n import _
from startks.framework.tree.nodes import Root
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.web.flash import flash
from startks.framework.web.forms import Form
from startks.framework.web.lists import Column, Filter, Listing
from startks.framework.web.policy import permissions_of
from startks_backoffice.administration.words import ROLES, SCOPES

TEMPLATES = "startks_backoffice:administration/templates/"
STATES = (("yes", _("Active")), ("no", _("Disabled")))


def user_list(context: Root, request: Request) -> Any:
    """All users with their roles of today."""
    today = dt.date.today()
    translate = request.localizer.translate
    listing = Listing(
        request,
        "users",
        _("Users"),
        user_queries.users(today),
        scope=scope_filter(request.identity, Permission.ADMINISTRATION_USER_READ, {}),
        columns=(
            Column("login", _("Login"), UserAccount.login, url=lambda row: _user_url(request, row.id), head=True),
            Column("full_name", _("Name"), UserAccount.full_name),
            Column(
                "roles",
                _("Roles"),
                show=lambda fmt, codes: ", ".join(translate(ROLES.get(code, code)) for code in codes or ()),
            ),
            Column("active", _("State"), UserAccount.active, show=lambda fmt, yes: STATES[0 if yes else 1][1]),
            Column("seen", _("Last seen"), show=lambda fmt, at: fmt.moment(at)),
        ),
        tie=UserAccount.id,
        filters=(
            Filter("q", _("Login or name"), "contains", (UserAccount.login, UserAccount.full_name)),
            Filter("state", _("State"), "choice", UserAccount.active, STATES, lambda word: word == "yes"),
        ),
        empty=_("No such user. Change the filter or create one."),
    )
    return listing.answer()


class NewUser(colander.MappingSchema):
    """A clerk's account; the password is made by the system."""

    login = fields.text(_("Login"), longest=100, shortest=3, attributes={"autocomplete": "off"})
    full_name = fields.text(_("Surname, name and patronymic"), shortest=2)
    email = fields.text(_("E-mail"), missing=None, attributes={"inputmode": "email"})
    phone = fields.text(_("Telephone"), longest=30, missing=None, attributes={"inputmode": "tel"})


def user_new(context: Root, request: Request) -> Any:
    """Create a user with a password that he must change; it is shown once."""
    form = Form(request, NewUser(), submit=_("Create"), action=request.path, name="new-user")
    if request.method == "POST":
        values = form.validate()
        if values is not None:
            password = _password()
            try:
                user_id = create_user(request.db, password=password, must_change=True, by=request.identity, **values)
            except StartksError as refusal:
                form.fail(refusal.message)
            else:
                card = _card(context, request, user_id, password=password)
                return render_to_response(TEMPLATES + "user.pt", card, request=request)
        request.response.status_int = 422
    return {"form": form.html()}


class NewGrant(colander.MappingSchema):
    """A role, where, and from when to when."""

    role = fields.choice(_("Role"), ())
    place = fields.choice(_("Territory"), ())
    point = fields.text(
        _("House or personal account"),
        missing="",
        help=_("Instead of a territory: the number of an account, or the address of a house's page."),
        attributes={"autocomplete": "off"},
    )
    since = fields.date(_("From"), missing=None, help=_("Empty: from today."))
    until = fields.date(_("Up to and including"), missing=None, help=_("Empty: without end."))


def user_card(context: Root, request: Request) -> dict[str, Any]:
    """One user: who he is, which roles he has and had, the form that grants one more."""
    return _card(context, request, _number(request, "id"))


def grant(context: Root, request: Request) -> Any:
    """Grant a role."""
    user_id = _number(request, "id")
    form = _grant_form(request, user_id)
    values = form.validate()
    if values is not None:
        try:
            kind, scope_id = _scope(request, values)
            grant_role(
                request.db,
                user_id,
                values["role"],
                kind,
                scope_id,
                valid_from=values["since"],
                valid_to=values["until"] + dt.timedelta(days=1) if values["until"] else None,
                by=request.identity,
                table=permissions_of(request.registry),
            )
        except StartksError as refusal:
            form.fail(refusal.message)
        else:
            flash(request, _("The role has been granted."))
            return HTTPSeeOther(location=_user_url(request, user_id))
    request.response.status_int = 422
    return _card(context, request, user_id, form=form)


def revoke(context: Root, request: Request) -> Any:
    """Revoke a role from today on."""
    revoke_grant(request.db, _number(request, "grant"), by=request.identity)
    flash(request, _("The role has been revoked."))
    return HTTPSeeOther(location=_user_url(request, _number(request, "id")))


def state(context: Root, request: Request) -> Any:
    """Disable a user (all his sessions end at once) or enable him again."""
    user_id = _existing(request).id
    active = request.POST.get("active") == "yes"
    set_active(request.db, user_id, active, by=request.identity)
    flash(request, _("The user may sign in again.") if active else _("The user has been disabled and signed out."))
    return HTTPSeeOther(location=_user_url(request, user_id))


def new_password(context: Root, request: Request) -> dict[str, Any]:
    """Give the user a password that he must change; it is shown on this one page."""
    user_id = _existing(request).id
    password = _password()
    reset_password(request.db, user_id, password, by=request.identity)
    return _card(context, request, user_id, password=password)


def _card(
    context: Root, request: Request, user_id: int, *, form: Form | None = None, password: str | None = None
) -> dict[str, Any]:
    row = user_queries.user(request.db, user_id)
    if row is None:
        raise HTTPNotFound()
    may_grant = request.has_permission(Permission.ADMINISTRATION_GRANT_WRITE, context)
    if form is None and may_grant:
        form = _grant_form(request, user_id)
    return {
        "user": row,
        "grants": user_queries.grants(request.db, user_id),
        "roles": ROLES,
        "scopes": SCOPES,
        "today": dt.date.today(),
        "last_day": lambda until: until - dt.timedelta(days=1),
        "form": form.html() if form is not None else None,
        "password": password,
        "may_grant": may_grant,
        "may_write": request.has_permission(Permission.ADMINISTRATION_USER_WRITE, context),
        "url": lambda view: office_url(request, context, view, id=user_id),
    }


def _grant_form(request: Request, user_id: int) -> Form:
    schema = NewGrant()
    translate = request.localizer.translate
    roles = [(role, ROLES.get(role, role)) for role in permissions_of(request.registry).roles() if role != "resident"]
    places = [("all:0", SCOPES["all"])]
    places += [
        (f"{row.kind}:{row.id}", f"{translate(SCOPES[row.kind])}: {row.title}")
        for row in user_queries.places(request.db)
    ]
    schema["role"] = fields.choice(_("Role"), roles, name="role")
    schema["place"] = fields.choice(_("Territory"), places, name="place")
    return Form(
        request,
        schema,
        submit=_("Grant the role"),
        action=office_url(request, request.root, "user-grant", id=user_id),
        name="grant",
    )


def _scope(request: Request, values: dict[str, Any]) -> tuple[str, int]:
    if values["point"]:
        found = user_queries.find_place(request.db, values["point"])
        if found is None:
            raise StartksError("Такого лицевого счёта или дома нет. Проверьте номер или адрес страницы дома.")
        return found
    kind, _colon, number = values["place"].partition(":")
    return kind, int(number)


def _existing(request: Request) -> Any:
    row = user_queries.user(request.db, _number(request, "id"))
    if row is None:
        raise HTTPNotFound()
    return row


def _number(request: Request, name: str) -> int:
    given = request.params.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise HTTPNotFound()
    return int(given)


def _user_url(request: Request, user_id: int) -> str:
    return office_url(request, request.root, "user", id=user_id)


def _password() -> str:
    return secrets.token_urlsafe(9)


def includeme(config: Configurator) -> None:
    """Register the pages and the menu line."""
    read, write, give = (
        Permission.ADMINISTRATION_USER_READ,
        Permission.ADMINISTRATION_USER_WRITE,
        Permission.ADMINISTRATION_GRANT_WRITE,
    )
    for view, name, permission, template, methods in (
        (user_list, "users", read, "users.pt", ("GET", "HEAD")),
        (user_card, "user", read, "user.pt", ("GET", "HEAD")),
        (user_new, "user-new", write, "user_new.pt", ("GET", "HEAD", "POST")),
        (grant, "user-grant", give, "user.pt", ("POST",)),
        (revoke, "user-revoke", give, None, ("POST",)),
        (state, "user-state", write, None, ("POST",)),
        (new_password, "user-password", write, "user.pt", ("POST",)),
    ):
        config.add_office_view(
            view,
            context=Root,
            name=name,
            permission=permission,
            request_method=methods,
            **({"renderer": TEMPLATES + template} if template else {}),
        )
    config.add_menu(
        "office.administration", "users", _("Users and roles"), context=Root, view="users", order=10, icon="users"
    )
