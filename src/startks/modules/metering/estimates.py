"""Estimates charged in place of readings, kept for the settlement when a true reading comes."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, text

from startks.base.db.bulk import copy_frame
from startks.modules.metering.models import MeterEstimate

COLUMNS = ["meter_id", "zone", "basis", "months_in_row", "volume"]


def save_estimates(
    connection: Connection, period: int, house_from: int, house_to: int, frame: pl.DataFrame
) -> None:
    """Make the month's estimates of the houses those of ``frame`` (columns ``CONSUMPTION``).

    Rows that stay as they are, are left alone: a month calculated again changes few of them, and each row written is
    asked for its closed month and its meter.
    """
    parameters = {"period": period, "low": house_from, "high": house_to}
    rows = connection.execute(
        text("""SELECT e.meter_id, e.zone, e.basis, e.months_in_row, e.volume
                  FROM meter_estimate e JOIN meter m ON m.id = e.meter_id
                 WHERE e.period = :period AND m.house_id BETWEEN :low AND :high"""),
        parameters,
    ).all()
    estimated = frame.filter(pl.col("basis") != "meter").select(
        pl.col("meter_id").cast(pl.Int32), pl.col("zone").cast(pl.Int16),
        pl.when(pl.col("basis") == "average").then(pl.lit("average")).otherwise(pl.lit("norm")).alias("basis"),
        pl.col("months_in_row").cast(pl.Int16), pl.col("volume").fill_null(0).cast(pl.Int64),
    )
    kept = pl.DataFrame([tuple(row) for row in rows], schema=estimated.schema, orient="row")
    gone = kept.join(estimated, on=COLUMNS, how="anti")
    if not gone.is_empty():
        connection.execute(
            text("""DELETE FROM meter_estimate e USING unnest(CAST(:meters AS int[]), CAST(:zones AS smallint[]))
                        AS gone (meter_id, zone)
                     WHERE e.period = :period AND e.meter_id = gone.meter_id AND e.zone = gone.zone"""),
            {"period": period, "meters": gone["meter_id"].to_list(), "zones": gone["zone"].to_list()},
        )
    fresh = estimated.join(kept, on=COLUMNS, how="anti")
    if not fresh.is_empty():
        copy_frame(
            connection, MeterEstimate.__table__, fresh.select(pl.lit(period, pl.Int32).alias("period"), *COLUMNS)
        )
