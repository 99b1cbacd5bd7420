"""Which code does which kind of job."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from startks.base.errors import StartksError


@dataclass(frozen=True, slots=True)
class JobInfo:
    """What a chunk's code may know of its job; plain data."""

    id: int
    kind: str
    title: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChunkInfo:
    """What a chunk's code may know of its chunk; ``attempt`` counts from 1."""

    number: int
    payload: dict[str, Any]
    weight: int
    attempt: int


@dataclass(frozen=True, slots=True)
class JobKind:
    """The code of a kind. All are called inside a transaction, and what they return (JSON, or None) is kept.

    ``run_chunk(session, job, chunk)`` does one chunk. ``finish(session, job)`` runs once, after all chunks are done.
    ``stopped(session, job)`` cleans up after a stop or a failure. Work must be written through the session: the chunk
    is marked done in the same transaction, and a worker that lost its lease is rolled back.
    """

    name: str
    run_chunk: Callable[..., dict | None]
    finish: Callable[..., dict | None] | None = None
    stopped: Callable[..., None] | None = None

    def paths(self) -> tuple[str | None, ...]:
        """Return ``module:function`` of each part, by which another process finds the same code."""
        return tuple(
            f"{part.__module__}:{part.__qualname__}" if part is not None else None
            for part in (self.run_chunk, self.finish, self.stopped)
        )


_KINDS: dict[str, JobKind] = {}


def register_job_kind(
    name: str,
    run_chunk: Callable[..., dict | None],
    finish: Callable[..., dict | None] | None = None,
    stopped: Callable[..., None] | None = None,
) -> JobKind:
    """Register the code of a kind in this process; the same again is no error, another one under the name is."""
    kind = JobKind(name, run_chunk, finish, stopped)
    known = _KINDS.setdefault(name, kind)
    if known.paths() != kind.paths():
        raise ValueError(f"job kind {name!r} is taken by {known.paths()[0]}")
    return known


def register_by_paths(name: str, paths: tuple[str | None, ...]) -> JobKind:
    """Register a kind by ``module:function`` names (see :meth:`JobKind.paths`)."""
    return register_job_kind(name, *(None if path is None else _resolve(path) for path in paths))


def job_kind(name: str) -> JobKind:
    """Return the registered kind; :class:`StartksError` where this process has no code for it."""
    try:
        return _KINDS[name]
    except KeyError:
        raise StartksError(
            f"Нет кода для задания вида «{name}»: включите его модуль в startks.modules и перезапустите исполнителей."
        ) from None


def _resolve(path: str) -> Callable[..., Any]:
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found
