"""The office's search box: wall time of the whole page, in process, over a town of a given size.

What is typed is drawn from the town's own data by the seed: beginnings of addresses, whole addresses, account numbers and
their beginnings, surnames with one slip of the pen, serial numbers of meters, telephones. Every page is a real one: the
reader's session, his scope, all statements and the drawing of the answer.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable
from urllib.parse import urlencode

from sqlalchemy import Connection, text

from startks.domain.accounts.search_queries import cut
from startks.scripts.bench_pages import application, page_of, statements_of, token_of
from startks.scripts.bench_town import bench_database
from startks.scripts.environment import open_environment

ALPHABET = "абвгдежзиклмнопрстуфхцчшэюя"
WARM = 3
BAR_MS = 150

_ADDRESSES = """
    SELECT s.name, h.number, p.number FROM account a JOIN premise p ON p.id = a.premise_id
      JOIN house h ON h.id = a.house_id JOIN street s ON s.id = h.street_id"""
_SAMPLES = {
    "address": _ADDRESSES + " WHERE a.id = ANY(:ids)",
    "account": "SELECT number FROM account WHERE id = ANY(:ids)",
    "surname": "SELECT last_name FROM person WHERE id = ANY(:ids) AND length(last_name) > 4",
    "meter": "SELECT serial FROM meter WHERE id = ANY(:ids)",
    "phone": "SELECT phone FROM person WHERE id = ANY(:ids) AND phone IS NOT NULL",
}
_TABLES = {"address": "account", "account": "account", "surname": "person", "meter": "meter", "phone": "person"}


def bench_search(accounts: int, queries: int, seed: int, say: Callable[[str], None]) -> dict:
    """Return percentiles in ms of ``queries`` pages, all together (``p50_ms``, ``p95_ms``, ``worst_ms``) and by kind.

    ``found`` is the share of queries whose page showed what the query was drawn from: a fast search that finds nothing
    would be no search.
    """
    with open_environment(purpose="bench search") as base:
        env = bench_database(base, accounts, 1, say)
        with env.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
            asked = draw(connection, queries, seed)
            sizes = {
                table: connection.scalar(text(f"SELECT count(*) FROM {table}"))
                for table in ("house", "account", "person", "surname", "meter")
            }
        app, token = application(env), token_of(env, "operator")
        measured, hit = _measure(app, token, asked)
        most = max(len(statements_of(app, _path(typed), token)) for kind, typed, _ in asked[:: max(1, len(asked) // 12)])
    everything = [spent for times in measured.values() for spent in times]
    return {
        "bench": "search", "accounts": accounts, "queries": len(everything), "seed": seed, "p50_ms": percentile(everything, 50),
        "p95_ms": percentile(everything, 95), "worst_ms": round(max(everything), 1), "bar_ms": BAR_MS,
        "kinds": {
            kind: {"queries": len(times), "p50_ms": percentile(times, 50), "p95_ms": percentile(times, 95), "found": hit[kind]}
            for kind, times in measured.items()
        },
        "statements": most, "sizes": sizes,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def draw(connection: Connection, queries: int, seed: int) -> list[tuple[str, str, str]]:
    """Return (kind, what is typed, what its page must show) in a mixed order."""
    chance = random.Random(seed)
    each = -(-queries // 7)
    rows = {kind: _sample(connection, kind, each, chance) for kind in _SAMPLES}
    asked: list[tuple[str, str, str]] = []
    for street, house, flat in rows["address"][:each]:
        word = max((word for word in cut(street).words), key=len, default=street.lower())
        asked.append(("address", f"{word} {house} {flat}", street))
        asked.append(("address_start", word[: chance.randint(3, max(3, len(word)))], ""))
    for (number,) in rows["account"][:each]:
        asked.append(("account", number, number))
        asked.append(("account_start", number[: chance.randint(4, 8)], ""))
    asked += [("surname_slip", slip(name.lower(), chance), "") for (name,) in rows["surname"][:each]]
    asked += [("meter", serial, serial) for (serial,) in rows["meter"][:each]]
    asked += [("phone", phone, "") for (phone,) in rows["phone"][:each]]
    chance.shuffle(asked)
    return asked


def slip(word: str, chance: random.Random) -> str:
    """Return the word with one slip: a letter changed, left out, doubled, or two changed about; never the first one."""
    place = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return word[:place] + chance.choice([letter for letter in ALPHABET if letter != word[place]]) + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    if kind == 2:
        return word[:place] + word[place] + word[place:]
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def percentile(times: list[float], share: int) -> float:
    """Return the time that ``share`` per cent of the pages do not exceed, ms."""
    ordered = sorted(times)
    return round(ordered[max(0, -(-len(ordered) * share // 100) - 1)], 1)


def _sample(connection: Connection, kind: str, each: int, chance: random.Random) -> list:
    most = connection.scalar(text(f"SELECT max(id) FROM {_TABLES[kind]}"))
    ids = [chance.randint(1, most) for _ in range(each * 20)]
    rows = connection.execute(text(_SAMPLES[kind]), {"ids": ids}).all()
    rows.sort()
    chance.shuffle(rows)
    return rows


def _measure(app, token: str, asked: list[tuple[str, str, str]]) -> tuple[dict[str, list[float]], dict[str, float]]:
    measured: dict[str, list[float]] = {}
    hits: dict[str, list[bool]] = {}
    for _ in range(WARM):
        page_of(app, _path(asked[0][1]), token)
    for kind, typed, shown in asked:
        path = _path(typed)
        started = time.perf_counter()
        answer = page_of(app, path, token)
        measured.setdefault(kind, []).append((time.perf_counter() - started) * 1000)
        rows = answer.split('<main', 1)[-1]
        hits.setdefault(kind, []).append((shown in rows) if shown else 'class="desk-rows"' in rows)
    return dict(sorted(measured.items())), {kind: round(sum(one) / len(one), 3) for kind, one in hits.items()}


def _path(typed: str) -> str:
    return "/office/@@search?" + urlencode({"q": typed})
