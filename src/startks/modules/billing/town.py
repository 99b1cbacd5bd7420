"""Registers of the town's set of files that billing brings: payments, opening balances, debts by month of origin."""

from __future__ import annotations

import numpy as np
import polars as pl
from sqlalchemy import Connection

from startks.base.db.bulk import copy_records
from startks.base.periods import shift
from startks.domain.ledger.models import Statement
from startks.domain.ledger.partitions import ensure_partitions
from startks.framework.exchange.town.checking import Keys, Rows, condition, unique
from startks.framework.exchange.town.columns import (
    Choice,
    Column,
    Date,
    Flag,
    Key,
    Money,
    Month,
    Text,
    Volume,
    Whole,
)
from startks.framework.exchange.town.faults import REASON
from startks.framework.exchange.town.parties import ACCOUNT_CELL, OF_ACCOUNT, OF_SERVICE, SERVICE_CELL
from startks.framework.exchange.town.registers import Question, Register
from startks.framework.exchange.town.support import CATEGORY, OF_CATEGORY, PERSON

SUPPLIER = Column(
    name="supplier", kind=Key(), into="supplier_id", ref="organisations", required=True, meaning="поставщик", example="1"
)
_NEXT = "((t.period / 100 * 12 + t.period % 100) / 12 * 100 + (t.period / 100 * 12 + t.period % 100) % 12 + 1)"
AS_OF = Column(
    name="month", kind=Month(), into="", source=_NEXT, required=True, example="2026-10",
    meaning="первый месяц, который будет рассчитан здесь; остаток на его начало, один на весь файл",
)  # fmt: skip
BALANCES_AT = """(
    SELECT max(m.period) FROM (
        SELECT substring(c.relname FROM '^statement_([0-9]{6})$')::int AS period
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'statement'::regclass) m
     WHERE NOT EXISTS (SELECT 1 FROM period o WHERE o.id = m.period AND o.state <> 'closed')
       AND EXISTS (SELECT 1 FROM statement s WHERE s.period = m.period))"""
"""The month whose closing balances go with the town: the last one that is not open any more."""
DEBTS_AT = f"""(
    SELECT account_id, service_id, supplier_id, origin, amount FROM month_debt WHERE period = {BALANCES_AT}
    UNION ALL
    SELECT s.account_id, s.service_id, s.supplier_id, s.period, s.closing - old.amount
      FROM (SELECT account_id, service_id, supplier_id, sum(amount)::int8 AS amount FROM month_debt
             WHERE period = {BALANCES_AT} GROUP BY 1, 2, 3) old
      JOIN statement s USING (account_id, service_id, supplier_id)
     WHERE s.period = {BALANCES_AT} AND s.closing > old.amount
    UNION ALL
    SELECT account_id, service_id, supplier_id, origin, amount FROM debt_origin
     WHERE NOT EXISTS (SELECT 1 FROM period WHERE id = {BALANCES_AT} AND calculated_at IS NOT NULL))"""
"""What these balances are made of: as the calculation of that month left it, with the month's own charge as the rest of the
line; where the balances came with the town and nothing was calculated since, as they came."""


def _one_month(rows: Rows) -> None:
    first = rows.frame["month"].drop_nulls().head(1)
    if first.is_empty():
        return
    rows.say(
        rows.frame.filter(pl.col("month") != first[0]), "month", "второй месяц в одном файле",
        "остатки пишутся на начало одного месяца",
    )
    months = rows.keys.details("months")["month"]
    if months.len() and months.min() != first[0]:
        rows.say(
            rows.frame.head(1), "month", "остатки не на начало первого открытого месяца (months.csv)",
            "исправьте месяц здесь или список открытых месяцев",
        )


def _debts_are_owed(rows: Rows) -> None:
    """Debts by month of origin add up to the opening balance of their line."""
    line = ["account", "service", "supplier"]
    frame = rows.frame.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in (*line, "amount")))
    owed = rows.keys.details("opening_balances").group_by(line).agg(pl.col("amount").sum().alias("owed"))
    sums = frame.group_by(line).agg(pl.col("amount").sum(), pl.col("line").min())
    bad = sums.join(owed, on=line, how="left").filter(pl.col("amount") != pl.col("owed").fill_null(0)).with_columns(
        pl.format(
            "сумма долгов строки счёта {} коп. не равна её остатку {} коп.", "amount", pl.col("owed").fill_null(0)
        ).alias(REASON)
    )
    rows.say(bad, "amount", "", "исправьте долги или остаток в opening_balances.csv", value="account")


