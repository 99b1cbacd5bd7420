"""Estimates charged in place of readings, kept for the settlement when a true reading comes."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, text

from startks.base.db.bulk import copy_frame
from startks.modules.metering.models import MeterEstimate


def save_estimates(
    connection: Connection, period: int, house_from: int, house_to: int, frame: pl.DataFrame
) -> None:
    """Replace the month's estimates of the houses by those of ``frame`` (columns ``CONSUMPTION``)."""
    connection.execute(
        text("""DELETE FROM meter_estimate e USING meter m
                 WHERE e.meter_id = m.id AND e.period = :period AND m.house_id BETWEEN :low AND :high"""),
        {"period": period, "low": house_from, "high": house_to},
    )
    estimated = frame.filter(pl.col("basis") != "meter").select(
        pl.lit(period, pl.Int32).alias("period"), "meter_id", "zone",
        pl.when(pl.col("basis") == "average").then(pl.lit("average")).otherwise(pl.lit("norm")).alias("basis"),
        "months_in_row", pl.col("volume").fill_null(0),
    )
    if not estimated.is_empty():
        copy_frame(connection, MeterEstimate.__table__, estimated)
