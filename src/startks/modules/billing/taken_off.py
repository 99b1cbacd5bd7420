"""«Откуда снижение»: what acts and absences took off a line, each with its papers, its own numbers and the paragraph."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, Row, text

from startks.domain.calc.interpret import apply_trace
from startks.domain.calc.registry import rule_by_id
from startks.domain.calc.trace import Explanation
from startks.domain.reductions.checks import TITLES
from startks.modules.billing.explain import HouseTrace, Step, unit_of, values_of

SOURCES = {
    "charge_rub": "строка этого месяца", "base_rub": "строка этого месяца без повышающего коэффициента",
    "missing_hours": "названные акты, полные часы", "hours": "названные акты, полные часы", "days": "названные акты",
    "days_over": "названные акты", "step_hours": "названные акты: часы × полные шаги по 3 °C сверх допустимого днём и ночью",
    "degree_hours": "названные акты: часы × полные градусы ниже нормы", "allowed_hours": "ПП РФ 354, приложение 1",
    "percent_per_hour": "ПП РФ 354, приложение 1", "percent_per_day": "ПП РФ 354, приложение 1",
    "percent_per_step": "ПП РФ 354, приложение 1, пункт 5", "percent_per_degree": "ПП РФ 354, приложение 1, пункт 15",
    "month_days": "календарь", "volume": "строка этого месяца", "hot_tariff": "тариф строки", "tariff": "тариф строки",
    "cold_tariff": "тариф холодной воды дома", "absent_days": "названные заявления: дни между выбытием и возвращением",
    "person_days": "регистр жителей по дням", "norm": "норматив строки", "heat_norm": "норматив строки",
}
NODES = {"district": "район", "house": "дом", "entrance": "подъезд", "premise": "помещение"}

_ACTS = text("""
    SELECT q.id, q.number, q.drawn_on, q.kind, q.since, q.until, q.measured, s.title AS service,
           CASE WHEN q.district_id IS NOT NULL THEN 'district' WHEN q.house_id IS NOT NULL THEN 'house'
                WHEN q.entrance_id IS NOT NULL THEN 'entrance' ELSE 'premise' END AS node
      FROM quality_act q JOIN service s ON s.id = q.service_id WHERE q.id = ANY(:ids) ORDER BY q.since, q.id""")
_ABSENCES = text("""
    SELECT id, left_on, returned_on, applied_on FROM temporary_absence WHERE id = ANY(:ids) ORDER BY left_on, id""")
_POSTED = text("""
    SELECT account_id, service_id, sum(amount)::int8 AS amount FROM reduction
     WHERE period = :period AND account_id = ANY(:accounts) GROUP BY 1, 2""")
_OF_ACCOUNTS = text("""
    WITH rows AS (
        SELECT account_id, service_id, cause, causes, amount FROM reduction
         WHERE period = :period AND account_id = ANY(:accounts)),
    named AS (
        SELECT DISTINCT r.account_id, r.service_id, r.cause,
               CASE r.cause WHEN 'act' THEN 'акт № ' || q.number || ' от ' || to_char(q.drawn_on, 'DD.MM.YYYY')
                            ELSE 'заявление от ' || to_char(t.applied_on, 'DD.MM.YYYY') END AS said
          FROM rows r CROSS JOIN LATERAL unnest(r.causes) AS c (id)
          LEFT JOIN quality_act q ON q.id = c.id AND r.cause = 'act'
          LEFT JOIN temporary_absence t ON t.id = c.id AND r.cause = 'absence'),
    sums AS (SELECT account_id, service_id, cause, sum(amount)::int8 AS amount FROM rows GROUP BY 1, 2, 3)
    SELECT u.account_id, s.title AS service, u.amount, u.cause,
           (SELECT string_agg(n.said, '; ' ORDER BY n.said) FROM named n
             WHERE (n.account_id, n.service_id, n.cause) = (u.account_id, u.service_id, u.cause)) AS papers
      FROM sums u JOIN service s ON s.id = u.service_id ORDER BY u.account_id, s.position, u.cause DESC""")
CAUSES = {"act": "Перерывы и качество услуги", "absence": "Временное отсутствие"}


@dataclass(frozen=True, slots=True)
class TakenOff:
    """One reduction of a line. ``amount`` in kopecks, negative; ``grounds`` name its acts or applications."""

    service_id: int
    supplier_id: int
    told: Explanation
    """the rule over the line's exact numbers"""
    grounds: tuple[str, ...]
    inputs: tuple[Step, ...]
    steps: tuple[Step, ...]
    amount: int
    is_cut: bool
    """the charge was less than what the rule gives"""

    @property
    def title(self) -> str:
        """Name of the rule."""
        return self.told.title

    @property
    def act(self) -> str:
        """Act of law."""
        return self.told.act

    @property
    def paragraph(self) -> str:
        """Where in the act."""
        return self.told.paragraph


