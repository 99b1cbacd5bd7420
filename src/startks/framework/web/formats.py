"""Numbers, money, dates and months as Russians write them: «1 234,56 ₽», «01.05.2026», «май 2026».

Thousands are parted by a no-break space, so that a sum is never broken over two lines. No floats.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

NBSP = "\u00a0"
MINUS = "\u2212"
MONTHS = {
    "ru": ("январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"),
}  # fmt: skip
GENITIVE = (
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"
)  # fmt: skip
ZONES = {"samara": "Europe/Samara", "volgograd": "Europe/Volgograd"}
MILLION = 1_000_000
_ROUBLES = NBSP + "₽"


def money(kopecks: int | None, *, sign: bool = True) -> str:
    """Kopecks → «1 234,56 ₽» (``sign=False`` without ₽); None → «»."""
    if kopecks is None:
        return ""
    if not isinstance(kopecks, int):
        raise TypeError(f"money takes whole kopecks, not {type(kopecks).__name__}")
    roubles, rest = divmod(abs(kopecks), 100)
    return f"{MINUS if kopecks < 0 else ''}{_grouped(roubles)},{rest:02d}{_ROUBLES if sign else ''}"


def number(value: Decimal | int | None, places: int | None = None) -> str:
    """Decimal → «1 234,5»; ``places`` fixes the digits after the comma (half-up), None keeps those that say something."""
    if value is None:
        return ""
    if isinstance(value, float):
        raise TypeError("number takes Decimal or int, not float")
    exact = Decimal(value)
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    negative, digits = exact < 0, f"{abs(exact):f}"
    whole, _, fraction = digits.partition(".")
    if places is None:
        fraction = fraction.rstrip("0")
    text = _grouped(int(whole)) + (f",{fraction}" if fraction else "")
    return (MINUS if negative else "") + text


def micro(value: int | None, places: int | None = None) -> str:
    """Millionths of a unit (volumes, tariffs of the statement) → number."""
    if value is None:
        return ""
    if places is not None:
        return number(Decimal(value) / MILLION, places)
    whole, rest = divmod(abs(value), MILLION)
    text = f"{_grouped(whole)},{rest:06d}".rstrip("0") if rest else _grouped(whole)
    return MINUS + text if value < 0 else text


def price(roubles: Decimal | int | None, *, sign: bool = True) -> str:
    """Price of a unit, exact roubles → «45,62 ₽», «5,4375 ₽»: at least two digits after the comma, none cut off."""
    if roubles is None:
        return ""
    whole, _, fraction = number(Decimal(roubles)).partition(",")
    return f"{whole},{fraction.ljust(2, '0')}{NBSP + '₽' if sign else ''}"


@lru_cache(maxsize=4096)
def micro_price(micro_roubles: int) -> str:
    """Millionths of a rouble → :func:`price`; prices of a unit are few and stand on every bill."""
    return price(Decimal(micro_roubles) / MILLION)


def percent(value: Decimal | int | None, places: int | None = None) -> str:
    """12.5 → «12,5 %»."""
    return "" if value is None else f"{number(value, places)}{NBSP}%"


def date(day: dt.date | None) -> str:
    """Date → «01.05.2026»; of a moment, its own day."""
    return "" if day is None else f"{day.day:02d}.{day.month:02d}.{day.year:04d}"


def last_day(until: dt.date | None) -> str:
    """End of a half-open range, the first day on which it no longer holds → the last day itself, as people say «по»."""
    return "" if until is None else date(until - dt.timedelta(days=1))


def long_date(day: dt.date | None) -> str:
    """Date → «1 мая 2026 г.»."""
    return "" if day is None else f"{day.day}{NBSP}{GENITIVE[day.month - 1]} {day.year}{NBSP}г."


def moment(at: dt.datetime | None, zone: dt.tzinfo | None = None) -> str:
    """Moment with time zone → «01.05.2026 09:30» in the given zone (the installation's, in templates)."""
    if at is None:
        return ""
    local = at.astimezone(zone) if zone is not None and at.tzinfo is not None else at
    return f"{date(local)} {local.hour:02d}:{local.minute:02d}"


def period(month: int | None, locale: str = "ru") -> str:
    """Accounting period 202605 → «май 2026»."""
    if month is None:
        return ""
    year, index = divmod(month, 100)
    return f"{MONTHS.get(locale, MONTHS['ru'])[index - 1]} {year}"


def plural(count: int, one: str, few: str, many: str) -> str:
    """Russian plural: 1 → ``one`` (дом), 2 → ``few`` (дома), 5 → ``many`` (домов); without the number."""
    tens, units = abs(count) % 100, abs(count) % 10
    if 11 <= tens <= 14:
        return many
    if units == 1:
        return one
    return few if 2 <= units <= 4 else many


def counted(count: int, one: str, few: str, many: str) -> str:
    """«1 234 дома»."""
    return f"{number(count)}{NBSP}{plural(count, one, few, many)}"


def _grouped(whole: int) -> str:
    return str(whole) if whole < 1000 else f"{whole:,}".replace(",", NBSP)


class Formats:
    """The functions above with the reader's language and the town's time: ``fmt`` of every template."""

    __slots__ = ("locale", "zone")

    money = staticmethod(money)
    number = staticmethod(number)
    micro = staticmethod(micro)
    price = staticmethod(price)
    percent = staticmethod(percent)
    date = staticmethod(date)
    last_day = staticmethod(last_day)
    long_date = staticmethod(long_date)
    plural = staticmethod(plural)
    counted = staticmethod(counted)

    def __init__(self, locale: str, zone: dt.tzinfo | None) -> None:
        self.locale = locale
        self.zone = zone

    def period(self, month: int | None) -> str:
        """202605 → «май 2026» in the reader's language."""
        return period(month, self.locale)

    def moment(self, at: dt.datetime | None) -> str:
        """Moment → «01.05.2026 09:30» by the town's clock."""
        return moment(at, self.zone)

    def day_of(self, at: dt.datetime | None) -> str:
        """Moment → its day by the town's clock."""
        return "" if at is None else date(at.astimezone(self.zone))


@lru_cache(maxsize=16)
def formats_for(locale: str, city: str) -> Formats:
    """Return the formats of a language in a town (``startks.city``)."""
    return Formats(locale, ZoneInfo(ZONES[city]))


def parse_money(text: str) -> int:
    """«1 234,56» or «1234.5 ₽» → kopecks; ValueError with a Russian sentence."""
    amount = parse_number(text.replace("₽", ""), places=2, what="сумма")
    return int(amount * 100)


def parse_number(text: str, *, places: int = 6, what: str = "число") -> Decimal:
    """«1 234,5» → Decimal; a comma or a point; ValueError with a Russian sentence."""
    plain = "".join(text.split()).replace(NBSP, "").replace(MINUS, "-").replace(",", ".")
    head, _, tail = plain.removeprefix("-").partition(".")
    if (
        not (head.isascii() and head.isdigit())
        or (tail and not (tail.isascii() and tail.isdigit()))
        or plain.endswith(".")
    ):
        raise ValueError(f"{what.capitalize()} пишется цифрами, копейки и доли — после запятой: 1234,56.")
    if len(tail) > places:
        raise ValueError(f"После запятой не больше {places} знаков. Исправьте.")
    if len(head) > 15:
        raise ValueError(f"{what.capitalize()} слишком велико. Проверьте, нет ли лишних цифр.")
    return Decimal(plain)


def parse_date(text: str) -> dt.date:
    """«1.5.2026» or «2026-05-01» (what a date field of a browser sends) → date; ValueError with a Russian sentence."""
    plain = text.strip()
    parts: list[Any] = plain.split(".")
    if len(parts) != 3:
        parts = plain.split("-")[::-1]
    try:
        day, month, year = (int(part) for part in parts)
        if not 1900 <= year <= 2100:
            raise ValueError
        return dt.date(year, month, day)
    except ValueError:
        raise ValueError("Дата пишется как ДД.ММ.ГГГГ, например 01.05.2026.") from None


def parse_period(text: str) -> int:
    """«05.2026», «2026-05» or «май 2026» → 202605; ValueError with a Russian sentence."""
    words = text.strip().casefold().replace(".", " ").replace("-", " ").replace("/", " ").split()
    try:
        first, second = words
        if first in MONTHS["ru"]:
            first = str(MONTHS["ru"].index(first) + 1)
        month, year = (second, first) if len(first) == 4 else (first, second)
        if not (1 <= int(month) <= 12 and 2000 <= int(year) <= 2099):
            raise ValueError
        return int(year) * 100 + int(month)
    except ValueError:
        raise ValueError("Месяц пишется как ММ.ГГГГ, например 05.2026.") from None
