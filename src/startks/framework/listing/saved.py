"""Lists under a name: a user's own ones, nobody else sees them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from startks.base.errors import StartksError
from startks.framework.listing.models import SavedList

MOST = 50
"""Views that one user keeps of one list."""
LONGEST = 2000
_PATH = re.compile(r"/office(?:/[A-Za-z0-9._+@~%-]*)*")
_PASSING = frozenset({"page"})


@dataclass(frozen=True, slots=True)
class Saved:
    """A kept view: ``url`` opens the list as it was kept."""

    id: int
    name: str
    url: str


def checked_place(path: str, query: str) -> tuple[str, list[tuple[str, str]]]:
    """Return path and parameters of a page of the office; StartksError where it is no such place."""
    if not _PATH.fullmatch(path) or len(path) + len(query) > LONGEST or "/../" in f"{path}/":
        raise StartksError("Это не список кабинета: откройте список и нажмите «Отборы и выгрузка» ещё раз.")
    return path, [(name, value) for name, value in parse_qsl(query) if name not in _PASSING]


def own_lists(session: Any, user_id: int, name: str) -> Sequence[Saved]:
    """Return the user's kept views of a list, by name."""
    rows = session.execute(
        select(SavedList.id, SavedList.name, SavedList.path, SavedList.parameters)
        .where(SavedList.user_id == user_id, SavedList.list == name)
        .order_by(func.ru_sort(SavedList.name), SavedList.id)
        .limit(MOST)
    )
    return [Saved(row.id, row.name, _address(row.path, row.parameters)) for row in rows]


def _address(path: str, parameters: Sequence[Sequence[str]]) -> str:
    return path + (f"?{urlencode([tuple(pair) for pair in parameters])}" if parameters else "")


def save_list(session: Any, user_id: int, list_name: str, name: str, path: str, query: str) -> None:
    """Keep a view under a name; the same name again replaces it. StartksError for a bad name or place."""
    place, parameters = checked_place(path, query)
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100:
        raise StartksError("Назовите отбор: от 1 до 100 знаков.")
    kept = session.scalar(
        select(func.count()).where(SavedList.user_id == user_id, SavedList.list == list_name, SavedList.name != name)
    )
    if kept >= MOST:
        raise StartksError(f"У списка уже {MOST} отборов: удалите лишние.")
    values = {"path": place, "parameters": [list(one) for one in parameters]}
    session.execute(
        insert(SavedList)
        .values(user_id=user_id, list=list_name, name=name, **values)
        .on_conflict_do_update(constraint="uq_saved_list_user_id_list_name", set_=values)
    )


def delete_list(session: Any, user_id: int, saved_id: int) -> bool:
    """Forget a kept view; False where the user has no such one."""
    gone = session.execute(delete(SavedList).where(SavedList.id == saved_id, SavedList.user_id == user_id))
    return bool(gone.rowcount)
