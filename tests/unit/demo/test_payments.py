"""How the seeded people pay: discipline by account, sums of whole money, nothing after today."""

import datetime as dt

import numpy as np

from startks.demo.payments import DISPUTED_PAYS, payments_of, uniform

ACCOUNTS = np.arange(1, 50_001)
BALANCE = np.full(len(ACCOUNTS), 512_345)
TODAY = dt.date(2026, 11, 24)


def test_most_pay_the_whole_bill_in_the_next_month():
    paid = payments_of(ACCOUNTS, BALANCE, 202510, 1, TODAY)
    assert 0.89 < paid.height / len(ACCOUNTS) < 0.94
    assert 0.75 < (paid["amount"] == 512_345).sum() / len(ACCOUNTS) < 0.82
    assert 0.07 < (paid["amount"] == 520_000).sum() / len(ACCOUNTS) < 0.11  # whole hundreds: an advance is kept
    assert paid["paid_on"].min() >= dt.date(2025, 11, 1) and paid["paid_on"].max() <= dt.date(2025, 11, 30)
    assert paid["amount"].min() > 0
    assert set(paid["channel"]) == {"internet", "bank", "post", "terminal", "cash"}
    assert paid["account_id"].is_unique().all()


def test_an_account_keeps_its_habit_and_a_repeated_month_its_payments():
    months = [payments_of(ACCOUNTS, BALANCE, period, 1, TODAY) for period in (202510, 202511, 202512)]
    assert months[0].equals(payments_of(ACCOUNTS, BALANCE, 202510, 1, TODAY))
    never = set(ACCOUNTS.tolist()) - set().union(*(set(month["account_id"]) for month in months))
    assert 0.015 < len(never) / len(ACCOUNTS) < 0.04
    assert not months[0].equals(payments_of(ACCOUNTS, BALANCE, 202510, 2, TODAY))


def test_payers_move_with_the_due_day():
    before = payments_of(ACCOUNTS, BALANCE, 202601, 1, TODAY)["paid_on"].dt.day().mean()
    after = payments_of(ACCOUNTS, BALANCE, 202602, 1, TODAY)["paid_on"].dt.day().mean()
    assert after > before + 2


def test_nothing_is_paid_in_the_future():
    paid = payments_of(ACCOUNTS, BALANCE, 202610, 1, TODAY)
    assert paid["paid_on"].max() == TODAY


def test_a_monstrous_bill_is_disputed():
    paid = payments_of(ACCOUNTS[:500], np.full(500, 160_000_000), 202510, 1, TODAY)
    assert set(paid["amount"]) == {DISPUTED_PAYS}


def test_draws_are_even_and_depend_on_the_key():
    first, second = uniform(ACCOUNTS, 1, 5), uniform(ACCOUNTS, 1, 6)
    assert abs(first.mean() - 0.5) < 0.01
    assert first.min() >= 0 and first.max() < 1
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02
