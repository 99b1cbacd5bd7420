"""How statements about one thing make its rows: pure, without a data base.

A thing (the area of a house, the holder of an account) is a line of pieces, half-open ranges of days with values. A
statement sets some columns. Without an end it holds until the next statement about the same column (a *point*); with
an end it lies over the line and what was there goes on after it (a *stretch*). So the order in which facts become known
does not matter. What does matter is refused: two different values for the same column on the same day by two points, a
stretch over a point or another stretch, a beginning on the day of an end.

Rows that came without a statement (a town's import) state all their columns on their first day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

BEGINNING = dt.date.min
END = dt.date.max


@dataclass(frozen=True, slots=True)
class Piece:
    """Days [since, until) with the same values; ``row`` is the caller's mark of the row it came from."""

    since: dt.date
    until: dt.date
    values: Mapping[str, Any]
    row: Any = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said. ``until`` None: until the next one. ``values`` None: the thing ends on the day ``since``."""

    since: dt.date
    until: dt.date | None
    values: Mapping[str, Any] | None
    correction: bool = False
    cuts: frozenset[dt.date] = frozenset()
    source: Any = None
    """the caller's record of it, given back by a refusal"""


class Contradiction(Exception):
    """``existing`` (a statement, or the piece of a row without one) says otherwise about ``column`` on ``day``."""

    def __init__(self, existing: Statement | Piece, column: str | None, day: dt.date) -> None:
        super().__init__(column, day)
        self.existing = existing
        self.column = column
        self.day = day


class Hole(Exception):
    """Nothing is known on ``day``, and the statement has not all the columns a row needs."""

    def __init__(self, day: dt.date, missing: Sequence[str]) -> None:
        super().__init__(day, missing)
        self.day = day
        self.missing = missing


