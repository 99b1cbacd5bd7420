"""Trace interpreter: one line of a bill calculated and explained.

A :class:`Traced` is an exact fraction that remembers how it came about. From it :func:`explain_step` renders
the formula in words, in symbols and with the account's own numbers. The result is plain data
(:class:`Explanation`, :class:`Step`): no HTML, so the cabinet, the office and a court paper show the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .numbers import Condition, Number, cut_off, round_half_up

_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}
_SIGN = {"+": " + ", "-": " − ", "*": " × ", "/": " / "}
_COMPARISON = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠"}


def number_text(value: Fraction, digits: int = 6) -> str:
    """A number as a person reads it: ``5,237``; endless or longer fractions are cut with ``≈``."""
    shown = round_half_up(value, digits)
    text = f"{abs(shown.numerator) * 10**digits // shown.denominator:0{digits + 1}d}"
    whole, fraction = text[:-digits], text[-digits:].rstrip("0")
    grouped = f"{int(whole):,}".replace(",", "\u00a0")
    body = f"{grouped},{fraction}" if fraction else grouped
    sign = "−" if shown < 0 else ""
    return ("≈" if shown != value else "") + sign + body


@dataclass(frozen=True)
class Node:
    """A piece of formula. ``strength`` 3 never needs brackets; ``parts`` are its operands."""

    kind: str
    value: Fraction
    parts: tuple[Node, ...] = ()
    sign: str = ""
    title: str = ""
    symbol: str = ""
    notes: tuple[str, ...] = ()

    def text(self, mode: str) -> str:
        """``mode`` is ``words``, ``symbols`` or ``numbers``."""
        if self.kind in ("leaf", "named"):
            shown = {"words": self.title, "symbols": self.symbol, "numbers": number_text(self.value)}[mode]
            return f"({shown})" if mode == "numbers" and self.value < 0 else shown
        if self.kind == "constant":
            return number_text(self.value)
        if self.kind in ("rounded", "chosen"):
            return self.parts[0].text(mode)
        if self.kind == "call":
            return f"{self.sign} ({'; '.join(part.text(mode) for part in self.parts)})"
        left, right = self.parts
        return self._bracketed(left, mode, False) + _SIGN[self.sign] + self._bracketed(right, mode, True)

    def _bracketed(self, part: Node, mode: str, right: bool) -> str:
        text = part.text(mode)
        inner = part.bare()
        if inner.kind != "operation":
            return text
        mine, theirs = _STRENGTH[self.sign], _STRENGTH[inner.sign]
        weak = theirs < mine or (right and theirs == mine and self.sign in "-/")
        return f"({text})" if weak else text

    def bare(self) -> Node:
        """The node under roundings and choices, which are not shown in the formula."""
        return self.parts[0].bare() if self.kind in ("rounded", "chosen") else self

    def all_notes(self) -> list[str]:
        """Conditions met on the way, in order, each once."""
        found = list(self.notes)
        for part in self.parts:
            found += [note for note in part.all_notes() if note not in found]
        return found


@dataclass(frozen=True)
class Step:
    """One named result: an input (no expression), an intermediate amount or an output of the rule.

    ``value`` is exact in ``unit``; ``conditions`` are sentences of the choices the law made on the way.
    """

    name: str
    title: str
    unit: str
    value: Fraction
    expression: str = ""
    symbols: str = ""
    expression_with_numbers: str = ""
    source: str = ""
    conditions: tuple[str, ...] = ()

    @property
    def value_text(self) -> str:
        """The value in Russian notation, at most six decimals."""
        return number_text(self.value)

    def as_dict(self) -> dict[str, Any]:
        """Plain strings and lists, fit for JSON."""
        return {
            "name": self.name, "title": self.title, "unit": self.unit, "value": self.value_text,
            "expression": self.expression, "symbols": self.symbols,
            "expression_with_numbers": self.expression_with_numbers, "source": self.source,
            "conditions": list(self.conditions),
        }


@dataclass(frozen=True)
class Explanation:
    """Where a line comes from: the rule's law, the inputs used, the steps in order, the results.

    ``results`` maps an output's name to its exact value (kopecks for money).
    """

    rule_key: str
    rule_id: int
    version: int
    title: str
    act: str
    paragraph: str
    label: str
    inputs: tuple[Step, ...]
    steps: tuple[Step, ...]
    results: dict[str, Fraction] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain strings, numbers and lists, fit for JSON."""
        return {
            "rule_key": self.rule_key, "rule_id": self.rule_id, "version": self.version,
            "title": self.title, "act": self.act, "paragraph": self.paragraph, "label": self.label,
            "inputs": [step.as_dict() for step in self.inputs],
            "steps": [step.as_dict() for step in self.steps],
            "results": {name: number_text(value) for name, value in self.results.items()},
        }


