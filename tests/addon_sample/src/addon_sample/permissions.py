"""Rights of the module and the roles that have them."""

from enum import StrEnum


class Permission(StrEnum):
    """What the module's pages ask for."""

    INSPECTION_READ = "inspections:inspection:read"
    INSPECTION_WRITE = "inspections:inspection:write"


GRANTS = {
    "administrator": [Permission.INSPECTION_READ],
    "operator": [Permission.INSPECTION_READ, Permission.INSPECTION_WRITE],
}
