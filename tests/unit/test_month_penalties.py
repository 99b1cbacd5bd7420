"""Penalties of a month by frames: the sums of art. 155 worked by hand, and the day-by-day schedule as the other calculator."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from startks.base.periods import shift
from startks.domain.calc.penalty_schedule import CAPITAL_REPAIR, HOUSING_AND_UTILITIES, Debt, Payment, charge_penalties
from startks.modules.billing.calculation.inputs import Month
from startks.modules.billing.calculation.penalties import last_days_to_pay, left_debts, penalties, stretches
from startks.modules.billing.calculation.settlement import DEBTS, PENALTIES, settle

ADVANCE, AGENT, WATER, HEAT, REPAIR = 19, 7, 1, 2, 9
SERVICES = {"advance": ADVANCE, "cold_water": WATER, "heating": HEAT, "capital_repair": REPAIR}
LINE = ["house_id", "account_id", "service_id", "supplier_id"]


def month_of(debts, newest=(), payments=(), period=202610, advance=0, days_off=(), rates=(), caps=()):
    """Settlement, penalties {(service, …)}: kopecks, facts; ``debts``: (service, origin, kopecks)."""
    rows = [(1, 1, service, 5, origin, amount) for service, origin, amount in debts]
    old = pl.DataFrame(rows, schema=DEBTS, orient="row")
    lines: dict[int, int] = {}
    for service, _, amount in debts:
        lines[service] = lines.get(service, 0) + amount
    for service, amount in newest:
        lines[service] = lines.get(service, 0) + amount
    opening = [(1, 1, service, 5, amount) for service, amount in lines.items()]
    if advance:
        opening.append((1, 1, ADVANCE, AGENT, -advance))
    opening = pl.DataFrame(opening, schema={**{name: DEBTS[name] for name in LINE}, "opening": pl.Int64}, orient="row")
    by_day = pl.DataFrame(
        [(1, day, amount) for day, amount in payments],
        schema={"account_id": pl.Int32, "paid_on": pl.Date, "amount": pl.Int64}, orient="row",
    )
    received = by_day.group_by("account_id").agg(pl.col("amount").sum().alias("received")).select(
        "account_id", pl.lit(1, pl.Int32).alias("house_id"), "received"
    )
    inputs = SimpleNamespace(
        month=Month(period, 1, 1), services=SERVICES, opening=opening, payments_by_day=by_day,
        due_facts=(set(days_off), [], True), rate_facts={"key_rate": list(rates), "penalty.rate_cap": list(caps)},
    )
    settlement = settle(opening, received, ADVANCE, AGENT, old, shift(period, -1))
    return settlement, penalties(inputs, settlement), inputs, opening


def by_service(frame, name):
    return dict(frame.select("service_id", name).iter_rows())


def test_a_debt_of_july_in_october_by_hand():
    """10 000 ₽ of July are due on 15.08 (law of 2026): October begins with day 47 and ends with day 77.

    31 days x 10 000 x 9.5 % / 300 = 98.1666… ₽.
    """
    _, penalty, _, _ = month_of([(WATER, 202607, 1_000_000)])
    assert by_service(penalty, "penalty") == {WATER: 9_817}


@pytest.mark.parametrize(("rates", "caps", "kopecks"), [
    ([(8_000_000, dt.date(2026, 10, 1), None)], [], 8_267),  # 10 000 x 8 % x 31 / 300
    ([], [(6_000_000, dt.date(2026, 1, 1), dt.date(2026, 11, 1))], 6_200),
    ([(12_000_000, dt.date(2026, 10, 1), None)], [], 9_817),  # the law's cap of 9.5 % holds
    ([(8_000_000, dt.date(2026, 11, 1), None)], [], 9_817),  # not in force yet
])
def test_what_the_operator_enters_is_the_rate(rates, caps, kopecks):
    _, penalty, _, _ = month_of([(WATER, 202607, 1_000_000)], rates=rates, caps=caps)
    assert by_service(penalty, "penalty") == {WATER: kopecks}


def test_after_the_last_known_cap_the_operators_one_counts():
    """January 2027: the law's own cap has ended; with none the key rate of 16 % counts."""
    debt = [(WATER, 202609, 1_000_000)]
    _, unknown, _, _ = month_of(debt, period=202701)
    _, known, _, _ = month_of(debt, period=202701, caps=[(9_500_000, dt.date(2027, 1, 1), None)])
    assert by_service(unknown, "penalty")[WATER] * 95 == pytest.approx(by_service(known, "penalty")[WATER] * 160, rel=1e-3)


def test_the_ninety_first_day_comes_within_the_month():
    """June is due on 15.07: 01.10 is day 78, 13.10 day 90, so 13 days by 1/300 and 18 by 1/130.

    10 000 x 9.5 % x (13/300 + 18/130) = 41.1666… + 131.5384… = 172.7051… ₽.
    """
    _, penalty, _, _ = month_of([(WATER, 202606, 1_000_000)])
    assert by_service(penalty, "penalty") == {WATER: 17_271}


def test_the_thirty_first_day_comes_within_the_month():
    """August is due on 15.09: 15.10 is day 30 and costs nothing, 16 days by 1/300: 50.6666… ₽. September costs nothing."""
    _, penalty, _, _ = month_of([(WATER, 202608, 1_000_000)], newest=[(WATER, 500_000)])
    assert by_service(penalty, "penalty") == {WATER: 5_067}


