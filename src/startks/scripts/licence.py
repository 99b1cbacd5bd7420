"""``startks licence``: make keys, issue, show and verify licences."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from startks.base.errors import ConfigurationError, StartksError
from startks.base.licensing import Grant, Licence, LicenceError, peek_licence, products, read_licence
from startks.base.licensing import keys as key_files
from startks.base.licensing.licence import FILE_NAME
from startks.base.licensing.licence import issue as sign
from startks.scripts.environment import data_folder, read_settings

DAY = click.DateTime(["%Y-%m-%d", "%d.%m.%Y"])
FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(help="Лицензии: ключи поставщика, выпуск, просмотр, проверка.")
def licence() -> None:
    """Group of the licence commands."""


@licence.command(help="Создать пару ключей поставщика. Закрытый ключ хранит поставщик, открытый идёт в ini заказчика.")
@click.option("--out", type=FILE, required=True, help="Файл для закрытого ключа (PEM, права 0600).")
def keygen(out: Path) -> None:
    """Write a new private key and print the public one."""
    key = key_files.generate()
    key_files.write_private(key, out)
    click.echo(f"Закрытый ключ: {out} (храните его в тайне и в двух местах)")
    click.echo(f"Отпечаток: {key_files.fingerprint(key)}")
    click.echo(f"startks.licence_public_key = {key_files.public_text(key)}")


@licence.command("issue", help="Выпустить лицензию, подписанную закрытым ключом поставщика.")
@click.option("--key", "key_file", type=FILE, required=True, help="Закрытый ключ поставщика.")
@click.option("--holder", required=True, help="Кому выдана.")
@click.option("--number", required=True, help="Номер лицензии.")
@click.option(
    "--product", "wanted", multiple=True, required=True, metavar="ИМЯ[=ЛИМИТ]",
    help="Продукт и его лимит; без числа — без ограничения. Можно указать несколько раз.",
)  # fmt: skip
@click.option("--from", "valid_from", type=DAY, help="Первый день (по умолчанию сегодня).")
@click.option("--to", "valid_to", type=DAY, help="Последний день; без него лицензия бессрочная.")
@click.option("--grace", type=click.IntRange(0, 366), default=30, show_default=True, help="Льготных дней.")
@click.option("--out", type=FILE, required=True, help="Файл лицензии.")
def issue_licence(
    key_file: Path,
    holder: str,
    number: str,
    wanted: tuple[str, ...],
    valid_from: dt.datetime | None,
    valid_to: dt.datetime | None,
    grace: int,
    out: Path,
) -> None:
    """Sign a licence and write it; an existing file is not overwritten."""
    today = dt.date.today()
    first = valid_from.date() if valid_from else today
    last = valid_to.date() if valid_to else None
    if last is not None and last < first:
        raise click.UsageError(f"Последний день {last:%d.%m.%Y} раньше первого {first:%d.%m.%Y}.")
    for option, value in (("--holder", holder), ("--number", number)):
        if not value.strip():
            raise click.UsageError(f"Параметр {option} пуст.")
    issued = Licence(number.strip(), holder.strip(), today, first, last, grace, _grants(wanted))
    text = sign(issued, key_files.read_private(key_file))
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigurationError(f"Файл {out} уже есть, лицензия не записана. Укажите другой файл.") from None
    except OSError as error:
        raise ConfigurationError(f"Файл {out} не записан: {error.strerror}. Проверьте папку и права.") from None
    click.echo(f"Лицензия № {issued.number} для «{issued.holder}» записана в {out}")


@licence.command(help="Показать лицензию: что в ней написано, верна ли подпись, действует ли сегодня.")
@click.argument("file", type=FILE, required=False)
@click.option("--public-key", default="", help="Открытый ключ поставщика.")
def show(file: Path | None, public_key: str) -> None:
    """Print what a licence says, whether its signature is good and whether it holds today."""
    path, trusted = _place(file, public_key)
    found = peek_licence(path)
    for line in (*_lines(found), f"Сегодня:    {_today(found)}"):
        click.echo(line)
    try:
        _, key = read_licence(path, trusted)
    except LicenceError as error:
        click.echo(f"Подпись:    НЕ ПОДТВЕРЖДЕНА. {error.message}")
        return
    click.echo(f"Подпись:    верна, ключ {key_files.fingerprint(key)}")


@licence.command(help="Проверить лицензию: подпись, срок и, если указаны, продукты. Код 1, если негодна.")
@click.argument("file", type=FILE, required=False)
@click.option("--public-key", default="", help="Открытый ключ поставщика.")
@click.option("--product", "wanted", multiple=True, help="Продукт, который должен быть в лицензии.")
def verify(file: Path | None, public_key: str, wanted: tuple[str, ...]) -> None:
    """Exit 0 for a licence that allows writing today, 1 with the reason otherwise."""
    path, trusted = _place(file, public_key)
    found, _ = read_licence(path, trusted)
    for name in wanted:
        if found.grant(name) is None:
            have = ", ".join(grant.name for grant in found.products) or "ни одного"
            raise LicenceError(
                f"Лицензия № {found.number} не включает продукт «{name}» (включены: {have}). "
                "Запросите у поставщика лицензию с ним."
            )
    today = dt.date.today()
    if today < found.valid_from:
        raise LicenceError(
            f"Лицензия № {found.number} начнёт действовать {found.valid_from:%d.%m.%Y}. Проверьте дату на этой машине."
        )
    if found.valid_to is not None and today > found.valid_to + dt.timedelta(days=found.grace_days):
        raise LicenceError(
            f"Срок лицензии № {found.number} истёк {found.valid_to:%d.%m.%Y}, льготные дни прошли. "
            "Запросите у поставщика продление."
        )
    click.echo(f"Лицензия № {found.number} годна: {_today(found)}")


def _grants(wanted: tuple[str, ...]) -> tuple[Grant, ...]:
    known = products()
    grants: dict[str, Grant] = {}
    for item in wanted:
        name, equals, limit = item.partition("=")
        if name not in known:
            raise click.UsageError(f"Продукта «{name}» нет в прейскуранте. Есть: {', '.join(known)}.")
        if equals and not (limit.isascii() and limit.isdigit()):
            raise click.UsageError(f"Лимит «{limit}» продукта «{name}» — не целое число, например {name}=350000.")
        if name in grants:
            raise click.UsageError(f"Продукт «{name}» указан дважды.")
        grants[name] = Grant(name, known[name].metric, int(limit) if equals else None)
    return tuple(grants.values())


def _place(file: Path | None, public_key: str) -> tuple[Path, list]:
    """Return the licence file and the trusted keys, from the call or from the ini file."""
    settings = read_settings()
    file = file or settings.licence_file or data_folder(settings) / FILE_NAME
    if not file.exists():
        raise StartksError(f"Файла лицензии {file} нет. Положите туда файл, полученный от поставщика.")
    texts = key_files.trusted(file, public_key or settings.licence_public_key)
    return file, [key_files.parse_public(text) for text in texts]


def _lines(found: Licence) -> list[str]:
    names = products()
    lines = [
        f"Номер:      {found.number}",
        f"Владелец:   {found.holder}",
        f"Выдана:     {found.issued:%d.%m.%Y}",
        f"Действует:  с {found.valid_from:%d.%m.%Y} "
        + (f"по {found.valid_to:%d.%m.%Y}" if found.valid_to else "без срока")
        + f", льготных дней {found.grace_days}",
    ]
    for grant in found.products:
        known = names.get(grant.name)
        limit = "без ограничения" if grant.limit is None else f"до {grant.limit}"
        unit = known.unit if known else grant.metric
        lines.append(f"Продукт:    {known.title if known else grant.name} ({grant.name}), {limit}, единица: {unit}")
    return lines


def _today(found: Licence) -> str:
    today = dt.date.today()
    if today < found.valid_from:
        return "ещё не действует"
    if found.valid_to is None:
        return "действует без срока"
    if today <= found.valid_to:
        return f"действует, осталось дней: {(found.valid_to - today).days}"
    last = found.valid_to + dt.timedelta(days=found.grace_days)
    return f"идёт льготный срок по {last:%d.%m.%Y}" if today <= last else "срок истёк, доступно только чтение"