def _payment_month(frame: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    taken = (pl.col("paid_on").dt.year() * 100 + pl.col("paid_on").dt.month()).cast(pl.Int32)
    return frame.with_columns(pl.coalesce(pl.col("month"), taken).alias("period"))


def _balance_lines(frame: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """House of the account and the month before the first one."""
    houses = keys.details("premises")
    accounts = keys.details("accounts").join(houses, on="premise").select("account", pl.col("house").alias("house_id"))
    return frame.join(accounts, on="account", how="left", maintain_order="left").with_columns(
        pl.col("month").map_elements(lambda month: shift(month, -1), return_dtype=pl.Int64).alias("period")
    )


def _month_is_open(rows: Rows) -> None:
    """What is recalculated goes into a month of months.csv."""
    months = rows.keys.details("months")
    bad = rows.frame.filter(pl.col("month").is_not_null()).join(months, on="month", how="anti")
    rows.say(bad, "month", "месяца нет среди открытых (months.csv)", "впишите его туда или исправьте месяц")


def _houses_of(frame: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """Add ``house_id`` of the account."""
    houses = keys.details("premises")
    accounts = keys.details("accounts").join(houses, on="premise").select("account", pl.col("house").alias("house_id"))
    return frame.join(accounts, on="account", how="left", maintain_order="left")


def _benefit_correction(frame: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """House of the account, the difference."""
    return _houses_of(frame, keys).with_columns(
        (pl.col("computed") - pl.col("given")).alias("amount"), pl.lit("{}").alias("causes")
    )


def _recalculation_line(frame: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """House of the account, the difference; what caused it stayed in the old installation's trail."""
    return _houses_of(frame, keys).with_columns(
        (pl.col("computed") - pl.col("charged")).alias("amount"), pl.lit("{}").alias("causes")
    )


def _load_balances(connection: Connection, frame: pl.DataFrame) -> int:
    """Balances as lines of the month before the first one: nothing charged, opening and closing are the balance."""
    period = int(frame["period"][0])
    ensure_partitions(connection, period)
    frame = frame.sort("account_id", "service_id", "supplier_id")
    zero = np.zeros(frame.height, dtype=np.int64)
    rows = {column.name: zero for column in Statement.__table__.columns}
    rows |= {name: frame[name].to_numpy() for name in ("account_id", "service_id", "supplier_id", "house_id")}
    rows |= {"period": np.full(frame.height, period), "opening": frame["amount"].to_numpy(), "closing": frame["amount"].to_numpy()}
    return copy_records(connection, Statement.__table__, rows)


PAYMENTS = Register(
    name="payments", title="Платежи", table="payment", order=410,
    meaning="Деньги, принятые с начала первого месяца; более ранние уже в остатках и идут в набор только для истории.",
    columns=(
        ACCOUNT_CELL,
        Column(name="paid_on", kind=Date(), required=True, meaning="день платежа", example="2026-10-09"),
        Column(
            name="month", kind=Month(), into="", source="t.period", example="2026-10",
            meaning="месяц, в который он зачтён; пусто — месяц дня платежа",
        ),
        Column(name="amount", kind=Money(positive=True), required=True, meaning="сумма", example="4120.55"),
        Column(
            name="channel", required=True, meaning="где принят", example="bank",
            kind=Choice(words_of={
                "bank": "банк", "cash": "касса", "terminal": "терминал", "internet": "интернет", "post": "почта",
            }),
        ),
        Column(name="document", kind=Text(longest=200), meaning="номер операции", example="000123"),
    ),
    joins=OF_ACCOUNT,
    derive=_payment_month,
    questions=(Question("sum", "платежей на сумму, ₽", "SELECT round(sum(amount) * 0.01, 2) FROM payment"),),
)  # fmt: skip

OPENING_BALANCES = Register(
    name="opening_balances", title="Входящие остатки", table="statement", order=420, has_id=False,
    remembered=("account", "service", "supplier", "amount"),
    meaning="Долг (плюс) и переплата (минус) каждой строки счёта на начало первого месяца.",
    columns=(
        AS_OF, ACCOUNT_CELL, SERVICE_CELL, SUPPLIER,
        Column(name="amount", kind=Money(signed=True), required=True, meaning="остаток", example="-120.00", source="t.closing"),
    ),
    joins=f"{OF_ACCOUNT} {OF_SERVICE}",
    where=f"t.closing <> 0 AND t.period = {BALANCES_AT}",
    sort="t.account_id, t.service_id, t.supplier_id",
    checks=(unique("account", "service", "supplier"), _one_month),
    derive=_balance_lines,
    questions=(
        Question(
            "sum", "входящих долгов, ₽",
            f"SELECT round(sum(closing) FILTER (WHERE closing > 0) * 0.01, 2) FROM statement WHERE period = {BALANCES_AT}",
        ),
        Question(
            "sum", "входящих переплат, ₽",
            f"SELECT round(sum(closing) FILTER (WHERE closing < 0) * 0.01, 2) FROM statement WHERE period = {BALANCES_AT}",
        ),
    ),
    load=_load_balances,
    grows=False,
    fills=(),
)  # fmt: skip

DEBTS = Register(
    name="debts", title="Долги по месяцам возникновения", table="debt_origin", order=430, source=DEBTS_AT,
    meaning="Из каких месяцев складывается входящий долг строки счёта: от них идут пени (ЖК РФ ст. 155 ч. 14). Строка без "
            "записей здесь целиком начислена за месяц перед первым.",
    columns=(
        ACCOUNT_CELL, SERVICE_CELL, SUPPLIER,
        Column(
            name="origin", kind=Month(), default=0, source="nullif(t.origin, 0)", example="2025-12",
            meaning="за какой месяц начислено; пусто — неоплаченные пени, на них пени не идут",
        ),
        Column(name="amount", kind=Money(positive=True), required=True, meaning="сколько не оплачено", example="810.15"),
    ),
    joins=f"{OF_ACCOUNT} {OF_SERVICE}",
    sort="t.account_id, t.service_id, t.supplier_id, t.origin",
    checks=(unique("account", "service", "supplier", "origin"), _debts_are_owed),
    grows=False,
    questions=(
        Question("sum", "долгов по месяцам, ₽", f"SELECT round(sum(amount) * 0.01, 2) FROM {DEBTS_AT} d"),
        Question("sum", "из них неоплаченных пеней, ₽", f"SELECT round(sum(amount) * 0.01, 2) FROM {DEBTS_AT} d WHERE origin = 0"),
    ),
)  # fmt: skip

RECALCULATIONS = Register(
    name="recalculations", title="Перерасчёты открытого месяца", table="recalculation", order=440,
    meaning="Разницы прошлых месяцев, которые войдут в открытый месяц, с причиной.",
    columns=(
        Column(name="month", kind=Month(), into="period", required=True, meaning="открытый месяц", example="2026-10"),
        Column(name="for_month", kind=Month(), into="for_period", required=True, meaning="за какой месяц", example="2026-08"),
        ACCOUNT_CELL, SERVICE_CELL, SUPPLIER,
        Column(name="charged", kind=Money(signed=True), required=True, meaning="было начислено", example="193.61"),
        Column(name="computed", kind=Money(signed=True), required=True, meaning="должно быть", example="150.00"),
        Column(
            name="volume_charged", kind=Volume(signed=True), default=0, meaning="объём, по которому начислено", example="4.29"
        ),
        Column(name="volume_computed", kind=Volume(signed=True), default=0, meaning="объём, каким он стал", example="3.32"),
        Column(name="rule", kind=Whole(most=30_000), into="rule_id", default=0, meaning="номер правила; 0 — не названо", example="0"),
        Column(name="reason", kind=Text(longest=1000), required=True, meaning="причина", example="Временное отсутствие"),
        Column(
            name="kind", default="replay", meaning="вид", example="replay",
            kind=Choice(words_of={"replay": "закрытый месяц пересчитан", "year": "корректировка за год"}),
        ),
    ),
    joins=f"{OF_ACCOUNT} {OF_SERVICE}",
    where="t.period NOT IN (SELECT id FROM period WHERE state = 'closed')",
    checks=(
        unique("account", "service", "supplier", "month", "for_month", "kind"),
        condition(
            "for_month", pl.col("for_month") >= pl.col("month"), "месяц не раньше того, в который он войдёт", "исправьте месяц"
        ),
        condition("computed", pl.col("computed") == pl.col("charged"), "разницы нет", "уберите строку"),
        _month_is_open,
    ),
    derive=_recalculation_line,
    grows=False,
)  # fmt: skip

BENEFIT_CORRECTIONS = Register(
    name="benefit_corrections", title="Исправления льгот в открытом месяце", table="benefit_correction", order=445,
    meaning="Разницы льгот прошлых месяцев, которые войдут в открытый месяц, с причиной.",
    columns=(
        Column(name="month", kind=Month(), into="period", required=True, meaning="открытый месяц", example="2026-10"),
        Column(name="for_month", kind=Month(), into="for_period", required=True, meaning="за какой месяц", example="2026-08"),
        ACCOUNT_CELL, SERVICE_CELL, SUPPLIER, PERSON, CATEGORY,
        Column(
            name="discount", kind=Flag(), into="is_discount", required=True, meaning="true — скидка в счёте, false — деньгами отдельно",
            example="true",
        ),
        Column(name="given", kind=Money(signed=True), required=True, meaning="было дано", example="0.00"),
        Column(name="computed", kind=Money(signed=True), required=True, meaning="должно быть", example="412.50"),
        Column(name="reason", kind=Text(longest=1000), required=True, meaning="причина", example="Удостоверение принесено позже"),
    ),
    joins=f"{OF_ACCOUNT} {OF_SERVICE} {OF_CATEGORY}",
    where="t.period NOT IN (SELECT id FROM period WHERE state = 'closed')",
    checks=(
        unique("account", "service", "supplier", "person", "category", "discount", "month", "for_month"),
        condition(
            "for_month", pl.col("for_month") >= pl.col("month"), "месяц не раньше того, в который он войдёт", "исправьте месяц"
        ),
        condition("computed", pl.col("computed") == pl.col("given"), "разницы нет", "уберите строку"),
        _month_is_open,
    ),
    derive=_benefit_correction,
    grows=False,
)  # fmt: skip

REGISTERS = (PAYMENTS, OPENING_BALANCES, DEBTS, RECALCULATIONS, BENEFIT_CORRECTIONS)
