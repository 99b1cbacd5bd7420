"""The month's life from the command line, over the prepared town: its past is closed, its newest month rehearsed."""

import json

import pytest

from tests.commands.conftest import command, one_sentence

pytestmark = pytest.mark.slow


def test_the_past_of_the_demonstration_is_closed_and_whole(prepared):
    listed = json.loads(command("--data", prepared[0], "period", "list", "--json").stdout)
    past = [row for row in listed if row["period"] < 202610]
    assert len(past) == 13 and {row["state"] for row in past} == {"closed"} and all(row["hash"] for row in past)
    answer = command("--data", prepared[0], "verify", "--period", "2026-09", "--hash", past[-1]["hash"])
    assert answer.returncode == 0, answer.stderr
    assert past[-1]["hash"] in answer.stdout
    other = command("--data", prepared[0], "verify", "--period", "2026-09", "--hash", "00", "--json")
    assert other.returncode == 1 and json.loads(other.stdout)["faults"][0]["what"] == "chain"


def test_a_month_is_rehearsed_signed_for_and_closed_once(prepared):
    data = ("--data", prepared[0])
    rehearsed = json.loads(command(*data, "period", "rehearse", "2026-10", "--json").stdout)
    assert rehearsed["groups"] and all(group["title"] and group["accounts"] for group in rehearsed["groups"])
    assert rehearsed["seconds"]["gate"] <= 2
    gate = command(*data, "period", "gate", "2026-10")
    assert gate.returncode == 1 and "[errors]" in gate.stdout
    assert "Месяц не закрывается" in one_sentence(command(*data, "period", "close", "2026-10"), 1)
    one_sentence(command(*data, "period", "sign", "2026-10", "errors", "--reason", "а"), 1)
    one_sentence(command(*data, "period", "sign", "2026-10", "errors", "--reason", "причина", "--user", "nobody"), 2)
    signed = command(*data, "period", "sign", "2026-10", "all", "--reason", "Показательный город", "--user", "chief")
    assert signed.returncode == 0 and "errors" in signed.stdout
    closed = json.loads(command(*data, "period", "close", "2026-10", "--user", "chief", "--json").stdout)
    assert len(closed["hash"]) == 64
    assert "закрыт" in one_sentence(command(*data, "period", "close", "2026-10"), 1)
    assert command(*data, "verify").returncode == 0


def test_what_if_is_answered_and_nonsense_refused(prepared):
    data = ("--data", prepared[0], "period", "whatif", "2026-10")
    answer = json.loads(command(*data, "--tariff", "maintenance=+10%", "--json").stdout)
    assert answer["whole"]["change"] > 0 and answer["districts"]
    assert "maintenance" in one_sentence(command(*data, "--tariff", "maintenance"), 2)
    assert "Что изменить" in one_sentence(command(*data), 1)


def test_the_bench_of_a_month_prints_its_stages(prepared):
    answer = command("--data", prepared[0].parent / "bench", "bench", "month", "--accounts", "300", "--processes", "1", "--json")
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert found["faults"] == 0 and found["checks"] > 20
    assert all(found[key] > 0 for key in ("total_s", "rehearse_s", "close_s", "verify_s"))
