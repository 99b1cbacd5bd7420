"""Small doings with frames that the steps of the calculation share."""

from __future__ import annotations

import polars as pl


def parts_of(frame: pl.DataFrame, *columns: str) -> dict[tuple, pl.DataFrame]:
    """The frame cut by the values of ``columns``, in the order in which they come first.

    As ``partition_by(as_dict=True)``, which asks every part for its key by a query of its own.
    """
    parts = frame.partition_by(*columns, maintain_order=True) if frame.height else []
    return {tuple(part.item(0, column) for column in columns): part for part in parts}
