"""A file is one room; the lowest storey knows no housing; pages hold no SQL."""

import pytest

from tests.architecture.house_rules import ROOT, housing_faults, is_view_module, length_faults, python_files, sql_faults

FILES = python_files()


def test_no_file_is_longer_than_a_room():
    files = {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for folder in ("src", "tests", "migrations")
        for suffix in ("*.py", "*.pt", "*.ts", "*.js")
        for path in (ROOT / folder).rglob(suffix)
        if "dist" not in path.parts and "node_modules" not in path.parts
    }
    assert len(files) > 60
    assert length_faults(files) == []


def test_a_planted_long_file_is_found():
    assert length_faults({"long.py": "\n" * 500}) == ["long.py: 501 lines, at most 500"]
    assert length_faults({"full.py": "\n" * 499}) == []


def test_the_lowest_storey_knows_no_housing():
    assert [fault for name, source in FILES.items() for fault in housing_faults(name, source)] == []


def test_planted_housing_is_found():
    assert housing_faults("startks.base.db.types", "class HouseKey: pass")
    assert housing_faults("startks.base.periods", "def tariff_of(day): pass")
    assert housing_faults("startks.base.contracts.readings", "class MeterState: pass") == []
    assert housing_faults("startks.domain.territory.models", "class House: pass") == []


def test_pages_hold_no_sql():
    pages = {name: source for name, source in FILES.items() if is_view_module(name)}
    assert pages
    assert [fault for name, source in pages.items() for fault in sql_faults(name, source)] == []


@pytest.mark.parametrize(
    "source",
    [
        "from sqlalchemy import select\n",
        "def view(context, request):\n    return request.db.execute(statement)\n",
        "def view(context, request):\n    return session.scalars(statement).all()\n",
        "STATEMENT = 'SELECT id FROM account WHERE number = :n'\n",
        "STATEMENT = '''\n  WITH a AS (SELECT 1) SELECT * FROM a'''\n",
    ],
)
def test_planted_sql_is_found(source):
    assert sql_faults("startks_portal.views.home", source)


def test_words_that_only_look_like_sql_are_left_alone():
    source = 'MESSAGE = "Update the account from the card"\ncache.execute()\nTITLE = "SELECT"\n'
    assert sql_faults("startks_portal.views.home", source) == []


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("startks_portal.views.home", True),
        ("startks_portal.views.home_queries", False),
        ("startks_backoffice.fund.queries", False),
        ("startks.modules.billing.office.bill", True),
        ("startks.modules.billing.queries", False),
        ("startks.modules.billing.office.models", False),
        ("startks.framework.web.forms", False),
    ],
)
def test_which_files_are_pages(module, expected):
    assert is_view_module(module) is expected
