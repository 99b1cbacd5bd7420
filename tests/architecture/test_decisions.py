"""Decision records: numbered without a gap, each with the same five parts, short."""

import re

import pytest

from tests.architecture.house_rules import ROOT

FOLDER = ROOT / "src" / "startks" / "decisions"
PARTS = ["Context", "Decision", "Why", "Consequences", "What would change it"]
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))


def faults(name: str, text: str) -> list[str]:
    """Return what is wrong with a record."""
    found = []
    number = name[:4]
    if not text.startswith(f"# {number} "):
        found.append("its title does not begin with its number")
    if re.findall(r"^\*\*(.+?)\.\*\*", text, re.MULTILINE) != PARTS:
        found.append("it has not the five parts in their order")
    if len(text.splitlines()) > 60:
        found.append("it is longer than a page")
    return found


def test_numbers_have_no_gap():
    assert len(RECORDS) >= 15
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.name)
def test_each_has_its_five_parts(path):
    assert faults(path.name, path.read_text("utf-8")) == []


def test_planted_faults_are_found():
    assert len(faults("0001-x.md", "# 0002 X\n")) == 2
    assert faults("0001-x.md", "# 0001 X\n" + "".join(f"**{part}.** x\n" for part in PARTS) + "\n" * 60)
