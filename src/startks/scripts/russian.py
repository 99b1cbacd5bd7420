"""Click in Russian: headings of the help, and what is wrong with a call, as one sentence with the way out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

import click

HEADINGS = {"Options": "Параметры", "Commands": "Команды", "Arguments": "Аргументы"}
KINDS = {"INTEGER RANGE": "ЧИСЛО", "FLOAT RANGE": "ЧИСЛО", "INTEGER": "ЧИСЛО", "FLOAT": "ЧИСЛО", "TEXT": "ТЕКСТ"}
PHRASES = (
    ("Show this message and exit.", "Показать эту справку."),
    ("[default: ", "[по умолчанию: "),
    ("; default: ", "; по умолчанию: "),
    ("required]", "обязательно]"),
)


class Formatter(click.HelpFormatter):
    """Writes a help page with Russian headings."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        words = args.replace("[OPTIONS]", "[ПАРАМЕТРЫ]").replace("COMMAND [ARGS]...", "КОМАНДА …")
        super().write_usage(prog, words, prefix or "Вызов: ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(HEADINGS.get(heading, heading))

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(_kind(name), _said(text)) for name, text in rows], col_max, col_spacing)


def speak_russian() -> None:
    """Let every command's help be written by :class:`Formatter`."""
    click.Context.formatter_class = Formatter


def usage_sentence(error: click.UsageError) -> str:
    """Return what is wrong with the call and where its help is."""
    path = error.ctx.command_path if error.ctx is not None else "startks"
    return f"{_what(error)} Справка: {path} --help."


def _what(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        near = f" Возможно, {error.possibilities[0]}?" if error.possibilities else ""
        return f"Параметра {error.option_name} нет.{near}"
    if isinstance(error, click.BadOptionUsage):
        return f"Параметр {error.option_name}: нужно одно значение после него."
    if isinstance(error, click.MissingParameter):
        return f"Не указано: {_name(error)}{_expected(error.param)}."
    if isinstance(error, click.BadParameter):
        return f"Неверное значение: {_name(error)}{_expected(error.param) or f' ({error.message})'}."
    message = error.format_message()
    command = re.match(r"No such command '(.+?)'", message)
    if command and isinstance(error.ctx.command, click.Group):
        near = difflib.get_close_matches(command[1], error.ctx.command.list_commands(error.ctx), n=1)
        return f"Нет команды «{command[1]}».{f' Возможно, {near[0]}?' if near else ''}"
    extra = re.match(r"Got unexpected extra arguments? \((.+)\)", message)
    if extra:
        return f"Лишнее в вызове: {extra[1]}."
    if message.startswith("Missing command"):
        return "Не указано, что сделать."
    return message


def _name(error: click.BadParameter) -> str:
    if error.param is None:
        return "параметр"
    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    return error.param.human_readable_name


def _expected(param: click.Parameter | None) -> str:
    """Return what the parameter's type wants, empty where only its own message tells."""
    kind = param.type if param is not None else None
    if isinstance(kind, click.IntRange | click.FloatRange):
        low, high = kind.min, kind.max
        bounds = f" от {low}" if low is not None else ""
        return f" (ожидается число{bounds}{f' до {high}' if high is not None else ''})"
    if isinstance(kind, click.Choice):
        return f" (ожидается одно из: {', '.join(map(str, kind.choices))})"
    if kind in (click.INT, click.FLOAT):
        return " (ожидается число)"
    if isinstance(kind, click.Path | click.File):
        return " (такого файла или папки нет, или его нельзя открыть)"
    return ""


def _kind(name: str) -> str:
    for english, russian in KINDS.items():
        if name.endswith(f" {english}"):
            return name.removesuffix(english) + russian
    return name


def _said(text: str) -> str:
    for english, russian in PHRASES:
        text = text.replace(english, russian)
    return text