def test_capital_repair_never_costs_a_hundred_and_thirtieth():
    """31 days x 10 000 x 9.5 % / 300 also in the second year."""
    _, penalty, _, _ = month_of([(REPAIR, 202501, 1_000_000)])
    assert by_service(penalty, "penalty") == {REPAIR: 9_817}


def test_the_day_of_payment_counts_and_the_oldest_month_is_paid_first():
    """Of July's 10 000 ₽ 4 000 are paid on 10.10, with 3 000 of September: ten days of the whole, 21 of the rest.

    (10 x 10 000 + 21 x 6 000) x 9.5 % / 300 = 71.5666… ₽.
    """
    settlement, penalty, _, _ = month_of(
        [(WATER, 202607, 1_000_000)], newest=[(HEAT, 300_000)], payments=[(dt.date(2026, 10, 10), 400_000)]
    )
    assert by_service(penalty, "penalty") == {WATER: 7_157}
    assert by_service(settlement.paid, "paid") == {WATER: 400_000}, "heating is of September: July comes first"


def test_penalties_are_paid_after_all_principal_and_bear_none():
    settlement, penalty, _, _ = month_of(
        [(WATER, PENALTIES, 50_000)], newest=[(HEAT, 300_000)], payments=[(dt.date(2026, 10, 5), 310_000)]
    )
    assert penalty.is_empty()
    assert by_service(settlement.paid, "paid") == {WATER: 10_000, HEAT: 300_000}


def test_an_advance_pays_before_the_first_day():
    settlement, penalty, _, _ = month_of([(WATER, 202607, 1_000_000)], advance=400_000)
    assert by_service(penalty, "penalty") == {WATER: 5_890}, "31 x 6 000 x 9.5 % / 300"
    assert by_service(settlement.paid, "paid") == {WATER: 400_000, ADVANCE: -400_000}


def test_a_due_day_off_moves_the_counter():
    days_off = [dt.date(2026, 8, 15), dt.date(2026, 8, 16)]
    _, _, inputs, _ = month_of([(WATER, 202607, 1)], days_off=days_off)
    assert last_days_to_pay(inputs, [202607, 202601]) == {202607: dt.date(2026, 8, 17), 202601: dt.date(2026, 2, 10)}


def test_moratoria_are_cut_out_of_the_month():
    october = stretches(dt.date(2022, 10, 1), dt.date(2022, 10, 31))
    assert {(piece.first.day, piece.last.day, piece.arisen_before) for piece in october} == {
        (2, 31, None), (1, 1, dt.date(2022, 4, 1))
    }
    assert stretches(dt.date(2020, 5, 1), dt.date(2020, 5, 31)) == []


def test_what_is_left_is_carried_with_the_penalty_and_cut_by_a_recalculation():
    settlement, penalty, _, _ = month_of([(WATER, 202607, 1_000_000)], newest=[(WATER, 200_000)])
    closing = pl.DataFrame(
        [(1, 1, WATER, 5, 1_209_817)], schema={**{name: DEBTS[name] for name in LINE}, "closing": pl.Int64}, orient="row"
    )
    left = left_debts(settlement, penalty, closing)
    assert dict(left.select("origin", "amount").iter_rows()) == {202607: 1_000_000, 202609: 200_000, PENALTIES: 9_817}
    cut = left_debts(settlement, penalty, closing.with_columns(closing=pl.lit(109_817, pl.Int64)))
    assert dict(cut.select("origin", "amount").iter_rows()) == {202609: 100_000, PENALTIES: 9_817}
    assert left_debts(settlement, penalty, closing.with_columns(closing=pl.lit(-5, pl.Int64))).is_empty()


debts_of = st.dictionaries(
    st.sampled_from([202203, 202412, 202512, 202601, 202603, 202605, 202606, 202607, 202608]), st.integers(1, 10**7),
    min_size=1, max_size=6,
)
paid_of = st.dictionaries(st.integers(1, 31), st.integers(1, 10**7), max_size=4)


@pytest.mark.parametrize(("service", "kind"), [(WATER, HOUSING_AND_UTILITIES), (REPAIR, CAPITAL_REPAIR)])
@settings(max_examples=40, deadline=None)
@given(debts=debts_of, paid=paid_of)
def test_frames_agree_with_the_schedule_of_days(service, kind, debts, paid):
    """The month's part of each month-debt, day by day: the schedule to the month's end less its days before the month."""
    payments = [Payment(dt.date(2026, 10, day), amount) for day, amount in sorted(paid.items())]
    _, penalty, inputs, _ = month_of(
        [(service, origin, amount) for origin, amount in debts.items()],
        payments=[(payment.day, payment.amount) for payment in payments],
    )
    due = last_days_to_pay(inputs, list(debts))
    schedule = charge_penalties(
        [Debt(str(origin), due[origin], amount) for origin, amount in debts.items()], dt.date(2026, 10, 31),
        Fraction(19, 2), kind, payments,
    )
    expected = 0
    for month_debt in schedule:
        cost = Fraction(0)
        for stretch in month_debt.stretches:
            days = (stretch.last - max(stretch.first, dt.date(2026, 10, 1))).days + 1
            if stretch.divisor and days > 0:
                cost += Fraction(stretch.debt * days, stretch.divisor)
        expected += int(cost * Fraction(19, 200) + Fraction(1, 2))
    assert by_service(penalty, "penalty").get(service, 0) == expected
