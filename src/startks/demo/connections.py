"""Which services a house gets, from whom, by which method and category.

Method codes are those the calculation reads; a category names the row of the tariff and of the norm.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from sqlalchemy import Connection

from startks.demo.loading import put, put_rows
from startks.demo.organisations import CONTRACT_SINCE, Organisations
from startks.demo.plan import HousePlan
from startks.demo.reference import References

SINCE = "2020-01-01"
MANAGER_CHANGE = "2026-07-01"
MEETING_SHARE = 0.1
"""Share of houses whose meeting set a price of maintenance of its own."""
NO_CATEGORY = "не указана"
SHOP_EXCLUDES = (
    "cold_water", "hot_water", "hot_water_heat", "sewerage", "electricity", "electricity_day", "electricity_night", "gas",
    "heating", "waste",
)  # fmt: skip
"""Services for which the owner of a non-residential premise has a direct contract (ПП РФ 354 п. 6)."""
TABLES = ("house_service", "contract_service", "account_service_exclusion", "meter_infeasibility")


@dataclass(frozen=True)
class Line:
    """A service of a house: who supplies it, how it is charged, by which rows of the reference books."""

    service: str
    supplier: str
    """role of the supplier, or ``manager``"""
    method: str
    tariff: str = ""
    norm: str = ""


def lines_of(plan: HousePlan, city: str) -> list[Line]:
    """Services of a house in the order of the bill."""
    return _private_lines(city) if plan.series is None else _block_lines(plan, city)


def _private_lines(city: str) -> list[Line]:
    return [
        Line("cold_water", "water", "individual", "", "водопровод без канализации"),
        Line("electricity", "electricity", "individual", "газовые плиты", "газовые плиты"),
        Line("electricity_day", "electricity", "zones", "газовые плиты"),
        Line("electricity_night", "electricity", "zones", "газовые плиты"),
        Line("gas", "gas", "individual", "отопление и другие нужды", "отопление и другие нужды"),
        Line("waste", "waste", "waste_persons", "", "частные дома"),
    ]


def _block_lines(plan: HousePlan, city: str) -> list[Line]:
    samara = city == "samara"
    central = plan.hot_water in ("open", "closed")
    bath = _bath(plan)
    stove = "электроплиты" if plan.electric_stove else "газовые плиты"
    floors = "1–5 этажей" if plan.storeys <= 5 else "6–9 этажей" if plan.storeys <= 9 else (
        "10–16 этажей" if plan.storeys <= 16 else "17 и более этажей")
    common_water = floors if central else "1–5 этажей, водонагреватели"
    lines = [
        Line("maintenance", "manager", "area", NO_CATEGORY if plan.dirt == "no_tariff_category" else _maintenance(plan, city)),
        Line("rent", "municipality", "tenant_area", _rent_zone(plan) if samara else "весь город"),
        Line("soi_cold_water", "manager", _common(plan, "cold_water"), "", common_water),
    ]
    hot_tariff = ("открытая система" if plan.hot_water == "open" else "закрытая система") if samara else "однокомпонентный тариф"
    heat_norm = f"{'открытая' if plan.hot_water == 'open' else 'закрытая'} система, {_risers(plan)}"
    if central:
        lines.append(Line("soi_hot_water", "manager", _common(plan, "hot_water"), hot_tariff, floors))
        if samara:
            lines.append(Line("soi_hot_water_heat", "manager", _common(plan, "hot_water"), "", heat_norm))
    lines += [
        Line("soi_sewerage", "manager", "common.norm", "", common_water),
        Line("soi_electricity", "manager", _common(plan, "electricity"), stove, "с лифтом" if plan.series["lift"] else "без лифта"),
        Line("capital_repair", "capital_repair", "owner_area",
             ("до 5 этажей" if plan.storeys <= 5 else "6 этажей и выше") if samara else ""),
        Line("cold_water", "water", "individual", "", bath),
    ]
    if central:
        lines.append(Line("hot_water", "heat", "individual", hot_tariff, bath))
        if samara:
            lines.append(Line("hot_water_heat", "heat", "heat_of_water", "", heat_norm))
    lines += [
        Line("sewerage", "water", "sum_of_water", "", bath),
        Line("electricity", "electricity", "individual", stove, stove),
        Line("electricity_day", "electricity", "zones", stove, ""),
        Line("electricity_night", "electricity", "zones", stove, ""),
    ]
    if not plan.electric_stove:
        gas = "плита" if central else "плита и водонагреватель"
        lines.append(Line("gas", "gas", "individual", gas, gas))
    method = "heat.odpu.season" if "heating" in plan.meters else "heat.norm.even" if plan.even_heating else "heat.norm.season"
    norm = "" if plan.dirt == "no_norm_category" else heating_category(plan.storeys, plan.year)
    lines.append(Line("heating", "heat", method, "", norm))
    waste = ("waste_area" if samara else "waste_persons")
    lines.append(Line("waste", "waste", waste, "", "многоквартирные дома"))
    return lines


def heating_category(storeys: int, year: int) -> str:
    """Category of the heating norm: storeys and time of building."""
    bounds = ((2, "1–2"), (4, "3–4"), (9, "5–9")) if year < 1999 else ((3, "1–3"), (5, "4–5"), (9, "6–9"))
    built = "до 1999 года" if year < 1999 else "после 1999 года"
    floors = next((f"{name} этажей" for most, name in bounds if storeys <= most), "10 и более этажей")
    return f"{floors}, {built}"


def _common(plan: HousePlan, resource: str) -> str:
    return "common.meter" if resource in plan.meters else "common.norm"


def _bath(plan: HousePlan) -> str:
    if plan.hot_water == "heater":
        return "водонагреватель, ванна"
    if plan.key == "small":
        return "горячая вода, ванна 1200 мм"
    return "горячая вода, ванна 1650–1700 мм" if plan.year >= 1975 else "горячая вода, ванна 1500–1550 мм"


def _risers(plan: HousePlan) -> str:
    insulated = "изолированы" if plan.year >= 1990 else "не изолированы"
    return f"стояки {insulated}, есть полотенцесушители"


def _maintenance(plan: HousePlan, city: str) -> str:
    if plan.key == "mono":
        return "монолит с лифтами и охраной"
    if plan.key == "stalinka":
        return "сталинка 3–5 этажей"
    if plan.key == "barrack2":
        return "двухэтажный 1940–1950-х"
    if city == "volgograd":
        return "с лифтом и мусоропроводом" if plan.series["lift"] else (
            "панельный 5–9 этажей" if plan.storeys > 5 else "без лифта, 3–5 этажей")
    return "панельный 5–9 этажей"


def _rent_zone(plan: HousePlan) -> str:
    return ("центральная зона", "промышленная зона", "удалённая зона")[plan.district % 3]


def managers_of(plan: HousePlan, organisations: Organisations) -> list[tuple[str, str | None, int]]:
    """(since, until, organisation) of the house's managers; none for a private house."""
    if plan.series is None:
        return []
    if plan.manager < 0:
        return [(SINCE, None, organisations.associations[-1 - plan.manager])]
    first = organisations.managers[plan.manager]
    if plan.new_manager is None:
        return [(SINCE, None, first)]
    return [(SINCE, MANAGER_CHANGE, first), (MANAGER_CHANGE, None, organisations.managers[plan.new_manager])]


