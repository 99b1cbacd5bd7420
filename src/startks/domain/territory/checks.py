"""Forms of the numbers and areas of the housing stock: pure, for forms, imports and services alike.

Each raises :class:`ValueError` with a Russian sentence that says what is wrong and what to do.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal


def cadastral_number(text: str) -> str:
    """Cadastral number «63:01:0000000:123», or the digits of an older, conditional one."""
    plain = "".join(text.split())
    if not re.fullmatch(r"[0-9]{2}:[0-9]{2}:[0-9]{6,7}:[0-9]+|[0-9]{6,20}", plain):
        raise ValueError("Кадастровый номер пишется как 63:01:0123456:789; старый условный состоит из одних цифр.")
    return plain


def house_number(text: str) -> str:
    """Number of a house: begins with a digit, «5», «5А», «12/3», «7 корп. 2»."""
    plain = " ".join(text.split())
    if not re.fullmatch(r"[0-9][0-9A-Za-zА-Яа-яЁё/. -]{0,29}", plain):
        raise ValueError("Номер дома начинается с цифры, например 5, 5А или 12/3.")
    return plain


def premise_number(text: str) -> str:
    """Number of a flat, room or other premise: «12», «12А», «Н1», «12/2»."""
    plain = " ".join(text.split())
    if not re.fullmatch(r"[0-9A-Za-zА-Яа-яЁё][0-9A-Za-zА-Яа-яЁё/. -]{0,19}", plain):
        raise ValueError("Номер помещения состоит из цифр и букв, например 12, 12А или Н1.")
    return plain


def house_areas(areas: Mapping[str, Decimal]) -> list[tuple[str, str]]:
    """Return (field, sentence) for each area (m²) that cannot be true beside the others."""
    faults = [
        (field, "Площадь не бывает отрицательной: исправьте число.") for field, value in areas.items() if value < 0
    ]
    total = areas["total_area"]
    if total <= 0:
        faults.append(("total_area", "Общая площадь помещений больше нуля: укажите её по паспорту дома."))
    parts = areas["residential_area"] + areas["nonresidential_area"]
    if parts > total:
        faults.append(
            ("total_area", f"Жилые и нежилые помещения вместе {parts} м², это больше общей площади {total} м².")
        )
    if areas["heated_common_area"] > areas["common_area"]:
        faults.append(("heated_common_area", "Отапливаемая часть больше всего общего имущества: исправьте площади."))
    if areas["cut_off_area"] > total:
        faults.append(("cut_off_area", "Отключено от отопления больше, чем есть помещений: исправьте площади."))
    return faults


def premise_areas(total: Decimal, living: Decimal | None) -> list[tuple[str, str]]:
    """Return (field, sentence) for each area (m²) of a premise that cannot be true."""
    faults = []
    if total <= 0:
        faults.append(("total_area", "Общая площадь больше нуля: укажите её по документам."))
    if living is not None and (living < 0 or living > total):
        faults.append(("living_area", f"Жилая площадь от нуля до общей ({total} м²): исправьте число."))
    return faults


def year_built(year: int, today: dt.date) -> int:
    """Year of building: from 1700 to two years ahead."""
    if not 1700 <= year <= today.year + 2:
        raise ValueError(f"Год постройки от 1700 до {today.year + 2}: исправьте год.")
    return year
