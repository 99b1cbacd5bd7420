"""Suppliers, managing companies, small businesses, their bank details and contracts: invented, with valid digits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import Connection

from startks.demo import identifiers
from startks.demo.data import load
from startks.demo.loading import put_rows

ACCOUNTS_A_MANAGER = 9_000
ACCOUNTS_A_BUSINESS = 60
CONTRACT_SINCE = "2020-01-01"
AGENCY_PERCENT, AGENCY_PERCENT_NOW = "1.8", "1.5"
AGREEMENT_FROM = "2024-01-01"
"""First day of the supplementary agreement that lowered what the settlement centre keeps."""
TABLES = ("organisation", "bank_details", "contract", "contract_terms")


@dataclass(frozen=True)
class Organisations:
    """Ids of what houses and accounts refer to."""

    suppliers: dict[str, int]
    """role → organisation"""
    contracts: dict[int, int]
    """organisation → its contract"""
    managers: tuple[int, ...]
    associations: tuple[int, ...]
    businesses: tuple[int, ...]


def load_organisations(connection: Connection, city: str, accounts: int) -> Organisations:
    """Fill organisations, bank details and contracts."""
    data = load("organisations")
    place = data["cities"][city]
    rows: list[dict] = []

    def add(name: str, role: str, hours: str = "пн–пт 8:00–17:00") -> int:
        number = len(rows) + 1
        inn = identifiers.inn(f"{place['inn_region']}99{number:05d}")
        short = name.removeprefix("ООО ").removeprefix("АО ")
        rows.append({
            "id": number, "name": name, "short_name": short, "role": role,
            "inn": inn, "kpp": f"{place['inn_region']}9901001",
            "ogrn": identifiers.ogrn(f"120{place['inn_region']}99{number:05d}"),
            "address": f"{place['street']}, Учебная улица, д. {number}",
            "phone": f"+7 (000) {number // 100 % 900 + 100}-{number % 100:02d}-01",
            "emergency_phone": f"+7 (000) {number // 100 % 900 + 100}-{number % 100:02d}-04" if role == "manager" else None,
            "site": f"https://org{number}.example" if role != "other" else None,
            "email": f"info@org{number}.example", "working_hours": hours,
        })
        return number

    suppliers = {item["role"]: add(item["name"], item["role"]) for item in data["suppliers"][city]}
    count = min(len(data["managers"]), max(3, math.ceil(accounts / ACCOUNTS_A_MANAGER)))
    managers = tuple(add(name, "manager") for name in data["managers"][:count])
    associations = tuple(
        add(name, "manager", "вт, чт 18:00–20:00")
        for name in (data["landmark_associations"][city], *data["associations"])
    )
    words, prefixes = data["businesses"]["words"], data["businesses"]["prefixes"]
    businesses = tuple(
        add(_business(prefixes[index % len(prefixes)], words[index % len(words)], index // len(words)), "other")
        for index in range(max(4, accounts // ACCOUNTS_A_BUSINESS))
    )
    put_rows(connection, "organisation", rows, recorded=True)
    put_rows(connection, "bank_details", [_bank(data["banks"], place, row["id"]) for row in rows if row["role"] != "other"])
    contracts = [_contract(row) for row in rows if row["role"] != "other"]
    put_rows(connection, "contract", contracts)
    terms = [term for row in contracts for term in _terms(row)]
    put_rows(connection, "contract_terms", [{"id": number, **term} for number, term in enumerate(terms, 1)])
    return Organisations(
        suppliers=suppliers,
        contracts={row["organisation_id"]: row["id"] for row in contracts},
        managers=managers,
        associations=associations,
        businesses=businesses,
    )


def _business(prefix: str, word: str, copy: int) -> str:
    name = f"{prefix} «{word}»" if "«" not in word else f"{prefix} {word}"
    return name if copy == 0 else f"{name} ({copy + 1})"


def _bank(banks: list, place: dict, organisation: int) -> dict:
    name, code = banks[organisation % len(banks)]
    bic = f"04{place['bic_region']}99{code}"
    return {
        "id": organisation, "organisation_id": organisation, "bank_name": name, "bic": bic,
        "correspondent_account": identifiers.correspondent_account(bic),
        "settlement_account": identifiers.settlement_account(bic, "40702", organisation),
        "valid": f"[{CONTRACT_SINCE},)",
    }


def _contract(row: dict) -> dict:
    kind = {"manager": "management", "settlement_centre": "agency"}.get(row["role"], "supply")
    return {
        "id": row["id"], "organisation_id": row["id"], "kind": kind, "number": f"{row['id']}/2019",
        "signed_on": "2019-12-16", "commission_percent": AGENCY_PERCENT if kind == "agency" else None,
        "valid": f"[{CONTRACT_SINCE},)",
    }


def _terms(contract: dict) -> list[dict]:
    """What a contract says: nothing is kept but by the settlement centre, by an agreement less than at first."""
    steps = [(CONTRACT_SINCE, "", "0", f"Договор № {contract['number']}")]
    if contract["kind"] == "agency":
        steps = [
            (CONTRACT_SINCE, AGREEMENT_FROM, AGENCY_PERCENT, f"Договор № {contract['number']}"),
            (AGREEMENT_FROM, "", AGENCY_PERCENT_NOW, "Дополнительное соглашение № 1 от 18.12.2023"),
        ]
    return [
        {"contract_id": contract["id"], "commission_percent": percent, "settlement_account": None, "document": document,
         "valid": f"[{since},{until})"}
        for since, until, percent, document in steps
    ]