def put_connections(
    connection: Connection, plans: list[HousePlan], organisations: Organisations, references: References
) -> int:
    """Write the services of all houses, and of which the contracts are therefore; return the number of rows."""
    rows = []
    for plan in plans:
        managers = managers_of(plan, organisations)
        for line in lines_of(plan, references.city):
            service = references.services[line.service]
            if line.supplier != "manager":
                supplier = organisations.suppliers[line.supplier]
                spans = [(SINCE, None, supplier)]
            else:
                spans = managers
            for since, until, organisation in spans:
                rows.append((
                    plan.id, service, organisations.contracts[organisation], line.method, line.tariff, line.norm,
                    f"[{since},{until or ''})",
                ))
    frame = pl.DataFrame(rows, orient="row", schema=[
        "house_id", "service_id", "contract_id", "method", "tariff_category", "norm_category", "valid",
    ]).with_columns(pl.int_range(1, pl.len() + 1).alias("id"))
    about = frame.select("contract_id", "service_id").unique().sort("contract_id", "service_id").with_columns(
        pl.int_range(1, pl.len() + 1).alias("id"), pl.lit("Приложение 1 к договору").alias("document"),
        pl.lit(f"[{CONTRACT_SINCE},)").alias("valid"),
    )
    return put(connection, "house_service", frame, True) + put(connection, "contract_service", about)


