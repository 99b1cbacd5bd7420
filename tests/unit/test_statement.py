"""Money of a month: nothing lost, nothing made, whatever is owed and whatever comes in."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from startks.domain.ledger.models import Statement
from startks.modules.billing.calculation.run import columns
from startks.modules.billing.calculation.settlement import distribute
from startks.modules.billing.calculation.statement import COLUMNS, assemble, in_order

ADVANCE, AGENT = 19, 7

OPENING = {"house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32,
           "opening": pl.Int64}
RECEIVED = {"account_id": pl.Int32, "house_id": pl.Int32, "received": pl.Int64}
LINES = {"house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32,
         "rule_id": pl.Int16, "volume": pl.Int64, "tariff": pl.Int64, "charge": pl.Int64, "excess": pl.Int64}

RECALCULATED = {"house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32,
                "recalculation": pl.Int64}
NO_RECALCULATION = pl.DataFrame(schema=RECALCULATED)

amounts = st.integers(-10**9, 10**9)
openings = st.dictionaries(
    st.tuples(st.integers(1, 4), st.sampled_from([1, 2, 3, ADVANCE]), st.sampled_from([1, 2])), amounts, max_size=12
)
payments = st.dictionaries(st.integers(1, 4), st.integers(1, 10**9), max_size=4)


def opening_frame(found):
    rows = [
        (account, account, service, AGENT if service == ADVANCE else supplier, -abs(sum_) if service == ADVANCE else sum_)
        for (account, service, supplier), sum_ in found.items()
    ]
    frame = pl.DataFrame(rows, schema=OPENING, orient="row")
    return frame.group_by(["house_id", "account_id", "service_id", "supplier_id"]).agg(pl.col("opening").sum())


def payment_frame(found):
    return pl.DataFrame([(account, account, sum_) for account, sum_ in found.items()], schema=RECEIVED, orient="row")


lines_of_accounts = st.lists(st.tuples(st.integers(1, 4), st.sampled_from([1, 2, 3]), amounts), max_size=8)


@given(openings, payments)
def test_what_is_received_is_what_is_paid(owed, received):
    paid = distribute(opening_frame(owed), payment_frame(received), ADVANCE, AGENT)
    by_account = dict(paid.group_by("account_id").agg(pl.col("paid").sum()).iter_rows())
    for account in range(1, 5):
        assert by_account.get(account, 0) == received.get(account, 0)


@given(openings, payments)
def test_no_line_is_paid_more_than_it_owed(owed, received):
    opening = opening_frame(owed)
    paid = distribute(opening, payment_frame(received), ADVANCE, AGENT)
    joined = paid.filter(pl.col("service_id") != ADVANCE).join(
        opening, on=["house_id", "account_id", "service_id", "supplier_id"], how="left"
    )
    assert joined.filter((pl.col("paid") > pl.col("opening")) | (pl.col("paid") < 0)).is_empty()


@given(openings, payments)
def test_an_advance_is_left_only_where_nothing_positive_is_owed(owed, received):
    opening = opening_frame(owed)
    paid = distribute(opening, payment_frame(received), ADVANCE, AGENT)
    lines = pl.DataFrame(schema=LINES)
    rows = assemble(202610, lines, opening, paid, NO_RECALCULATION)
    left = rows.group_by("account_id").agg(
        pl.col("closing").filter(pl.col("service_id") == ADVANCE).sum().alias("advance"),
        pl.col("closing").filter((pl.col("service_id") != ADVANCE) & (pl.col("closing") > 0)).sum().alias("owed"),
    )
    assert left.filter((pl.col("advance") < 0) & (pl.col("owed") > 0)).is_empty()
    assert left.filter(pl.col("advance") > 0).is_empty()


@given(openings, payments, lines_of_accounts, lines_of_accounts)
def test_opening_and_charges_less_paid_is_closing_on_every_row(owed, received, charged, recalculated):
    opening = opening_frame(owed)
    lines = pl.DataFrame(
        [(a, a, s, 1, 101, 1, 1, sum_, 0) for a, s, sum_ in {(a, s): (a, s, x) for a, s, x in charged}.values()],
        schema=LINES, orient="row",
    )
    recalculations = pl.DataFrame(
        [(a, a, s, 1, sum_) for a, s, sum_ in {(a, s): (a, s, x) for a, s, x in recalculated}.values()],
        schema=RECALCULATED, orient="row",
    )
    paid = distribute(opening, payment_frame(received), ADVANCE, AGENT)
    rows = assemble(202610, lines, opening, paid, recalculations)
    assert rows.columns == COLUMNS
    owed_now = pl.col("opening") + pl.col("charge") + pl.col("recalculation") - pl.col("paid")
    assert rows.filter(pl.col("closing") != owed_now).is_empty()
    assert rows.unique(["account_id", "service_id", "supplier_id"]).height == rows.height
    assert rows["charge"].sum() == lines["charge"].sum()
    assert rows["recalculation"].sum() == recalculations["recalculation"].sum()
    assert {len(values) for values in columns(Statement.__table__, rows).values()} == {rows.height}


ids = st.one_of(st.integers(1, 6), st.sampled_from([10**6, 2 * 10**9]))
sources = st.lists(st.tuples(ids, st.sampled_from([1, 2, 60]), ids, st.integers(-3, 3)), max_size=10)


@given(sources, sources, sources)
def test_a_row_is_the_sum_of_what_its_line_has_in_every_source_in_the_order_of_accounts(charged, paid, recalculated):
    """Also where ids are far apart, lines come twice and in any order, or sums cancel each other."""
    def frame(found, schema, *rest):
        return pl.DataFrame([(a % 3 + 1, a, s, o, *rest, x) for a, s, o, x in found], schema=schema, orient="row")

    charge = {name: kind for name, kind in LINES.items() if name not in ("charge", "excess")} | {"charge": pl.Int64}
    lines = frame(charged, charge, 101, 0, 5).with_columns(excess=pl.lit(0, pl.Int64))
    opening = frame(paid, OPENING)
    payment = opening.rename({"opening": "paid"})
    rows = assemble(202610, lines, opening, payment, frame(recalculated, RECALCULATED), frame(recalculated, RECALCULATED))
    expected = {}
    for name, found in (("charge", charged), ("paid", paid), ("recalculation", recalculated), ("recalculation", recalculated)):
        for account, service, supplier, amount in found:
            sums = expected.setdefault((account, service, supplier), {"charge": 0, "paid": 0, "recalculation": 0})
            sums[name] += amount
    tariffs = {line[:3]: 5 for line in charged}
    assert rows.select(*KEYS, "tariff", "charge", "paid", "recalculation", "closing").rows() == [
        (key[0] % 3 + 1, *key, tariffs.get(key, 0), *sums.values(), sums["charge"] + sums["recalculation"])
        for key, sums in sorted(expected.items()) if any(sums.values())
    ]


KEYS = {"house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32}


def test_rows_that_come_in_order_stay_as_they_are_and_others_are_put_into_it():
    ordered = pl.DataFrame([(1, 1, 1, 5), (1, 1, 1, 7), (1, 1, 2, 5), (1, 2, 1, 5)], schema=KEYS, orient="row")
    assert in_order(ordered) is ordered
    for moved in ([1, 0, 2, 3], [2, 0, 1, 3], [3, 0, 1, 2]):  # suppliers, services, accounts exchanged
        assert in_order(ordered[moved]).equals(ordered)
    assert in_order(ordered.clear()).is_empty()
