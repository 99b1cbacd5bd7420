"""``startks serve``, ``startks worker``, ``startks beat``: one process each; ``startks demo`` runs all three."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Any

import click

from startks.base.errors import ConfigurationError

from .environment import Environment, ini_path, open_environment


@click.command()
@click.option("--host", help="Адрес (иначе из [server:main], иначе 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Порт (иначе из [server:main], иначе 6543).")
def serve(host: str | None, port: int | None) -> None:
    """Веб-сервер (waitress) с приложением из файла настроек."""
    import waitress

    with open_environment(broker=True, purpose="serve") as env:
        application = build_application(env)
        options = _server_options(host, port, env)
        try:
            server = waitress.create_server(application, **options)
        except OSError as error:
            raise ConfigurationError(
                f"Адрес {options['listen']} нельзя занять ({error.strerror}): укажите другой порт (--port)."
            ) from error
        _end_on_terminate()
        click.echo(f"http://{options['listen']}/")
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            server.run()
        server.close()


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 256), help="Процессов (иначе startks.workers).")
def worker(concurrency: int | None) -> None:
    """Исполнитель фоновых заданий (Celery)."""
    from startks.framework.jobs.application import configure
    from startks.framework.jobs.inline import threads_each

    with open_environment(broker=True, purpose="worker") as env:
        os.environ.update(env.for_child())
        concurrency = concurrency or env.settings.workers
        os.environ.setdefault("POLARS_MAX_THREADS", str(threads_each(concurrency)))
        celery = configure(env.settings, boot=lambda: build_application(env).registry)
        celery.worker_main(
            [
                "worker",
                "--loglevel=WARNING",
                f"--concurrency={concurrency}",
                "--without-gossip",
                "--without-mingle",
            ]
        )


@click.command()
def beat() -> None:
    """Часы: повтор потерянных заданий, исходящие сообщения, задания модулей по расписанию."""
    from startks.framework.jobs.application import configure
    from startks.framework.jobs.clock import add_periodic_tasks

    with open_environment(broker=True, purpose="beat") as env:
        celery = configure(env.settings)
        add_periodic_tasks(celery, build_application(env).registry)
        celery.start(
            ["beat", "--loglevel=WARNING", "--pidfile=", f"--schedule={env.data_dir / 'beat-schedule'}"],
        )


def build_application(env: Environment) -> Any:
    """Return the WSGI application of the ini file in force, on this environment's data base and broker."""
    os.environ.update(env.for_child())  # the environment wins over the ini file
    path = ini_path()
    if path is None:
        import startks

        return startks.main({})
    import plaster

    loader = plaster.get_loader(str(path), protocols=["wsgi"])
    loader.setup_logging()
    return loader.get_wsgi_app()


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


def _end_on_terminate() -> None:
    def end(*_: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
