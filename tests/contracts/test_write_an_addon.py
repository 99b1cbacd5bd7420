"""The text «Write an add-on in 15 minutes» is done step by step and must lead to a module that starts."""

import re

import pytest

from startks.app import configure
from startks.framework.addons.lookup import mounts_for, permission_table, records
from startks.framework.addons.registry import addons_of
from tests.addon_sample.installation import SAMPLE, installed

FENCE = re.compile(r"^```(\w+)\n(?:# |<!-- )(\S+\.\w+)(?: -->)?\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def steps():
    text = (SAMPLE / "README.md").read_text("utf-8")
    return {path: body for _, path, body in FENCE.findall(text)}


@pytest.fixture
def written(steps, tmp_path):
    """The distribution as a reader would write it."""
    for path, body in steps.items():
        target = tmp_path / "acme-crowd" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(body, "utf-8")
    return tmp_path / "acme-crowd"


def test_the_text_holds_all_files(steps):
    assert list(steps) == [
        "setup.cfg",
        "pyproject.toml",
        "src/acme_crowd/manifest.py",
        "src/acme_crowd/__init__.py",
        "src/acme_crowd/queries.py",
        "src/acme_crowd/pages.py",
        "src/acme_crowd/crowd.pt",
    ]


def test_the_module_of_the_text_starts(written, tmp_path):
    with installed(written, tmp_path / "site") as name:
        assert name == "acme-crowd"
        registry = configure(
            {
                "startks.database_url": "postgresql://nobody@localhost/nowhere",
                "startks.modules": "billing metering crowd",
            }
        ).registry
        line = next(line for line in addons_of(registry).statuses() if line.name == "crowd")
        assert (line.started, line.distribution) == (True, "acme-crowd 0.1.0"), line.why
        assert "+crowd" in mounts_for(registry, "house")
        assert permission_table(registry)["crowd:house:read"] == {"operator", "administrator"}
        assert [record.name for record in records(registry, "menu", "office.house") if record.module == "crowd"] == ["crowd"]
        assert any(record.module == "crowd" for record in records(registry, "slot", "account.cabinet"))


def test_the_table_of_directives_is_complete(steps):
    from startks.framework.addons.directives import DIRECTIVES, SLOTS

    text = (SAMPLE / "README.md").read_text("utf-8")
    table = text[text.index("## What the door offers") :]
    assert [name for name in DIRECTIVES if name not in table] == []
    assert [place for place in SLOTS if place not in table] == []
