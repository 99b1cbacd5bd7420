"""``startks settle-year``: the yearly corrections of heating paid in even parts and of common needs charged by norm."""

from __future__ import annotations

import click
from sqlalchemy import text

from startks.scripts.environment import open_environment
from startks.scripts.period import roubles

SHOWN = 40
"""Lines printed; the rest is counted."""


@click.command("settle-year")
@click.argument("year", type=click.IntRange(2012, 2100), metavar="ГГГГ")
@click.option("--dry-run", is_flag=True, help="Только показать корректировки, ничего не записывать.")
def settle_year(year: int, dry_run: bool) -> None:
    """Корректировка за год по общедомовым счётчикам: отопление при равномерной оплате, ресурсы на общее имущество по нормативу."""
    from startks.modules.billing import year_settlement

    with open_environment(purpose="settle-year") as env, env.engine.begin() as connection:
        found = (year_settlement.look if dry_run else year_settlement.settle)(connection, year)
        numbers = dict(connection.execute(text("SELECT id, number FROM account")).all()) if found.rows.height else {}
        houses = dict(connection.execute(
            text("SELECT h.id, s.name || ', ' || h.number FROM house h JOIN street s ON s.id = h.street_id")).all())
        services = dict(connection.execute(text("SELECT id, title FROM service")).all())
        for row in found.rows.head(SHOWN).iter_rows(named=True):
            click.echo(f"{numbers[row['account_id']]}: {roubles(row['amount'])} ₽; {row['reason']}")
        if found.rows.height > SHOWN:
            click.echo(f"… и ещё {found.rows.height - SHOWN} строк")
        for row in found.refused.iter_rows(named=True):
            click.echo(f"{houses[row['house_id']]}, {services[row['service_id']]}: не рассчитано, месяцев с общедомовым счётчиком и тарифом {row['months']} из 12. "
                       "Внесите показания и тарифы недостающих месяцев и рассчитайте их.")
    name = f"{found.period // 100}-{found.period % 100:02d}"
    click.echo(f"{'Было бы внесено' if dry_run else 'Внесено'} в {name}: строк {found.rows.height}, {roubles(found.amount) if found.rows.height else '0,00'} ₽.")
    if found.rows.height and not dry_run:
        click.echo(f"Рассчитайте открытый месяц: startks period calculate {name}")
