"""The ``startks`` command: a group whose commands are imported only when called, so that ``--help`` stays quick."""

import difflib
import importlib
import os
import sys

import click

from startks.base.errors import ConfigurationError, StartksError
from startks.base.trouble import machine_trouble
from startks.scripts.russian import speak_russian, usage_sentence

speak_russian()

COMMANDS = {
    "demo": ("startks.scripts.demo:demo", "Показательный город: создать, рассчитать, запустить"),
    "serve": ("startks.scripts.processes:serve", "Веб-сервер"),
    "worker": ("startks.scripts.processes:worker", "Исполнитель фоновых заданий"),
    "beat": ("startks.scripts.processes:beat", "Часы: периодические задания и повтор потерянных"),
    "db": ("startks.scripts.db:db", "Схема базы данных: обновить, проверить, показать версии"),
    "period": ("startks.scripts.period:period", "Месяц: открыть, рассчитать, отрепетировать, проверить, закрыть; что если"),
    "verify": ("startks.scripts.verify:verify", "Не изменены ли закрытые месяцы и журнал: называет каждую строку"),
    "import": ("startks.scripts.exchange_in:import_", "Загрузка: город набором файлов, проверка и сверка после переноса"),
    "export": ("startks.scripts.exchange_out:export", "Выгрузка: город набором файлов, ведомость месяца"),
    "settle-year": ("startks.scripts.year:settle_year", "Корректировка отопления за год при равномерной оплате"),
    "replay": ("startks.scripts.replay:replay", "Перерасчёт закрытых месяцев по изменениям прошлого"),
    "explain": ("startks.scripts.explain:explain", "Откуда сумма: строки счёта с формулами, числами и актами"),
    "compare": ("startks.scripts.compare:compare", "Сверка вторым расчётом: каждая строка месяца заново из фактов"),
    "check-bill": ("startks.scripts.check_bill:check_bill", "Проверить платёжный документ: пересчитать строки по вложению, без базы"),
    "law": ("startks.scripts.law:law", "Закон как данные: что действует в день, что изменилось, что кончается"),
    "cases": ("startks.scripts.cases:cases", "Проверочные примеры расчётов"),
    "backup": ("startks.scripts.backup:backup", "Полная копия в папку: база, файлы, ключи, опись"),
    "restore": ("startks.scripts.backup:restore", "Восстановить копию в пустую базу и сверить с описью"),
    "drill": ("startks.scripts.drill:drill", "Учения: убить процессы в худший миг, восстановить из копии"),
    "bench": ("startks.scripts.bench:bench", "Замеры скорости"),
    "licence": ("startks.scripts.licence:licence", "Лицензия: ключи, выдача, просмотр, проверка"),
    "addons": ("startks.scripts.addons:addons", "Модули: установленные, включённые, лицензии"),
    "settings": ("startks.scripts.settings:settings", "Все настройки ini-файла: значение, смысл, умолчание"),
}


class LazyGroup(click.Group):
    """A click group over :data:`COMMANDS`; a command's module is imported when the command is used."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        return getattr(importlib.import_module(module), attribute)

    def resolve_command(self, context: click.Context, arguments: list[str]):
        if arguments and arguments[0] not in COMMANDS:
            near = difflib.get_close_matches(arguments[0], COMMANDS, n=1)
            hint = f" Возможно, {near[0]}?" if near else ""
            raise ConfigurationError(f"Нет команды «{arguments[0]}».{hint} Список команд: startks --help.")
        return super().resolve_command(context, arguments)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Команды"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--ini", metavar="FILE", help="Файл настроек (иначе STARTKS_INI, иначе development.ini).")
@click.option("--data", metavar="DIR", help="Папка данных (иначе STARTKS_DATA, иначе из настроек, иначе var).")
def group(ini: str | None, data: str | None) -> None:
    """СТАРТ КС: электронные лицевые счета ЖКХ."""
    # Through the environment, so that child processes and every command read them in one way.
    if ini:
        os.environ["STARTKS_INI"] = os.path.abspath(ini)
    if data:
        os.environ["STARTKS_DATA"] = os.path.abspath(data)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 work failed, 2 wrong call or settings, 130 interrupted."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; errors are one sentence on stderr."""
    try:
        return group.main(arguments, prog_name="startks", standalone_mode=False) or 0
    except StartksError as error:
        return _fail(error.message, error.exit_code)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help())
        return 2
    except click.UsageError as error:
        return _fail(usage_sentence(error), 2)
    except click.ClickException as error:
        return _fail(error.format_message(), 1)
    except (click.Abort, KeyboardInterrupt):
        return _fail("Прервано.", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # keeps the exit from complaining again
        return 1
    except Exception as error:
        known = machine_trouble(error) or _database_trouble(error)
        if known is None:
            raise
        return _fail(known, 1)


def _database_trouble(error: Exception) -> str | None:
    """Return a sentence for what an unreachable data base raises, None for a fault of our own."""
    import psycopg

    cause = error if isinstance(error, psycopg.Error) else getattr(error, "orig", None)
    if isinstance(cause, psycopg.errors.UndefinedTable):
        return "В базе данных нет нужных таблиц: выполните startks db upgrade."
    if isinstance(cause, psycopg.OperationalError):
        first = str(cause).strip().splitlines()[0] if str(cause).strip() else "нет связи"
        return f"База данных не отвечает ({first}): проверьте сервер и startks.database_url."
    return None


def _fail(message: str, code: int) -> int:
    click.echo(message, err=True)
    return code
