"""Manifest of the module «Расчёты и начисления»."""

from startks.framework.addons import Manifest

MANIFEST = Manifest(
    name="billing",
    title="Расчёты и начисления",
    version="0.1.0",
    api=1,
    includeme="startks.modules.billing:includeme",
    uses=("metering",),
    product="billing",
    metric="account",
    permissions=(),
)
