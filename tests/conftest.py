"""Settings of the whole suite; the fixtures stand in :mod:`tests.plugin`, which partners use too."""

import os

from hypothesis import HealthCheck, settings

# How fast a machine is says nothing about what is tested: a busy one must not fail a property.
settings.register_profile("startks", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("startks")

SERVERS = ("STARTKS_TEST_DATABASE_URL", "STARTKS_TEST_BROKER_URL")
# A developer's own variables must not decide what a test sees; those that choose a server stay.
for _name in [name for name in os.environ if name.startswith("STARTKS_")]:
    if _name not in ("STARTKS_PG_BIN", "STARTKS_SERVICE_USER", "STARTKS_SHARED", *SERVERS):
        del os.environ[_name]
os.environ.setdefault("STARTKS_SECRET", "a secret for tests only, long enough for a signature")

pytest_plugins = ["tests.plugin"]


def pytest_collection_modifyitems(config, items):
    """In a parallel run the long files come first, so that no process is left alone with one at the end."""
    if hasattr(config, "workerinput"):
        long = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in long)
