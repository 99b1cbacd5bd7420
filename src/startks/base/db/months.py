"""One statement for one month or for several: the same SELECT, its dates written in or taken from a list of months.

    months = Months((202609, 202610))
    read(months.each(f"SELECT house_id FROM house_area WHERE valid @> {months.last}"))

With one month the dates are literals, so that the data base plans for them; with several the SELECT runs for each of them
in one statement, and its rows begin with ``place``, the month's place among them (0, 1, …).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from startks.base.periods import first_day, last_day, shift


@dataclass(frozen=True)
class Months:
    """Accounting periods (YYYYMM, rising), and the SQL of their days."""

    periods: tuple[int, ...]

    @property
    def several(self) -> bool:
        """Whether rows have to say which month they are of."""
        return len(self.periods) > 1

    @property
    def start(self) -> str:
        """First day of the month."""
        return self._sql("start")

    @property
    def last(self) -> str:
        """Last day of the month."""
        return self._sql("last")

    @property
    def until(self) -> str:
        """First day after the month."""
        return self._sql("until")

    @property
    def period(self) -> str:
        """The month as YYYYMM."""
        return self._sql("period")

    @property
    def before(self) -> str:
        """The previous month as YYYYMM."""
        return self._sql("before")

    def _sql(self, name: str) -> str:
        return f"month.{name}" if self.several else _literal(self.periods[0], name)

    def each(self, statement: str) -> str:
        """The statement for every month. Inside it only the names above may be used for dates."""
        if not self.several:
            return statement
        names = tuple(_FACTS)
        rows = ", ".join(
            f"({place}, {', '.join(_literal(period, name) for name in names)})" for place, period in enumerate(self.periods)
        )
        return (f"SELECT month.place, found.* FROM (VALUES {rows}) AS month (place, {', '.join(names)})"
                f" CROSS JOIN LATERAL ({statement}) AS found")

    def number(self, values: Sequence[Any], place: pl.Expr, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
        """What holds in the row's month, as a column: ``values`` by place; ``place``: the row's month."""
        if all(value == values[0] for value in values):
            return pl.lit(values[0], dtype)
        return place.replace_strict(range(len(values)), list(values), return_dtype=dtype)


_FACTS: dict[str, Callable[[int], dt.date | int]] = {
    "start": first_day, "last": last_day, "until": lambda period: first_day(shift(period, 1)),
    "period": int, "before": lambda period: shift(period, -1),
}


def _literal(period: int, name: str) -> str:
    value = _FACTS[name](period)
    return f"DATE '{value}'" if isinstance(value, dt.date) else str(value)
