"""Who asks, what he may do where, and what was done.

* :mod:`.permissions` — permissions, roles and the one table between them; :mod:`.identity` — the frozen identity;
* :mod:`.access` — :func:`permits`, :func:`roles_at` for one node and :func:`scope_filter` for a list;
* :mod:`.sign_in`, :mod:`.sessions`, :mod:`.passwords` — entering; :mod:`.registration` — residents and their accounts;
* :mod:`.users` — users and grants; :mod:`.audit` — the trail; :mod:`.masking` — personal data as it is shown.

The services take a session and plain values; no HTTP here.
"""

from startks.domain.security.access import permits, roles_at, scope_filter
from startks.domain.security.audit import audit, log_personal_read
from startks.domain.security.identity import Grant, Identity, OwnAccount
from startks.domain.security.permissions import KERNEL_PERMISSIONS, Permission, PermissionTable, Public, Role

__all__ = [
    "KERNEL_PERMISSIONS",
    "Grant",
    "Identity",
    "OwnAccount",
    "Permission",
    "PermissionTable",
    "Public",
    "Role",
    "audit",
    "log_personal_read",
    "permits",
    "roles_at",
    "scope_filter",
]
