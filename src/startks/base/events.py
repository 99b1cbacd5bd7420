"""Events: what happened, told by one part to parts it does not know.

An event is frozen plain data (ids, dates, kopecks): no session, no ORM object, so that a subscriber in five years
reads the same thing. It is published in the transaction that made it true, and its subscribers run in that very
transaction: either all of it happened or none. What must go out of the data base (mail, a parcel) is written by the
subscriber into the outbox.

    publish(session, PeriodClosed(period=202610, fingerprint="…"))

Who listens is not known here. The door (:mod:`startks.framework.addons`) puts a dispatcher into ``session.info`` of
every session the application makes; it asks whether the subscriber's module is licensed, so no subscriber needs to. A
session without a dispatcher (a migration, a script on bare tables) publishes to nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DISPATCHER = "startks.events.dispatcher"
"""Key of ``session.info`` under which the dispatcher lies."""

Dispatcher = Callable[[Any, "Event"], None]
"""Called with the session and the event; exceptions of a subscriber go up and undo the transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Parent of all events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodOpened(Event):
    """A month may be worked in. ``period`` is YYYYMM."""

    period: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodCalculated(Event):
    """The month's statement was written for these houses (empty means all of the installation)."""

    period: int
    house_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodClosed(Event):
    """The month is shut: its rows can no longer change. ``fingerprint`` is the hash chained to the month before."""

    period: int
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpened(Event):
    """A personal account exists from the day ``opened_on``."""

    account_id: int
    premise_id: int
    opened_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountClosed(Event):
    """A personal account ends; ``closed_on`` is the first day on which it is no longer charged."""

    account_id: int
    closed_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingAccepted(Event):
    """A meter's reading was taken over. ``value`` in millionths of the meter's unit; no account for a house meter."""

    meter_id: int
    house_id: int
    account_id: int | None
    read_on: dt.date
    value: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDistributed(Event):
    """A payment of ``amount`` kopecks was split over the account's services."""

    payment_id: int
    account_id: int
    amount: int
    received_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentMoved(Event):
    """A person's days in a dwelling changed: ``[moved_in, moved_out)``, open where None."""

    person_id: int
    account_id: int
    moved_in: dt.date | None
    moved_out: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageEnded(Event):
    """A service was missing or poor at a node (district | house | entrance | premise) from ``began`` to ``ended``, local time.

    ``house_id`` is None for a district. What it takes off the charges of everybody under the node is due now.
    """

    outage_id: int
    node_kind: str
    node_id: int
    house_id: int | None
    service_code: str
    began: dt.datetime
    ended: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsChanged(Event):
    """A fact of the past changed: the accounts' months from ``first_period`` on must be computed again."""

    account_ids: tuple[int, ...]
    first_period: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChanged(Event):
    """Somebody said that something holds from a day: row ``change_id`` of ``fact_change``.

    ``field`` is the table of a dated fact or ``table.column`` of an undated one; the days are half-open, None is open.
    """

    change_id: int
    kind: str
    subject_id: int
    house_id: int | None
    account_id: int | None
    field: str
    valid_from: dt.date | None
    valid_to: dt.date | None


def publish(session: Any, event: Event) -> None:
    """Tell every subscriber of an active module, in the session's transaction and in loading order.

    ``session.info`` is read, nothing else, so a service passes on the session it was given. An exception of a
    subscriber is not caught: the caller's transaction must not be committed after it.
    """
    if not isinstance(event, Event):
        raise TypeError(f"an event is a frozen Event, not {type(event).__name__}")
    dispatcher: Dispatcher | None = session.info.get(DISPATCHER)
    if dispatcher is not None:
        dispatcher(session, event)
