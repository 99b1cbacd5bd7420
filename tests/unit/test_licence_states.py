"""The state of a module is a pure function of licence, counters and day."""

import datetime as dt

import pytest

from startks.base.licensing import Counter, Grant, Licence, State, Verdict, module_states

DAY = dt.date(2026, 11, 24)
FROM, TO = dt.date(2026, 1, 1), dt.date(2026, 12, 31)


def licence(**changes):
    fields = {
        "number": "17",
        "holder": "МУП",
        "issued": FROM,
        "valid_from": FROM,
        "valid_to": TO,
        "grace_days": 10,
        "products": (Grant("billing", "account", 100),),
    }
    return Licence(**{**fields, **changes})


def state(found=None, *, today=DAY, counted=(), product="billing", verdict=None):
    history = tuple((DAY - dt.timedelta(days=len(counted) - 1 - i), value) for i, value in enumerate(counted))
    counters = {"account": Counter("account", history)} if history else {}
    verdict = verdict or Verdict(licence=found or licence())
    return module_states(verdict, {"m": product}, counters, today)["m"]


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (dt.date(2025, 12, 31), State.READONLY),
        (FROM, State.ACTIVE),
        (TO, State.ACTIVE),
        (dt.date(2027, 1, 1), State.GRACE),
        (dt.date(2027, 1, 10), State.GRACE),
        (dt.date(2027, 1, 11), State.READONLY),
    ],
)
def test_the_term(today, expected):
    assert state(today=today).state is expected


def test_without_end_and_without_grace():
    assert state(licence(valid_to=None), today=dt.date(2100, 1, 1)).state is State.ACTIVE
    assert state(licence(grace_days=0), today=dt.date(2027, 1, 1)).state is State.READONLY


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        ((), State.ACTIVE),
        ((100,), State.ACTIVE),
        ((101,), State.GRACE),
        ((101,) * 11, State.GRACE),
        ((101,) * 12, State.READONLY),
        ((101,) * 12 + (100,), State.ACTIVE),
        ((101,) * 12 + (100, 101), State.GRACE),
    ],
)
def test_the_limit_has_days_of_grace_from_the_day_it_was_passed(counted, expected):
    assert state(counted=counted).state is expected


def test_no_limit_means_any_number():
    assert state(licence(products=(Grant("billing", "account"),)), counted=(10**9,)).state is State.ACTIVE


def test_the_worse_of_term_and_limit_counts():
    found = state(today=dt.date(2027, 1, 3), counted=(101,) * 60)
    assert found.state is State.READONLY
    assert "Лимит" in found.why
    assert "истёк" in state(today=dt.date(2027, 3, 1), counted=(101,)).why


def test_absent_blocked_and_free():
    assert state(product="appeals").state is State.ABSENT
    assert "appeals" in state(product="appeals").why
    assert state(verdict=Verdict()).state is State.ABSENT
    bad = state(verdict=Verdict(problem="Подпись неверна."))
    assert (bad.state, bad.why) == (State.BLOCKED, "Подпись неверна.")
    assert state(verdict=Verdict(problem="Подпись неверна."), product=None).state is State.ACTIVE


@pytest.mark.parametrize(
    ("found", "visible", "writable"),
    [
        (State.ABSENT, False, False),
        (State.ACTIVE, True, True),
        (State.GRACE, True, True),
        (State.READONLY, True, False),
        (State.BLOCKED, False, False),
    ],
)
def test_what_a_state_allows(found, visible, writable):
    assert (found.visible, found.writable) == (visible, writable)
    assert found.title


def test_every_refusal_says_what_to_do():
    for found in (
        state(verdict=Verdict()),
        state(product="appeals"),
        state(today=dt.date(2025, 1, 1)),
        state(today=dt.date(2027, 1, 2)),
        state(today=dt.date(2028, 1, 2)),
        state(counted=(101,)),
        state(counted=(101,) * 50),
    ):
        assert any(word in found.why for word in ("Положите", "Запросите", "Проверьте", "Продлите", "Расширьте", "Задайте"))
