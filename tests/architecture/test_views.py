"""Every view of the built application names its context and permission, and no reader may POST."""

import pytest
from pyramid.config import Configurator

from tests.architecture.house_rules import view_faults


class Node:
    """A context."""


def page(context, request):
    """A view."""


page.__module__ = "planted"


def built(**options):
    with Configurator() as config:
        config.add_view(page, **options)
    return config.registry


def test_the_views_of_the_application(application_registry):
    names = [item["introspectable"]["name"] for item in application_registry.introspector.get_category("views")]
    assert len(names) > 10
    assert view_faults(application_registry) == []


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"permission": "fund:house:write"}, "names no context"),
        ({"context": Node}, "names no permission"),
        ({"context": Node, "permission": "fund:house:read"}, "accepts any"),
        ({"context": Node, "permission": "fund:house:read", "request_method": "POST"}, "accepts POST"),
        ({"context": Node, "permission": "fund:house:list", "request_method": ("GET", "POST")}, "accepts GET, POST"),
    ],
)
def test_a_planted_view_is_found(options, fault):
    (found,) = view_faults(built(**options))
    assert fault in found


@pytest.mark.parametrize(
    "options",
    [
        {"context": Node, "permission": "fund:house:read", "request_method": "GET"},
        {"context": Node, "permission": "fund:house:write"},
        {"context": ValueError},
    ],
)
def test_a_decent_view_is_left_alone(options):
    assert view_faults(built(**options)) == []
