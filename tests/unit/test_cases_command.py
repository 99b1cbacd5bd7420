"""``startks cases``: what it prints and how it ends."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from startks.base.errors import ConfigurationError
from startks.scripts.cases import cases

GOOD = {
    "id": "good-1", "kind": "housing_by_area", "inputs": {"service": "rent", "area_m2": "10", "rate_rub_per_m2": "1.5"},
    "expected": {"charge_rub": "15.00"},
}


def run(folder: Path, content: list):
    (folder / "x.json").write_text(json.dumps(content), encoding="utf-8")
    return CliRunner().invoke(cases, [str(folder)])


def test_all_passed(tmp_path):
    result = run(tmp_path, [GOOD, GOOD])
    assert (result.exit_code, result.output) == (0, "2 passed, 0 failed\n")


def test_each_failure_is_printed_with_expected_and_got(tmp_path):
    wrong = GOOD | {"id": "wrong-1", "expected": {"charge_rub": "15.01"}}
    result = run(tmp_path, [GOOD, wrong, GOOD | {"id": "new-1", "kind": "lottery"}])
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0].startswith("FAILED wrong-1 (housing_by_area): charge_rub")
    assert '"15.01"' in lines[1]
    assert '"15.00"' in lines[2]
    assert lines[3] == "FAILED new-1 (lottery): kind not built"
    assert lines[-1] == "1 passed, 2 failed"


def test_a_missing_folder_is_a_usage_error(tmp_path):
    result = CliRunner().invoke(cases, [str(tmp_path / "nowhere")])
    assert isinstance(result.exception, ConfigurationError)


@pytest.mark.parametrize("kind", ["qr_build", "qr_parse", "gis_id_parse", "registry_parse", "statement_1c_parse"])
def test_upper_storeys_answer_their_kinds(tmp_path, kind):
    result = run(tmp_path, [{"id": "a", "kind": kind, "inputs": {"colour": "red"}, "expected": {}}])
    assert "unknown key in inputs: colour" in result.output
