"""The whole application, built without a data base: configuration opens no connection."""

import pytest


@pytest.fixture(scope="session")
def application_registry():
    """Registry of the composed application with every built-in module."""
    from startks.app import configure

    return configure({"startks.database_url": "postgresql://nobody@localhost/nowhere"}).registry
