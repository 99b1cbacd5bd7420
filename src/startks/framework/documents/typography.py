"""Numbers, money and dates as Russian documents print them: ``1 234,56``, ``31.05.2026``, ``май 2026``.

Groups are parted by the no-break space U+00A0, the minus is the true sign U+2212. Written by hand rather than by
Babel because a receipt formats some two hundred numbers: these take under a microsecond each, Babel's forty.
"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

NBSP = "\u00a0"
MINUS = "\u2212"
ROUBLE = "₽"

MONTHS = (
    "", "январь", "февраль", "март", "апрель", "май", "июнь",
    "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip


def money(kopecks: int) -> str:
    """Kopecks as roubles without the sign of the currency: ``-123456`` gives ``−1 234,56``."""
    roubles, rest = divmod(-kopecks if kopecks < 0 else kopecks, 100)
    text = f"{roubles:,}".replace(",", NBSP) if roubles > 999 else str(roubles)
    return f"{MINUS if kopecks < 0 else ''}{text},{rest:02d}"


def money_or_dash(kopecks: int) -> str:
    """As :func:`money`; zero, where a cell says "nothing of the kind", is a dash."""
    return money(kopecks) if kopecks else "—"


def roubles(kopecks: int) -> str:
    """Money with the rouble sign: ``1 234,56 ₽``."""
    return f"{money(kopecks)}{NBSP}{ROUBLE}"


def decimal_text(value: Decimal | None, places: int = 6) -> str:
    """A volume, norm or tariff: half-up to ``places`` decimals at most, no trailing zeros; None is an empty text."""
    if value is None:
        return ""
    if -value.as_tuple().exponent > places:  # type: ignore[operator]  # infinities never get here: numeric columns
        value = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{value:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", "0"):
        return "0"
    return text.replace(",", NBSP).replace(".", ",").replace("-", MINUS)


def fixed_decimal(value: Decimal, places: int) -> str:
    """As :func:`decimal_text` with exactly ``places`` decimals (tariffs: two)."""
    quantum = Decimal(1).scaleb(-places)
    rounded = value.quantize(quantum, ROUND_HALF_UP)
    return f"{rounded:,f}".replace(",", NBSP).replace(".", ",").replace("-", MINUS)


def tariff_text(value: Decimal | None) -> str:
    """A tariff in roubles: at least two decimals, more only if it has them."""
    if value is None:
        return ""
    exponent = -value.normalize().as_tuple().exponent  # type: ignore[operator]
    return fixed_decimal(value, min(max(exponent, 2), 6))


def date_text(value: date | None) -> str:
    """``31.05.2026``; None is an empty text."""
    return "" if value is None else f"{value.day:02d}.{value.month:02d}.{value.year}"


def period_text(period: int) -> str:
    """YYYYMM as ``май 2026``."""
    return f"{MONTHS[period % 100]}{NBSP}{period // 100}"
