"""Months of an account as a picture of the numbers that the table beside it holds."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from markupsafe import Markup
from sqlalchemy import Row

from startks.framework.documents.charts import Chart, Series, chart_svg
from startks.framework.web.formats import number


def chart_of(history: Sequence[Row], words: dict[str, str], fmt: Any) -> Markup | None:
    """Bars of what was charged and paid month by month, roubles; None for less than two months."""
    if len(history) < 2:
        return None
    months = tuple(_short(fmt.period(row.period)) for row in history)
    charged = tuple(row.charged for row in history)
    paid = tuple(row.paid for row in history)
    return _picture(months, charged, paid, words["charged"], words["paid"], words["history"], words["history_text"])


def _short(month: str) -> str:
    """«октябрь 2026» → «окт 26»."""
    name, _space, year = month.partition(" ")
    return f"{name[:3]} {year[-2:]}"


# A pure function of the numbers: the same months are drawn once, however often their page is opened.
@lru_cache(maxsize=512)
def _picture(
    months: tuple[str, ...], charged: tuple[int, ...], paid: tuple[int, ...], *words: str
) -> Markup:
    charged_word, paid_word, title, text = words
    return chart_svg(
        Chart(
            title=title,
            description=text,
            categories=months,
            series=(
                Series(charged_word, tuple(Decimal(value) / 100 for value in charged)),
                Series(paid_word, tuple(Decimal(value) / 100 for value in paid)),
            ),
            unit="₽",
            text_of=lambda value: number(value, 0),
        )
    )
