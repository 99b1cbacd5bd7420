"""Logs hold no personal data, whatever was handed to them."""

from __future__ import annotations

import json
import logging

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, StatementError

from startks.base.errors import StartksError
from startks.framework.operations.logs import (
    FIELDS,
    REQUEST,
    JsonFormatter,
    PlainFormatter,
    foreign_words,
    without_personal_data,
)


def record(message, *arguments, name="startks.test", error=None, **extra):
    made = logging.LogRecord(name, logging.WARNING, __file__, 1, message, arguments, (type(error), error, None) if error else None)
    made.__dict__.update(extra)
    return made


def written(*arguments, **options):
    return json.loads(JsonFormatter().format(record(*arguments, **options)))


@pytest.mark.parametrize(
    "secret",
    [
        "6300012345",
        "+7 (927) 123-45-67",
        "8 927 123 45 67",
        "123-456-789 01",
        "ivanova@mail.ru",
        "Иванова Мария Петровна",
        "Иванова М. П.",
        "М. П. Иванова",
        "Салтыков-Щедрин Михаил",
    ],
)
def test_personal_values_are_masked(secret):
    shown = without_personal_data(f"счёт {secret} не найден")
    assert secret not in shown
    assert not any(word in shown for word in ("Иванов", "Щедрин", "927", "6300"))
    assert shown.startswith("счёт ") and shown.endswith(" не найден")


@pytest.mark.parametrize("words", ["job 17, chunk 3", "Задание 42 не закончено: повторите", "месяц 2026-11 за 3.25 s", "2026-11"])
def test_what_is_nobodys_stays(words):
    assert without_personal_data(words) == words


def test_a_library_is_not_believed():
    assert foreign_words("invalid literal for int() with base 10: 'Иванов'") == "invalid literal for int… with base 10: …"
    assert "kv-12" not in foreign_words("Exception while serving /samara/dom-3/kv-12/6300012345")
    assert foreign_words("lost redis://user:word@host:1/0") == "lost redis://…@host:1/0"


def test_a_record_is_one_json_line():
    token = REQUEST.set("abc")
    try:
        line = JsonFormatter().format(record("request", **{FIELDS: {"page": "portal:House", "ms": 1.5}}))
    finally:
        REQUEST.reset(token)
    fields = json.loads(line)
    assert "\n" not in line
    assert list(fields) == ["time", "level", "logger", "message", "process", "request", "page", "ms"]


def test_an_error_of_the_data_base_keeps_its_class_and_constraint_only():
    cause = psycopg.errors.UniqueViolation("Key (last_name)=(Иванов) already exists.")
    error = IntegrityError("INSERT INTO person VALUES (%(name)s)", {"name": "Иванов"}, cause)
    fields = written("refused", error=error)
    assert "Иванов" not in json.dumps(fields, ensure_ascii=False)
    assert fields["error"][0]["type"].endswith("IntegrityError")
    assert "INSERT" not in json.dumps(fields)


def test_a_statement_error_does_not_tell_its_parameters():
    error = StatementError("bad", "SELECT :name", {"name": "Иванов"}, ValueError("Иванов"))
    assert "Иванов" not in json.dumps(written("refused", error=error), ensure_ascii=False)


def test_causes_are_told_too_and_our_own_words_stay():
    try:
        try:
            raise KeyError("Иванов Иван")
        except KeyError as cause:
            raise StartksError("Нет тарифа: внесите его.") from cause
    except StartksError as error:
        fields = written("stopped", error=error)
    assert [item["words"] for item in fields["error"]] == ["Нет тарифа: внесите его.", "…"]


def test_a_message_of_a_library_with_a_wrong_format_is_still_a_line():
    assert written("%d %d", "a", name="foreign")["message"] == "%d %d"


def test_plain_lines_hold_the_same():
    line = PlainFormatter().format(record("счёт %s", "6300012345", **{FIELDS: {"page": "-"}}))
    assert "startks.test: счёт #" in line and "page=-" in line and "6300012345" not in line
