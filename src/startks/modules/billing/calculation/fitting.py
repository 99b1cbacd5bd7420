"""Which way of computing fits which service: a connection that no rule can serve is named, and the rest of the house goes on."""

from __future__ import annotations

from functools import lru_cache

from startks.domain.calc.registry import all_rules
from startks.framework.exchange.town.words import METHODS

ONLY = {
    "individual": ("cold_water", "hot_water", "electricity", "gas"), "zones": ("electricity_day", "electricity_night"),
    "sum_of_water": ("sewerage",), "heat_of_water": ("hot_water_heat",), "waste_area": ("waste",), "waste_persons": ("waste",),
    "waste_containers": ("waste",),
}
"""Methods that serve the named services only."""
OWN_RULE = "rule:"
"""Beginning of a method that names a rule by its key."""
BEGINNINGS = (("heat.", "heating"), ("common.", "soi_"), ("bands", "electricity"))
"""Beginnings of methods and of the services they serve."""


def fits(method: str, service: str) -> bool:
    """Whether the calculation knows the method and has a rule of it for the service."""
    if method.startswith(OWN_RULE):
        return any(entry.key == method.removeprefix(OWN_RULE) for entry in all_rules())
    return _fits(method, service)


@lru_cache(maxsize=1024)
def _fits(method: str, service: str) -> bool:
    if method not in METHODS:
        return False
    if method in ONLY:
        return service in ONLY[method]
    if method in ("area", "owner_area", "tenant_area"):
        return any(entry.key == f"{service}.area" for entry in all_rules())
    return all(service.startswith(of) for beginning, of in BEGINNINGS if method.startswith(beginning))
