"""What the machine may refuse: recognised by its error, told in one sentence with the way out."""

from __future__ import annotations

import errno
from collections.abc import Iterator

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FULL_STATE = "53100"
"""SQLSTATE disk_full."""
FULL_WORDS = "No space left on device"


def machine_trouble(error: BaseException) -> str | None:
    """Return the Russian sentence for a full disk anywhere among an error's causes, None for anything else."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in FULL:
            place = f" (файл {cause.filename})" if cause.filename else ""
            return f"На диске кончилось место{place}: освободите его и повторите."
        if getattr(cause, "sqlstate", None) == FULL_STATE or FULL_WORDS in str(cause):
            return "На диске базы данных кончилось место: освободите его и повторите."
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [getattr(cause, "orig", None), cause.__cause__, cause.__context__]
