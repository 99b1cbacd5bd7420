"""The rules of time, on generated statements: order does not matter, no hole, no overlap, refusals name both."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from startks.domain.facts.timeline import END, Contradiction, Hole, Line, Piece, Statement

# How fast a loaded machine draws examples says nothing about the rules.
settled = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

DAYS = [dt.date(2026, 1, 1) + dt.timedelta(days=number) for number in range(10)]
FIRST = dt.date(2020, 1, 1)


@st.composite
def statements(draw):
    since = draw(st.integers(0, 8))
    until = draw(st.none() | st.integers(since + 1, 9))
    values = draw(st.dictionaries(st.sampled_from("ab"), st.integers(1, 3), min_size=1))
    return Statement(DAYS[since], None if until is None else DAYS[until], values)


def run(pieces, said):
    """Apply the statements one by one, each knowing those before, as the services do."""
    pieces, kept = list(pieces), []
    for statement in said:
        line = Line(pieces, kept, frozenset("ab"))
        pieces = list(line.apply(statement))
        kept.append(
            Statement(statement.since, statement.until, statement.values, statement.correction, frozenset(line.cuts))
        )
    return pieces


def by_day(pieces, first=DAYS[0] - dt.timedelta(days=2)):
    """{day: values}: what the rows say, whatever they are cut into."""
    found = {}
    for number in range(14):
        day = first + dt.timedelta(days=number)
        holding = [piece for piece in pieces if piece.since <= day < piece.until]
        assert len(holding) <= 1, "two rows for one day"
        found[day] = dict(holding[0].values) if holding else None
    return found


whole = st.builds(lambda values: Piece(FIRST, END, values, "row"), st.fixed_dictionaries({"a": st.just(0), "b": st.just(0)}))


@settled
@given(whole, st.lists(statements(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_facts_does_not_matter(piece, said, random):
    shuffled = list(said)
    random.shuffle(shuffled)
    results = []
    for order in (said, shuffled):
        try:
            results.append(by_day(run([piece], order)))
        except Contradiction:
            results.append(None)
    assert results[0] == results[1]


@st.composite
def whole_statements(draw):
    statement = draw(statements())
    return Statement(statement.since, statement.until, {"a": draw(st.integers(1, 3)), "b": 1})


@settled
@given(st.lists(whole_statements(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_does_not_matter_where_nothing_was_known(said, random):
    shuffled = list(said)
    random.shuffle(shuffled)
    results = []
    for order in (said, shuffled):
        try:
            results.append(by_day(run([], order)))
        except Contradiction:
            results.append(None)
    assert results[0] == results[1]


@settled
@given(whole, st.lists(statements(), max_size=6))
def test_splitting_leaves_no_hole_and_no_overlap(piece, said):
    pieces = [piece]
    kept = []
    for statement in said:
        line = Line(pieces, kept, frozenset("ab"))
        try:
            pieces = list(line.apply(statement))
        except Contradiction:
            continue
        kept.append(Statement(statement.since, statement.until, statement.values, cuts=frozenset(line.cuts)))
    assert (pieces[0].since, pieces[-1].until) == (FIRST, END)
    assert all(before.until == after.since for before, after in pairwise(pieces))
    assert all(piece.since < piece.until for piece in pieces)


@settled
@given(whole, statements(), statements())
def test_what_was_said_holds_until_something_else_was_said(piece, first, second):
    try:
        result = by_day(run([piece], [first, second]))
    except Contradiction:
        assume(False)
    for day, values in result.items():
        for column in "ab":
            stretch = [said for said in (first, second) if said.until and column in said.values
                       and said.since <= day < said.until]  # fmt: skip
            point = [said for said in (first, second) if not said.until and column in said.values and said.since <= day]
            if stretch:
                expected = stretch[0].values[column]
            elif point:
                expected = max(point, key=lambda said: said.since).values[column]
            else:
                expected = 0
            assert values[column] == expected


@settled
@given(whole, st.lists(statements(), min_size=2, max_size=5))
def test_a_refusal_names_a_fact_that_was_there(piece, said):
    kept = []
    pieces = [piece]
    for statement in said:
        line = Line(pieces, kept, frozenset("ab"))
        try:
            pieces = list(line.apply(statement))
        except Contradiction as refusal:
            existing = refusal.existing
            assert existing in kept
            assert existing.values[refusal.column] != statement.values[refusal.column]
            assert refusal.day >= max(existing.since, statement.since)
            return
        kept.append(Statement(statement.since, statement.until, statement.values, cuts=frozenset(line.cuts)))


@settled
@given(whole, statements(), statements())
def test_a_correction_always_wins_on_its_days(piece, first, second):
    corrected = Statement(second.since, second.until, second.values, correction=True)
    result = by_day(run([piece], [first, corrected]))
    for day, values in result.items():
        if second.since <= day < (second.until or second.since + dt.timedelta(days=1)):
            assert {column: values[column] for column in second.values} == second.values


@settled
@given(st.integers(1, 9), st.integers(1, 9))
def test_an_end_and_a_beginning_in_either_order(end, begin):
    row = Piece(FIRST, END, {"a": 0, "b": 0}, "row")
    said = [Statement(DAYS[end], None, None), Statement(DAYS[begin], None, {"a": 1, "b": 1})]
    results = []
    for order in (said, said[::-1]):
        try:
            results.append(by_day(run([row], order)))
        except Contradiction:
            results.append(None)
    assert results[0] == results[1]
    assert (results[0] is None) == (end == begin)


def test_an_end_where_nothing_holds_is_refused():
    with pytest.raises(Hole):
        run([Piece(FIRST, DAYS[2], {"a": 0})], [Statement(DAYS[5], None, None)])


def test_a_partial_statement_where_nothing_is_known_names_what_is_missing():
    with pytest.raises(Hole) as hole:
        Line([], (), frozenset("ab")).apply(Statement(DAYS[1], None, {"a": 1}))
    assert hole.value.missing == ["b"]


def test_a_reimported_row_states_all_its_columns():
    row = Piece(FIRST, DAYS[4], {"a": 0, "b": 0}, 1)
    later = Piece(DAYS[4], END, {"a": 5, "b": 5}, 2)
    assert by_day(run([row, later], [Statement(DAYS[1], None, {"a": 1})]))[DAYS[5]] == {"a": 5, "b": 5}
