"""Manifest of the module «Приборы учёта»."""

from startks.framework.addons import Manifest, Migrations

MANIFEST = Manifest(
    name="metering",
    title="Приборы учёта",
    version="0.1.0",
    api=1,
    includeme="startks.modules.metering:includeme",
    product="billing",
    metric="account",
    migrations=Migrations(branch="metering", folder="migrations/metering"),
    models="startks.modules.metering.models",
    permissions=(
        "metering:file:list",
        "metering:file:open",
        "metering:meter:list",
        "metering:meter:read",
        "metering:meter:write",
        "metering:notice:open",
        "metering:reading:read",
        "metering:reading:write",
    ),
)
