"""``startks settings``: every key with its value, meaning and default."""

import click

from startks.base.settings import PREFIX, describe

from .environment import ini_path, read_settings

SECRET_KEYS = ("database_url", "broker_url")  # may hold a password


@click.command(help="Показать все настройки: значение, смысл, умолчание.")
def settings() -> None:
    """Print the settings in force; passwords are not shown."""
    values = read_settings()
    click.echo(f"файл: {ini_path() or 'нет, действуют умолчания'}")
    for key, default, meaning in describe():
        name = key.removeprefix(PREFIX)
        value = getattr(values, name)
        shown = "(задано)" if name in SECRET_KEYS and value else _text(value)
        click.echo(f"{key} = {shown}\n    {meaning}; умолчание: {_text(default) or 'пусто'}")


def _text(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
