"""What a resident sees of the journal."""

from __future__ import annotations

from typing import Any

from addon_sample import queries


def latest(context: Any, request: Any) -> dict[str, Any] | None:
    """Return the last three inspections of the account's house; nothing where there was none."""
    entries = queries.latest(request.db, context.house_id, 3)
    return {"entries": entries} if entries else None
