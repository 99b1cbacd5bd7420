"""Reference books of a town from ``demo/data``: acts, services, tariffs, norms, parameters, calendar, heating seasons.

Each figure keeps its source as an act; an estimate has ``certain = false`` and a note that says how it was made. What a
common-needs line costs is what the resource costs, so one record of a file may name several services.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from sqlalchemy import Connection

from startks.demo import benefits
from startks.demo.data import load
from startks.demo.loading import put_rows

CITIES = {"samara": 1, "volgograd": 2}
"""Municipality ids by the name of a city; both have reference books, one has houses."""
TABLES = (
    "municipality", "act", "service", "tariff", "norm", "parameter", "calendar_day", "heating_season", "benefit_category",
    "benefit_term", "subsidy_standard",
)  # fmt: skip


@dataclass(frozen=True)
class References:
    """What the rest of the seed needs: ids by code and the next free ones."""

    city: str
    municipality_id: int
    services: dict[str, int]
    heating_share: tuple[float, ...]
    next_tariff_id: int
    meeting_act_id: int
    tariffs: dict[tuple[str, str], tuple[tuple[dt.date, str], ...]]
    """(service, category) → (from, value) in order of days, of this city"""
    norms: dict[tuple[str, str, str], str]
    """(service, purpose, category) → value, for norms without rooms and residents, of this city"""


class Acts:
    """Collects sources of all files as rows of ``act``, each once."""

    def __init__(self) -> None:
        self.rows: list[dict] = []
        self._ids: dict[tuple, int] = {}

    def add(self, *, title: str, number: str | None, url: str | None, body: str | None, adopted_on: str | None) -> int:
        """Return the id of the act, new or known."""
        key = (title, number, url)
        if key not in self._ids:
            self._ids[key] = len(self.rows) + 1
            self.rows.append(
                {"id": self._ids[key], "title": title, "number": number, "body": body, "adopted_on": adopted_on, "url": url}
            )
        return self._ids[key]

    def of_source(self, source: dict) -> int:
        """The act of a source: the document where one is named, else the page that tells of it."""
        document = source.get("document")
        if document is None or source["title"] == "Собственная оценка":
            return self.add(title=source["title"], number=None, url=source.get("url"), body=None, adopted_on=None)
        number = re.search(r"№ (\S+)", document)
        day = re.search(r"от (\d\d)\.(\d\d)\.(\d{4})", document)
        return self.add(
            title=document[:1].upper() + document[1:],
            number=number.group(1) if number else None,
            url=source.get("url"),
            body=None,
            adopted_on=f"{day[3]}-{day[2]}-{day[1]}" if day else None,
        )


def load_references(connection: Connection, city: str) -> References:
    """Fill the reference tables (empty before) and return what the seed needs of them."""
    acts = Acts()
    services = {row["code"]: row["id"] for row in load("services")["services"]}
    put_rows(connection, "municipality", [
        {"id": CITIES[key], **{name: value[name] for name in ("name", "region", "slug", "oktmo")}}
        for key, value in load("organisations")["cities"].items()
        if key == city
    ])
    meeting = acts.add(
        title="Решение общего собрания собственников", number=None, url=None, body="Общее собрание собственников",
        adopted_on=None,
    )
    tariffs = _tariffs(acts, services, city)
    norms = _norms(acts, services, city)
    parameters = _parameters(acts, city)
    seasons = _seasons(acts, city)
    support = benefits.terms(acts, services, CITIES[city], city, len(parameters) + 1)
    parameters += support.pop("parameter")
    put_rows(connection, "act", acts.rows)
    put_rows(connection, "service", load("services")["services"])
    put_rows(connection, "tariff", tariffs, recorded=True)
    put_rows(connection, "norm", norms, recorded=True)
    put_rows(connection, "parameter", parameters, recorded=True)
    put_rows(connection, "calendar_day", _calendar())
    put_rows(connection, "heating_season", seasons)
    for table, rows in support.items():
        put_rows(connection, table, rows, recorded=table != "benefit_category")
    [climate] = [row for row in load("calendar")["climate"] if row["city"] == city]
    return References(
        city=city,
        municipality_id=CITIES[city],
        services=services,
        heating_share=tuple(climate["heating_share_by_month"]),
        next_tariff_id=len(tariffs) + 1,
        meeting_act_id=meeting,
        tariffs=_tariff_steps(city),
        norms={
            (service, row["purpose"], row["category"]): row["value"]
            for row in load("norms")["norms"]
            if row["city"] == city and "rooms" not in row
            for service in row["services"]
        },
    )


def _valid(row: dict) -> str:
    return f"[{row['from']},{row.get('until') or ''})"


def _tariffs(acts: Acts, services: dict[str, int], city: str) -> list[dict]:
    data = load("tariffs")
    rows = []
    for row in data["tariffs"]:
        if row["city"] != city:
            continue
        act = acts.of_source(data["sources"][row["source"]])
        for service in row["services"]:
            rows.append({
                "id": len(rows) + 1, "municipality_id": CITIES[city], "service_id": services[service], "house_id": None,
                "category": row["category"], "value": row["value"], "valid": _valid(row), "act_id": act,
                "certain": row["certain"], "note": row.get("note"),
            })
    return rows


def _tariff_steps(city: str) -> dict[tuple[str, str], tuple[tuple[dt.date, str], ...]]:
    steps: dict[tuple[str, str], list] = {}
    for row in load("tariffs")["tariffs"]:
        if row["city"] == city:
            for service in row["services"]:
                steps.setdefault((service, row["category"]), []).append((dt.date.fromisoformat(row["from"]), row["value"]))
    return {key: tuple(sorted(value)) for key, value in steps.items()}


def _norms(acts: Acts, services: dict[str, int], city: str) -> list[dict]:
    data = load("norms")
    rows = []
    for row in data["norms"]:
        if row["city"] != city:
            continue
        act = acts.of_source(data["sources"][row["source"]])
        for service in row["services"]:
            rows.append({
                "id": len(rows) + 1, "municipality_id": CITIES[city], "service_id": services[service],
                "purpose": row["purpose"], "category": row["category"], "rooms": row.get("rooms", 0),
                "residents": row.get("residents", 0), "value": row["value"], "unit": row["unit"],
                "valid": _valid(row), "act_id": act, "certain": row["certain"], "note": row.get("note"),
            })
    return rows


def _parameters(acts: Acts, city: str) -> list[dict]:
    data = load("parameters")
    rows = []
    for row in data["parameters"]:
        if row.get("city") not in (None, city):
            continue
        act = data["acts"][row["act"]]
        act_id = acts.add(
            title=act["title"], number=act.get("number"), url=act.get("url"), body=act.get("body"),
            adopted_on=act.get("adopted_on"),
        )
        rows.append({
            "id": len(rows) + 1, "code": row["code"], "municipality_id": CITIES[city] if "city" in row else None,
            "value": row["value"], "valid": _valid(row), "act_id": act_id, "paragraph": row.get("paragraph"),
            "certain": row["certain"], "note": row.get("note"),
        })
    return rows


def _calendar() -> list[dict]:
    """Days that differ from an ordinary week: holidays, days off, working Saturdays, shortened days."""
    rows = []
    for year in load("calendar")["years"]:
        special = dict.fromkeys(year["days_off"], ("weekend", None))
        special |= {day: ("holiday", name) for day, name in year["holidays"].items()}
        special |= dict.fromkeys(year["short_days"], ("short", "Сокращённый день"))
        special |= dict.fromkeys(year["working_saturdays"], ("working_saturday", "Рабочая суббота"))
        rows += [
            {"day": day, "kind": kind, "title": title, "certain": year["certain"]}
            for day, (kind, title) in sorted(special.items())
        ]
    return rows


def _seasons(acts: Acts, city: str) -> list[dict]:
    data = load("calendar")
    seasons = [row for row in data["heating_seasons"] if row["city"] == city]
    return [
        {
            "id": number, "municipality_id": CITIES[city], "valid": _valid(row),
            "act_id": acts.of_source(data["sources"][row["source"]]), "certain": row["certain"], "note": row["note"],
        }
        for number, row in enumerate(seasons, 1)
    ]