def put_meeting_tariffs(
    connection: Connection, plans: list[HousePlan], references: References, random: np.random.Generator
) -> int:
    """Prices of maintenance that meetings of some houses decided."""
    rows = []
    for plan in plans:
        if plan.series is None or plan.dirt or random.random() >= MEETING_SHARE:
            continue
        category = _maintenance(plan, references.city)
        steps = references.tariffs["maintenance", category]
        factor = float(random.uniform(0.92, 1.18))
        for index, (since, value) in enumerate(steps):
            until = steps[index + 1][0] if index + 1 < len(steps) else None
            rows.append(_meeting_row(references, len(rows), plan.id, category, since, until, float(value) * factor))
    return put_rows(connection, "tariff", rows, recorded=True)


def _meeting_row(
    references: References, number: int, house: int, category: str, since: dt.date, until: dt.date | None, value: float
) -> dict:
    return {
        "id": references.next_tariff_id + number, "municipality_id": references.municipality_id,
        "service_id": references.services["maintenance"], "house_id": house, "category": category,
        "value": f"{value:.2f}", "valid": f"[{since},{until or ''})", "act_id": references.meeting_act_id,
        "paragraph": "протокол собрания", "certain": False, "note": "Ставка вымышлена.",
    }


class Exceptions:
    """Accounts that do not get what their house gets, and acts that a meter cannot be put in."""

    def __init__(self, references: References) -> None:
        self.services = references.services
        self.next_exclusion = self.next_act = 1

    def put(
        self, connection: Connection, account: np.ndarray, shop: np.ndarray, no_gas: np.ndarray, cannot: dict[str, np.ndarray]
    ) -> int:
        """Write exclusions of shops and of flats without gas, and acts (service code → accounts' mask)."""
        services = np.array([self.services[code] for code in SHOP_EXCLUDES])
        shops = account[shop]
        frames = [
            pl.DataFrame({
                "account_id": np.repeat(shops, len(services)), "service_id": np.tile(services, len(shops)),
            }).with_columns(pl.lit("Прямой договор с поставщиком").alias("reason")),
            pl.DataFrame({"account_id": account[no_gas]}).with_columns(
                pl.lit(self.services["gas"]).cast(pl.Int64).alias("service_id"), pl.lit("Газ отключён по заявлению").alias("reason")
            ),
        ]
        excluded = pl.concat(frames).with_columns(
            pl.int_range(self.next_exclusion, self.next_exclusion + pl.len()).alias("id"),
            pl.lit(f"[{SINCE},)").alias("valid"),
        )
        self.next_exclusion += excluded.height
        acts = pl.concat([
            pl.DataFrame({"account_id": account[mask]}).with_columns(pl.lit(self.services[code]).cast(pl.Int64).alias("service_id"))
            for code, mask in cannot.items()
        ]).sort("account_id", "service_id").with_columns(
            pl.int_range(self.next_act, self.next_act + pl.len()).alias("id"),
            pl.lit(f"[{SINCE},)").alias("valid"),
            pl.format("Акт обследования № {}", pl.col("account_id")).alias("act"),
        )
        self.next_act += acts.height
        put(connection, "account_service_exclusion", excluded)
        put(connection, "meter_infeasibility", acts)
        return excluded.height + acts.height
