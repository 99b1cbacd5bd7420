"""The other commands over the prepared town: each starts the data base for itself and stops it."""

import json
import re

import pytest

from tests.commands.conftest import command, one_sentence, processes_of

pytestmark = pytest.mark.slow


def test_a_month_is_calculated_and_told_in_one_line(prepared):
    answer = command("--data", prepared[0], "period", "calculate", "2026-11")
    assert answer.returncode == 0, answer.stderr
    last = answer.stdout.strip().splitlines()[-1]
    # some of the 300 were closed inside the seeded history
    assert re.match(r"2026-11: счетов (29\d|300), строк \d", last) and "к оплате" in last
    assert processes_of(prepared[0]) == []


@pytest.mark.parametrize(("month", "code"), [("2099-01", 1), ("2026-13", 2), ("вчера", 2), ("2025-01", 1)])
def test_a_month_that_cannot_be_calculated(prepared, month, code):
    assert month in one_sentence(command("--data", prepared[0], "period", "calculate", month), code)


def test_the_schema_is_shown_checked_and_already_the_newest(prepared):
    upgrade = command("--data", prepared[0], "db", "upgrade")
    assert (upgrade.returncode, upgrade.stdout) == (0, "схема уже новейшая\n")
    current = command("--data", prepared[0], "db", "current")
    assert current.returncode == 0 and "kernel" in current.stdout and "выполните" not in current.stdout
    check = command("--data", prepared[0], "db", "check")
    assert (check.returncode, check.stdout) == (0, "схема равна моделям\n"), check.stdout


def test_modules_with_their_licence_and_counters(prepared):
    answer = command("--data", prepared[0], "addons", "--json")
    lines = {line["name"]: line for line in json.loads(answer.stdout)}
    assert answer.returncode == 0
    assert (lines["billing"]["state"], lines["metering"]["started"]) == ("active", True)
    licence = prepared[0] / "licence.json"
    shown = command("licence", "show", licence)
    assert shown.returncode == 0 and "DEMO" in shown.stdout
    licence_text = licence.read_text("utf-8")
    forged = prepared[0].parent / "forged.json"
    forged.write_text(licence_text.replace("DEMO", "REAL"), "utf-8")
    assert "подпись" in command("licence", "verify", forged).stdout.lower() + command("licence", "verify", forged).stderr.lower()
    assert command("licence", "verify", forged).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "ratio"),
    [
        (("receipts", "--count", "20"), "receipts_per_s_core"),
        (("pages", "--accounts", "300", "--requests", "20"), "ratio"),
        (("billing", "--accounts", "300", "--processes", "1"), "ratio"),
    ],
)
def test_a_bench_prints_one_object_with_its_floor(prepared, arguments, ratio):
    answer = command("--data", prepared[0].parent / "bench", "bench", *arguments, "--json")
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    for key in (ratio, "floor_s", "total_s", "peak_mb"):
        assert found[key] > 0, key
    assert found["stages"]
