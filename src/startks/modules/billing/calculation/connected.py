"""Accounts and the services of their houses, brought together by places and not by joins.

An account has a place among the accounts, a connection one among the connections of its method and service, and a house at
most one connection of a service. So the lines of a service are the accounts whose house has one: a row of each frame is
taken by its number, a tenth of the work of joining them by ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import polars as pl

from startks.modules.billing.calculation.fitting import fits
from startks.modules.billing.calculation.frames import parts_of
from startks.modules.billing.calculation.inputs import Inputs
from startks.modules.billing.calculation.keys import ranked
from startks.modules.billing.calculation.norms import Norms


class Connected:
    """Lines to be of one piece of work. ``connections``: those of the inputs, with the numbers of their tables of norms."""

    def __init__(self, inputs: Inputs, norms: Norms) -> None:
        self.accounts = inputs.accounts
        self.connections = norms.numbered(inputs.connections)
        self._ids = self.accounts["account_id"].to_numpy()
        self.parts = parts_of(self.connections.drop("resource"), "method", "service")
        self.misfits = [self.parts.pop(key) for key in list(self.parts) if not fits(*key)]
        """connections that no rule can serve"""
        self._exclusions = inputs.exclusions

    def of(self, methods: tuple[str, ...], services: tuple[str, ...] | None) -> Iterator[pl.DataFrame]:
        """Connections with these methods and services (None: any), a frame for each method and service."""
        return (
            part for (method, service), part in self.parts.items()
            if method in methods and (services is None or service in services)
        )

    def lines(self, connections: pl.DataFrame, *, homes: bool = False, only: pl.Series | None = None) -> pl.DataFrame:
        """A row for each account that gets the service: columns of accounts, then of ``connections`` (of one service, a row
        a house), in the order of accounts. ``homes``: without non-residential premises; ``only``: of these accounts."""
        houses, (of_connection, of_account) = ranked([connections["house_id"].to_numpy(), self.accounts["house_id"].to_numpy()])
        place = np.full(houses, -1, dtype=np.int64)
        place[of_connection] = np.arange(connections.height)
        row = place[of_account]
        chosen = row >= 0
        out = self._excluded.get((connections.item(0, "service_id"),)) if connections.height else None
        if out is not None:
            chosen &= ~self._are_among(out["account_id"])
        if only is not None:
            chosen &= self._are_among(only)
        if homes:
            chosen &= ~self._nonresidential
        found = np.flatnonzero(chosen)
        accounts = self.accounts if len(found) == self.accounts.height else self.accounts[found]
        return accounts.hstack(connections.drop("house_id")[row[found]])

    @cached_property
    def nothing(self) -> pl.DataFrame:
        """:meth:`lines` without a row."""
        return self.lines(self.connections.drop("resource").clear())

    @cached_property
    def _excluded(self) -> dict[tuple, pl.DataFrame]:
        """Accounts that opted out, by service; some may be closed and not among the accounts."""
        return parts_of(self._exclusions, "service_id")

    def _are_among(self, accounts: pl.Series) -> np.ndarray:
        """Which of the accounts are these; others are passed over."""
        return np.isin(self._ids, accounts.to_numpy())

    @cached_property
    def _nonresidential(self) -> np.ndarray:
        return self.accounts["nonresidential"].to_numpy()


def beside(rows: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """``rows`` (each account once, in order) with the columns of ``facts`` (a row an account); nulls where there is none."""
    accounts, known = rows["account_id"].to_numpy(), facts["account_id"].to_numpy()
    place = np.searchsorted(accounts, known)
    is_asked = place < len(accounts)
    is_asked[is_asked] = accounts[place[is_asked]] == known[is_asked]
    fact = np.full(len(accounts), facts.height, dtype=np.int64)
    fact[place[is_asked]] = np.flatnonzero(is_asked)
    facts = facts.drop("account_id")
    return rows.hstack(pl.concat([facts, facts.clear(1)], rechunk=True)[fact])  # the last row has nothing


def several(rows: pl.DataFrame) -> pl.Series:
    """Whether there are more rows of the same account and service."""
    accounts, (account,) = ranked([rows["account_id"].to_numpy()])
    services, (service,) = ranked([rows["service_id"].to_numpy()])
    cell = account * services + service
    return pl.Series(np.bincount(cell, minlength=accounts * services)[cell] > 1, dtype=pl.Boolean)
