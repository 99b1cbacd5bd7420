"""Bulk interpreter: rules as Polars expressions over scaled integers, exact to the last digit.

A :class:`Bulk` is a fraction ``numerator / (scale * factor * factor ...)``: the numerator is a Polars
expression of an integer type, ``scale`` a plain positive int (powers of ten of the columns, twelve months, a
hundred percent), the factors are expressions a rule divided by (areas, days). Denominators meet by their least
common multiple, so a house's area that occurs twice is not multiplied in twice.

Every numerator carries **proved bounds** ``low <= numerator <= high`` as Python integers. Below 2**63 an
operation runs in Int64, below 2**127 in Int128 (which costs next to nothing in a month run); beyond that
:class:`.errors.OverflowProof` is raised while the expression is built. Nothing can wrap round.

A division by zero and a missing input give null: the row cannot be calculated, and the caller reports it.
Polars has no unary minus for Int128, hence ``0 - x``; its ``//`` floors, hence the rounding by magnitude.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import polars as pl

from .errors import OverflowProof
from .numbers import Condition, Number, cut_off, round_half_up

_INT64 = 2**63
_INT128 = 2**127


def _is_wide(*bounds: int) -> bool:
    """Whether numbers within ``bounds`` need Int128; proof of overflow beyond it."""
    largest = max(abs(bound) for bound in bounds)
    if largest >= _INT128:
        raise OverflowProof(largest.bit_length())
    return largest >= _INT64


def _whole(expression: pl.Expr | None, value: int, wide: bool) -> pl.Expr:
    """The expression, or the constant ``value`` where there is none, in the width asked for."""
    if expression is None:
        return pl.lit(value, dtype=pl.Int128 if wide else pl.Int64)
    return expression.cast(pl.Int128) if wide else expression


@dataclass(frozen=True)
class Factor:
    """One divisor of a rule: a positive integer expression (null where it was zero), bounded by ``high``."""

    key: tuple
    expression: pl.Expr = field(compare=False)
    high: int = field(compare=False)


@dataclass(frozen=True, eq=False)
class Bulk(Number):
    """An exact rational per row. ``expression`` is None for a constant (then ``low == high``)."""

    expression: pl.Expr | None
    low: int
    high: int
    scale: int
    factors: tuple[Factor, ...]
    key: tuple

    @classmethod
    def column(cls, name: str, decimals: int, low: int, high: int) -> Bulk:
        """The integer column ``name`` scaled by ``10 ** decimals``, whose values lie in ``[low, high]``."""
        wide = _is_wide(low, high)
        kind = pl.Int128 if wide else pl.Int64
        return cls(pl.col(name).cast(kind), low, high, 10**decimals, (), ("column", name))

    @classmethod
    def constant(cls, value: int | Fraction) -> Bulk:
        """A number of the law itself, such as twelve months."""
        exact = Fraction(value)
        return cls(None, exact.numerator, exact.numerator, exact.denominator, (), ("constant", exact))

    def lift(self, value: Any) -> Bulk:
        return value if isinstance(value, Bulk) else Bulk.constant(value)

    # -- arithmetic ---------------------------------------------------------------------------------------

    def _times(self, number: int) -> tuple[pl.Expr | None, int, int]:
        """Numerator multiplied by a plain positive int, with its bounds."""
        low, high = self.low * number, self.high * number
        if self.expression is None or number == 1:
            return self.expression, low, high
        wide = _is_wide(low, high, number)
        return _whole(self.expression, 0, wide) * _whole(None, number, wide), low, high

    def _over(self, scale: int, factors: Counter) -> tuple[pl.Expr | None, int, int]:
        """Numerator after widening the fraction to the common denominator ``scale`` and ``factors``."""
        expression, low, high = self._times(scale // self.scale)
        for factor in (factors - Counter(self.factors)).elements():
            expression, low, high = _multiply((expression, low, high), (factor.expression, 1, factor.high))
        return expression, low, high

    def _common(self, other: Bulk) -> tuple[tuple, tuple, int, tuple[Factor, ...]]:
        """Both numerators over their least common denominator, and that denominator."""
        scale = lcm(self.scale, other.scale)
        factors = Counter(self.factors) | Counter(other.factors)
        return self._over(scale, factors), other._over(scale, factors), scale, tuple(factors.elements())

    def add(self, other: Bulk) -> Bulk:
        mine, theirs, scale, factors = self._common(other)
        low, high = mine[1] + theirs[1], mine[2] + theirs[2]
        return self._joined("+", other, mine, theirs, low, high, scale, factors)

    def subtract(self, other: Bulk) -> Bulk:
        mine, theirs, scale, factors = self._common(other)
        low, high = mine[1] - theirs[2], mine[2] - theirs[1]
        return self._joined("-", other, mine, theirs, low, high, scale, factors)

    def _joined(self, sign, other, mine, theirs, low, high, scale, factors) -> Bulk:
        key = (sign, self.key, other.key)
        if mine[0] is None and theirs[0] is None:
            return Bulk(None, low, high, scale, factors, key)
        wide = _is_wide(low, high, *mine[1:], *theirs[1:])
        left, right = _whole(mine[0], mine[1], wide), _whole(theirs[0], theirs[1], wide)
        return Bulk(left + right if sign == "+" else left - right, low, high, scale, factors, key)

    def multiply(self, other: Bulk) -> Bulk:
        first, second = self._without_common_part(other), other._without_common_part(self)
        expression, low, high = _multiply(first[:3], second[:3])
        factors = tuple((Counter(self.factors) + Counter(other.factors)).elements())
        return Bulk(expression, low, high, first[3] * second[3], factors, ("*", self.key, other.key))

    def _without_common_part(self, other: Bulk) -> tuple[pl.Expr | None, int, int, int]:
        """Numerator and scale, cut by what a constant ``self`` shares with the scale of ``other`` and back."""
        number, scale = self.low, self.scale
        if self.expression is None:
            number //= gcd(number, other.scale)
        if other.expression is None and other.low:
            scale //= gcd(scale, other.low)
        if self.expression is None:
            return None, number, number, scale
        return self.expression, self.low, self.high, scale

    def divide(self, other: Bulk) -> Bulk:
        key = ("/", self.key, other.key)
        if other.expression is None and not other.factors:
            if other.low == 0:
                raise ZeroDivisionError("a rule divides by the constant zero")
            inverse = Bulk.constant(Fraction(other.scale, other.low))
            result = self.multiply(inverse)
            return Bulk(result.expression, result.low, result.high, result.scale, result.factors, key)
        divisor, negative = other._as_factor()
        shared = gcd(self.scale, other.scale)
        numerator = self._times(other.scale // shared)
        mine, theirs = Counter(self.factors), Counter(other.factors)
        for factor in (theirs - mine).elements():
            numerator = _multiply(numerator, (factor.expression, 1, factor.high))
        if negative is not None:
            numerator = _signed(numerator, negative)
        factors = tuple(((mine - theirs) + Counter([divisor])).elements())
        return Bulk(*numerator, self.scale // shared, factors, key)

    def _as_factor(self) -> tuple[Factor, pl.Expr | None]:
        """Own numerator as a positive divisor (null where zero), and where it was negative."""
        expression = _whole(self.expression, self.low, _is_wide(self.low, self.high))
        high = max(abs(self.low), abs(self.high), 1)
        if self.low > 0:
            return Factor(self.key, expression, high), None
        if self.low == 0:
            return Factor(self.key, pl.when(expression > 0).then(expression), high), None
        return Factor(self.key, pl.when(expression != 0).then(expression.abs()), high), expression < 0

    # -- comparison and choice ----------------------------------------------------------------------------

    def compare(self, sign: str, other: Bulk) -> BulkCondition:
        mine, theirs, _, _ = self._common(other)
        wide = _is_wide(*mine[1:], *theirs[1:])
        left, right = _whole(mine[0], mine[1], wide), _whole(theirs[0], theirs[1], wide)
        compared = {
            "<": left.lt, "<=": left.le, ">": left.gt, ">=": left.ge, "==": left.eq, "!=": left.ne,
        }[sign](right)
        return BulkCondition(compared, (sign, self.key, other.key))

    def smaller(self, other: Bulk) -> Bulk:
        if other.is_plain and not self.factors:
            return self._clipped(other, "upper_bound", min)
        chosen = (self <= other).choose(self, other)
        if chosen.factors:
            return chosen
        # It is above neither of the two: the proof may use the narrower bound.
        high = min(Fraction(self.high, self.scale), Fraction(other.high, other.scale)) * chosen.scale
        return replace(chosen, high=int(high))

    def larger(self, other: Bulk) -> Bulk:
        if other.is_plain and not self.factors:
            return self._clipped(other, "lower_bound", max)
        chosen = (self >= other).choose(self, other)
        if chosen.factors:
            return chosen
        low = max(Fraction(self.low, self.scale), Fraction(other.low, other.scale)) * chosen.scale
        return replace(chosen, low=int(low))

    @property
    def is_plain(self) -> bool:
        """Whether it is a number of the law itself."""
        return self.expression is None and not self.factors

    def _clipped(self, limit: Bulk, side: str, of: Callable[[int, int], int]) -> Bulk:
        """Cut at a number of the law. A choice would write the expression four times, and a rule that cuts twice sixteen times."""
        (expression, low, high), (_, bound, _), scale, _ = self._common(limit)
        wide = _is_wide(low, high, bound)
        cut = _whole(expression, low, wide).clip(**{side: _whole(None, bound, wide)})
        return Bulk(cut, of(low, bound), of(high, bound), scale, (), (side, self.key, limit.key))

    # -- rounding -----------------------------------------------------------------------------------------

    def rounded(self, digits: int) -> Bulk:
        return self._at(digits, half_up=True)

    def cut(self, digits: int) -> Bulk:
        return self._at(digits, half_up=False)

    def _at(self, digits: int, half_up: bool) -> Bulk:
        moved = self.multiply(Bulk.constant(10**digits))
        expression, low, high = moved._to_whole(half_up)
        return Bulk(expression, low, high, 10**digits, (), ("whole", digits, half_up, self.key))

    def _to_whole(self, half_up: bool) -> tuple[pl.Expr | None, int, int]:
        """Whole number: ``(2a + d) // (2d)`` (nearest) or ``a // d`` (cut) by magnitude, the sign put back."""
        low, high = _whole_int(self.low, self.scale, half_up), _whole_int(self.high, self.scale, half_up)
        if self.factors:
            low, high = min(low, 0), max(high, 0)
        elif self.expression is None or self.scale == 1:
            return self.expression, low, high
        largest = max(abs(self.low), abs(self.high))
        divisor: tuple = (None, self.scale, self.scale)
        for factor in self.factors:
            divisor = _multiply(divisor, (factor.expression, 1, factor.high))
        wide = _is_wide(2 * largest + divisor[2], 2 * divisor[2])
        amount = _whole(self.expression, self.low, wide)
        size = _whole(divisor[0], divisor[1], wide)
        magnitude = amount if self.low >= 0 else amount.abs()
        quotient = (magnitude + magnitude + size) // (size + size) if half_up else magnitude // size
        if self.low < 0:
            quotient = pl.when(amount < 0).then(0 - quotient).otherwise(quotient)
        return (quotient if _is_wide(low, high) else quotient.cast(pl.Int64)), low, high

    def named(self, name: str, title: str, unit: str) -> Bulk:
        return self

    def column_of(self, decimals: int) -> pl.Expr:
        """The result as an Int64 column scaled by ``10 ** decimals``, half-up; null where it does not fit."""
        whole = self.rounded(decimals)
        wide = _is_wide(whole.low, whole.high)
        return _whole(whole.expression, whole.low, wide).cast(pl.Int64, strict=False)


