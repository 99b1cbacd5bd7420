"""``startks explain``: where every kopeck of a bill comes from, in words, numbers and paragraphs of the law."""

from __future__ import annotations

import time
from collections.abc import Iterator

import click
from sqlalchemy import Connection, text

from startks.base.errors import ConfigurationError, StartksError
from startks.base.periods import parse
from startks.scripts.period import CONSUMPTION, roubles

LINES = text("""
    SELECT s.id, s.code, s.title, sum(z.charge)::int8 AS charge, sum(z.penalty)::int8 AS penalty
      FROM statement z JOIN service s ON s.id = z.service_id
     WHERE z.period = :period AND z.account_id = :account AND (z.charge <> 0 OR z.penalty <> 0)
     GROUP BY s.id ORDER BY s.position""")


@click.command("explain")
@click.argument("account", metavar="СЧЁТ")
@click.argument("month", metavar="ГГГГ-ММ")
@click.argument("service", metavar="[УСЛУГА]", required=False)
@click.option("--time", "timed", is_flag=True, help="Сказать, сколько времени заняло: дом и каждая строка.")
def explain(account: str, month: str, service: str | None, timed: bool) -> None:
    """Откуда сумма: каждая строка счёта с формулой, своими числами, их источниками и пунктом акта."""
    from startks.scripts.environment import open_environment

    try:
        period = parse(month)
    except ValueError as fault:
        raise ConfigurationError(f"{fault}.") from fault
    with open_environment(purpose="explain") as env, env.engine.connect() as connection:
        metering = CONSUMPTION if "metering" in env.settings.modules else None
        times: list[float] = []
        for line in explained(connection, account, period, service, metering, times):
            click.echo(line)
        if timed:
            house, lines = times[0], times[1:]
            each = f", строка — {sum(lines) / len(lines) * 1e3:.1f} мс" if lines else ""
            click.echo(f"\nВремя: дом прочитан за {house * 1e3:.0f} мс{each}.")


def explained(
    connection: Connection, number: str, period: int, service: str | None = None, consumption: str | None = None,
    times: list[float] | None = None,
) -> Iterator[str]:
    """Text of the explanation, line by line; the house is read once for all lines of the bill.

    ``times`` is given the seconds of reading the house and then of each line.

    Raises StartksError where there is no such account, no bill of the month or no such line on it.
    """
    from startks.modules.billing.benefit_words import benefits_of_line
    from startks.modules.billing.explain import HouseTrace, explain_line
    from startks.modules.billing.penalty_days import penalty_days
    from startks.modules.billing.taken_off import taken_off

    found = connection.execute(
        text("SELECT id, house_id FROM account WHERE number = :number"), {"number": number}
    ).one_or_none()
    if found is None:
        raise StartksError(f"Лицевого счёта {number} нет: проверьте номер в навигаторе или в платёжном документе.")
    lines = connection.execute(LINES, {"period": period, "account": found.id}).all()
    name = f"{period // 100}-{period % 100:02d}"
    if not lines:
        raise StartksError(f"За {name} по счёту {number} ничего не начислено: рассчитайте месяц или выберите другой.")
    chosen = [line for line in lines if service in (None, line.code)]
    if not chosen:
        raise StartksError(
            f"В счёте {number} за {name} нет строки «{service}». Есть: {', '.join(line.code for line in lines)}."
        )
    yield f"Лицевой счёт {number}, {name}"
    times = [] if times is None else times
    started = time.perf_counter()
    trace = HouseTrace(connection, found.house_id, period, consumption)
    times.append(time.perf_counter() - started)
    for line in chosen:
        if not line.charge:
            continue
        started = time.perf_counter()
        answer = explain_line(connection, found.id, period, line.code, consumption, trace)
        times.append(time.perf_counter() - started)
        yield ""
        yield f"{line.title}: {roubles(line.charge)} ₽"
        if answer is None:
            yield "  Строка больше не начисляется по сегодняшним данным: факты изменились после расчёта."
            continue
        yield f"  {answer.title}. {answer.words}."
        yield f"  {answer.act}, {answer.paragraph}{f', формула {answer.label}' if answer.label else ''}"
        for step in answer.inputs:
            yield f"    {step.title}: {step.value} {step.unit}".rstrip() + (f" ({step.source})" if step.source else "")
        for step in answer.steps:
            shown = f" = {step.expression_with_numbers}" if step.expression_with_numbers else ""
            yield f"    → {step.title}{shown} = {step.value} {step.unit}".rstrip()
        for title, value, unit in answer.house:
            yield f"    дом: {title}: {value} {unit}".rstrip()
        if answer.rounding:
            yield f"  {answer.rounding}"
        if not answer.matches:
            yield (
                f"  ВНИМАНИЕ: сегодняшние данные дают {roubles(answer.charge)} ₽ вместо {roubles(answer.charged)} ₽: "
                "факты изменились после расчёта, разницу внесёт перерасчёт."
            )
    off = taken_off(connection, trace, found.id)
    for line in chosen:
        if line.id in off:
            yield from _taken_off(line, off[line.id])
    for line in chosen:
        yield from _benefits(line, benefits_of_line(connection, trace, found.id, line.id))
    penalties = [line for line in chosen if line.penalty]
    if penalties:
        yield from _penalties(penalties, penalty_days(connection, found.id, period))


