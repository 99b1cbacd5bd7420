"""A house small enough to be calculated by hand: three flats, every kind of service, October 2026.

``build(connection)`` writes it; ``HOUSE`` names the ids. Areas 50 + 60 + 40 m², common property 30 m² (20 heated).
Flat 1 has meters of water and a two-zone meter of electricity and one resident; flat 2 has no meters and a resident from
11 October; flat 3 has nobody registered and one owner.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

import startks.demo

SERVICES = json.loads((Path(startks.demo.__file__).parent / "data" / "services.json").read_text("utf-8"))["services"]
SERVICE = {service["code"]: service["id"] for service in SERVICES}

METHODS = {
    "maintenance": ("area", "25"), "capital_repair": ("owner_area", "10"), "rent": ("tenant_area", "8"),
    "cold_water": ("individual", "45.5"), "hot_water": ("individual", "60"), "hot_water_heat": ("heat_of_water", "2500"),
    "sewerage": ("sum_of_water", "30"), "electricity": ("individual", "5.04"), "electricity_day": ("zones", "5.5"),
    "electricity_night": ("zones", "2.5"), "heating": ("heat.odpu.season", "2500"), "waste": ("waste_area", "790.10"),
    "soi_cold_water": ("common.meter", "45.5"), "soi_electricity": ("common.norm", "5.04"),
    "soi_hot_water": ("common.meter", "60"), "soi_hot_water_heat": ("common.meter", "2500"),
}
NORMS = [
    ("cold_water", "individual", "4.25"), ("hot_water", "individual", "3.11"), ("hot_water_heat", "heat_per_m3", "0.068"),
    ("electricity", "individual", "103"), ("heating", "individual", "0.03"), ("waste", "individual", "0.091"),
    ("soi_cold_water", "common", "0.02"), ("soi_electricity", "common", "2.5"), ("soi_hot_water", "common", "0.01"),
]
ALWAYS = "[2020-01-01,)"
NUMBERED = ("municipality", "district", "street", "house", "house_area", "act", "organisation", "contract", "person",
            "premise", "account", "meter", "calculation_run")


@dataclass(frozen=True)
class House:
    """Ids of what :func:`build` wrote."""

    house: int = 1
    accounts: tuple[int, int, int] = (1, 2, 3)
    meter_cold: int = 1
    meter_hot: int = 2
    meter_power: int = 3
    house_cold: int = 4
    house_heat: int = 5
    period: int = 202610


HOUSE = House()


class Writer:
    """Short inserts on one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __call__(self, statement: str, **values) -> None:
        self.connection.execute(text(statement), values)

    def reading(self, meter: int, day: str, value: str, zone: int = 0) -> None:
        """A reading in units of the resource."""
        self("INSERT INTO reading (meter_id, zone, day, value) VALUES (:m, :z, :d, (CAST(:v AS numeric) * 1000000)::int8)",
             m=meter, z=zone, d=day, v=value)


