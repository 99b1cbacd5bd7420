"""``startks replay``: closed months again by what was learned later; the differences go into the open month."""

from __future__ import annotations

import time

import click
from sqlalchemy import Connection, text

from startks.base.errors import StartksError
from startks.scripts.environment import open_environment
from startks.scripts.period import CONSUMPTION, roubles

SHOWN = 40
"""Lines printed; the rest is counted."""

_NAMES = text("""SELECT a.id, a.number FROM account a WHERE a.id = ANY(:ids)""")


@click.command("replay")
@click.option("--dry-run", is_flag=True, help="Только показать разницы, ничего не записывать.")
@click.option("--account", "number", metavar="СЧЁТ", help="Только отметки одного лицевого счёта.")
def replay(dry_run: bool, number: str | None) -> None:
    """Перерасчёт закрытых месяцев по изменениям прошлого; разницы с причинами вносятся в открытый месяц."""
    from startks.modules.billing.replay import services

    with open_environment(purpose="replay") as env:
        metering = CONSUMPTION if "metering" in env.settings.modules else None
        with env.engine.begin() as connection:
            accounts = None if number is None else [_account(connection, number)]
            started = time.perf_counter()
            answer = (services.look if dry_run else services.replay)(connection, metering, accounts)
            seconds = time.perf_counter() - started
            for line in told(connection, answer):
                click.echo(line)
    click.echo(
        f"{'Было бы внесено' if dry_run else 'Внесено'} в {_name(answer.period)}: строк {answer.rows.height}, "
        f"{roubles(answer.amount)} ₽; исправлений льгот {answer.benefits.height} на "
        f"{roubles(int(answer.benefits['amount'].sum()))} ₽; месяцев {answer.months}, счетов {answer.accounts}; {seconds:.2f} с."
    )
    if (answer.rows.height or answer.benefits.height) and not dry_run:
        click.echo(f"Рассчитайте открытый месяц: startks period calculate {_name(answer.period)}")


def told(connection: Connection, answer) -> list[str]:
    """The first differences in words, and what could not be computed."""
    ids = {*answer.rows["account_id"].to_list(), *answer.benefits["account_id"].to_list()}
    numbers = dict(connection.execute(_NAMES, {"ids": list(ids)}).all())
    titles = dict(connection.execute(text("SELECT id, title FROM service")).all())
    lines = [
        f"{numbers[row['account_id']]}  {_name(row['for_period'])}  {titles[row['service_id']]}: "
        f"{roubles(row['charged'])} → {roubles(row['computed'])} ₽ ({roubles(row['amount'])}); {row['reason']}"
        for row in answer.rows.head(SHOWN).iter_rows(named=True)
    ]
    if answer.rows.height > SHOWN:
        lines.append(f"… и ещё {answer.rows.height - SHOWN} строк")
    lines += [
        f"{numbers[row['account_id']]}  {_name(row['for_period'])}  {titles[row['service_id']]}, льгота: "
        f"{roubles(row['given'])} → {roubles(row['computed'])} ₽ ({roubles(row['amount'])}); {row['reason']}"
        for row in answer.benefits.head(SHOWN).iter_rows(named=True)
    ]
    if answer.benefits.height > SHOWN:
        lines.append(f"… и ещё {answer.benefits.height - SHOWN} исправлений льгот")
    if answer.failed.height:
        lines.append(
            f"Не рассчитываются {answer.failed.height} строк: для них нет тарифа, норматива или площади в том месяце; "
            "они остались как были. Внесите недостающее и повторите."
        )
    return lines


def _account(connection: Connection, number: str) -> int:
    found = connection.scalar(text("SELECT id FROM account WHERE number = :number"), {"number": number})
    if found is None:
        raise StartksError(f"Лицевого счёта {number} нет: проверьте номер.")
    return found


def _name(period: int) -> str:
    return f"{period // 100}-{period % 100:02d}"
