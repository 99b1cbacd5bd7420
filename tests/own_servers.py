"""Run a command on servers as a customer has them: the system's PostgreSQL by TCP with a password, Redis or RabbitMQ.

``python -m tests.own_servers redis pytest -q -m integration`` starts them in a folder of their own, hands their addresses
over in ``STARTKS_TEST_DATABASE_URL`` and ``STARTKS_TEST_BROKER_URL``, and stops them, whatever the command does.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from startks.base.db.session import libpq_url
from startks.framework.embedded.accounts import own_folder
from startks.framework.embedded.postgres import PostgresService
from startks.framework.embedded.process import Supervisor
from startks.scripts.drill.servers import RabbitService, RedisService

BROKERS = {"redis": RedisService, "rabbitmq": RabbitService}
ROLE = "city"


def main(arguments: list[str]) -> int:
    """Start the servers, run the command, stop the servers; return the command's exit code."""
    if len(arguments) < 2 or arguments[0] not in BROKERS:
        print(f"usage: python -m tests.own_servers {'|'.join(BROKERS)} COMMAND …", file=sys.stderr)
        return 2
    os.environ.setdefault("STARTKS_PG_BIN", "system")
    os.environ["STARTKS_PG_PORT"] = "free"
    folder = Path(tempfile.mkdtemp(prefix="startks-own-", dir="/tmp"))
    folder.chmod(0o755)
    supervisor = Supervisor()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        account = PostgresService.account_for(folder)
        database = PostgresService(folder, own_folder(folder / "run", account), account)
        broker = BROKERS[arguments[0]](folder / "services", account)
        supervisor.add(database)
        supervisor.add(broker)
        url = _own_role(folder, database)
        print(f"PostgreSQL {database.binaries.major}, {broker.name}", flush=True)
        environment = {
            **os.environ,
            "STARTKS_TEST_DATABASE_URL": url,
            "STARTKS_TEST_BROKER_URL": broker.url,
        }
        return subprocess.run([sys.executable, "-m", *arguments[1:]], env=environment, check=False).returncode
    finally:
        supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _own_role(folder: Path, database: PostgresService) -> str:
    """Make the role that an installation gets: no superuser, may create data bases; return its URL over TCP."""
    password = (folder / "services" / "postgres.password").read_text().strip()
    with psycopg.connect(libpq_url(database.url), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'")
    url = make_url("postgresql+psycopg://").set(
        username=ROLE, password=password, host="127.0.0.1", port=database.tcp_port, database="postgres"
    )
    return url.render_as_string(hide_password=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
