"""One request class for the whole application.

Pyramid puts what ``add_request_method`` added on each request by making a *new class* for it: some 20 µs a page, and every
attribute looked up afterwards misses the interpreter's caches. All additions are known when the configuration is
committed, so they are put on one class then. What is added later still works, the slow way.
"""

from __future__ import annotations

from typing import Any

from pyramid.interfaces import IRequestExtensions, IRequestFactory
from pyramid.request import Request

LAST = 10_000
"""Order of the action: after every registration."""


def includeme(config) -> None:
    """Make the class when everything is registered."""
    config.action("startks request class", lambda: settle(config.registry), order=LAST)


def settle(registry: Any) -> None:
    """Move the added methods and properties from the registry's list to a class of requests."""
    added = registry.queryUtility(IRequestExtensions)
    if added is None:
        return
    base = registry.queryUtility(IRequestFactory, default=Request)
    members = {**added.methods, **added.descriptors}
    registry.registerUtility(type(base.__name__, (base,), {"__module__": base.__module__, **members}), IRequestFactory)
    added.methods.clear()
    added.descriptors.clear()
