"""Openings, the split of payments over debts, closings; roubles to kopecks. Whole kopecks."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

KOPECK = Decimal(100)
LAST_DIGIT = Decimal("1e-12")


def kopecks(roubles: Decimal) -> int:
    """Roubles to whole kopecks, half up (away from zero below it).

    A third of a volume has no end in decimals: what its last digits lack is put right before the half is looked for.
    """
    return int((roubles * KOPECK).quantize(LAST_DIGIT, ROUND_HALF_UP).quantize(Decimal(1), ROUND_HALF_UP))


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


def pay(money: list[tuple], owed: dict, order) -> tuple[dict, int]:
    """Split a month's money over what is owed; return the parts by line and month, each with its days, and what is left over.

    ``money`` holds (day, amount) in the order of days; ``owed`` each line's debts by month of origin. The oldest month
    first, inside a month in proportion (ПП РФ 354 п. 118). ``order`` sorts the lines of the bill. The month's money is
    split as one sum; what a line gets of it came on the days on which the money came, in proportion.
    """
    parts: dict = {}
    amount = sum(sum_ for _, sum_ in money)
    purse = [[day, sum_] for day, sum_ in money]
    for origin in sorted({origin for months in owed.values() for origin in months}, key=_order):
        lines = sorted((key for key, months in owed.items() if months.get(origin)), key=order)
        due = [owed[key][origin] for key in lines]
        used = min(max(amount, 0), sum(due))
        if not used:
            break
        days = _take(purse, used)
        for key, part in zip(lines, share(used, due), strict=True):
            pieces = share(part, [piece for _, piece in days])
            parts[key, origin] = [(day, piece) for (day, _), piece in zip(days, pieces, strict=True)]
        amount -= used
    return parts, amount


def _take(purse: list[list], wanted: int) -> list[tuple]:
    """Take a sum out of the money in the order in which it came."""
    taken = []
    for coin in purse:
        piece = min(coin[1], wanted)
        if piece > 0:
            taken.append((coin[0], piece))
            coin[1] -= piece
            wanted -= piece
    return taken


def left_of_months(owed: dict[int, int], paid: dict[int, int], penalty: int, closing: int, before: int) -> dict[int, int]:
    """What of a line's earlier months is left at the end of the month, by origin; origin 0 holds the penalties.

    ``before`` is the month YYYYMM behind :data:`LAST`. Where less is owed in all, the oldest months count as paid.
    """
    left: dict[int, int] = {}
    for origin, amount in owed.items():
        left[before if origin == LAST else origin] = amount - paid.get(origin, 0)
    left[0] = left.get(0, 0) + penalty
    too_much = sum(left.values()) - max(closing, 0)
    for origin in sorted(left, key=_order):
        taken = min(left[origin], max(too_much, 0))
        left[origin] -= taken
        too_much -= taken
    return {origin: amount for origin, amount in left.items() if amount > 0}
