"""Manifest of a partner's module: inspections of houses."""

from startks.framework.addons import Manifest, Migrations

MANIFEST = Manifest(
    name="inspections",
    title="Журнал осмотров",
    version="1.0.0",
    api=1,
    includeme="addon_sample:includeme",
    uses=("billing",),
    migrations=Migrations(branch="inspections", folder="addon_sample:migrations"),
    models="addon_sample.models",
    permissions=("inspections:inspection:read", "inspections:inspection:write"),
)
