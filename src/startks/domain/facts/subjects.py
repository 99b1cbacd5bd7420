"""Which card a fact belongs to, which house or account it touches, and how tables and columns are called in Russian.

A module names its own tables: ``subjects.TITLES["meter_verification"] = "Поверка"``, and likewise :data:`COLUMNS`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, Numeric, Table

# The first of these columns among the keys says whose card it is.
_OWNERS = (
    ("account_id", "account"),
    ("premise_id", "premise"),
    ("house_id", "house"),
    ("organisation_id", "organisation"),
    ("contract_id", "contract"),
    ("meter_id", "meter"),
    ("person_id", "person"),
    ("municipality_id", "municipality"),
)

TITLES: dict[str, str] = {
    "account": "Лицевой счёт",
    "entrance": "Подъезд",
    "house": "Дом",
    "organisation": "Организация",
    "person": "Гражданин",
    "premise": "Помещение",
    "account_holder": "Владелец счёта",
    "account_category": "Своя категория счёта",
    "account_heat": "Тепло квартиры за прошлый год",
    "account_service_exclusion": "Отказ от услуги",
    "broken_seal": "Вмешательство в счётчик",
    "bank_details": "Банковские реквизиты",
    "calculated_volume": "Объём по акту поставщика",
    "contract": "Договор",
    "house_area": "Площади дома",
    "house_characteristic": "Характеристика дома",
    "house_containers": "Контейнеры площадки",
    "house_heat": "Тепло дома за прошлый год",
    "house_manager": "Управляющая организация",
    "house_service": "Услуга дома",
    "meter_infeasibility": "Акт о невозможности установки счётчика",
    "norm": "Норматив",
    "parameter": "Параметр",
    "premise_area": "Площадь помещения",
    "quality_act": "Акт о перерыве или качестве услуги",
    "residence": "Проживание",
    "tariff": "Тариф",
    "temporary_absence": "Временное отсутствие",
}

COLUMNS: dict[str, str] = {
    "act_number": "номер акта",
    "sealed_on": "пломба поставлена",
    "checked_on": "прошлая проверка",
    "found_on": "обнаружено проверкой",
    "applied_on": "заявление подано",
    "cancelled": "отменён",
    "decision": "решение",
    "drawn_on": "акт составлен",
    "grounds": "основание решения",
    "left_on": "выбыл",
    "measured": "измерено",
    "papers": "документы",
    "planned": "должно быть",
    "quality_kind": "вид нарушения",
    "returned_on": "вернулся",
    "service": "услуга",
    "since": "начало",
    "supplier_percent": "доля вины поставщика, %",
    "until": "окончание",
    "where": "где",
    "address": "адрес",
    "archived_on": "в архиве с",
    "emergency_phone": "аварийная служба",
    "entrance": "подъезд",
    "gis_service": "идентификатор ЖКУ",
    "opened_on": "открыт с",
    "role": "роль",
    "site": "сайт",
    "working_hours": "часы работы",
    "act_id": "акт",
    "bank_name": "банк",
    "bic": "БИК",
    "birth_date": "дата рождения",
    "cadastral_number": "кадастровый номер",
    "category": "категория",
    "closed_on": "закрыт с",
    "code": "характеристика",
    "common_area": "общее имущество, м²",
    "correspondent_account": "корреспондентский счёт",
    "cut_off_area": "отключено от отопления, м²",
    "email": "электронная почта",
    "entrances": "подъездов",
    "first_name": "имя",
    "floor": "этаж",
    "gis_account": "ЕЛС",
    "heated": "отапливается",
    "heated_common_area": "отапливаемое общее имущество, м²",
    "inn": "ИНН",
    "inventory_number": "инвентарный номер",
    "kind": "вид",
    "kpp": "КПП",
    "last_name": "фамилия",
    "living_area": "жилая площадь, м²",
    "method": "способ расчёта",
    "middle_name": "отчество",
    "name": "название",
    "nonresidential_area": "нежилые помещения, м²",
    "norm_category": "категория норматива",
    "note": "примечание",
    "number": "номер",
    "ogrn": "ОГРН",
    "payer": "плательщик",
    "phone": "телефон",
    "registry_number": "номер в реестре",
    "relation": "отношение",
    "residential_area": "жилые помещения, м²",
    "rooms": "комнат",
    "series": "серия",
    "settlement_account": "расчётный счёт",
    "sex": "пол",
    "share": "доля",
    "share_part": "доля, числитель",
    "share_whole": "доля, знаменатель",
    "short_name": "краткое название",
    "snils": "СНИЛС",
    "storeys": "этажей",
    "survey_date": "дата обследования",
    "tariff_category": "категория тарифа",
    "tenure": "право",
    "total_area": "общая площадь, м²",
    "value": "значение",
    "volume": "объём",
    "container_volume": "объём контейнера, м³",
    "emptied": "вывезено контейнеров за месяц",
    "walls": "стены",
    "year_built": "год постройки",
}


WORDS: dict[str, dict[str, str]] = {
    "code": {
        "amenities": "благоустройство", "bath": "ванна", "floors": "этажность", "gas_stove": "газовые плиты",
        "heating": "отопление", "hot_water": "горячая вода", "hot_water_system": "система горячего водоснабжения",
        "lift": "лифт", "lifts": "лифты", "rubbish_chute": "мусоропровод", "sewerage": "водоотведение",
        "storeys": "этажность", "stove": "плиты", "water_supply": "водоснабжение",
    },
    "kind": {
        "apartment_building": "многоквартирный дом", "dormitory": "общежитие", "flat": "квартира",
        "nonresidential": "нежилое", "permanent": "постоянная регистрация", "private_house": "индивидуальный дом",
        "residential": "жилой", "room": "комната", "temporary": "временная регистрация",
    },
    "relation": {
        "child": "ребёнок", "holder": "владелец", "other": "иной родственник", "parent": "отец или мать",
        "spouse": "супруг или супруга",
    },
    "role": {
        "capital_repair": "капитальный ремонт", "electricity": "электроэнергия", "gas": "газ", "heat": "тепло",
        "manager": "управляющая", "municipality": "муниципалитет", "other": "прочее",
        "settlement_centre": "расчётный центр", "waste": "обращение с отходами", "water": "вода",
    },
    "decision": {"granted": "перерасчёт сделать", "refused": "отказать"},
    "quality_kind": {
        "break": "перерыв", "composition": "состав и свойства", "pressure": "давление", "repair": "плановый ремонт",
        "temperature": "температура", "voltage": "напряжение",
    },
    "sex": {"f": "женский", "m": "мужской"},
    "tenure": {"owner": "собственник", "tenant": "наниматель"},
}  # fmt: skip
"""Codes of the columns as clerks say them; a code nobody named is shown as it stands."""


def subject_of(table: Table, keys: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> tuple[str, int]:
    """Return (kind, id) of the card. Raises :class:`ValueError` where no key names one: then the caller must."""
    given = {**(values or {}), **keys}
    for column, kind in _OWNERS:
        if given.get(column) is not None:
            return kind, int(given[column])
    raise ValueError(f"name the subject of {table.name}: none of its keys says whose card it is on")


def title_of(table: str) -> str:
    """Return the name of a dated fact as clerks say it."""
    return TITLES.get(table.partition(".")[0], table)


def column_title(column: str) -> str:
    """Return the name of a column as clerks say it."""
    return COLUMNS.get(column, column)


def encode_number(value: Decimal) -> str:
    """A number as text without idle zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def encode(table: Table, column: str, value: Any) -> Any:
    """Return the value as JSON keeps it, equal for equal values: numerics as text without idle zeros, days as ISO."""
    if value is None:
        return None
    kind = table.c[column].type
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal) or isinstance(kind, Numeric):
        return encode_number(Decimal(str(value)))
    return value


