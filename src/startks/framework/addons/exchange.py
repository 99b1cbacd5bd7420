"""Contracts and events at run time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from startks.base.events import DISPATCHER, Dispatcher, Event
from startks.framework.addons.lookup import records
from startks.framework.addons.registry import addons_of

Interface = TypeVar("Interface")


def find_contract(registry: Any, interface: type[Interface], session: Any) -> Interface | None:
    """Return the object a licensed module offers for an interface, working in ``session``; None where nobody does."""
    for record in records(registry, "contract", interface, visible=True):
        return record.value(session)
    return None


def request_contract(request: Any, interface: type[Interface]) -> Interface | None:
    """Request method ``request.contract(Interface)``: :func:`find_contract` in the request's session."""
    return find_contract(request.registry, interface, request.db)


def dispatcher(registry: Any) -> Dispatcher:
    """Return the function that delivers events to the subscribers of modules that may write."""

    def dispatch(session: Any, event: Event) -> None:
        addons = addons_of(registry)
        for record in records(registry, "subscriber", type(event)):
            if addons.state(record.module).state.writable:
                record.value(session, event)

    return dispatch


@dataclass(frozen=True, slots=True)
class LateDispatcher:
    """Delivers the events of a command, which is no application until one happens: then ``registry()`` makes it one.

    Goes to child processes, so ``registry`` is a function of a module, or a partial of one.
    """

    registry: Callable[[], Any]

    def __call__(self, session: Any, event: Event) -> None:
        dispatcher(self.registry())(session, event)


def attach_events(sessions: Any, registry: Any) -> None:
    """Let the sessions of a factory (or one session) publish to this application's subscribers."""
    if hasattr(sessions, "configure"):
        sessions.configure(info={**sessions.kw.get("info", {}), DISPATCHER: dispatcher(registry)})
    else:
        sessions.info[DISPATCHER] = dispatcher(registry)
