"""Инвентаризация after a migration: what is there, what it adds up to, what hangs in the air, what is there twice.

Each register brings its own questions (:attr:`Register.questions`); this page asks them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text

from startks.framework.exchange.town.registers import Question, Register

EXAMPLES = 5
KINDS = {"sum": "Итоги", "orphan": "Без пары", "duplicate": "Повторы", "gap": "Чего не хватит расчёту"}


@dataclass(frozen=True)
class Finding:
    """An answer: for a sum its value as text, else how many and some of them."""

    register: str
    question: Question
    count: int
    value: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inventory:
    """Rows by register and the answers; ``day`` is the day on which dated facts were looked at."""

    day: dt.date
    counts: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def troubles(self) -> tuple[Finding, ...]:
        """Answers that want a look."""
        return tuple(found for found in self.findings if found.question.kind != "sum" and found.count)


def take_inventory(connection: Connection, registers: Iterable[Register]) -> Inventory:
    """Count, add up and search. Dated facts are looked at on the first day of the first open month, else today."""
    first = connection.scalar(text("SELECT min(id) FROM period WHERE state <> 'closed'"))
    day = dt.date(first // 100, first % 100, 1) if first else connection.scalar(text("SELECT current_date"))
    counts, findings = {}, []
    for register in registers:
        where = f" WHERE {register.where}" if register.where else ""
        counts[register.name] = connection.scalar(text(f"SELECT count(*) FROM {register.source or register.table} t{where}"))
        findings += [_ask(connection, register, question, day) for question in register.questions]
    return Inventory(day, counts, tuple(findings))


def _ask(connection: Connection, register: Register, question: Question, day: dt.date) -> Finding:
    parameters = {"day": day} if ":day" in question.sql else {}
    if question.kind == "sum":
        value = connection.scalar(text(question.sql), parameters)
        return Finding(register.name, question, 0, "0" if value is None else str(value))
    count, examples = connection.execute(
        text(f"""SELECT count(*), (array_agg(name ORDER BY name))[1:{EXAMPLES}] FROM ({question.sql}) AS found (name)"""),
        parameters,
    ).one()
    return Finding(register.name, question, count, examples=tuple(examples or ()))
