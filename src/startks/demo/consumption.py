"""What flats and houses really use, month by month: the truth from which readings are made.

Volumes are whole millionths of the unit. A flat's use depends on its people, its own habit, the season and chance; a
house uses the sum of its flats and shops, its common needs, and what the house meter gets wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from startks.base.periods import shift

MICRO = 1_000_000
RESOURCES = ("cold_water", "hot_water", "electricity", "gas", "heating")
FAMILY_FACTOR = np.array([1.25, 1.25, 1.05, 0.95, 0.87, 0.80])
MONTH_NOISE = 0.13
COMMON_HOT_SHARE = 0.05
COMMON_COLD_SHARE = 0.05
"""Mean common needs as a share of what flats use: above the 2–3 % of the facts, which count flats by norm in full."""
KWH_A_COMMON_M2 = {False: 0.6, True: 1.8}
METERLESS_FACTOR = {"cold_water": 1.5, "hot_water": 1.6}
"""How much more a flat without meters uses. The facts say 1.35; these agree with the norms by which such flats pay,
so that the common needs of a house stay what they are."""
NEGATIVE_SHARE = 0.04
"""Share of house-months in which the house meter shows less than its flats used."""
SHOP_MONTH = {"cold_water": 9.0, "hot_water": 3.0, "electricity": 900.0}
SEASONS = {12: "winter", 1: "winter", 2: "winter", 3: "spring", 4: "spring", 5: "spring", 6: "summer", 7: "summer",
           8: "summer", 9: "autumn", 10: "autumn", 11: "autumn"}


def months(first: int, count: int) -> list[int]:
    """``count`` periods from ``first`` on."""
    return [shift(first, index) for index in range(count)]


@dataclass
class Flats:
    """What the use of a batch of accounts depends on; one row an account."""

    house: np.ndarray
    people: np.ndarray
    """effective number of people, not whole"""
    shop: np.ndarray
    electric_stove: np.ndarray
    central_hot: np.ndarray
    heater: np.ndarray
    gas: np.ndarray
    gas_heating: np.ndarray
    area: np.ndarray
    """m²"""
    meterless: np.ndarray
    """no meter of cold water: nobody counts, more is used"""


def draw_use(random: np.random.Generator, flats: Flats, periods: list[int], facts: dict, heat: np.ndarray) -> dict[str, np.ndarray]:
    """Return resource → volumes [account, month]; ``heat`` gives Gcal a m² and month for each house [house, month]."""
    size = len(flats.house)
    family = FAMILY_FACTOR[np.minimum(np.ceil(flats.people).astype(np.int64), 5)]

    def drawn(key: str, extra: float = 1.0) -> np.ndarray:
        fact = facts[key]
        spread = np.sqrt(np.log(1 + (fact["sd"] / fact["mean"]) ** 2))
        habit = np.exp(random.normal(-spread * spread / 2, spread, size))
        season = np.array([fact["season"][SEASONS[period % 100]] for period in periods])
        noise = np.exp(random.normal(0, MONTH_NOISE, (size, len(periods))))
        return (fact["mean"] * extra * flats.people * family * habit)[:, None] * season * noise

    use = {
        "cold_water": drawn("consumption_cold_water"),
        "hot_water": drawn("consumption_hot_water") * flats.central_hot[:, None],
        "electricity": np.where(
            flats.electric_stove[:, None], drawn("consumption_electricity_electric_stove"),
            drawn("consumption_electricity_gas_stove"),
        ),
        "gas": np.where(
            flats.heater[:, None], drawn("consumption_gas_stove_heater"), drawn("consumption_gas_stove")
        ) * flats.gas[:, None],
        "heating": heat[flats.house] * flats.area[:, None] * np.exp(random.normal(0, 0.25, size))[:, None],
    }
    # Without central hot water the heater takes cold water.
    use["cold_water"] += drawn("consumption_cold_water", 0.5) * (~flats.central_hot & ~flats.shop)[:, None]
    use["gas"] += (flats.gas_heating * flats.area)[:, None] * heat[flats.house] * 140
    for resource, mean in SHOP_MONTH.items():
        noise = np.exp(random.normal(0, 0.4, size))[:, None] * np.exp(random.normal(0, 0.1, (size, len(periods))))
        use[resource] = np.where(flats.shop[:, None], mean * noise, use[resource])
    use["hot_water"] *= flats.central_hot[:, None]
    for resource, factor in METERLESS_FACTOR.items():
        use[resource] *= np.where(flats.meterless, factor, 1.0)[:, None]
    return {resource: np.round(volume * 1000).astype(np.int64) * 1000 for resource, volume in use.items()}


def house_use(
    random: np.random.Generator, use: dict[str, np.ndarray], flats: Flats, count: int, heat_volume: np.ndarray,
    common_area: np.ndarray, lift: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return resource → volumes [house, month] as house meters show them. ``common_area`` in m², ``heat_volume`` in Gcal."""
    result = {}
    shape = (count, use["cold_water"].shape[1])
    wrong = random.random(shape) < NEGATIVE_SHARE
    for resource, share in (("cold_water", COMMON_COLD_SHARE), ("hot_water", COMMON_HOT_SHARE)):
        total = sum_by_house(use[resource], flats.house, count)
        factor = np.where(wrong, random.uniform(0.93, 0.98, shape), 1 + share * random.uniform(0.4, 1.8, shape))
        result[resource] = total * factor
    total = sum_by_house(use["electricity"], flats.house, count)
    common = np.where(lift, KWH_A_COMMON_M2[True], KWH_A_COMMON_M2[False]) * common_area
    loss = np.where(wrong, random.uniform(0.95, 0.99, shape), 1.0)
    result["electricity"] = total * loss + common[:, None] * MICRO * random.uniform(0.75, 1.25, shape)
    result["heating"] = heat_volume * MICRO
    return {resource: np.round(volume / 1000).astype(np.int64) * 1000 for resource, volume in result.items()}


def sum_by_house(values: np.ndarray, house: np.ndarray, count: int) -> np.ndarray:
    """Sum rows by house; rows of one house stand together."""
    result = np.zeros((count, values.shape[1]), dtype=np.int64)
    starts = np.flatnonzero(np.diff(house, prepend=-1))
    result[house[starts]] = np.add.reduceat(values, starts, axis=0)
    return result


def heat_per_m2(
    random: np.random.Generator, keys: list[str], season_gcal: dict, share: tuple[float, ...], periods: list[int]
) -> np.ndarray:
    """Gcal a m² and month for each house: the season's need of its series spread over the months."""
    need = np.array([season_gcal.get(key, season_gcal["1-464"]) for key in keys])
    need = need * np.exp(random.normal(0, season_gcal["sd_share"], len(keys)))
    weather = np.exp(random.normal(0, 0.05, len(periods)))
    months_share = np.array([share[period % 100 - 1] for period in periods]) * weather
    return need[:, None] * months_share * np.exp(random.normal(0, 0.03, (len(keys), len(periods))))
