"""Every fault that a month can name has a title in the office: no code stands on a screen."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import startks.modules.billing.calculation as calculation
from startks_backoffice.labels import LABELS

CODE, RUSSIAN = re.compile(r"[a-z]+(_[a-z]+)+"), re.compile(r"[а-яё]", re.I)


def faults():
    """Codes in the sources of the month: a code and beside it, in one call or one pair, a Russian sentence."""
    for path in sorted(Path(calculation.__path__[0]).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            beside = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
            words = [item.value for item in beside if isinstance(item, ast.Constant) and isinstance(item.value, str)]
            for code, sentence in pairwise(words):
                if CODE.fullmatch(code) and RUSSIAN.search(sentence) and sentence.endswith("."):
                    yield code


def test_every_fault_has_a_title():
    found = set(faults())
    assert {"no_tariff", "flat_meter_below_rooms", "benefit_without_person", "no_heat_year"} <= found
    assert sorted(found - set(LABELS["error.code"])) == []
