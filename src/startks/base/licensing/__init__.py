"""Licences: what a customer bought, whether it holds today, and what that allows.

Pieces, each usable alone and none knowing about modules' code, HTTP or housing:

* :mod:`.keys` — the vendor's Ed25519 key pair and its text forms;
* :mod:`.licence` — the licence: canonical JSON and its signature, issuing, reading, the verdict;
* :mod:`.states` — the pure function (verdict, counters, today) → state of each module;
* :mod:`.counters` — a counter with its measurements;
* :mod:`.prices` — the price list as dated data;
* :mod:`.demo` — a licence the demonstration issues to itself.

The principle: installing, reading and printing one's own data never needs a licence, writing does. What a state allows
is said once, in :class:`.states.State`; where it is enforced, in :mod:`startks.framework.addons`.
"""

from startks.base.licensing.counters import Counter
from startks.base.licensing.demo import issue_demo_licence
from startks.base.licensing.licence import Grant, Licence, LicenceError, Verdict, peek_licence, read_licence, verdict_of
from startks.base.licensing.prices import price, products
from startks.base.licensing.states import ModuleState, State, module_states

__all__ = [
    "Counter",
    "Grant",
    "Licence",
    "LicenceError",
    "ModuleState",
    "State",
    "Verdict",
    "issue_demo_licence",
    "module_states",
    "peek_licence",
    "price",
    "products",
    "read_licence",
    "verdict_of",
]
