"""Forms of the work on meters: what is asked, not what is allowed (that stands in :mod:`startks.modules.metering.work`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import colander

from startks.base.errors import StartksError
from startks.framework.i18n import _
from startks.framework.web import fields
from startks.framework.web.agreement import agreement
from startks.modules.metering.readings import checks
from startks.modules.metering.work import DIGITS, zones_of

DOCUMENT = _("Act or certificate, number and date")
ZONE_TITLES = {0: _("Reading"), 1: _("Reading, day"), 2: _("Reading, night")}
LAST_TITLES = {0: _("Last reading"), 1: _("Last reading, day"), 2: _("Last reading, night")}


def reading(title: Any, **options: Any) -> colander.SchemaNode:
    """A value of the dial; comes back in millionths."""
    node = fields.number(title, places=6, **options)
    node.typ = fields.Parsed(checks.parse, checks.say)
    return node


def schema(*nodes: tuple[str, colander.SchemaNode]) -> colander.SchemaNode:
    """Return a schema of named nodes, with the hidden word by which touched months are agreed to."""
    made = colander.MappingSchema()
    for name, node in nodes:
        node.name = name
        made.add(node)
    made.add(agreement())
    return made


def dial_nodes(zones: int, titles: dict[int, Any], **options: Any) -> list[tuple[str, colander.SchemaNode]]:
    """Return a field for every dial of a meter."""
    return [(f"value{zone}", reading(titles[zone], **options)) for zone in zones_of(zones)]


def dial_values(values: dict[str, Any], zones: int, prefix: str = "value") -> dict[int, int] | None:
    """Return readings by zone; None where none was given; StartksError where one of two is missing."""
    given = {zone: values.get(f"{prefix}{zone}") for zone in zones_of(zones)}
    if all(value is None for value in given.values()):
        return None
    if any(value is None for value in given.values()):
        raise StartksError("Впишите показания обеих зон, дня и ночи.")
    return given


def meter_nodes(resources: Iterable[tuple[int, str]] | None) -> list[tuple[str, colander.SchemaNode]]:
    """Return the fields of a meter that is put in; without ``resources`` it counts what the replaced one did."""
    nodes: list[tuple[str, colander.SchemaNode]] = []
    if resources is not None:
        nodes.append(("service_id", fields.choice(_("Resource"), [("", "—"), *resources])))
    nodes += [
        ("serial", fields.text(_("Serial number"), longest=40)),
        ("model", fields.text(_("Model"), longest=80, missing=None)),
        ("place", fields.text(_("Place"), longest=80, missing=None)),
        ("zones", fields.choice(_("Zones"), [("1", _("whole day")), ("2", _("day and night"))], missing="1")),
        ("digits", fields.choice(_("Digits before the comma"), [(str(n), str(n)) for n in DIGITS], missing="5")),
        ("installed_on", fields.date(_("Day of installation"))),
        ("initial0", reading(_("Reading at installation"), help=_("Of the day where there are two zones"))),
        ("initial2", reading(_("Reading at installation, night"), missing=None, help=_("Only where there are two zones"))),
        ("verified_on", fields.date(_("Verified on"), missing=None)),
        ("verified_until", fields.date(_("Verified until"), missing=None)),
        ("seal", fields.text(_("Seal number"), longest=40, missing=None)),
        ("document", fields.text(DOCUMENT, longest=200, missing=None)),
    ]
    return nodes


def initial(values: dict[str, Any]) -> dict[int, int]:
    """Return the first readings by zone of a new meter."""
    if values["zones"] == "2":
        if values["initial2"] is None:
            raise StartksError("У двухтарифного прибора два табло: впишите и ночное показание.")
        return {1: values["initial0"], 2: values["initial2"]}
    return {0: values["initial0"]}
