"""What metering offers others: consumption for the calculation, readings for the bill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import text

from startks.base.contracts.month_readings import MonthReading
from startks.base.db.bulk import plain_reader
from startks.base.db.months import Months
from startks.modules.metering.consumption import consumption


class Consumption:
    """Names the functions by which a month is calculated (contract ``MonthlyConsumption``)."""

    dotted = "startks.modules.metering.consumption:consumption"
    save_dotted = "startks.modules.metering.estimates:save_estimates"

    def __init__(self, session: Any = None) -> None:
        self.session = session


class HouseReadings:
    """Readings of a house in a month (contract ``MonthReadings``); ``session`` or a connection."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def of_house(self, house_id: int, period: int) -> Sequence[MonthReading]:
        """All registers of the house, in the order of accounts and services."""
        connection = self.session.connection() if hasattr(self.session, "flush") else self.session
        used = consumption(plain_reader(connection), Months((period,)), house_id, house_id)
        meters = {
            row.id: row
            for row in connection.execute(
                text("SELECT id, serial, verified_until FROM meter WHERE house_id = :house"), {"house": house_id}
            )
        }
        rows = used.sort("account_id", "service_id", "meter_id", "zone", nulls_last=True).with_columns(
            pl.col("basis").fill_null("norm")
        )
        return [
            MonthReading(
                row["account_id"], row["service_id"], meters[row["meter_id"]].serial, row["zone"],
                row["previous_day"], row["previous_value"], row["current_day"], row["current_value"], row["volume"],
                meters[row["meter_id"]].verified_until, row["basis"],
            )
            for row in rows.iter_rows(named=True)
        ]
