"""Is a reading possible? One pure function for every channel; numbers in millionths of the unit, months as YYYYMM.

An *error* is never saved. A *warning* is saved once the clerk has confirmed it: a repeated day, or a use so much larger than
usual that a digit too many is likely. A dial that passed through zero is said on purpose (``turned``); without that a
reading below the previous one is refused (ПП РФ 354 п. 42: the volume is the difference of two readings).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from startks.framework.web import formats

MICRO = 1_000_000
UNUSUAL_TIMES = 10
"""A month's use so many times the usual one looks like an extra digit."""
NOTICEABLE = {"cold_water": 15, "hot_water": 15, "electricity": 1_000, "gas": 300, "heating": 5}
"""Units a month below which a use is never called unusual."""
UNLIKELY = {"cold_water": 100, "hot_water": 100, "electricity": 5_000, "gas": 2_000, "heating": 20}
"""Units a month above which the use of a flat is called unusual where nothing is known of it."""
UNITS = {"m3": "м³", "kwh": "кВт·ч", "gcal": "Гкал"}
ZONES = {0: "", 1: "день", 2: "ночь"}
DAYS_A_MONTH = 30


@dataclass(frozen=True, slots=True)
class Register:
    """A dial: a meter and a zone, with what is known around the day asked for."""

    meter_id: int
    zone: int
    """0 whole day, 1 day, 2 night"""
    serial: str
    resource: str
    service: str
    unit: str
    digits: int
    installed_on: dt.date
    removed_on: dt.date | None
    house_id: int
    account_id: int | None
    account: str | None
    premise: str | None
    previous_day: dt.date | None = None
    previous: int | None = None
    next_day: dt.date | None = None
    next: int | None = None
    same: int | None = None
    """reading of the very day"""
    older_day: dt.date | None = None
    older: int | None = None
    """reading about half a year before, for the usual use"""
    turned: bool = False
    """the dial is known to have passed through zero between the previous reading and the day"""
    turns_next: bool = False
    """… between the day and the next reading"""

    @property
    def key(self) -> str:
        """Name of its field on a page: ``17-0``."""
        return f"{self.meter_id}-{self.zone}"

    @property
    def span(self) -> int:
        """What the dial counts in one turn."""
        return 10**self.digits * MICRO

    @property
    def usual(self) -> int | None:
        """Use of a month as it was in the last half year; None where it is not known."""
        if self.previous is None or self.older is None or self.previous < self.older:
            return None
        days = (self.previous_day - self.older_day).days
        return (self.previous - self.older) * DAYS_A_MONTH // days if days >= DAYS_A_MONTH else None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a reading: a code, whether it may be confirmed, and a sentence with the way out."""

    code: str
    warning: bool
    sentence: str


def used(register: Register, value: int, turned: bool = False) -> int | None:
    """Return what was used since the previous reading; None where there is none."""
    if register.previous is None:
        return None
    return value - register.previous + (register.span if turned or register.turned else 0)


def check(register: Register, day: dt.date, value: int, *, today: dt.date, turned: bool = False) -> list[Finding]:
    """Return what speaks against the reading, errors first."""
    found = [*_days(register, day, today), *_dial(register, day, value, turned)]
    if not found:
        found += _likely(register, day, value, turned)
    return found


def _days(register: Register, day: dt.date, today: dt.date) -> list[Finding]:
    if day > today:
        return [_error("future", f"День показания {formats.date(day)} ещё не наступил. Укажите не позже {formats.date(today)}.")]
    if day < register.installed_on:
        return [_error(
            "before_installed",
            f"Прибор {register.serial} установлен {formats.date(register.installed_on)}, показание на {formats.date(day)}"
            " раньше установки. Исправьте день.",
        )]  # fmt: skip
    if register.removed_on is not None and day > register.removed_on:
        return [_error(
            "after_removed",
            f"Прибор {register.serial} снят {formats.date(register.removed_on)}: показаний после снятия не бывает."
            " Внесите их прибору, который поставлен вместо него.",
        )]  # fmt: skip
    return []


def _dial(register: Register, day: dt.date, value: int, turned: bool) -> list[Finding]:
    if value < 0:
        return [_error("negative", "Показание не бывает меньше нуля. Перепишите его с прибора.")]
    if value >= register.span:
        return [_error(
            "extra_digit",
            f"На табло прибора {register.digits} цифр до запятой, а в показании {say(value)} больше. Уберите лишнюю цифру.",
        )]  # fmt: skip
    if turned and (register.previous is None or value >= register.previous):
        return [_error("no_turn", "Показание не меньше предыдущего: через ноль прибор не проходил. Снимите отметку.")]
    if turned and register.span - register.previous + value > register.span // 2:
        return [_error(
            "no_turn",
            f"После перехода через ноль расход составил бы {say(used(register, value, True), register.unit)}: больше половины"
            " табло. Проверьте показание или оформите замену прибора.",
        )]  # fmt: skip
    if not turned and not register.turned and register.previous is not None and value < register.previous:
        return [_error(
            "below_previous",
            f"Показание {say(value)} меньше предыдущего {say(register.previous)} от {formats.date(register.previous_day)}."
            " Исправьте его, отметьте переход через ноль или оформите замену прибора.",
        )]  # fmt: skip
    if register.next is not None and not register.turns_next and value > register.next:
        return [_error(
            "above_next",
            f"Показание {say(value)} больше следующего {say(register.next)} от {formats.date(register.next_day)}."
            " Исправьте то из них, что списано неверно.",
        )]  # fmt: skip
    return []


def _likely(register: Register, day: dt.date, value: int, turned: bool) -> list[Finding]:
    found = []
    if register.same is not None and register.same != value:
        found.append(_warning(
            "repeated", f"На {formats.date(day)} уже есть показание {say(register.same)}: оно будет заменено на {say(value)}."
        ))  # fmt: skip
    use = used(register, value, turned)
    if use is not None and register.account_id is not None:
        months = max(1, -(-(day - register.previous_day).days // DAYS_A_MONTH))
        a_month = use // months
        usual = register.usual
        if usual is None:
            most = UNLIKELY.get(register.resource, 1_000) * MICRO
        else:
            most = max(UNUSUAL_TIMES * usual, NOTICEABLE.get(register.resource, 100) * MICRO)
        if a_month > most:
            often = f", обычно {say(usual // 1_000 * 1_000, register.unit)}" if usual is not None else ""
            found.append(_warning(
                "unusual",
                f"Расход {say(a_month, register.unit)} в месяц{often}: похоже на лишнюю цифру. Проверьте или подтвердите.",
            ))  # fmt: skip
    return found


def say(value: int | None, unit: str = "") -> str:
    """Millionths → «1 234,5 м³»."""
    if value is None:
        return "—"
    text = formats.number(Decimal(value) / MICRO)
    return f"{text}{formats.NBSP}{UNITS.get(unit, unit)}" if unit else text


def parse(typed: str) -> int:
    """«123,45» → millionths. Raises ValueError with a Russian sentence."""
    return int(formats.parse_number(typed, places=6, what="показание") * MICRO)


def _error(code: str, sentence: str) -> Finding:
    return Finding(code, False, sentence)


def _warning(code: str, sentence: str) -> Finding:
    return Finding(code, True, sentence)
