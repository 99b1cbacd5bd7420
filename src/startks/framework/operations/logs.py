"""Logs: one JSON object a line, without personal data.

What is written: time, level, logger, words, and for a request its number, method, page (kind of node and view, never the
address itself, which names flats and accounts), status and milliseconds. What is never written: names, phones, e-mails,
account numbers, and the texts in which a library quotes what it was given:

* arguments of a message and foreign texts pass :func:`without_personal_data`;
* of an error of the data base only its class, SQLSTATE, table and constraint remain: its own words quote the row;
* of other foreign errors the words remain without what stands in quotes or brackets.

The ini file names the formatter: ``class = startks.framework.operations.logs.JsonFormatter`` (or ``PlainFormatter``).
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import psycopg
from sqlalchemy.exc import StatementError

from startks.base.errors import StartksError

REQUEST: ContextVar[str | None] = ContextVar("startks.request", default=None)
"""Number of the request that this thread serves: it stands in every line the request causes."""
FIELDS = "startks_fields"
"""Name of the record's attribute with further fields (``log.info("…", extra={FIELDS: {…}})``)."""
OUR_LOGGERS = ("startks", "startks_portal", "startks_backoffice")

_LONG_NUMBER = re.compile(r"(?<![\w.])(?!\d{4}-\d\d(?!\S))\+?\d[\d\s()\-]{5,}\d(?![\w.])|\d{6,}")  # 2026-11 is a month
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WORD = r"[А-ЯЁ][а-яё]+(?:-[А-ЯЁ][а-яё]+)?"
_NAME = re.compile(rf"\b{_WORD}(?:\s+{_WORD})+\b|\b{_WORD}\s+[А-ЯЁ]\.(?:\s?[А-ЯЁ]\.)?|\b[А-ЯЁ]\.\s?[А-ЯЁ]\.\s?{_WORD}")
_QUOTED = re.compile(r"""«[^»]*»|"[^"]*"|'[^']*'|\([^)]*\)|\[[^\]]*\]|\{[^}]*\}""")
_ADDRESS = re.compile(r"(?<!\S)/[^\s?]+/[^\s]*|\bhttps?://\S+")
_SECRET_URL = re.compile(r"(\w+://)[^\s/@]*@")


def without_personal_data(words: str) -> str:
    """Return the text with long numbers (accounts, phones, documents), e-mails and people's names masked."""
    words = _SECRET_URL.sub(r"\1…@", words)
    words = _MAIL.sub("…@…", words)
    words = _NAME.sub("…", words)
    return _LONG_NUMBER.sub("#", words)


def foreign_words(words: str) -> str:
    """Return what a library says, without what it quotes and without addresses of pages."""
    return without_personal_data(_ADDRESS.sub("/…", _QUOTED.sub("…", words)))


class JsonFormatter(logging.Formatter):
    """One JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(fields_of(record), ensure_ascii=False, default=str)


class PlainFormatter(logging.Formatter):
    """The same content as a line for a person."""

    def format(self, record: logging.LogRecord) -> str:
        fields = fields_of(record)
        head = f"{fields.pop('time')} {fields.pop('level'):7} {fields.pop('logger')}: {fields.pop('message')}"
        error = fields.pop("error", ())
        rest = " ".join(f"{name}={value}" for name, value in fields.items())
        lines = [f"{head} {rest}".rstrip()]
        for cause in error:
            lines.append(f"  {cause['type']}: {cause['words']}")
            lines += [f"    {frame}" for frame in cause["frames"]]
        return "\n".join(lines)


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what is written of a record, in order."""
    fields: dict[str, Any] = {
        "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": _words(record),
        "process": record.process,
    }
    request = REQUEST.get()
    if request is not None:
        fields["request"] = request
    fields.update(getattr(record, FIELDS, {}))
    if record.exc_info and record.exc_info[1] is not None:
        fields["error"] = [_error(error) for error in _chain(record.exc_info[1])]
    return fields


def _words(record: logging.LogRecord) -> str:
    ours = record.name.partition(".")[0] in OUR_LOGGERS
    try:
        words = record.getMessage()
    except Exception:  # noqa: BLE001 - a library's wrong format must not cost the line
        words = str(record.msg)
    return without_personal_data(words) if ours else foreign_words(words)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what caused it, the last first; a loop in the chain ends it."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _error(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    frames = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__, limit=-20)
    ]
    return {"type": f"{kind.__module__}.{kind.__qualname__}", "words": _error_words(error), "frames": frames}


def _error_words(error: BaseException) -> str:
    if isinstance(error, StartksError):
        return without_personal_data(error.message)
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, psycopg.Error):
        diagnosis = cause.diag
        known = (("SQLSTATE", cause.sqlstate), ("table", diagnosis.table_name), ("constraint", diagnosis.constraint_name))
        return ", ".join(f"{name} {value}" for name, value in known if value) or "no answer"
    if isinstance(error, StatementError):  # its words hold the statement with its parameters
        return type(cause).__name__
    return foreign_words(str(error))