def explain_step(name: str, title: str, unit: str, value: Fraction, node: Node) -> Step:
    """The step of a result whose formula is ``node``."""
    return Step(
        name, title, unit, value, node.text("words"), node.text("symbols"), node.text("numbers"),
        conditions=tuple(node.all_notes()),
    )


@dataclass(frozen=True, eq=False)
class Traced(Number):
    """An exact value, the formula it came from, and the steps named so far (shared by one explanation)."""

    value: Fraction
    node: Node
    steps: list[Step]

    @classmethod
    def leaf(cls, value: Fraction, title: str, symbol: str, steps: list[Step]) -> Traced:
        """An input of the rule."""
        return cls(value, Node("leaf", value, title=title, symbol=symbol), steps)

    def lift(self, value: Any) -> Traced:
        if isinstance(value, Traced):
            return value
        exact = Fraction(value)
        return Traced(exact, Node("constant", exact), self.steps)

    def _operation(self, sign: str, other: Traced, value: Fraction) -> Traced:
        return Traced(value, Node("operation", value, (self.node, other.node), sign), self.steps)

    def add(self, other: Traced) -> Traced:
        return self._operation("+", other, self.value + other.value)

    def subtract(self, other: Traced) -> Traced:
        return self._operation("-", other, self.value - other.value)

    def multiply(self, other: Traced) -> Traced:
        return self._operation("*", other, self.value * other.value)

    def divide(self, other: Traced) -> Traced:
        return self._operation("/", other, self.value / other.value)

    def compare(self, sign: str, other: Traced) -> TracedCondition:
        holds = {
            "<": self.value < other.value, "<=": self.value <= other.value, ">": self.value > other.value,
            ">=": self.value >= other.value, "==": self.value == other.value, "!=": self.value != other.value,
        }[sign]
        words = f"{self.node.text('words')} {_COMPARISON[sign]} {other.node.text('words')}"
        numbers = f"{self.node.text('numbers')} {_COMPARISON[sign]} {other.node.text('numbers')}"
        return TracedCondition(holds, f"{words} ({numbers}): {'да' if holds else 'нет'}", self)

    def smaller(self, other: Traced) -> Traced:
        value = min(self.value, other.value)
        return Traced(value, Node("call", value, (self.node, other.node), "меньшее из"), self.steps)

    def larger(self, other: Traced) -> Traced:
        value = max(self.value, other.value)
        return Traced(value, Node("call", value, (self.node, other.node), "большее из"), self.steps)

    def rounded(self, digits: int) -> Traced:
        value = round_half_up(self.value, digits)
        return Traced(value, Node("rounded", value, (self.node,)), self.steps)

    def cut(self, digits: int) -> Traced:
        value = cut_off(self.value, digits)
        name = "целая часть" if not digits else f"без округления до {digits} знаков"
        return Traced(value, Node("call", value, (self.node,), name), self.steps)

    def named(self, name: str, title: str, unit: str) -> Traced:
        self.steps.append(explain_step(name, title, unit, self.value, self.node))
        return Traced(self.value, Node("named", self.value, title=title, symbol=title), self.steps)


@dataclass(frozen=True, eq=False)
class TracedCondition(Condition):
    """A comparison that knows its answer and can say it in words."""

    holds: bool
    note: str
    origin: Traced

    def choose(self, yes: Any, no: Any) -> Traced:
        taken = self.origin.lift(yes if self.holds else no)
        return Traced(taken.value, Node("chosen", taken.value, (taken.node,), notes=(self.note,)), taken.steps)
