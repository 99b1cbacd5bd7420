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


def pay(amount: int, opening: dict, order) -> tuple[dict, int]:
    """Split a payment over what is owed in proportion (ПП РФ 354 п. 118); return the parts and what is left over.

    Lines below zero do not take part. ``order`` sorts the lines of the bill.
    """
    lines = sorted((key for key, owed in opening.items() if owed > 0), key=order)
    owed = sum(opening[key] for key in lines)
    used = min(amount, owed)
    if not used:
        return {}, amount
    parts = share(used, [opening[key] for key in lines])
    return dict(zip(lines, parts, strict=True)), amount - used