def build(connection: Connection) -> Writer:
    """Write the house; the readings are those of September and October 2026."""
    write = Writer(connection)
    for table in NUMBERED:  # other tests have moved the counters of the copied data base
        write(f"ALTER TABLE {table} ALTER COLUMN id RESTART")
    write("INSERT INTO municipality (name, region, slug) VALUES ('Самара', 'Самарская область', 'samara')")
    write("INSERT INTO district (municipality_id, name, slug) VALUES (1, 'Октябрьский', 'oktyabrskiy')")
    write("INSERT INTO street (municipality_id, name) VALUES (1, 'улица Ерошевского')")
    write("INSERT INTO house (district_id, street_id, number, slug) VALUES (1, 1, '3', 'eroshevskogo-3')")
    write("INSERT INTO house_area (house_id, valid, total_area, residential_area, nonresidential_area, common_area,"
          " heated_common_area) VALUES (1, :always, 150, 150, 0, 30, 20)", always=ALWAYS)
    write("INSERT INTO act (title, number) VALUES ('Приказ', '1')")
    write("INSERT INTO organisation (name, short_name, role) VALUES ('Горводоканал', 'Водоканал', 'water'),"
          " ('Расчётный центр', 'РКЦ', 'settlement_centre')")
    write("INSERT INTO bank_details (organisation_id, bank_name, bic, correspondent_account, settlement_account, valid)"
          " VALUES (2, 'Банк', '043601607', '30101810200000000607', '40702810954400000001', :always)", always=ALWAYS)
    write("INSERT INTO contract (organisation_id, kind, number, signed_on, valid)"
          " VALUES (1, 'supply', '1', '2020-01-01', :always)", always=ALWAYS)
    for service in SERVICES:
        write("INSERT INTO service (id, code, title, short_title, unit, section, resource, position)"
              " OVERRIDING SYSTEM VALUE VALUES (:id, :code, :title, :short_title, :unit, :section, :resource, :position)",
              **service)
    for code, (method, tariff) in METHODS.items():
        write("INSERT INTO house_service (house_id, service_id, contract_id, method, valid)"
              " VALUES (1, :service, 1, :method, :always)", service=SERVICE[code], method=method, always=ALWAYS)
        write("INSERT INTO tariff (municipality_id, service_id, value, valid, act_id)"
              " VALUES (1, :service, :value, :always, 1)", service=SERVICE[code], value=tariff, always=ALWAYS)
    for code, purpose, value in NORMS:
        write("INSERT INTO norm (municipality_id, service_id, purpose, value, unit, valid, act_id)"
              " VALUES (1, :service, :purpose, :value, 'ед.', :always, 1)",
              service=SERVICE[code], purpose=purpose, value=value, always=ALWAYS)
    write("INSERT INTO parameter (code, value, valid, act_id)"
          " VALUES ('raising_coefficient.cold_water', 3, '[2026-01-01,)', 1), ('due_day', 15, '[2026-03-01,)', 1)")
    write("INSERT INTO heating_season (municipality_id, valid, act_id) VALUES (1, '[2026-10-01,2027-05-01)', 1)")
    write("INSERT INTO person (last_name, first_name) VALUES ('Иванов', 'Иван'), ('Петров', 'Пётр'), ('Сидорова', 'Анна')")
    for number, area in enumerate((50, 60, 40), 1):
        write("INSERT INTO premise (house_id, number, slug, rooms) VALUES (1, :n, :n, 2)", n=str(number))
        write("INSERT INTO premise_area (premise_id, valid, total_area) VALUES (:n, :always, :area)",
              n=number, always=ALWAYS, area=area)
        write("INSERT INTO account (number, house_id, premise_id, opened_on) VALUES (:text, 1, :n, '2020-01-01')",
              text=f"10000{number}", n=number)
        write("INSERT INTO account_holder (account_id, person_id, payer, valid) VALUES (:n, :n, true, :always)",
              n=number, always=ALWAYS)
    write("INSERT INTO residence (account_id, person_id, valid) VALUES (1, 1, :always), (2, 2, '[2026-10-11,)')",
          always=ALWAYS)
    write("INSERT INTO period (id) VALUES (202609), (202610), (202611)")
    write("CREATE TABLE reading_test PARTITION OF reading FOR VALUES FROM ('2025-01-01') TO ('2028-01-01')")
    for account, resource, zones in ((1, "cold_water", 1), (1, "hot_water", 1), (1, "electricity", 2),
                                     (None, "cold_water", 1), (None, "heating", 1)):
        write("INSERT INTO meter (house_id, account_id, service_id, serial, installed_on, zones)"
              " VALUES (1, :account, :service, 'N', '2020-01-01', :zones)",
              account=account, service=SERVICE[resource], zones=zones)
    for meter, zone, before, now in ((1, 0, "100", "105.237"), (2, 0, "50", "53"), (3, 1, "1000", "1100"),
                                     (3, 2, "500", "540"), (4, 0, "0", "20"), (5, 0, "0", "3")):
        write.reading(meter, "2026-09-20", before, zone)
        write.reading(meter, "2026-10-20", now, zone)
    return write
