"""A wizard as data: what the parts that have wizards write down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import colander

from startks.base.errors import StartksError


class FieldFault(StartksError):
    """What a check says about one field."""

    def __init__(self, field: str, message: Any) -> None:
        super().__init__(message)
        self.field = field


class State:
    """What a wizard's functions see: the request, the node, and the checked values of the steps so far."""

    def __init__(self, request: Any, context: Any, values: dict[str, dict[str, Any]]) -> None:
        self.request = request
        self.context = context
        self.values = values
        self.memo: dict[Any, Any] = {}
        """for what a review and a finish both look up"""

    def __getitem__(self, step: str) -> Mapping[str, Any]:
        """Values of a step; empty for one that was left out or is still to come."""
        return self.values.get(step, {})

    def get(self, step: str, field: str, default: Any = None) -> Any:
        """Value of one field."""
        return self.values.get(step, {}).get(field, default)

    @property
    def db(self) -> Any:
        """The request's session."""
        return self.request.db

    @property
    def by(self) -> Any:
        """Who is working: the identity."""
        return self.request.identity

    def translate(self, message: Any) -> str:
        """The message in the reader's language."""
        return self.request.localizer.translate(message)


Schema = Callable[[State], colander.SchemaNode] | type[colander.SchemaNode]


@dataclass(frozen=True, slots=True)
class Step:
    """One page of fields."""

    name: str
    title: Any
    schema: Schema
    hint: Any = None
    """a sentence, or a function of the state that returns one or None"""
    check: Callable[[State, dict[str, Any]], None] | None = None
    applies: Callable[[State], bool] | None = None
    initial: Callable[[State], Mapping[str, Any]] | None = None
    """values a step begins with that nobody has typed into"""
    suggest: Mapping[str, Callable[[State], Sequence[str]]] = field(default_factory=dict)
    """words a text field offers while it is typed into; its attributes name the list: ``{"list": "suggest-street"}``"""


@dataclass(slots=True)
class Review:
    """What the last page shows before anything is saved."""

    rows: Sequence[tuple[Any, Any]] = ()
    """(title, value); values are shown as they are, empty ones as a dash"""
    notes: Sequence[Any] = ()
    """sentences: what it leads to, what becomes of the debt"""
    warnings: Sequence[Any] = ()
    touched: Sequence[int] = ()
    """calculated months (YYYYMM) that the change reaches"""
    tables: Sequence[tuple[Any, Sequence[Any], Sequence[Sequence[Any]]]] = field(default_factory=tuple)
    """(title, heads, rows)"""


@dataclass(frozen=True, slots=True)
class Done:
    """Where to go after it was saved, and what to say there."""

    url: str
    sentence: Any


@dataclass(frozen=True, slots=True)
class Wizard:
    """Steps, what is shown before saving, and the service that saves."""

    name: str
    title: Any
    steps: tuple[Step, ...]
    review: Callable[[State], Review]
    finish: Callable[[State], Done]
    save: Any = None
    """words of the last button"""
    back_to: Callable[[Any, Any], str] | None = None
    """(request, context) → page to return to when it is cancelled; the node's card by default"""
    allowed: Callable[[Any, Any], Any] | None = None
    """(request, context) → None, or a sentence that says why it cannot be begun here"""
    listed: bool = True
    """shown in the menu of the node's card"""

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        if len(set(names)) != len(names) or not names:
            raise ValueError(f"wizard {self.name}: its steps need names of their own")
