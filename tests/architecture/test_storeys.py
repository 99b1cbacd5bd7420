"""base <- domain <- framework <- modules | faces <- app, scripts, demo."""

import pytest

from tests.architecture.house_rules import SOURCES, python_files, storey_faults

FILES = python_files()
PACKAGES = {".".join(p.parent.relative_to(SOURCES).parts) for p in SOURCES.rglob("__init__.py")}


def test_no_module_imports_upward_or_sideways():
    assert len(FILES) > 50
    faults = [fault for name, source in FILES.items() for fault in storey_faults(name, source, name in PACKAGES)]
    assert faults == []


@pytest.mark.parametrize(
    ("module", "source", "target"),
    [
        ("startks.base.db.base", "from startks.domain.accounts import models", "startks.domain.accounts.models"),
        ("startks.domain.calc.bulk", "import startks.framework.web", "startks.framework.web"),
        ("startks.framework.tree.nodes", "from ...modules.billing import queries", "startks.modules.billing.queries"),
        ("startks.framework.web.forms", "def f():\n    from startks_portal import views", "startks_portal.views"),
        ("startks.modules.billing.queries", "from startks.modules.metering.models import Meter", "metering"),
        ("startks.modules.billing.office.views", "import startks_backoffice.desktop", "startks_backoffice.desktop"),
        ("startks_portal.views.home", "from startks_backoffice import labels", "startks_backoffice.labels"),
        ("startks_portal.views.home", "from startks.modules.billing import queries", "startks.modules.billing"),
        ("startks.framework.jobs.runner", "from startks.app import configure", "startks.app.configure"),
        ("startks.domain.periods.services", "import importlib\nimportlib.import_module('startks.demo.town')", "demo"),
    ],
)
def test_a_planted_import_is_found(module, source, target):
    (fault,) = storey_faults(module, source)
    assert target in fault


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("startks.modules.billing.queries", "from . import models\nfrom startks.domain.ledger import models as m"),
        ("startks.scripts.period", "from startks.modules.billing import services\nimport startks_portal"),
        ("startks_portal.views.home", "from startks_portal import chrome\nfrom startks.framework.web import formats"),
        ("startks.domain.calc.bulk", "import polars\nfrom .numbers import half_up"),
    ],
)
def test_downward_imports_are_allowed(module, source):
    assert storey_faults(module, source) == []


def test_relative_imports_are_resolved_from_where_they_stand():
    planted = "from ..framework import web"
    assert storey_faults("startks.domain.calc", planted, is_package=False)
    assert storey_faults("startks.domain", planted, is_package=False) == []  # would be the name "framework" outside
    assert storey_faults("startks.domain", "from .framework import web", is_package=True) == []
