"""Contracts: what modules offer each other, found at run time.

A module never imports another. It asks the door for an interface and gets an object, or None where no licensed module
offers it (then its block is absent, its column empty):

    balances = request.contract(Balances)            # in a view
    balances = find_contract(registry, Balances, session)   # in a task or service

and it offers one in its includeme: ``config.provide(Balances, LedgerBalances)``, where the factory is called with the
session. Rules for an interface, so that it lives for years:

* a handful of methods, plain values in and out (ids, dates, kopecks, frozen dataclasses), never an ORM object;
* a method takes many ids at once where a list could need it, so that nobody writes a query in a loop;
* it only grows: a new method is a new interface, for the implementation may be a partner's.
"""

from startks.base.contracts.appeals import AppealBrief, Appeals
from startks.base.contracts.balances import BalanceLine, Balances
from startks.base.contracts.charges import ChargeLine, Charges
from startks.base.contracts.payments import PaymentBrief, Payments
from startks.base.contracts.readings import MeterState, ReadingRefused, Readings
from startks.base.contracts.residents import ResidentCount, Residents

CONTRACTS = (Appeals, Balances, Charges, Payments, Readings, Residents)
"""All interfaces of the product."""

__all__ = [
    "CONTRACTS",
    "AppealBrief",
    "Appeals",
    "BalanceLine",
    "Balances",
    "ChargeLine",
    "Charges",
    "MeterState",
    "PaymentBrief",
    "Payments",
    "ReadingRefused",
    "Readings",
    "ResidentCount",
    "Residents",
]
