"""``startks law``: what the law says on a day, what changed between two days, what has no future."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import click

from startks.base.errors import ConfigurationError
from startks.domain.calc.law import (
    Difference,
    Law,
    differences,
    law_on,
    without_future,
)
from startks.domain.calc.parameters import Parameter
from startks.domain.calc.registry import Rule

METHODS = {
    "individual": "счётчик, затем среднее, затем норматив", "zones": "счётчик по зонам суток", "area": "по площади",
    "owner_area": "по площади, собственники", "tenant_area": "по площади, наниматели",
    "sum_of_water": "сумма холодной и горячей воды", "heat_of_water": "тепло на подогрев по объёму воды",
    "waste_area": "отходы по площади", "waste_persons": "отходы по числу жителей",
    "common.meter": "общедомовой счётчик", "common.norm": "норматив на общее имущество",
    "heat.odpu.season": "общедомовой счётчик тепла, в отопительный период",
    "heat.norm.season": "норматив, в отопительный период", "heat.norm.even": "норматив, равномерно в течение года",
    "heat.odpu.even": "общедомовой счётчик тепла, равномерно в течение года",
    "hot.made_in_house": "приготовлена в доме: доля тепла или топлива", "waste_containers": "отходы по вывезенным контейнерам",
    "common.meter_capped": "общедомовой счётчик, не выше норматива",
    "common.norm_settled": "норматив на общее имущество с годовой корректировкой",
    "bands": "часть выше границы диапазона", "bands.heating": "часть выше границы диапазона, электроотопление",
    "bands.social": "часть выше социальной нормы",
}  # fmt: skip


@click.group()
def law() -> None:
    """Закон как данные: что действует, что изменилось, что кончается."""


@law.command()
@click.argument("day", metavar="ДАТА")
@click.argument("service", metavar="УСЛУГА")
@click.option("--house", metavar="РАЙОН/ДОМ", help="Дом, как в адресе его страницы: его способ, тариф и норматив.")
@click.option("--federal", is_flag=True, help="Только правила и показатели закона, без базы города.")
def show(day: str, service: str, house: str | None, federal: bool) -> None:
    """Правила, показатели, тарифы и нормативы услуги, действующие на ДАТУ (ГГГГ-ММ-ДД), с актами."""
    date = _day(day)
    book = _book(date, service)
    click.echo(f"{service} на {date:%d.%m.%Y}")
    _print_law(book)
    if not federal:
        _print_town(date, service, house)
    mentioned = {_named(entry) for entry in (*book.rules, *book.figures)}
    _print_ends(entry for entry in without_future(date) if _named(entry) in mentioned)


@law.command()
@click.argument("before", metavar="ДАТА1")
@click.argument("after", metavar="ДАТА2")
@click.argument("service", metavar="УСЛУГА")
def diff(before: str, after: str, service: str) -> None:
    """Что изменилось в законе об услуге между двумя датами."""
    first, second = _day(before), _day(after)
    _book(first, service)
    found = differences(first, second, service)
    click.echo(f"{service}: {first:%d.%m.%Y} → {second:%d.%m.%Y}, изменений: {len(found)}")
    for change in found:
        _print_change(change)


@law.command()
@click.option("--days", type=click.IntRange(0, 3650), default=365, show_default=True, help="На сколько дней вперёд.")
@click.option("--day", "start", metavar="ДАТА", help="От какого дня; по умолчанию сегодня.")
def future(days: int, start: str | None) -> None:
    """Правила и показатели, у которых кончается последняя редакция: дальше закон неизвестен."""
    begin = _day(start) if start else dt.date.today()
    found = without_future(begin, days)
    if not found:
        click.echo(f"На {days} дней вперёд у каждого правила и показателя есть действующая редакция.")
    _print_ends(found)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as fault:
        raise ConfigurationError(f"«{text}» — не дата: напишите её как 2026-05-01.") from fault


def _book(day: dt.date, service: str) -> Law:
    from startks.domain.calc.errors import CalculationError
    from startks.scripts.environment import read_settings, take_in_rules

    take_in_rules(read_settings())
    try:
        return law_on(day, service)
    except CalculationError as fault:
        raise ConfigurationError(fault.message) from fault


def _print_law(book: Law) -> None:
    for section in book.sections:
        click.echo(f"\n{section.title}")
        for entry in section.rules:
            label = f", {entry.label}" if entry.label else ""
            click.echo(f"  {entry.title} [{entry.key}]{label}\n      {_ground(entry)}")
        for figure in section.figures:
            click.echo(f"  {figure.title}: {_value(figure)} [{figure.name}]\n      {_ground(figure)}")


def _print_town(day: dt.date, service: str, address: str | None) -> None:
    from startks.domain.reference.law_queries import find_house, town_law
    from startks.domain.reference.parameter_titles import title_of
    from startks.scripts.environment import open_environment

    with open_environment(purpose="law show") as env, env.sessions() as session:
        house = None
        if address is not None:
            district, _, slug = address.strip("/").partition("/")
            house = find_house(session, district, slug)
            if house is None:
                raise ConfigurationError(f"Дома «{address}» нет: возьмите две части адреса его страницы, район/дом.")
        found = town_law(session, day, service, house)
    click.echo("\nГород" if house is None else f"\n{house.street}, {house.number}")
    if house is not None:
        if found.connection is None:
            click.echo("  Услуга к дому на этот день не подключена.")
            return
        way = METHODS.get(found.connection.method, found.connection.method)
        click.echo(f"  Способ: {way}; поставщик {found.connection.supplier}, договор {found.connection.contract}")
    for row in found.tariffs:
        where = f", {row.house}" if row.house_id else ""
        click.echo(f"  Тариф {row.value.normalize():f} ₽{_category(row)}{where}\n      {_row_ground(row)}")
    for row in found.norms:
        sizes = ", ".join(f"{name} {value}" for name, value in (("комнат", row.rooms), ("жителей", row.residents)) if value)
        click.echo(
            f"  Норматив {row.value.normalize():f} {row.unit}{_category(row)}{f' ({sizes})' if sizes else ''}"
            f"\n      {_row_ground(row)}"
        )
    for row in found.figures:
        click.echo(f"  {title_of(row.code)}: {row.value.normalize():f} ({row.municipality or 'Россия'})\n      {_row_ground(row)}")
    if not found.tariffs:
        click.echo("  Тарифа на этот день нет: внесите его в справочник «Тарифы».")


def _print_change(change: Difference) -> None:
    click.echo(f"\n{change.title} [{change.name}]")
    for mark, entry in (("−", change.before), ("+", change.after)):
        if entry is not None:
            shown = _value(entry) if isinstance(entry, Parameter) else f"редакция {entry.version}"
            click.echo(f"  {mark} {shown}: {_ground(entry)}")


def _print_ends(entries: Iterable[Rule | Parameter]) -> None:
    for entry in entries:
        click.echo(
            f"\nВНИМАНИЕ: {entry.title} [{_named(entry)}] действует только до {entry.valid_to:%d.%m.%Y}, следующей редакции нет. "
            "Узнайте, что принято, и обновите справочник закона."
        )


def _named(entry: Rule | Parameter) -> str:
    return entry.key if isinstance(entry, Rule) else entry.name


def _value(figure: Parameter) -> str:
    raw = figure.raw
    text = ", ".join(map(str, dict.fromkeys(raw))) if isinstance(raw, list) else str(raw)
    doubt = "" if figure.certain else " (не бесспорно)"
    return f"{text}{f' {figure.unit}' if figure.unit else ''}{doubt}"


def _ground(entry: Rule | Parameter) -> str:
    until = f" до {entry.valid_to:%d.%m.%Y}" if entry.valid_to else ""
    note = f". {entry.note}" if getattr(entry, "note", "") else ""
    return f"{entry.act}, {entry.paragraph}; с {entry.valid_from:%d.%m.%Y}{until}{note}"


def _row_ground(row: Any) -> str:
    number = f" № {row.act_number}" if row.act_number else ""
    since = f"; с {row.since:%d.%m.%Y}" if row.since else ""
    until = f" до {row.until:%d.%m.%Y}" if row.until else ""
    doubt = "; оценка" if not row.certain else ""
    return f"{row.act}{number}{f', {row.paragraph}' if row.paragraph else ''}{since}{until}{doubt}"


def _category(row: Any) -> str:
    return f", {row.category}" if row.category else ""
