"""The bars of coverage hold and fail where they should."""

import json

import pytest

from tests.bars import main


def report(lines=95, missing=()):
    file = {
        "summary": {"covered_branches": 10 - len(missing), "num_branches": 10, "missing_branches": len(missing)},
        "missing_branches": list(missing),
    }
    whole = {
        "summary": {"covered_branches": 4, "num_branches": 4, "missing_branches": 0},
        "missing_branches": [],
    }
    return {
        "totals": {"covered_lines": lines, "num_statements": 100},
        "files": {"src/startks/domain/calc/bulk.py": file, "src/startks/domain/ledger/models.py": whole},
    }


@pytest.mark.parametrize(
    ("given", "code", "word"),
    [
        (report(), 0, "строк 95.0 %"),
        (report(lines=89), 1, "строк 89.0 %"),
        (report(missing=[[7, 9]]), 1, "7→9"),
        ({**report(), "files": {}}, 1, "0 из 0"),
    ],
)
def test_a_bar_that_is_missed_is_named(tmp_path, capsys, given, code, word):
    path = tmp_path / "coverage.json"
    path.write_text(json.dumps(given))
    assert main(str(path)) == code
    assert word in capsys.readouterr().out
