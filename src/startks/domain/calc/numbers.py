"""The abstract number in which the law is written.

A rule is a pure function over numbers that knows nothing about who calculates. It may use ``+ - * /``,
comparisons and the helpers of this module:

=====================  =====================================================================================
``kopecks(x)``         roubles to whole kopecks, half-up by magnitude (-0.005 roubles are -1 kopeck)
``rounded(x, digits)`` the same rounding at any number of decimals; ``digits`` is part of the law, a plain int
``cut(x, digits)``     cuts the further decimals off, towards zero: whole steps, full days
``choose(c, a, b)``    ``a`` where the comparison ``c`` holds, otherwise ``b``
``minimum``/``maximum``
``named(x, ...)``      gives an intermediate result a name for the explanation; changes nothing
=====================  =====================================================================================

Numbers are exact rationals in every interpreter: nothing is rounded before ``kopecks`` or ``rounded``.
The interpreters are :mod:`.bulk` (Polars, whole houses), :mod:`.trace` (one line, explained) and
:mod:`.reference` (plain :class:`fractions.Fraction`, used directly by these helpers).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any


class Condition(ABC):
    """Result of comparing two numbers of an interpreter; it has no truth value of its own."""

    @abstractmethod
    def choose(self, yes: Any, no: Any) -> Number:
        """``yes`` where the condition holds, else ``no``."""

    def __bool__(self) -> bool:
        raise TypeError("A rule must use choose(condition, a, b), not if: one call serves many rows")


class Number(ABC):
    """Operators every interpreter gives; the other operand may be a Number, an int or a Fraction."""

    __slots__ = ()
    __hash__ = None  # equality compares values of rows, so a Number is no dictionary key

    @abstractmethod
    def lift(self, value: Any) -> Number:
        """``value`` as a number of this interpreter."""

    @abstractmethod
    def add(self, other: Number) -> Number: ...

    @abstractmethod
    def subtract(self, other: Number) -> Number: ...

    @abstractmethod
    def multiply(self, other: Number) -> Number: ...

    @abstractmethod
    def divide(self, other: Number) -> Number: ...

    @abstractmethod
    def compare(self, sign: str, other: Number) -> Condition:
        """Compare by ``sign``: one of ``< <= > >= == !=``."""

    @abstractmethod
    def rounded(self, digits: int) -> Number:
        """Half-up by magnitude to ``digits`` decimals."""

    @abstractmethod
    def cut(self, digits: int) -> Number:
        """Cut to ``digits`` decimals, towards zero."""

    @abstractmethod
    def smaller(self, other: Number) -> Number: ...

    @abstractmethod
    def larger(self, other: Number) -> Number: ...

    @abstractmethod
    def named(self, name: str, title: str, unit: str) -> Number: ...

    def __add__(self, other: Any) -> Number:
        return self.add(self.lift(other))

    def __radd__(self, other: Any) -> Number:
        return self.lift(other).add(self)

    def __sub__(self, other: Any) -> Number:
        return self.subtract(self.lift(other))

    def __rsub__(self, other: Any) -> Number:
        return self.lift(other).subtract(self)

    def __mul__(self, other: Any) -> Number:
        return self.multiply(self.lift(other))

    def __rmul__(self, other: Any) -> Number:
        return self.lift(other).multiply(self)

    def __truediv__(self, other: Any) -> Number:
        return self.divide(self.lift(other))

    def __rtruediv__(self, other: Any) -> Number:
        return self.lift(other).divide(self)

    def __neg__(self) -> Number:
        return self.lift(0).subtract(self)

    def __lt__(self, other: Any) -> Condition:
        return self.compare("<", self.lift(other))

    def __le__(self, other: Any) -> Condition:
        return self.compare("<=", self.lift(other))

    def __gt__(self, other: Any) -> Condition:
        return self.compare(">", self.lift(other))

    def __ge__(self, other: Any) -> Condition:
        return self.compare(">=", self.lift(other))

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return self.compare("==", self.lift(other))

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return self.compare("!=", self.lift(other))


def round_half_up(value: Fraction, digits: int = 0) -> Fraction:
    """Round an exact number half-up by magnitude: 0.125 at two digits is 0.13, -0.125 is -0.13."""
    scaled = abs(Fraction(value)) * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole if value >= 0 else -whole, 10**digits)


def cut_off(value: Fraction, digits: int = 0) -> Fraction:
    """Cut an exact number to ``digits`` decimals, towards zero: 0.129 at two digits is 0.12."""
    scaled = abs(Fraction(value)) * 10**digits
    whole = scaled.numerator // scaled.denominator
    return Fraction(whole if value >= 0 else -whole, 10**digits)


def cut(value: Any, digits: int = 0) -> Any:
    """``value`` cut to ``digits`` decimals towards zero, in any interpreter."""
    if isinstance(value, Number):
        return value.cut(digits)
    return cut_off(value, digits)


def rounded(value: Any, digits: int) -> Any:
    """``value`` rounded half-up by magnitude to ``digits`` decimals, in any interpreter."""
    if isinstance(value, Number):
        return value.rounded(digits)
    return round_half_up(value, digits)


def kopecks(roubles: Any) -> Any:
    """Roubles as a whole number of kopecks, half-up by magnitude, in any interpreter."""
    return rounded(roubles, 2) * 100


def choose(condition: Any, yes: Any, no: Any) -> Any:
    """``yes`` where ``condition`` (a comparison of two numbers) holds, otherwise ``no``."""
    if isinstance(condition, Condition):
        return condition.choose(yes, no)
    return yes if condition else no


def _pair(first: Any, second: Any) -> tuple[Any, Any]:
    """Both operands in one interpreter; plain numbers stay plain."""
    if isinstance(first, Number):
        return first, first.lift(second)
    if isinstance(second, Number):
        return second.lift(first), second
    return first, second


def minimum(first: Any, second: Any) -> Any:
    """The smaller of two numbers."""
    first, second = _pair(first, second)
    if isinstance(first, Number):
        return first.smaller(second)
    return min(first, second)


def maximum(first: Any, second: Any) -> Any:
    """The larger of two numbers."""
    first, second = _pair(first, second)
    if isinstance(first, Number):
        return first.larger(second)
    return max(first, second)


def named(value: Any, name: str, title: str, unit: str = "") -> Any:
    """Name an intermediate result for the explanation; the value is not touched.

    ``title`` is the Russian name a person reads, ``unit`` its unit of measure.
    """
    if isinstance(value, Number):
        return value.named(name, title, unit)
    return value
