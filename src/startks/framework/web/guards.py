"""What every view must say, checked when the application starts; and CSRF, on by default.

* no permission, no start: a page for everybody says :data:`~startks.domain.security.permissions.Public`;
* a page of a flat or an account is never public;
* CSRF is checked before anything else looks at the request, so a form without a token learns nothing; a view opts out
  visibly with ``require_csrf=False``. Exception views are not asked.
* whoever must change his password is led there from every page that is not his own session's.
"""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.viewderivers import INGRESS, csrf_view

from startks.base.errors import ConfigurationError
from startks.domain.security.permissions import Permission, Public
from startks.framework.tree.nodes import Account, Apartment

PASSWORD_PAGE = "/@@password"


def includeme(config) -> None:
    """Add the derivers."""
    config.set_default_csrf_options(require_csrf=True, token="csrf_token", header="X-CSRF-Token", check_origin=True)
    # Pyramid puts it under the permission check; warehouse's lesson is to have it above.
    config.add_view_deriver(csrf_view, "csrf_view", under=INGRESS, over="secured_view")
    config.add_view_deriver(declared_permission, "startks_declared_permission", under=INGRESS, over="csrf_view")
    config.add_view_deriver(fresh_password, "startks_fresh_password", under="secured_view", over="owrapped_view")


def declared_permission(view: Any, info: Any) -> Any:
    """View deriver: refuse to start with a view that names no permission, or a public one below the house."""
    if info.exception_only:
        return view
    permission = info.options.get("permission")
    if permission is None:
        raise ConfigurationError(f"Страница {_name(info)} не называет permission: для открытой всем есть право Public.")
    context = info.options.get("context")
    if permission == Public and isinstance(context, type) and issubclass(context, (Apartment, Account)):
        raise ConfigurationError(
            f"Страница {_name(info)} квартиры или счёта не может быть открытой: назовите право вместо Public."
        )
    return view


def fresh_password(view: Any, info: Any) -> Any:
    """View deriver: a password given by somebody else is changed before anything else is done."""
    permission = info.options.get("permission")
    if info.exception_only or permission in (None, Public, Permission.SESSION_OWN_OPEN, "__no_permission_required__"):
        return view

    def guarded(context: Any, request: Any) -> Any:
        if request.identity is not None and request.identity.must_change:
            return HTTPSeeOther(location=request.script_name + PASSWORD_PAGE)
        return view(context, request)

    return guarded


def _name(info: Any) -> str:
    view = info.original_view
    return f"{getattr(view, '__module__', '')}.{getattr(view, '__qualname__', view)}"
