"""Where the rows of several frames stand among all their keys: found by marking and counting, nothing is sorted.

A key is a line: account, service, supplier. Think of a table that has for every account, in rising order, one cell for
each service and supplier that occurs in its house: a few cells an account, most of them filled. A row's cell is found by
looking up small tables, a tenth of the work of sorting millions of keys or joining by them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl


def cells(*parts: pl.DataFrame) -> tuple[list[np.ndarray], int]:
    """The cell of each row of each part (house_id, account_id, service_id, supplier_id), and how many cells there are.

    Rows of one key have one cell, and cells rise with account, service and supplier. Ids are from 0 on.
    """
    accounts, account = ranked([numbers(part, "account_id") for part in parts])
    width = max((part["supplier_id"].max() for part in parts if part.height), default=0) + 1
    pairs, pair = ranked([
        numbers(part, "service_id").astype(np.int64) * width + numbers(part, "supplier_id") for part in parts
    ])
    home = np.zeros(accounts, dtype=np.int64)
    for part, rows in zip(parts, account, strict=True):
        home[rows] = numbers(part, "house_id")
    houses, (home,) = ranked([home])
    is_used = np.zeros((houses, pairs), dtype=bool)
    of_pairs = home * pairs
    for rows, cell in zip(account, pair, strict=True):
        cell += of_pairs[rows]
        is_used.reshape(-1)[cell] = True
    slots = np.cumsum(is_used, axis=1) - 1  # the place of a used pair among those of its house
    widths = is_used.sum(axis=1)[home]
    start = np.cumsum(widths) - widths
    for rows, cell in zip(account, pair, strict=True):
        slots.reshape(-1).take(cell, out=cell, mode="clip")
        cell += start[rows]
    return pair, int(widths.sum())


def ranked(columns: Sequence[np.ndarray]) -> tuple[int, list[np.ndarray]]:
    """How many numbers occur in the columns, and each column as their ranks (int64)."""
    filled = [column for column in columns if len(column)]
    if not filled:
        return 0, [np.zeros(0, dtype=np.int64) for _ in columns]
    low, high = min(int(column.min()) for column in filled), max(int(column.max()) for column in filled)
    if high - low >= sum(map(len, filled)):  # a few rows of far-away numbers
        found = np.unique(np.concatenate(filled))
        return len(found), [np.searchsorted(found, column) for column in columns]
    occurs = np.zeros(high - low + 1, dtype=bool)
    places = [column - low for column in columns]
    for place in places:
        occurs[place] = True
    rank = np.cumsum(occurs) - 1
    return int(rank[-1]) + 1, [rank[place] for place in places]


def numbers(frame: pl.DataFrame, name: str) -> np.ndarray:
    """A column as numpy array, nothing as 0. Made anew where the column is in pieces: do not keep it longer than needed."""
    column = frame.get_column(name)
    return (column.fill_null(0) if column.null_count() else column).to_numpy()
