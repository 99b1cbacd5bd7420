"""Openings, the split of payments over debts, closings. Whole kopecks."""

from __future__ import annotations

from fractions import Fraction


def share(amount: int, weights: list[int]) -> list[int]:
    """Split by largest remainder, ties to the first in order."""
    whole = sum(weights)
    exact = [Fraction(amount * weight, whole) for weight in weights]
    parts = [int(value) for value in exact]
    order = sorted(range(len(weights)), key=lambda index: (parts[index] - exact[index], index))
    for index in order[: amount - sum(parts)]:
        parts[index] += 1
    return parts


def debts(opening: int, older: list[tuple[int, int]]) -> dict[int, int]:
    """What a line owes by month of origin: ``older`` rows (origin, amount), the rest of ``opening`` is the month before (1e6).

    Origin 0 holds penalties. Where the opening is less than its old months, the oldest count as paid.
    """
    if opening <= 0:
        return {}
    result = {origin: amount for origin, amount in older if amount > 0}
    result[LAST] = opening - sum(result.values())
    for origin in sorted(result, key=_order):
        if result[LAST] >= 0:
            break
        if origin != LAST:
            taken = min(result[origin], -result[LAST])
            result[origin] -= taken
            result[LAST] += taken
    return {origin: amount for origin, amount in result.items() if amount > 0}


LAST = 1_000_000


def _order(origin: int) -> int:
    """Oldest month first, penalties after all principal (ГК ст. 319, 319.1)."""
    return origin or 2 * LAST


def pay(amount: int, owed: dict, order) -> tuple[dict, int]:
    """Split a payment over what is owed; return the parts by line and what is left over.

    ``owed`` gives each line's debts by month of origin. The oldest month first, inside a month in proportion (ПП РФ 354
    п. 118). ``order`` sorts the lines of the bill.
    """
    parts: dict = {}
    for origin in sorted({origin for months in owed.values() for origin in months}, key=_order):
        lines = sorted((key for key, months in owed.items() if months.get(origin)), key=order)
        due = [owed[key][origin] for key in lines]
        used = min(max(amount, 0), sum(due))
        if not used:
            break
        for key, part in zip(lines, share(used, due), strict=True):
            parts[key] = parts.get(key, 0) + part
        amount -= used
    return parts, amount