def _whole_int(value: int, divisor: int, half_up: bool) -> int:
    exact = Fraction(value, divisor)
    return int(round_half_up(exact)) if half_up else int(cut_off(exact))


def _multiply(first: tuple, second: tuple) -> tuple[pl.Expr | None, int, int]:
    """Product of two bounded integers ``(expression, low, high)``."""
    corners = [a * b for a in first[1:] for b in second[1:]]
    low, high = min(corners), max(corners)
    if first[0] is None and second[0] is None:
        return None, low, high
    if first[0] is None and first[1] == 1:
        return second
    if second[0] is None and second[1] == 1:
        return first
    wide = _is_wide(low, high, *first[1:], *second[1:])
    return _whole(first[0], first[1], wide) * _whole(second[0], second[1], wide), low, high


def _signed(numerator: tuple, negative: pl.Expr) -> tuple[pl.Expr, int, int]:
    """The numerator with its sign turned where ``negative`` holds."""
    largest = max(abs(numerator[1]), abs(numerator[2]))
    expression = _whole(numerator[0], numerator[1], _is_wide(largest))
    return pl.when(negative).then(0 - expression).otherwise(expression), -largest, largest


@dataclass(frozen=True, eq=False)
class BulkCondition(Condition):
    """A Boolean expression; null where one of the compared numbers is missing."""

    expression: pl.Expr
    key: tuple

    def choose(self, yes: Any, no: Any) -> Bulk:
        first = yes if isinstance(yes, Bulk) else Bulk.constant(yes)
        second = no if isinstance(no, Bulk) else Bulk.constant(no)
        key = ("choose", self.key, first.key, second.key)
        scale = lcm(first.scale, second.scale)
        mine, theirs = first._times(scale // first.scale), second._times(scale // second.scale)
        low, high = min(mine[1], theirs[1]), max(mine[2], theirs[2])
        chosen = self._select(mine, theirs, _is_wide(low, high))
        if Counter(first.factors) == Counter(second.factors):
            return Bulk(chosen, low, high, scale, first.factors, key)
        # Each branch keeps its own divisor: a zero divisor of the branch not taken must not spoil the row.
        left, right = _product(first.factors), _product(second.factors)
        highest = max(left[2], right[2])
        divisor = Factor(("divisor", key), self._select(left, right, _is_wide(highest)), highest)
        return Bulk(chosen, low, high, scale, (divisor,), key)

    def _select(self, yes: tuple, no: tuple, wide: bool) -> pl.Expr:
        # A missing condition gives null, not the second branch: the row cannot be calculated.
        return (
            pl.when(self.expression).then(_whole(yes[0], yes[1], wide))
            .when(self.expression.not_()).then(_whole(no[0], no[1], wide))
        )


def _product(factors: tuple[Factor, ...]) -> tuple[pl.Expr | None, int, int]:
    result: tuple = (None, 1, 1)
    for factor in factors:
        result = _multiply(result, (factor.expression, 1, factor.high))
    return result
