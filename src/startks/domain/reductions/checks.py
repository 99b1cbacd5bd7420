"""What an act or an application must say to be true: plain checks, the same for the wizard and for a town's files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

_WATER = ("cold_water", "hot_water")
SUPPLIED = (*_WATER, "sewerage", "electricity", "gas", "heating")
SERVICES_OF: dict[str, tuple[str, ...]] = {
    "break": (*SUPPLIED, "waste"),
    "repair": SUPPLIED,
    "composition": (*_WATER, "gas"),
    "temperature": ("hot_water", "heating"),
    "pressure": (*_WATER, "gas", "heating"),
    "voltage": ("electricity",),
}
"""Services of ПП РФ 354, приложение 1, by kind of act."""
TITLES = {
    "break": "Перерыв в подаче услуги", "repair": "Плановый ремонт с отключением", "composition": "Состав и свойства",
    "temperature": "Температура", "pressure": "Давление", "voltage": "Напряжение и частота",
}
MEASURED = ("temperature", "pressure")
BREAKS = ("break", "repair")
DEAD_END_SERVICES = (*_WATER, "sewerage")
LOWEST, HIGHEST = -60, 120
"""Temperatures, °C, that a thermometer of a house can show."""

Fault = tuple[str, str]
"""Name of the field and the sentence."""


def same_thing(one: str, other: str) -> bool:
    """Whether two acts of these kinds speak of one thing: they must not both hold at the same time at one node."""
    return one == other or (one in BREAKS and other in BREAKS)


def act_faults(values: Mapping[str, Any], service: str, now: dt.datetime) -> list[Fault]:
    """What is wrong with an act by itself. ``values``: columns of ``quality_act``; ``service``: code."""
    found: list[Fault] = []
    kind, since, until = values["kind"], values["since"], values.get("until")
    if service not in SERVICES_OF[kind]:
        found.append(("service", f"«{TITLES[kind]}»: закон не знает такого акта для этой услуги. Выберите другой вид нарушения."))
    if until is not None and until <= since:
        found.append(("until", f"Акт кончается раньше, чем начинается ({since:%d.%m.%Y %H:%M}): исправьте время."))
    if since > now or (until is not None and until > now):
        found.append(("since" if since > now else "until", "Это время ещё не наступило: акт пишут о том, что было."))
    if values["drawn_on"] < since.date():
        found.append(("drawn_on", f"Акт составлен раньше начала нарушения ({since:%d.%m.%Y}): исправьте день."))
    measured, planned = values.get("measured"), values.get("planned")
    if (kind in MEASURED) != (measured is not None):
        found.append(("measured", "Запишите, сколько намерили." if kind in MEASURED else
                      "Намеренное пишут только в актах о температуре и давлении: очистите поле."))
    if kind == "temperature" and measured is not None and not LOWEST <= measured <= HIGHEST:
        found.append(("measured", f"Температура не бывает такой: от {LOWEST} до {HIGHEST} °C."))
    if kind in MEASURED and service == "heating" and planned is None:
        found.append(("planned", "Запишите, сколько должно быть: для отопления это зависит от дома и комнаты."))
    if values.get("dead_end") and (kind != "break" or service not in DEAD_END_SERVICES):
        found.append(("dead_end", "Тупиковая магистраль бывает у перерыва воды или водоотведения: снимите отметку."))
    if values.get("feeds", 1) == 2 and service != "electricity":
        found.append(("feeds", "Два источника бывают у электроэнергии: исправьте на 1."))
    return found


def absence_faults(values: Mapping[str, Any], apply_days: int, min_days: int) -> list[Fault]:
    """What is wrong with an application by itself. ``values``: columns of ``temporary_absence``."""
    left, returned, applied = values["left_on"], values.get("returned_on"), values["applied_on"]
    if returned is not None and returned <= left:
        return [("returned_on", f"Вернулся раньше, чем выбыл ({left:%d.%m.%Y}): исправьте день.")]
    if values["decision"] != "granted":
        return [] if values.get("grounds") else [("grounds", "Напишите, почему отказано: это увидит житель.")]
    found: list[Fault] = []
    if returned is not None and (returned - left).days - 1 <= min_days:
        days = (returned - left).days - 1
        found.append(("returned_on", f"Полных дней отсутствия {days}, а перерасчёт делают больше чем за {min_days} "
                                     "(ПП 354 п. 86): откажите или исправьте дни."))  # fmt: skip
    last = None if returned is None else returned + dt.timedelta(days=apply_days)
    if last is not None and applied > last and not values.get("grounds"):
        found.append(("grounds", f"Заявление подано позже {last:%d.%m.%Y} ({apply_days} дней после возвращения, ПП 354 п. 91): "
                                 "откажите или напишите, почему перерасчёт всё же делается."))  # fmt: skip
    return found


def full_days(left: dt.date, returned: dt.date) -> int:
    """Days strictly between leaving and return (п. 91)."""
    return max((returned - left).days - 1, 0)
