"""The price list as dated data (``prices.json``, kopecks) and what an installation costs by it.

Source: the product's brochure, «Основные стоимостные показатели» and «Техническая поддержка»: 35 ₽ a personal account, 8 ₽
a person, 1 000 000 ₽ an installation, full support 20 % of the licences a year.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from startks.base.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Product:
    """A line of the price list; ``price`` in kopecks a unit of the metric."""

    name: str
    title: str
    metric: str
    unit: str
    price: int


@dataclass(frozen=True, slots=True)
class PriceList:
    """The list in force from a day on; ``support_percent`` of the licences a year."""

    valid_from: dt.date
    source: str
    support_percent: int
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A line of the reckoning: kopecks; ``quantity`` None where the counter was never measured (then no amount)."""

    title: str
    unit: str
    quantity: int | None
    price: int | None
    amount: int | None


@cache
def _lists() -> tuple[PriceList, ...]:
    raw = json.loads(files("startks.base.licensing").joinpath("prices.json").read_text("utf-8"))
    lists = [
        PriceList(
            dt.date.fromisoformat(item["from"]),
            item["source"],
            item["support_percent"],
            tuple(Product(**product) for product in item["products"]),
        )
        for item in raw
    ]
    return tuple(sorted(lists, key=lambda item: item.valid_from))


def price_list(on: dt.date) -> PriceList:
    """Return the list in force on a day."""
    found = [item for item in _lists() if item.valid_from <= on]
    if not found:
        raise ConfigurationError(f"На {on:%d.%m.%Y} нет прейскуранта. Проверьте дату на сервере.")
    return found[-1]


def products(on: dt.date | None = None) -> dict[str, Product]:
    """Return the products sold on a day (today unless given) by name."""
    return {product.name: product for product in price_list(on or dt.date.today()).products}


def price(counters: Mapping[str, int], names: Iterable[str], on: dt.date | None = None) -> list[PriceLine]:
    """Return the reckoning of an installation: a line a product, the sum, and a year of support.

    ``counters`` maps a metric to its number. A product whose counter is not there gets a line without quantity and
    amount, and the sums leave it out; where nothing was measured there are no sums either. Support is rounded half-up
    to the kopeck. Unknown products raise :class:`ConfigurationError`.
    """
    current = price_list(on or dt.date.today())
    known = {product.name: product for product in current.products}
    wanted = set(names)
    if unknown := wanted - set(known):
        raise ConfigurationError(
            f"В прейскуранте нет продукта «{min(unknown)}». Есть: {', '.join(known)}."
        )
    lines = []
    for product in current.products:
        if product.name in wanted:
            quantity = counters.get(product.metric)
            amount = None if quantity is None else quantity * product.price
            lines.append(PriceLine(product.title, product.unit, quantity, product.price, amount))
    known_amounts = [line.amount for line in lines if line.amount is not None]
    total = sum(known_amounts) if known_amounts else None
    support = None if total is None else (total * current.support_percent * 2 + 100) // 200
    lines.append(PriceLine("Лицензии всего", "", None, None, total))
    lines.append(PriceLine(f"Техническая поддержка, {current.support_percent} % в год", "год", 1, support, support))
    return lines
