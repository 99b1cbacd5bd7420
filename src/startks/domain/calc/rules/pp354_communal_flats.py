"""Rooms of a communal flat (ПП 354, пункт 50, приложение 2, формулы 7–9)."""

from __future__ import annotations

from ..numbers import kopecks, maximum, named
from ..registry import LineResult, rule
from ._inputs import (
    PP354,
    PP354_SINCE,
    area_input,
    count_input,
    tariff_input,
    volume_input,
)

_FLAT = volume_input("ед.", "flat_volume", "объём по счётчику квартиры", "Vкв")
_PEOPLE = (
    count_input("room_persons", "жители комнаты (чел. или чел.·дни)", "чел.", symbol="nк"),
    count_input("flat_persons", "жители квартиры (чел. или чел.·дни)", "чел.", symbol="nкв"),
)
_T = tariff_input("ед.")
_COMMON = {"act": PP354, "valid_from": PP354_SINCE}


@rule(
    id=701, key="communal.persons", title="Комната коммунальной квартиры: доля по числу жителей",
    paragraph="пункт 50, приложение 2, формула 7", label="7", inputs=(_FLAT, *_PEOPLE, _T), **_COMMON,
)
def by_persons(flat_volume, room_persons, flat_persons, tariff):
    """``V_flat x n_room / n_flat``: water, gas, electricity."""
    volume = named(flat_volume * room_persons / flat_persons, "room_volume", "объём комнаты")
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=702, key="communal.living_area", title="Комната коммунальной квартиры: отопление по жилой площади",
    paragraph="пункт 50, приложение 2, формула 8", label="8",
    inputs=(
        _FLAT, area_input("room_area", "жилая площадь комнаты", "Sк"),
        area_input("flat_area", "жилая площадь всех комнат", "Sкв"), _T,
    ),
    **_COMMON,
)
def by_living_area(flat_volume, room_area, flat_area, tariff):
    """``V_flat x S_room / sum(S_rooms)``: heat."""
    volume = named(flat_volume * room_area / flat_area, "room_volume", "тепло комнаты")
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=703, key="communal.electricity_meters", unit="кВт·ч", service="electricity",
    title="Комната коммунальной квартиры: электроэнергия по комнатным счётчикам",
    paragraph="пункт 50, приложение 2, формула 9", label="9",
    inputs=(
        _FLAT, volume_input("ед.", "all_rooms_volume", "сумма по счётчикам всех комнат", "ΣVк"),
        volume_input("ед.", "room_volume", "объём по счётчику комнаты", "Vк"), *_PEOPLE, _T,
    ),
    **_COMMON,
)
def by_room_meters(flat_volume, all_rooms_volume, room_volume, room_persons, flat_persons, tariff):
    """Own meter plus the share of the places of common use, by people."""
    shared = named(flat_volume - all_rooms_volume, "shared_volume", "места общего пользования квартиры")
    whole = named(room_volume + shared * room_persons / flat_persons, "whole_of_room", "комната и её часть общих мест")
    # Meters of rooms above the flat's: what is given back is no more than the room used.
    volume = named(maximum(whole, 0), "volume_of_room", "объём комнаты, не меньше нуля")
    return LineResult(volume, kopecks(volume * tariff))