def _benefits(line, benefits) -> Iterator[str]:
    """Whose benefit by which act, with the numbers and the steps; a correction names its month and its reason."""
    for given in benefits:
        yield ""
        yield f"{line.title}, льгота: {roubles(given.amount)} ₽ ({given.form})"
        size = f", {given.percent} %" if given.percent else ""
        yield f"  {given.category}{size}: {given.person}{f', {given.document}' if given.document else ''}"
        yield f"  {given.act}{f', {given.paragraph}' if given.paragraph else ''}"
        if given.for_period:
            yield f"  Исправление за {given.for_period // 100}-{given.for_period % 100:02d}: {given.reason}"
        for step in given.inputs:
            yield f"    {step.title}: {step.value} {step.unit}".rstrip() + (f" ({step.source})" if step.source else "")
        for step in given.steps:
            shown = f" = {step.expression_with_numbers}" if step.expression_with_numbers else ""
            yield f"    → {step.title}{shown} = {step.value} {step.unit}".rstrip()
        if not given.matches:
            yield (
                f"  ВНИМАНИЕ: сегодняшние данные дают {roubles(given.computed or 0)} ₽ вместо {roubles(given.amount)} ₽: "
                "факты изменились после расчёта."
            )


def _taken_off(line, off) -> Iterator[str]:
    """What acts and absences took off a line: their papers, the numbers, the steps."""
    yield ""
    yield f"{line.title}, снижение: {roubles(off.posted)} ₽"
    for part in off.parts:
        yield f"  {part.title}: {roubles(part.amount)} ₽"
        yield f"  {part.act}, {part.paragraph}"
        yield from (f"    {ground}" for ground in part.grounds)
        for step in part.inputs:
            yield f"    {step.title}: {step.value} {step.unit}".rstrip() + (f" ({step.source})" if step.source else "")
        for step in part.steps:
            shown = f" = {step.expression_with_numbers}" if step.expression_with_numbers else ""
            yield f"    → {step.title}{shown} = {step.value} {step.unit}".rstrip()
        if part.is_cut:
            yield "    Снято не больше того, что осталось от начисленного по строке."
    if not off.matches:
        yield (
            f"  ВНИМАНИЕ: по сегодняшним данным снижение {roubles(off.amount)} ₽ вместо {roubles(off.posted)} ₽: "
            "акты или заявления изменились после расчёта."
        )


def _penalties(lines, debts) -> Iterator[str]:
    """The table of days of every month's debt of the chosen lines."""
    from startks.domain.calc.trace import number_text

    for line in lines:
        yield ""
        yield f"{line.title}, пени: {roubles(line.penalty)} ₽"
        own = [debt for debt in debts if debt.service_id == line.id]
        for debt in own:
            rates = ", ".join(number_text(rate) for rate in debt.rates)
            yield (
                f"  Долг за {debt.origin // 100}-{debt.origin % 100:02d} ({debt.supplier}), оплатить до "
                f"{debt.last_day_to_pay:%d.%m.%Y}, ставка {rates} %: {roubles(debt.penalty)} ₽"
            )
            yield f"  {debt.act}, {debt.paragraph}"
            for row in debt.stretches:
                share = "мораторий" if row.is_moratorium else f"1/{row.divisor}" if row.divisor else "без пеней"
                yield f"    {row.first:%d.%m.%Y}–{row.last:%d.%m.%Y}, {row.days} дн.: {roubles(row.debt)} ₽ × {share}"
        today = sum(debt.penalty for debt in own)
        if today != line.penalty:
            yield (
                f"  ВНИМАНИЕ: сегодняшние данные дают {roubles(today)} ₽ вместо {roubles(line.penalty)} ₽: "
                "платежи или долги изменились после расчёта."
            )
