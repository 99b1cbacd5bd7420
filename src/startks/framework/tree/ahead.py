"""What the first page of a place reads, read together with the place.

Waiting for the data base costs a page more than what it waits for: while another process works, the processor forgets
this one. So what a hot page is known to read is asked for in the round trip that finds its place and its reader::

    config.add_read_ahead(Account, BILL)          # when the application is put together
    row = read_ahead(request, BILL)               # in the view; None: not read, ask yourself

Only for the portal's page without a view name and without a query, and only where the browser sent a token. Rights are
judged afterwards as on every page; what was read for somebody who has none is never looked at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from startks.base.db.hot import Hot
from startks.framework.tree.nodes import Node

STATEMENTS = "startks.read_ahead"
FOUND = "startks_read_ahead"
KINDS = ("root", "district", "house", "apartment", "account")
"""Kind of node by the number of names in its address."""


def includeme(config) -> None:
    """Add the directive ``add_read_ahead``."""
    config.add_directive("add_read_ahead", add_read_ahead)


def add_read_ahead(config, context: type[Node], statement: Hot) -> None:
    """Let the statement be read with the place of ``context``.

    It is asked with the names of the address, ``:s0`` to ``:s3``, and ``:today``, and has one row at most.
    """
    kept = config.registry.setdefault(STATEMENTS, {})
    config.action(None, lambda: kept.update({context.kind: (*kept.get(context.kind, ()), statement)}))


def read_ahead(request: Any, statement: Hot) -> Any:
    """Return what was read of the statement; None where it was not read, or had no row."""
    found = request.__dict__.get(FOUND)
    return None if found is None else found.get(statement)


def asker(request: Any, names: Sequence[str]) -> Callable[[Hot, dict[str, Any]], Any] | None:
    """Return how to ask for the place of the page at ``names``, so that what is read ahead comes with it."""
    ask = getattr(request, "ask_beside", None)
    statements = request.registry.get(STATEMENTS, {}).get(KINDS[len(names)], ()) if ask is not None else ()
    if not statements or request.environ.get("QUERY_STRING") or not request.session_token:
        return ask

    def ask_all(place: Hot, values: dict[str, Any]) -> Any:
        found, *ahead = ask(_together(place, statements), {**values, "today": dt.date.today()})
        request.__dict__[FOUND] = dict(zip(statements, ahead, strict=True))
        return found

    return ask_all


@cache
def _together(place: Hot, statements: tuple[Hot, ...]) -> Hot:
    return place.beside(*statements)
