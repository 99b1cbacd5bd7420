"""The whole money of what a house shares against the sum of its rounded lines: the remainder is kept by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from startks.domain.calc.interpret import apply_bulk
from startks.domain.calc.registry import rule_for

if TYPE_CHECKING:
    from startks.modules.billing.calculation.inputs import Inputs
    from startks.modules.billing.calculation.regimes import Group

SHARED_KEYS = ("common.share", "heating.odpu_")
PART = "_days"
"""Ending of the rules for a part of the month."""
ROOM = "_room"
"""Ending of the rules for a room of a communal flat."""
LINE = ["house_id", "service_id", "supplier_id"]


def rounding_of(groups: list[Group], inputs: Inputs) -> pl.DataFrame | None:
    """house_id, service_id, house_amount, lines_amount, remainder (kopecks); None where no house shares anything.

    What falls to a premise on the days on which it had no account is nobody's line, so it does not count to the house.
    """
    shared = [group for group in groups if group.rule.key.startswith(SHARED_KEYS)]
    if not shared:
        return None
    merged = pl.concat([_money(group) for group in shared]).group_by("house_id", "service_id").agg(
        pl.col("house_amount").first(), pl.col("lines_amount").sum()
    )
    idle = [_idle(group, inputs) for group in shared if group.rule.key.endswith(PART)]
    if idle:
        unserved = pl.concat(idle).group_by("house_id", "service_id").agg(pl.col("idle").sum())
        merged = merged.join(unserved, on=["house_id", "service_id"], how="left").with_columns(
            pl.col("house_amount") - pl.col("idle").fill_null(0)
        ).drop("idle")
    return merged.with_columns((pl.col("house_amount") - pl.col("lines_amount")).alias("remainder"))


def _money(group: Group) -> pl.DataFrame:
    """House's volume × tariff in kopecks, half-up, and the sum of the group's lines."""
    key = group.rule.key.removesuffix(PART).removesuffix(ROOM)
    volume = "common_volume"
    if key.startswith("heating"):
        volume = "last_year_volume" if key.endswith("_even") else "house_volume"
    parts = 12 if volume == "last_year_volume" else 1
    factor, scale = (pl.col("heat_norm"), 10**6) if key == "common.share_heat" else (pl.lit(1), 1)
    unit = 10**10 * scale * parts  # kopecks = 1e-6 × 1e-6 × 100
    product = pl.col(volume).cast(pl.Int128) * factor.cast(pl.Int128) * pl.col("tariff").cast(pl.Int128)
    return group.computed.group_by(LINE).agg(
        product.first().alias("product"), pl.col("result_charge").sum().alias("lines_amount")
    ).select(
        "house_id", "service_id",
        # half-up; the volumes here are positive
        ((2 * pl.col("product") + unit) // (2 * unit)).cast(pl.Int64).alias("house_amount"), "lines_amount",
    )


def _idle(group: Group, inputs: Inputs) -> pl.DataFrame:
    """What the days without an account would cost: the whole month of each premise less what its accounts pay."""
    whole = rule_for(group.rule.key.removesuffix(PART), inputs.months[0].start)
    frame = apply_bulk(whole, group.computed, prefix="whole_").join(
        inputs.accounts.select("account_id", "premise_id"), on="account_id"
    )
    return frame.group_by(*LINE, "premise_id").agg(
        (pl.col("whole_charge").first() - pl.col("result_charge").sum()).alias("idle")
    ).select("house_id", "service_id", "idle")
