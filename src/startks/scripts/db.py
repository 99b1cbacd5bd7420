"""``startks db``: upgrade, current, check, revision."""

import click

from startks.base.errors import StartksError

from .environment import open_environment


@click.group(help="Схема базы данных.")
def db() -> None:
    """Group of the schema commands."""


@db.command(help="Обновить схему: ядро, затем каждый включённый модуль.")
def upgrade() -> None:
    """Upgrade every branch to its newest version."""
    from . import migrate

    with open_environment(purpose="db upgrade", migrate=False) as env:
        changed = migrate.upgrade(env.database_url, env.settings, click.echo)
    click.echo("обновлено: " + ", ".join(changed) if changed else "схема уже новейшая")


@db.command(help="Показать версию каждой ветви миграций.")
def current() -> None:
    """Print branch, version in the data base and newest version."""
    from . import migrate

    with open_environment(purpose="db current", migrate=False) as env:
        for name, version, newest in migrate.versions(env.database_url, env.settings):
            state = "новейшая" if version == newest else f"есть {newest}: выполните startks db upgrade"
            click.echo(f"{name:12} {version or '—':24} {state}")


@db.command(help="Сравнить схему базы данных с моделями.")
def check() -> None:
    """Print each difference between schema and models; exit code 1 where there is one."""
    from .schema import differences

    with open_environment(purpose="db check", migrate=False) as env:
        found = differences(env.database_url, env.settings)
    for line in found:
        click.echo(line)
    if found:
        raise StartksError(f"Схема отличается от моделей: {len(found)}. Выполните startks db upgrade.")
    click.echo("схема равна моделям")


@db.command(help="Создать черновик миграции ветви по разнице моделей и базы данных (для разработчика).")
@click.argument("branch")
@click.option("-m", "--message", required=True, help="Зачем эта миграция, по-английски.")
def revision(branch: str, message: str) -> None:
    """Write a draft of a migration for one branch."""
    from . import migrate

    with open_environment(purpose="db revision") as env:
        click.echo(migrate.draft(env.database_url, env.settings, branch, message))