@dataclass(frozen=True, slots=True)
class LineTakenOff:
    """All reductions of a line by today's facts; ``posted`` (kopecks) is what stands on the bill."""

    parts: tuple[TakenOff, ...]
    posted: int

    @property
    def amount(self) -> int:
        """Kopecks, negative."""
        return sum(part.amount for part in self.parts)

    @property
    def matches(self) -> bool:
        """Whether today's facts still give what stands on the bill."""
        return self.amount == self.posted


def taken_off(
    connection: Connection, trace: HouseTrace, account_id: int, service_id: int | None = None
) -> dict[int, LineTakenOff]:
    """Reductions of an account's lines (of one service where said) by service; lines without any are left out."""
    found = taken_off_bills(connection, trace, [account_id])
    return {service: line for (_, service), line in found.items() if service_id in (None, service)}


def taken_off_bills(
    connection: Connection, trace: HouseTrace, account_ids: list[int]
) -> dict[tuple[int, int], LineTakenOff]:
    """Reductions of the lines of several accounts of the house, by account and service."""
    rows = trace.reductions.rows.filter(pl.col("account_id").is_in(account_ids))
    posted = {
        (row.account_id, row.service_id): row.amount
        for row in connection.execute(_POSTED, {"period": trace.month.period, "accounts": account_ids})
    }
    found: dict[tuple[int, int], list[TakenOff]] = {line: [] for line in posted}
    words = _grounds(connection, rows)
    units = dict(connection.execute(text("SELECT id, unit FROM service")).all()) if not rows.is_empty() else {}
    for row in rows.iter_rows(named=True):
        grounds = tuple(words[row["cause"], number] for number in _ids(row["causes"]))
        found.setdefault((row["account_id"], row["service_id"]), []).append(_told(trace, row, grounds, units))
    return {line: LineTakenOff(tuple(parts), posted.get(line, 0)) for line, parts in found.items()}


def of_accounts(connection: Connection, account_ids: list[int], period: int) -> list[tuple[int, str, str, int]]:
    """What was taken off the bills of several accounts: (account, service, ground in words, kopecks), a row a line and cause."""
    rows = connection.execute(_OF_ACCOUNTS, {"accounts": account_ids, "period": period})
    return [(row.account_id, row.service, f"{CAUSES[row.cause]}: {row.papers}.", row.amount) for row in rows]


def _told(trace: HouseTrace, row: dict, grounds: tuple[str, ...], units: dict[int, str]) -> TakenOff:
    rule = rule_by_id(row["rule_id"])
    group = next(group for group in trace.reductions.groups if group.rule is rule)
    same = [pl.col(name) == row[name] for name in ("account_id", "service_id", "supplier_id", "causes")]
    source = group.frame.filter(pl.all_horizontal(same)).row(0, named=True)
    told = apply_trace(rule, values_of(group, source), SOURCES)
    unit = units[row["service_id"]]
    first_of_each = list(reversed({step.name: step for step in reversed(told.steps)}.values()))  # a result may be a step too
    whole = sum(value for name, value in told.results.items() if name.startswith("reduction"))
    return TakenOff(
        row["service_id"], row["supplier_id"], told, grounds,
        tuple(Step(s.title, s.value_text, unit_of(s, unit), s.source) for s in told.inputs),
        tuple(
            Step(s.title, s.value_text, unit_of(s, unit), "", s.expression, s.expression_with_numbers, s.conditions)
            for s in first_of_each
        ),
        row["amount"], -row["amount"] < whole,
    )


def _ids(causes: str) -> list[int]:
    return [int(number) for number in causes.strip("{}").split(",")]


def _grounds(connection: Connection, rows: pl.DataFrame) -> dict[tuple[str, int], str]:
    """Words of every act and application that the rows name."""
    words: dict[tuple[str, int], str] = {}
    for cause, statement, say in (("act", _ACTS, _act), ("absence", _ABSENCES, _absence)):
        ids = sorted({number for causes in rows.filter(pl.col("cause") == cause)["causes"] for number in _ids(causes)})
        if ids:
            words |= {(cause, row.id): say(row) for row in connection.execute(statement, {"ids": ids})}
    return words


def _act(row: Row) -> str:
    measured = ""
    if row.measured is not None:
        number = format(row.measured.normalize(), "f").replace(".", ",")
        measured = f", измерено {number} {'°C' if row.kind == 'temperature' else 'МПа'}"
    until = f"по {row.until:%d.%m.%Y %H:%M}" if row.until else "продолжается"
    return (f"Акт № {row.number} от {row.drawn_on:%d.%m.%Y}: {row.service}, {TITLES[row.kind].lower()}, {NODES[row.node]}, "
            f"с {row.since:%d.%m.%Y %H:%M} {until}{measured}")


def _absence(row: Row) -> str:
    until = f"вернулся {row.returned_on:%d.%m.%Y}" if row.returned_on else "ещё не вернулся"
    return f"Заявление от {row.applied_on:%d.%m.%Y}: выбыл {row.left_on:%d.%m.%Y}, {until}; эти два дня не считаются"
