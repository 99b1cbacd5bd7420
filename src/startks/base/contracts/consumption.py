"""Monthly consumption of meters, as the calculation of a month reads it.

A month is calculated by worker processes that have no application around them, so the contract names the function to
call instead of giving an object: ``dotted`` is ``"package.module:function"``, and the function is called as
``function(read, months, house_from, house_to)`` where ``read`` runs a SELECT and returns a Polars frame and ``months`` are
:class:`startks.base.db.months.Months`: one month, or several that are computed together.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import polars as pl

CONSUMPTION = {
    "meter_id": pl.Int32, "house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "zone": pl.Int16,
    "basis": pl.String, "volume": pl.Int64, "average_total": pl.Int64, "average_months": pl.Int32,
    "months_in_row": pl.Int16, "fault": pl.String, "previous_day": pl.Date, "previous_value": pl.Int64,
    "current_day": pl.Date, "current_value": pl.Int64, "estimated": pl.Int64, "days": pl.Int16,
    "premise_id": pl.Int32,
}
"""Columns of the frame. ``account_id`` is null for meters of the house and of communal flats (these have ``premise_id``); ``zone``: 0 all day, 1 day, 2 night; ``basis``: meter,
average, norm, norm_raised; ``volume``, ``average_total``, ``estimated`` and values in millionths of the unit;
of several months there is also ``place``, the row's month among them (Int32, from 0); ``fault``: reading_below_previous, verification_lapsed, no_reading or null; ``days``: days of the month an estimate stands
for, null for all of them."""


@runtime_checkable
class MonthlyConsumption(Protocol):
    """Where the calculation gets consumption from; absent where metering is not licensed (then norms only)."""

    dotted: str
    """Function giving the frame of ``CONSUMPTION`` for whole houses."""

    save_dotted: str
    """Function ``(connection, period, house_from, house_to, frame)`` keeping estimates for the later true-up."""
