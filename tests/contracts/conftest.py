"""Every module that a test run knows: ours, and the foreign distribution installed for it."""

import pytest

from startks.app import configure
from startks.framework.addons.collect import collect
from startks.framework.addons.registry import addons_of
from tests.addon_sample.installation import SAMPLE, installed

OURS = ("billing", "metering")
FOREIGN = ("inspections",)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The foreign distribution, installed while the tests of this file run."""
    with installed(SAMPLE, tmp_path_factory.mktemp("site")) as name:
        yield name


@pytest.fixture(scope="module")
def found(sample):
    """All installed manifests by name."""
    return {item.name: item for item in collect()}


@pytest.fixture(scope="module")
def registry(sample):
    """Registry of the application with every module enabled; no data base is asked."""
    registry = configure(
        {
            "startks.database_url": "postgresql://nobody@localhost/nowhere",
            "startks.modules": " ".join(OURS + FOREIGN),
        }
    ).registry
    failed = {line.name: line.why for line in addons_of(registry).statuses() if not line.started}
    assert failed == {}
    return registry
