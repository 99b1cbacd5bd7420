"""The one place where a licence refuses: views and tasks that write.

Reading and printing are never refused. A view writes when it says so (``writes=True``) or is asked by another method
than GET and HEAD; a view of a module is known by the directive that registered it, and a plain ``add_view`` by the
package it stands in, so nothing slips by.
"""

from __future__ import annotations

from typing import Any

from startks.framework.addons.lookup import Record, records
from startks.framework.addons.registry import addons_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def includeme(config) -> None:
    """Put the guard around views, inside the check of permissions: who may not see a page learns nothing of licences."""
    config.add_view_deriver(licence_guard, "startks_licence_guard")


def licence_guard(view: Any, info: Any) -> Any:
    """View deriver: refuse writing with :class:`WritingRefused` while the module's licence does not allow it."""
    addons = addons_of(info.registry)
    module = info.options.get("startks_module") or addons.owner(getattr(info.package, "__name__", None))
    writes = info.options.get("writes")
    if module is None or writes is False:
        return view

    def guarded(context: Any, request: Any) -> Any:
        if writes or request.method not in SAFE:
            addons.require_writable(module, getattr(request, "db", None))
        return view(context, request)

    return guarded


licence_guard.options = ("writes", "startks_module")


def require_task(registry: Any, name: str, session: Any = None) -> Record:
    """Return a registered task, or raise where there is none or its module may not write today.

    KeyError for an unknown task; :class:`WritingRefused` with the sentence for the job's page.
    """
    task = next((record for record in records(registry, "task") if record.name == name), None)
    if task is None:
        raise KeyError(name)
    if task["writes"]:
        addons_of(registry).require_writable(task.module, session)
    return task
