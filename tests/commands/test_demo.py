"""``startks demo`` from an empty folder to Ctrl-C and on."""

import json
import os
import re
import signal
import time
from pathlib import Path

import pytest

from startks.demo.users import demo_logins
from tests.commands.conftest import ACCOUNTS, command, one_sentence, processes_of

pytestmark = pytest.mark.slow


def test_an_empty_folder_becomes_a_town(prepared):
    folder, answer = prepared
    assert answer.returncode == 0, answer.stderr
    assert f"лицевых счетов {ACCOUNTS}," in answer.stdout
    assert "рассчитано месяцев 14" in answer.stdout
    assert f"./startks demo --data {folder}" in answer.stdout  # how it goes on
    stages = [line.partition(":")[0] for line in answer.stderr.splitlines()]
    assert stages[0] == "Схема базы данных" and stages[-1] == "Расчёт месяцев"
    assert processes_of(folder) == []


def test_the_summary_counts_the_seeded_dirt(prepared):
    text = prepared[1].stdout
    assert "Огрехи" in text
    assert "без площади" in text and "записан дважды" in text
    counts = [int(number) for number in re.findall(r"^  .*: (\d+)$", text.partition("Огрехи")[2], re.MULTILINE)]
    assert len(counts) >= 5 and all(counts)
    assert int(ACCOUNTS) * 0.02 <= sum(counts)


def test_it_serves_stops_in_order_and_goes_on_with_the_same_data(prepared, demo):
    folder, first = prepared
    running = demo()
    running.wait_until_it_serves()
    said = running.text
    assert "Расчёт месяцев" not in said  # nothing is calculated a second time
    assert next(line for line in first.stdout.splitlines() if "лицевых счетов" in line).partition("; база")[0] in said
    assert f"http://localhost:{running.port}/" in said
    for item in demo_logins():
        assert item.login in said and item.password in said
    status, page = running.get("/")
    assert status == 200 and "СТАРТ КС" in page

    refused = command("demo", "--data", folder, "--port", running.port + 1 if running.port < 65535 else 6543)
    assert "уже занята" in one_sentence(refused, 2) and f"процесс {running.process.pid}" in refused.stderr

    # commands use the services of the running demo and leave them running
    month = command("--data", folder, "period", "calculate", "2026-11", "--json")
    assert month.returncode == 0, month.stderr
    # some of the 300 were closed inside the seeded history
    assert 290 <= json.loads(month.stdout)["accounts"] <= 300
    assert running.get("/")[0] == 200

    assert running.interrupt() == 0
    assert running.text.endswith("Остановлено, данные сохранены.\n")
    assert processes_of(folder) == []
    log = (folder / "services" / "log" / "postgres.log").read_text("utf-8", "replace")
    assert log.rstrip().endswith("database system is shut down")

    again = command("demo", "--no-serve", "--data", folder)
    assert "последний 202611" in again.stdout


def test_a_killed_demo_leaves_nothing_behind_that_stops_the_next_one(prepared, demo):
    folder, _answer = prepared
    running = demo()
    running.wait_until_it_serves()
    running.process.kill()
    running.process.wait()
    answer = command("demo", "--no-serve", "--data", folder)
    assert answer.returncode == 0, answer.stderr
    deadline = time.monotonic() + 30
    while processes_of(folder):
        assert time.monotonic() < deadline, processes_of(folder)
        time.sleep(0.2)


def test_a_dead_process_of_the_site_is_started_again(demo, prepared):
    running = demo()
    running.wait_until_it_serves()
    web = [
        number
        for number in processes_of(prepared[0])
        if b"\0serve\0" in Path(f"/proc/{number}/cmdline").read_bytes()
    ]
    assert web
    os.kill(web[0], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline
        try:
            if running.get("/")[0] == 200:
                break
        except OSError:
            time.sleep(0.2)
    assert running.interrupt() == 0


@pytest.mark.parametrize(
    ("option", "value", "there"),
    [("--accounts", "400", "300"), ("--seed", "7", "1"), ("--city", "volgograd", "samara")],
)
def test_other_options_for_a_town_that_is_already_there(prepared, option, value, there):
    answer = command("demo", "--no-serve", "--data", prepared[0], option, value)
    sentence = answer.stderr.strip().splitlines()[-1]
    assert answer.returncode == 2 and f"{option} {there}" in sentence and "--data DIR" in sentence