@dataclass(slots=True)
class Line:
    """The pieces of one thing with what was said about it so far (oldest statement first)."""

    pieces: list[Piece]
    said: Sequence[Statement] = ()
    required: frozenset[str] = frozenset()
    """columns without which there is no row"""
    cuts: set[dt.date] = field(default_factory=set)
    """days at which :meth:`apply` cut a row or ended a row that it made"""
    _points: dict[str, dict[dt.date, Any]] = field(default_factory=dict)
    _stretches: list[tuple[dt.date, dt.date, Statement]] = field(default_factory=list)
    _ends: dict[dt.date, Statement] = field(default_factory=dict)
    _known_cuts: set[dt.date] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.pieces = sorted(self.pieces, key=lambda piece: piece.since)
        self._known_cuts = {day for statement in self.said for day in statement.cuts}
        for piece in self.pieces:
            if piece.since not in self._known_cuts:
                for column, value in piece.values.items():
                    self._points.setdefault(column, {})[piece.since] = (value, piece)
        for statement in self.said:
            self._remember(statement)

    def apply(self, new: Statement) -> list[Piece]:
        """Return the pieces after the statement. Raises :class:`Contradiction` or :class:`Hole`; changes nothing then."""
        if not new.correction:
            self._refuse_contradiction(new)
        before = list(self.pieces)
        try:
            if new.values is None:
                self._end(new.since)
            elif new.until is None:
                self._set_point(new)
            else:
                self._set_stretch(new)
        except Hole:
            self.pieces = before
            self.cuts.clear()
            raise
        return self.pieces

    # What was said

    def _remember(self, statement: Statement) -> None:
        if statement.values is None:
            self._ends[statement.since] = statement
            return
        if statement.correction:
            self._shorten_stretches(statement)
            self._ends = {
                day: end for day, end in self._ends.items() if not statement.since <= day < (statement.until or day)
            }
            if statement.until is None:
                self._ends.pop(statement.since, None)
        if statement.until is None:
            for column, value in statement.values.items():
                self._points.setdefault(column, {})[statement.since] = (value, statement)
        else:
            self._stretches.append((statement.since, statement.until, statement))

    def _shorten_stretches(self, statement: Statement) -> None:
        kept = []
        for since, until, other in self._stretches:
            if set(other.values) & set(statement.values) and since < (statement.until or END) and statement.since < until:
                if since < statement.since:
                    kept.append((since, statement.since, other))
                if statement.until is not None and statement.until < until:
                    kept.append((statement.until, until, other))
            else:
                kept.append((since, until, other))
        self._stretches = kept

    def _refuse_contradiction(self, new: Statement) -> None:
        last = new.until or new.since + dt.timedelta(days=1)  # a point contradicts on its own first day only
        for day, end in sorted(self._ends.items()):
            if new.values is not None and new.since <= day < last:
                raise Contradiction(end, None, day)
        for since, until, other in self._stretches:
            if since < last and new.since < until:
                if new.values is None:
                    raise Contradiction(other, None, max(since, new.since))
                for column, value in new.values.items():
                    if column in other.values and other.values[column] != value:
                        raise Contradiction(other, column, max(since, new.since))
        if new.values is None:
            for column, points in self._points.items():
                if new.since in points:
                    raise Contradiction(points[new.since][1], column, new.since)
            return
        for column, value in new.values.items():
            for day, (stated, source) in sorted(self._points.get(column, {}).items()):
                if new.since <= day < last and stated != value:
                    raise Contradiction(source, column, day)

    def _stated(self, column: str, day: dt.date) -> bool:
        return day in self._points.get(column, ())

    def _covered(self, column: str, piece: Piece) -> bool:
        return any(
            since <= piece.since and piece.until <= until and column in statement.values
            for since, until, statement in self._stretches
        )

    # What becomes of the pieces

    def _set_point(self, new: Statement) -> None:
        if new.correction:
            self._remember(new)
        self._cut(new.since)
        open_columns = dict(new.values)
        day = new.since
        while open_columns and day < END:
            index = self._at(day)
            if index is None:
                made_here = day == new.since
                if not made_here and (day not in self._known_cuts or day in self._ends):
                    return  # the thing ended here, and not only what lay over a hole
                if not made_here and len(open_columns) < len(new.values):
                    return
                day = self._fill(day, END, new.values)
                continue
            piece = self.pieces[index]
            if day != new.since:
                for column in [name for name in open_columns if self._stated(name, day)]:
                    del open_columns[column]
            fresh = {name: value for name, value in open_columns.items() if not self._covered(name, piece)}
            self.pieces[index] = replace(piece, values={**piece.values, **fresh})
            day = piece.until

    def _set_stretch(self, new: Statement) -> None:
        self._cut(new.since)
        if self._at(new.until) is None and self._at(new.until - dt.timedelta(days=1)) is None:
            self.cuts.add(new.until)  # the row made here ends, the thing was not there anyway
        self._cut(new.until)
        day = new.since
        while day < new.until:
            index = self._at(day)
            if index is None:
                day = self._fill(day, new.until, new.values)
                continue
            piece = self.pieces[index]
            self.pieces[index] = replace(piece, values={**piece.values, **new.values})
            day = piece.until

    def _end(self, day: dt.date) -> None:
        if self._at(day - dt.timedelta(days=1)) is None or self._at(day) is None:
            raise Hole(day, ())
        self._cut(day)
        self.cuts.discard(day)
        at = day
        while (index := self._at(at)) is not None:
            piece = self.pieces[index]
            if at != day and any(at in points for points in self._points.values()):
                return
            if not any(since <= piece.since and piece.until <= until for since, until, _ in self._stretches):
                del self.pieces[index]
            at = piece.until

    def _fill(self, day: dt.date, until: dt.date, values: Mapping[str, Any]) -> dt.date:
        missing = sorted(self.required - set(values))
        if missing:
            raise Hole(day, missing)
        following = [piece.since for piece in self.pieces if piece.since > day] + [
            end for end in self._ends if end > day
        ]
        until = min([until, *following])
        self.pieces.append(Piece(day, until, dict(values)))
        self.pieces.sort(key=lambda piece: piece.since)
        self._note_cut(day)
        return until

    def _cut(self, day: dt.date) -> None:
        index = self._at(day)
        if index is None or self.pieces[index].since == day:
            return
        piece = self.pieces[index]
        self.pieces[index : index + 1] = [replace(piece, until=day), Piece(day, piece.until, piece.values)]
        self._note_cut(day)

    def _note_cut(self, day: dt.date) -> None:
        self.cuts.add(day)
        self._known_cuts.add(day)

    def _at(self, day: dt.date) -> int | None:
        for index, piece in enumerate(self.pieces):
            if piece.since <= day < piece.until:
                return index
        return None


def in_force(pieces: Iterable[Piece], since: dt.date, until: dt.date | None) -> list[Piece]:
    """Return the pieces that have a day in [since, until)."""
    return [piece for piece in pieces if piece.since < (until or END) and since < piece.until]
