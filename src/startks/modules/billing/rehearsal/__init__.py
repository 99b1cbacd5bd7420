"""The month laid beside the one before it, and what comes of it: groups by cause, the gate, the closing, «what if».

* :mod:`.causes` — the causes, their names and sentences;
* :mod:`.compare` — two months of a range of houses, every changed line with its cause and its part of the money;
* :mod:`.tasks` — rehearsal as a job;
* :mod:`.closing` — the closing as a job;
* :mod:`.whatif` — the same month with other tariffs or norms, kept nowhere.
"""
