"""«What if»: the month with another tariff or norm, house by house in memory. Nothing of it is written but the answer.

Each piece computes its houses twice from one snapshot of the facts, as they are and as they would be, so that every
kopeck of difference is the change's. Sums by service, by district and by size, and the accounts that change most, go into
the job's result; no table is touched, so nothing is left after a crash either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from startks.base.crash import crash_point
from startks.base.db.bulk import open_reader
from startks.base.errors import StartksError
from startks.domain.periods.state import name_of
from startks.framework.jobs.kinds import ChunkInfo, JobInfo, register_job_kind
from startks.framework.jobs.queue import create_job, set_stage
from startks.modules.billing.calculation.chunk import calculate
from startks.modules.billing.calculation.inputs import Inputs, Month, Read
from startks.modules.billing.calculation.run import house_ranges, resolve

WHATIF_JOB = "billing.whatif"
KEPT = 100
"""Accounts shown: those whose bill changes most."""
STEPS = (0, 10_000, 50_000, 100_000, 300_000)
"""Bounds of the table «by how much», kopecks a bill."""


@dataclass(frozen=True, slots=True)
class Change:
    """One supposition. ``what``: tariff | norm; ``value`` in roubles a unit or units a norm; or ``percent`` of what is."""

    what: str
    service: str
    value: str | None = None
    percent: str | None = None

    def column(self, name: str, service: pl.Expr) -> pl.Expr:
        """The column with the supposed number, millionths, half-up."""
        if self.value is not None:
            new: pl.Expr = pl.lit(int((Decimal(self.value) * 1_000_000).to_integral_value()), pl.Int64)
        else:
            share = int((Decimal(self.percent or 0) * 100).to_integral_value())  # hundredths of a per cent
            new = (2 * pl.col(name).cast(pl.Int128) * (10_000 + share) + 10_000) // 20_000
            new = new.cast(pl.Int64)
        return pl.when(service & pl.col(name).is_not_null()).then(new).otherwise(name).alias(name)


class Supposed(Inputs):
    """The facts of a month with some numbers replaced."""

    changes: tuple[Change, ...] = ()

    @cached_property
    def connections(self) -> pl.DataFrame:
        """As :attr:`Inputs.connections`, tariffs as supposed."""
        frame = Inputs.connections.func(self)
        for change in self.changes:
            if change.what == "tariff":
                frame = frame.with_columns(change.column("tariff", pl.col("service") == change.service))
        return frame

    @cached_property
    def norms(self) -> pl.DataFrame:
        """As :attr:`Inputs.norms`, norms as supposed."""
        frame = Inputs.norms.func(self)
        for change in self.changes:
            if change.what == "norm":
                wanted = self.services.get(change.service, -1)
                frame = frame.with_columns(change.column("norm", pl.col("service_id") == wanted))
        return frame


def supposed(changes: tuple[Change, ...]) -> Callable[[Read, Month], Inputs]:
    """A maker of facts with the changes in them."""

    def make(read: Read, month: Month) -> Inputs:
        inputs = Supposed(read, month)
        inputs.changes = changes
        return inputs

    return make


def checked(session: Session, period: int, changes: tuple[Change, ...]) -> None:
    """Raise StartksError in a sentence where the month or a supposition makes no sense."""
    if not session.scalar(text("SELECT EXISTS (SELECT 1 FROM period WHERE id = :id)"), {"id": period}):
        raise StartksError(f"Периода {period // 100}-{period % 100:02d} нет: выберите один из открытых или закрытых.")
    if not changes:
        raise StartksError("Что изменить? Укажите услугу и её новый тариф или норматив.")
    for change in changes:
        connected = session.scalar(
            text("""SELECT EXISTS (SELECT 1 FROM service s JOIN house_service hs ON hs.service_id = s.id
                                    WHERE s.code = :code)"""),
            {"code": change.service},
        )
        if not connected:
            raise StartksError(f"Услуга «{change.service}» ни к одному дому не подключена: выберите другую.")
        if (change.value is None) == (change.percent is None):
            raise StartksError("Укажите что-нибудь одно: новое значение или изменение в процентах.")
        if change.value is not None and Decimal(change.value) < 0:
            raise StartksError("Тариф и норматив не бывают отрицательными: укажите число от нуля.")
        if change.percent is not None and not -100 <= Decimal(change.percent) <= 1000:
            raise StartksError("Изменение в процентах — от −100 до 1000.")


def start_whatif(
    session: Session, period: int, changes: tuple[Change, ...], *, consumption: str | None,
    districts: list[int] | None = None, houses: list[int] | None = None, created_by: int | None = None,
) -> int:
    """Create the job that answers «what if» and return its id; ``districts`` and ``houses`` narrow it.

    StartksError where the question makes no sense.
    """
    checked(session, period, changes)
    connection = session.connection()
    chosen = None
    if districts or houses:
        chosen = list(connection.execute(
            text("""SELECT DISTINCT house_id FROM account a JOIN house h ON h.id = a.house_id
                     WHERE h.district_id = ANY(:districts) OR h.id = ANY(:houses) ORDER BY 1"""),
            {"districts": districts or [], "houses": houses or []},
        ).scalars())
        if not chosen:
            raise StartksError("В выбранном районе нет домов с лицевыми счетами: выберите другой.")
    ranges = house_ranges(connection)
    chunks = []
    for low, high, accounts in ranges:
        inside = None if chosen is None else [house for house in chosen if low <= house <= high]
        if inside is None or inside:
            chunks.append({"low": low, "high": high, "houses": inside, "weight": accounts})
    payload = {
        "period": period, "changes": [asdict(change) for change in changes], "consumption": consumption,
    }
    return create_job(
        session, WHATIF_JOB, f"Что если: {name_of(period)}", payload, chunks, created_by=created_by,
        stage="Расчёт по домам",
    )


def run_chunk(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict[str, Any]:
    """Compute the houses of a range twice and sum the difference up."""
    facts, given = job.payload, chunk.payload
    changes = tuple(Change(**item) for item in facts["changes"])
    houses = given["houses"]
    low, high = (given["low"], given["high"]) if houses is None else (min(houses), max(houses))
    month, consumption = Month(facts["period"], low, high), resolve(facts["consumption"])
    with open_reader(session.get_bind().url.render_as_string(hide_password=False)) as read:
        plain = calculate(read, month, consumption).statement
        other = calculate(read, month, consumption, supposed(changes)).statement
        places = read(f"SELECT id AS house_id, district_id FROM house WHERE id BETWEEN {low} AND {high}")
    crash_point("whatif.computed")
    return answer(plain, other, places, houses)


KEY = ["house_id", "account_id", "service_id"]


def answer(plain: pl.DataFrame, other: pl.DataFrame, places: pl.DataFrame, houses: list[int] | None) -> dict[str, Any]:
    """Differences of two statements: by service, by district, by size of the change of a bill, and the largest."""
    sides = [
        frame.group_by(KEY).agg(pl.col("charge").sum().alias(name)) for frame, name in ((plain, "before"), (other, "after"))
    ]
    lines = sides[0].join(sides[1], on=KEY, how="full", coalesce=True).with_columns(pl.col("before", "after").fill_null(0))
    if houses is not None:
        lines = lines.filter(pl.col("house_id").is_in(houses))
    lines = lines.with_columns((pl.col("after") - pl.col("before")).alias("change"))
    bills = lines.group_by("house_id", "account_id").agg(pl.col("before", "after", "change").sum()).join(
        places, on="house_id", how="left"
    )
    changed = pl.col("change") != 0
    sums = [
        pl.col("account_id").filter(changed).n_unique().alias("accounts"),
        pl.col("house_id").filter(changed).n_unique().alias("houses"),
        pl.col("before").sum(), pl.col("after").sum(), pl.col("change").sum(),
    ]
    size = pl.lit(0)
    for place, bound in enumerate(STEPS, 1):
        size = pl.when(pl.col("change").abs() > bound).then(place).otherwise(size)
    return {
        "services": lines.group_by("service_id").agg(sums).filter(pl.col("accounts") > 0).to_dicts(),
        "districts": bills.group_by("district_id").agg(sums).to_dicts(),
        "sizes": bills.filter(changed).group_by(size.alias("size"), (pl.col("change") > 0).alias("more")).agg(
            pl.len().alias("accounts"), pl.col("change").sum()).to_dicts(),
        "whole": bills.select(sums).to_dicts()[0],
        # equal changes by account, so that the same question has the same answer
        "largest": bills.filter(changed).sort(pl.col("change").abs(), "account_id", descending=[True, False]).head(KEPT).select(
            "account_id", "before", "after", "change").to_dicts(),
    }


def finish(session: Session, job: JobInfo) -> dict[str, Any]:
    """Add the answers of the pieces up."""
    set_stage(session, job.id, "Итоги")
    results = list(session.execute(
        text("SELECT result FROM job_chunk WHERE job_id = :job AND NOT final ORDER BY number"), {"job": job.id}
    ).scalars())
    whole = {name: sum(result["whole"][name] or 0 for result in results)
             for name in ("accounts", "houses", "before", "after", "change")}
    largest = sorted(
        (row for result in results for row in result["largest"]), key=lambda row: (-abs(row["change"]), row["account_id"])
    )
    return {
        "whole": whole,
        "services": _added(results, "services", ("service_id",)),
        "districts": _added(results, "districts", ("district_id",)),
        "sizes": _added(results, "sizes", ("size", "more")),
        "largest": largest[:KEPT],
    }


def _added(results: list[dict[str, Any]], part: str, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    totals: dict[tuple, dict[str, Any]] = {}
    for result in results:
        for row in result[part]:
            known = totals.setdefault(tuple(row[key] for key in keys), {key: row[key] for key in keys})
            for name, value in row.items():
                if name not in keys:
                    known[name] = known.get(name, 0) + (value or 0)
    return sorted(totals.values(), key=lambda row: (-abs(row["change"]), *(row[key] for key in keys)))


def register() -> None:
    """Let this process answer «what if»."""
    register_job_kind(WHATIF_JOB, run_chunk, finish)
