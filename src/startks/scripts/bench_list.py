"""A list as a spreadsheet: the job that the office orders, done in this process over a town of a given size.

The floor is the same number of cells of ready text written into a spreadsheet by the same library in the same run: what a
list costs beyond it is its query, its masks and its ways of showing. What PostgreSQL does in its own processes is part of
the wall time only.
"""

from __future__ import annotations

import contextlib
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from startks.framework.jobs.queue import progress
from startks.framework.jobs.runner import Transaction, run_until_idle
from startks.framework.listing import export
from startks.scripts.bench_pages import application
from startks.scripts.bench_town import bench_database
from startks.scripts.environment import Environment, open_environment

BAR_S = 10.0
"""A list of 100 000 rows, in the background."""
PATH, TITLE = "/office/@@accounts", "Лицевые счета"
CELL = "Советская улица, 17"


def bench_list(accounts: int, say: Callable[[str], None]) -> dict:
    """Export the list of all accounts; seconds of wall and CPU, ``ratio`` of CPU to the floor, rows and bytes."""
    with open_environment(purpose="bench list") as base:
        env = bench_database(base, accounts, 1, say)
        registry = application(env).registry
        with env.sessions.begin() as session:
            user = session.scalar(text("SELECT id FROM user_account WHERE login = 'operator'"))
            job = export.start(session, env.data_dir, TITLE, PATH, "", user)
        started, spent = time.perf_counter(), time.process_time()
        run_until_idle(_transaction(env, registry), job)
        total, cpu = time.perf_counter() - started, time.process_time() - spent
        with env.sessions() as session:
            state = progress(session, job)
        if state["state"] != "done":
            raise RuntimeError(f"the export ended as {state['state']}")
        path = export.file_of(env.data_dir, job)
        size = path.stat().st_size
        path.unlink()
    rows = state["result"]["rows"]
    columns = state["result"]["columns"]
    floor = _floor(rows, columns)
    return {
        "bench": "list", "accounts": accounts, "rows": rows, "columns": columns, "total_s": round(total, 3),
        "cpu_s": round(cpu, 3), "floor_s": round(floor, 3), "ratio": round(cpu / floor, 2),
        "s_100k": round(total * 100_000 / rows, 3), "bar_s": BAR_S, "bytes": size,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _transaction(env: Environment, registry) -> Transaction:
    @contextlib.contextmanager
    def transaction() -> Iterator[Session]:
        with Session(env.engine) as session, session.begin():
            session.info["registry"] = registry
            yield session

    return transaction


def _floor(rows: int, columns: int) -> float:
    """CPU seconds of writing as many cells of ready text."""
    import xlsxwriter

    with tempfile.TemporaryDirectory(prefix="startks-bench-") as folder:
        started = time.process_time()
        with xlsxwriter.Workbook(Path(folder) / "floor.xlsx", {"constant_memory": True, "tmpdir": folder}) as book:
            sheet = book.add_worksheet()
            for row in range(rows):
                for column in range(columns):
                    sheet.write_string(row, column, CELL)
        return time.process_time() - started
