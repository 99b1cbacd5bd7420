"""``startks demo``: from an empty folder to a living town, and all its processes until Ctrl-C."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from startks.base.errors import ConfigurationError, StartksError

from .environment import DATA_VARIABLE, Environment, data_folder, read_settings
from .terminal import Stages

if TYPE_CHECKING:
    from startks.framework.embedded import EmbeddedServices, PythonService

HOST = "127.0.0.1"
WEB_SECONDS = 90.0


@click.command()
@click.option("--accounts", type=click.IntRange(300, 350_000), help="Лицевых счетов (новый город: 3000).")
@click.option("--seed", type=click.IntRange(0), help="Зерно случайности (новый город: 1).")
@click.option("--city", type=click.Choice(["samara", "volgograd"]), help="Город (новый: samara).")
@click.option("--data", metavar="DIR", help="Папка данных (по умолчанию var).")
@click.option("--port", type=click.IntRange(1, 65535), default=6543, show_default=True, help="Порт сайта.")
@click.option("--no-serve", is_flag=True, help="Подготовить, показать итог и выйти.")
def demo(
    accounts: int | None, seed: int | None, city: str | None, data: str | None, port: int, no_serve: bool
) -> None:
    """Показательный город: создать, рассчитать 14 месяцев, запустить сайт.

    Следующий запуск с той же папкой продолжает с теми же данными. Ctrl-C останавливает всё по порядку.
    """
    from startks.framework.embedded import EmbeddedServices

    from .demo_town import Options, build_town, calculate, summary
    from .migrate import upgrade

    settings = read_settings()
    if settings.database_url:
        raise ConfigurationError(
            "Показательный город живёт только на встроенной базе: уберите startks.database_url (STARTKS_DATABASE_URL)."
        )
    folder = data_folder(settings, data)
    if not no_serve:
        check_port(port)
    _turn_signals_into_interrupt()
    try:
        with EmbeddedServices(folder, "demo", broker=not no_serve and not settings.broker_url) as services:
            env = _environment(services, settings)
            with Stages() as progress:
                progress("Схема базы данных", 0, 1)
                upgrade(env.database_url, env.settings)
                state = build_town(env, Options(accounts, seed, city), progress)
                # The site boots on the second core while the months are calculated.
                web = None if no_serve else _start_web(services, env, port)
                calculate(env, state.accounts, progress)
            for line in summary(env):
                click.echo(line)
            env.engine.dispose()
            if no_serve:
                click.echo(f"Готово. Запуск сайта: ./startks demo{_data_option(data or os.environ.get(DATA_VARIABLE))}")
                return
            _start_others(services, env, web)
            _welcome(port)
            _wait(services)
    except KeyboardInterrupt:
        click.echo("\nОстановлено, данные сохранены.", err=True)


def check_port(port: int) -> None:
    """Refuse an occupied port before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigurationError(
                f"Порт {port} нельзя занять ({error.strerror}): укажите другой, например --port {port % 65535 + 1}."
            ) from error


def _environment(services: EmbeddedServices, settings) -> Environment:
    running = services.running
    broker_url = settings.broker_url or running.broker_url
    full = dataclasses.replace(
        settings, data_dir=running.data_dir, database_url=running.database_url, broker_url=broker_url
    )
    return Environment(running.data_dir, running.database_url, broker_url, full, owner=True)


def _start_web(services: EmbeddedServices, env: Environment, port: int) -> PythonService:
    from startks.framework.embedded import PythonService

    variables = {
        **env.for_child(),
        "STARTKS_SECURE_COOKIES": "false",
        "STARTKS_PUBLIC_URL": f"http://localhost:{port}",
    }
    arguments = ["serve", "--host", HOST, "--port", str(port)]
    web = PythonService("web", arguments, variables, services.log_folder, lambda: _answers(port))
    web.ready_seconds = WEB_SECONDS
    services.supervisor.add(web, wait=False)
    return web


def _start_others(services: EmbeddedServices, env: Environment, web: PythonService) -> None:
    """Wait for the page, then start what works behind it; these are stopped after the site."""
    from startks.framework.embedded import PythonService

    with Stages() as progress:
        progress("Запуск сайта", 0, 1)
        web.wait_ready()
    for name in ("worker", "beat"):
        services.supervisor.add(PythonService(name, [name], env.for_child(), services.log_folder), before=web)


def _answers(port: int) -> bool:
    """Tell whether the site gives its first page."""
    import http.client

    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(port: int) -> None:
    from startks.demo.users import demo_logins

    click.echo(f"\nСайт:    http://localhost:{port}/\nКонтора: http://localhost:{port}/office\n\nВход:")
    for item in demo_logins():
        click.echo(f"  {item.title:20} {item.login:12} {item.password:18} {item.about}")
    click.echo("\nCtrl-C останавливает всё; следующий запуск продолжает с теми же данными.")


def _wait(services: EmbeddedServices) -> None:
    """Wait for Ctrl-C; children that end are started again by the supervisor, until it gives up."""
    never = threading.Event()
    while not never.wait(0.3):
        if services.supervisor.failure:
            raise StartksError(services.supervisor.failure)


def _turn_signals_into_interrupt() -> None:
    def interrupt(*_: object) -> None:
        # Once: a second Ctrl-C must not cut the orderly stop short.
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
        raise KeyboardInterrupt

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), interrupt)


def _data_option(data: str | None) -> str:
    return f" --data {Path(data)}" if data else ""
