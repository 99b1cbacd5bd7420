"""``startks serve``, ``startks worker``, ``startks beat``: one process each; ``startks demo`` runs all three.

All end on SIGTERM without losing what they have begun: the web server answers what it has taken, the worker finishes its
chunk (or leaves it to another: chunks are transactions), the clock has nothing to lose.
"""

from __future__ import annotations

import os
from typing import Any

import click

from startks.base.errors import ConfigurationError, StartksError

from .environment import Environment, ini_path, open_environment


@click.command()
@click.option("--host", help="Адрес (иначе из [server:main], иначе 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Порт (иначе из [server:main], иначе 6543).")
def serve(host: str | None, port: int | None) -> None:
    """Веб-сервер (waitress) с приложением из файла настроек.

    Несколько процессов на машине: по порту на каждый, балансировщик впереди. Проверки: /health/live и /health/ready.
    """
    import waitress

    from startks.framework.operations.drain import serve_until_terminated
    from startks.framework.operations.metrics import serve_metrics

    think_small()
    with open_environment(broker=True, purpose="serve") as env:
        application = build_application(env, web=True)
        options = _server_options(host, port, env)
        try:
            server = waitress.create_server(application, **options)
        except OSError as error:
            raise ConfigurationError(
                f"Адрес {options['listen']} нельзя занять ({error.strerror}): укажите другой порт (--port)."
            ) from error
        except ValueError as error:
            raise ConfigurationError(f"Раздел [server:main] файла настроек: {error}.") from error
        end_metrics = None
        if env.settings.metrics_listen:
            end_metrics = serve_metrics(env.settings.metrics_listen, application.registry["startks.engine"])
        click.echo(f"http://{options['listen']}/")
        try:
            serve_until_terminated(server, env.settings.stop_seconds)
        finally:
            if end_metrics is not None:
                end_metrics()
            application.registry["startks.engine"].dispose()


def think_small() -> None:
    """Give Polars one thread: what a page calculates is a house, hundreds of rows, which a second one only delays."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 256), help="Процессов (иначе startks.workers).")
@click.option("--name", "node", help="Имя исполнителя на этой машине, если их несколько.")
def worker(concurrency: int | None, node: str | None) -> None:
    """Исполнитель фоновых заданий (Celery).

    SIGTERM: закончить начатые части и выйти; части, которые не закончены, возьмёт другой исполнитель.
    """
    from startks.framework.jobs.application import configure
    from startks.framework.jobs.inline import threads_each

    with open_environment(broker=True, purpose="worker") as env:
        os.environ.update(env.for_child())
        set_up_logging()
        concurrency = concurrency or env.settings.workers
        os.environ.setdefault("POLARS_MAX_THREADS", str(threads_each(concurrency)))
        celery = configure(env.settings, boot=lambda: build_application(env).registry)
        require_broker(celery, env)
        celery.worker_main(
            [
                "worker",
                "--loglevel=WARNING",
                f"--concurrency={concurrency}",
                "--without-gossip",
                "--without-mingle",
                *([f"--hostname={node}@%h"] if node else []),
            ]
        )


@click.command()
def beat() -> None:
    """Часы: повтор потерянных заданий, исходящие сообщения, задания модулей по расписанию."""
    from startks.framework.jobs.application import configure
    from startks.framework.jobs.clock import add_periodic_tasks

    with open_environment(broker=True, purpose="beat") as env:
        celery = configure(env.settings)
        require_broker(celery, env)
        add_periodic_tasks(celery, build_application(env).registry)
        celery.start(
            ["beat", "--loglevel=WARNING", "--pidfile=", f"--schedule={env.data_dir / 'beat-schedule'}"],
        )


def require_broker(celery: Any, env: Environment) -> None:
    """Refuse to start where the broker does not answer; one that goes away later is waited for."""
    from urllib.parse import urlsplit

    from kombu.exceptions import OperationalError

    try:
        with celery.connection_for_write(connect_timeout=4) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0.2)
    except (OperationalError, OSError) as error:
        parts = urlsplit(env.broker_url)
        place = f"{parts.scheme}://{parts.hostname or parts.path}" + (f":{parts.port}" if parts.port else "")
        raise StartksError(
            f"Брокер заданий {place} не отвечает: запустите его или исправьте startks.broker_url (STARTKS_BROKER_URL)."
        ) from error


def build_application(env: Environment, *, web: bool = False) -> Any:
    """Return the WSGI application of the ini file in force, on this environment's data base and broker.

    For a web process (``web``) it can say whether the data base has the schema that this code expects.
    """
    os.environ.update(env.for_child())  # the environment wins over the ini file
    path = ini_path()
    if path is None:
        import startks

        application = startks.main({})
    else:
        import plaster

        set_up_logging()
        application = plaster.get_loader(str(path), protocols=["wsgi"]).get_wsgi_app()
    if web:
        from startks.framework.jobs.application import configure
        from startks.framework.operations.health import SCHEMA

        from .migrate import newest_versions

        configure(env.settings)  # so that a page can ring for the workers
        application.registry[SCHEMA] = newest_versions(env.settings)
    return application


def set_up_logging() -> None:
    """Set logging up as the ini file in force says; without one, plain lines on stderr."""
    import logging

    path = ini_path()
    if path is not None:
        import plaster

        plaster.get_loader(str(path), protocols=["wsgi"]).setup_logging()
        return
    from startks.framework.operations.logs import PlainFormatter

    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _server_options(host: str | None, port: int | None, env: Environment) -> dict[str, Any]:
    """Return waitress's options: the section ``[server:main]``, with the address of the command line over it."""
    options: dict[str, Any] = {"threads": env.settings.threads}
    path = ini_path()
    if path is not None:
        import plaster

        section = plaster.get_loader(str(path), protocols=["wsgi"]).get_settings("server:main")
        options.update({key: value for key, value in section.items() if key not in ("use", "__file__", "here")})
    there_host, _, there_port = options.get("listen", "127.0.0.1:6543").rpartition(":")
    options["listen"] = f"{host or there_host}:{port or there_port}"
    return options
