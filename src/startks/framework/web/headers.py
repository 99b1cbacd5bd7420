"""Headers of every answer: Content Security Policy and its kin.

``default-src 'self'`` and nothing unsafe: no inline script, no inline style, nobody may frame us. A template that must
have an inline element says ``nonce="${request.csp_nonce}"``; only then does the policy carry one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from pyramid.tweens import INGRESS

POLICY = (
    "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
    # data: pictures are those that Bootstrap's style sheet carries for its own controls
    "img-src 'self' data:; connect-src 'self'; font-src 'self'"
)
STRICT = f"{POLICY}; script-src 'self'; style-src 'self'"
PLAIN = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = "max-age=31536000; includeSubDomains"


def includeme(config) -> None:
    """Add the outermost tween and ``request.csp_nonce``."""
    config.add_request_method(lambda request: secrets.token_urlsafe(16), "csp_nonce", reify=True)
    config.add_tween("startks.framework.web.headers.tween_factory", under=INGRESS)


def policy(nonce: str | None) -> str:
    """Return the value of Content-Security-Policy."""
    if nonce is None:
        return STRICT
    return f"{POLICY}; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'"


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Put the headers on whatever the application answers."""

    def tween(request: Any) -> Any:
        response = handler(request)
        # straight to the list: through WebOb's mapping each header would cost a walk over all the others
        headers = [header for header in response.headerlist if header[0] not in PLAIN]
        given = {name.lower() for name, _value in headers}
        headers += PLAIN.items()
        if "content-security-policy" not in given:
            headers.append(("Content-Security-Policy", policy(request.__dict__.get("csp_nonce"))))
        if request.scheme == "https":
            headers.append(("Strict-Transport-Security", HSTS))
        if "cache-control" not in given:
            # what a signed-in person sees must not stay on a shared computer
            headers.append(("Cache-Control", "no-store" if request.session_token else "no-cache"))
        response.headerlist = headers
        return response

    return tween