def decode(table: Table, column: str, value: Any) -> Any:
    """Undo :func:`encode`."""
    if value is None:
        return None
    kind = table.c[column].type
    if isinstance(kind, Date):
        return dt.date.fromisoformat(value)
    return Decimal(value) if isinstance(kind, Numeric) else value


def canonical(keys: Mapping[str, Any]) -> str:
    """Return the keys as one text, the same for the same keys."""
    return json.dumps(dict(keys), sort_keys=True, ensure_ascii=False, default=str)


def say(value: Any, column: str = "") -> str:
    """Return a kept value as a sentence shows it: codes in words, days and fractions as Russians write them."""
    if value is None or value == "":
        return "нет"
    if isinstance(value, bool):
        return "да" if value else "нет"
    text = str(value)
    if column == "volume":  # kept in millionths
        text = encode_number(Decimal(text) / 1_000_000)
    if column in WORDS:
        return WORDS[column].get(text, text)
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return f"{text[8:]}.{text[5:7]}.{text[:4]}"
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?", text):
        return f"{text[8:10]}.{text[5:7]}.{text[:4]} {text[11:16]}"
    return text.replace(".", ",") if re.fullmatch(r"-?[0-9]+\.[0-9]+", text) else text


def say_values(values: Mapping[str, Any] | None) -> str:
    """«общая площадь, м²: 54,3; отапливается: да»."""
    if not values:
        return "нет"
    return "; ".join(f"{column_title(column)}: {say(value, column)}" for column, value in values.items())


def say_keys(keys: Mapping[str, Any]) -> list[str]:
    """Return what the keys add to the title of a fact: «плиты», «постоянная регистрация»; ids are left out."""
    return [say(value, column) for column, value in keys.items() if isinstance(value, str) and value]


def say_days(since: dt.date, until: dt.date | None) -> str:
    """«с 01.05.2026» or «с 01.05.2026 по 31.08.2026» (the last day itself)."""
    start = "с начала" if since == dt.date.min else f"с {since:%d.%m.%Y}"
    if until is None or until == dt.date.max:
        return start
    return f"{start} по {until - dt.timedelta(days=1):%d.%m.%Y}"
