"""Cookies: the session's token, the language, the CSRF token, messages for the next page.

With ``startks.secure_cookies`` they are ``__Host-`` cookies: Secure, path ``/``, no domain, so no neighbour of the site
can plant one. ``SameSite=Lax`` everywhere.
"""

from __future__ import annotations

from typing import Any

from pyramid.csrf import CookieCSRFStoragePolicy
from pyramid.session import JSONSerializer, SignedCookieSessionFactory

from startks.framework.web import secret_of, settings_of

SESSION = "startks"
CSRF = "csrf"
FLASH = "flash"
FLASH_SECONDS = 600


def includeme(config) -> None:
    """Set how CSRF tokens and messages are kept; give every request its ``session_token``."""
    registry = config.registry
    config.add_request_method(session_token, "session_token", reify=True)
    secure = settings_of(registry).secure_cookies
    config.set_csrf_storage_policy(
        CookieCSRFStoragePolicy(
            cookie_name=cookie_name(registry, CSRF), secure=secure, httponly=True, samesite="Lax", path="/"
        )
    )
    # Signed, never secret: it only carries sentences for the next page. Reading it sets no cookie (reissue_time None).
    config.set_session_factory(
        SignedCookieSessionFactory(
            secret_of(registry),
            cookie_name=cookie_name(registry, FLASH),
            secure=secure,
            httponly=True,
            samesite="Lax",
            path="/",
            timeout=FLASH_SECONDS,
            reissue_time=None,
            serializer=JSONSerializer(),
        )
    )


def cookie_name(registry: Any, name: str) -> str:
    """Return the cookie's full name on this installation."""
    return f"__Host-{name}" if settings_of(registry).secure_cookies else name


def session_token(request: Any) -> str | None:
    """Return the session's token the browser sent, None where there is none."""
    return request.cookies.get(cookie_name(request.registry, SESSION)) or None


def set_session(request: Any, response: Any, token: str) -> None:
    """Give the browser the token; it forgets it when it is closed, the server when the session ends."""
    response.set_cookie(cookie_name(request.registry, SESSION), token, **_flags(request))


def drop_session(request: Any, response: Any) -> None:
    """Take the token away."""
    response.set_cookie(cookie_name(request.registry, SESSION), "", max_age=0, **_flags(request))


def set_plain(request: Any, response: Any, name: str, value: str, max_age: int) -> None:
    """Set a cookie that carries a choice of the reader, not a right."""
    response.set_cookie(name, value, max_age=max_age, **_flags(request))


def _flags(request: Any) -> dict[str, Any]:
    return {
        "path": "/",
        "secure": settings_of(request.registry).secure_cookies,
        "httponly": True,
        "samesite": "Lax",
    }
