"""Settings: every ``startks.*`` key of the ini file with its type, meaning and default.

:func:`load` turns the flat mapping that PasteDeploy gives into a frozen :class:`Settings` or says in one sentence
what is wrong. Secrets do not belong in the ini file: the environment variable ``STARTKS_<KEY>`` (upper case, dots as
underscores) wins over it for every key, and ``STARTKS_<KEY>_FILE`` names a file that holds the value (a credential of
systemd, a secret of a container).
"""

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .errors import ConfigurationError

PREFIX = "startks."


def _text(value: str) -> str:
    return value.strip()


def _path(value: str) -> Path | None:
    return Path(value.strip()).expanduser().absolute() if value.strip() else None


def _names(value: str) -> tuple[str, ...]:
    return tuple(value.replace(",", " ").split())


def _flag(value: str) -> bool:
    word = value.strip().lower()
    if word in ("true", "yes", "on", "1", "да"):
        return True
    if word in ("false", "no", "off", "0", "нет"):
        return False
    raise ValueError("ожидается true или false")


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        try:
            number = int(value.strip())
        except ValueError:
            raise ValueError("ожидается целое число") from None
        if not low <= number <= high:
            raise ValueError(f"ожидается число от {low} до {high}")
        return number

    return parse


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        word = value.strip()
        if word not in allowed:
            raise ValueError("ожидается одно из: " + ", ".join(allowed))
        return word

    return parse


def setting(default: Any, parse: Callable[[str], Any], meaning: str) -> Any:
    """Declare one key: its default, how its text is read (ValueError with a Russian reason), what it is for."""
    return field(default=default, metadata={"parse": parse, "meaning": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one installation. The field ``x_y`` is the ini key ``startks.x_y``."""

    database_url: str = setting("", _text, "адрес базы данных PostgreSQL; пусто — встроенный сервер")
    broker_url: str = setting("", _text, "адрес брокера заданий (amqp:// или redis://); пусто — встроенный")
    data_dir: Path | None = setting(None, _path, "папка данных: встроенные службы, файлы, журналы")
    public_url: str = setting("http://localhost:6543", _text, "адрес сайта, каким его видят жители")
    secret_env: str = setting("STARTKS_SECRET", _text, "имя переменной окружения с секретом подписи")
    secure_cookies: bool = setting(True, _flag, "cookie только по HTTPS (префикс __Host-)")
    session_idle_minutes: int = setting(30, _whole(1, 1440), "минут бездействия до выхода из системы")
    session_absolute_hours: int = setting(12, _whole(1, 720), "часов от входа до обязательного нового входа")
    sign_in_attempts: int = setting(5, _whole(1, 100), "неверных паролей подряд до паузы")
    sign_in_pause_minutes: int = setting(15, _whole(1, 1440), "минут паузы после неверных паролей")
    licence_file: Path | None = setting(None, _path, "файл лицензии; пусто — licence.json в папке данных")
    licence_public_key: str = setting("", _text, "открытый ключ поставщика (base64); пусто — встроенный")
    modules: tuple[str, ...] = setting(("billing", "metering"), _names, "включённые модули через пробел")
    city: str = setting("samara", _one_of("samara", "volgograd"), "город справочных данных")
    receipts_calculation: bool = setting(
        False, _flag, "класть ли подписанный расчёт и в PDF целого дома; в документе одного счёта он есть всегда"
    )
    lock_timeout_ms: int = setting(10_000, _whole(0, 600_000), "сколько мс запрос ждёт блокировки")
    statement_timeout_ms: int = setting(60_000, _whole(0, 3_600_000), "предел времени запроса страницы, мс")
    pool_size: int = setting(10, _whole(1, 200), "соединений с базой данных на один процесс")
    workers: int = setting(2, _whole(1, 256), "процессов-исполнителей заданий на машину")
    queue_type: str = setting("classic", _one_of("classic", "quorum"), "вид очередей RabbitMQ")
    chunk_lease_seconds: int = setting(120, _whole(5, 3600), "срок, на который исполнитель берёт часть задания, с")
    threads: int = setting(4, _whole(1, 64), "потоков веб-сервера")
    embedded: bool = setting(True, _flag, "можно ли запускать встроенные базу и брокер; false — только свои по адресам")
    stop_seconds: int = setting(30, _whole(0, 600), "сколько секунд веб-сервер при остановке ждёт начатые запросы")
    metrics_listen: str = setting("", _text, "адрес:порт метрик Prometheus веб-процесса; пусто — не отдаются")
    debug: bool = setting(False, _flag, "подробности ошибок на экране (только для разработки)")


_FIELDS = {item.name: item for item in fields(Settings)}


def load(settings: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
    """Read the ``startks.*`` keys of an ini mapping; other keys are somebody else's.

    Raises :class:`ConfigurationError` for an unknown key (with the nearest known one) and for a value that cannot
    be read. ``environ`` is the process environment unless given.
    """
    environ = os.environ if environ is None else environ
    given = {key[len(PREFIX) :]: value for key, value in settings.items() if key.startswith(PREFIX)}
    for name in given:
        if name not in _FIELDS:
            raise ConfigurationError(_unknown_key(name))
    values: dict[str, Any] = {}
    for name, item in _FIELDS.items():
        variable = f"STARTKS_{name.upper()}"
        from_environment = read_variable(variable, environ)
        if from_environment is not None:
            values[name] = _read(variable, from_environment, item.metadata["parse"])
        elif name in given:
            raw = given[name]
            values[name] = _read(PREFIX + name, raw, item.metadata["parse"]) if isinstance(raw, str) else raw
    return Settings(**values)


def read_variable(variable: str, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the variable of the environment, else the content of the file that ``<variable>_FILE`` names, else None.

    Raises :class:`ConfigurationError` for a file that cannot be read.
    """
    environ = os.environ if environ is None else environ
    if variable in environ:
        return environ[variable]
    path = environ.get(f"{variable}_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "это не текст UTF-8"
        raise ConfigurationError(f"Файл {path} из {variable}_FILE не читается ({reason}): исправьте путь или права.") from error


def describe() -> list[tuple[str, Any, str]]:
    """Return (key, default, meaning) of every setting in the order of declaration."""
    return [(PREFIX + name, item.default, item.metadata["meaning"]) for name, item in _FIELDS.items()]


def _read(key: str, raw: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(raw)
    except ValueError as error:
        raise ConfigurationError(f"Настройка {key} = «{raw}» не читается: {error}. Исправьте значение.") from error


def _unknown_key(name: str) -> str:
    near = difflib.get_close_matches(name, _FIELDS, n=1, cutoff=0.0)
    return (
        f"Неизвестная настройка {PREFIX}{name}: исправьте её на {PREFIX}{near[0]} или уберите из ini-файла."
    )
