"""Modules and licence: what is installed, what may be written and why, use against limit, and the price by the list."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from pyramid.request import Request

from startks.base.licensing import Counter, Licence, State, price, products
from startks.base.licensing.prices import price_list
from startks.framework.addons.registry import addons_of
from startks.framework.tree.nodes import Root

BADGES = {
    State.ACTIVE: "green",
    State.GRACE: "yellow",
    State.READONLY: "red",
    State.BLOCKED: "red",
    State.ABSENT: "yellow",
}


@dataclass(frozen=True, slots=True)
class Use:
    """A product's use against its limit. ``percent`` of the limit, None without limit or measurement."""

    title: str
    unit: str
    licensed: bool
    value: int | None
    measured_on: dt.date | None
    limit: int | None

    @property
    def percent(self) -> int | None:
        """Whole per cent of the limit in use, rounded up: 100 is only the full limit or more than it."""
        if self.value is None or not self.limit:
            return None
        return -(-self.value * 100 // self.limit)

    @property
    def over(self) -> bool:
        """Is the limit exceeded?"""
        return self.value is not None and self.limit is not None and self.value > self.limit


def page(context: Root, request: Request) -> dict[str, Any]:
    """Everything is computed from the licence file and the counters measured at night."""
    addons = addons_of(request.registry)
    desk = addons.desk
    desk.read_counters(request.db, now=True)
    today = desk.clock()
    verdict = desk.verdict
    current = price_list(today)
    priced = sorted(
        {grant.name for grant in verdict.licence.products} if verdict.licence else products(today),
    )
    return {
        "verdict": verdict,
        "licence": verdict.licence,
        "statuses": addons.statuses(),
        "badges": BADGES,
        "uses": uses(verdict.licence, desk.counters, today),
        "prices": price(
            {metric: counter.value for metric, counter in desk.counters.items()},
            [name for name in priced if name in products(today)],
            today,
        ),
        "source": current.source,
    }


def uses(licence: Licence | None, counters: Any, today: dt.date) -> list[Use]:
    """Return a line for each product of the price list."""
    lines = []
    for product in products(today).values():
        grant = licence.grant(product.name) if licence else None
        counter: Counter | None = counters.get(product.metric)
        lines.append(
            Use(
                product.title,
                product.unit,
                grant is not None,
                counter.value if counter else None,
                counter.measured_on if counter else None,
                grant.limit if grant else None,
            )
        )
    return lines
