"""Permissions of the kernel, roles, and the one table role → permissions.

A permission is ``module:thing:action``. Two actions are *entrances*, ``list`` and ``open`` (and reading the month): their
page shows only what :func:`~startks.domain.security.access.scope_filter` lets through, so whoever holds them anywhere below
may enter it. All other actions hold only at or below the granted scope.

A module brings its own ``StrEnum`` and a mapping role → permissions; :meth:`PermissionTable.extended` joins them:

    table = KERNEL_PERMISSIONS.extended({"operator": [MeteringPermission.READING_WRITE]})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum, unique
from types import MappingProxyType

_ENTRANCES = frozenset({"list", "open"})


@unique
class Permission(StrEnum):
    """What the kernel's own pages ask for, in alphabetical order."""

    ACCOUNT_BILL_READ = "account:bill:read"
    ACCOUNT_CARD_LIST = "account:card:list"
    ACCOUNT_CARD_READ = "account:card:read"
    ACCOUNT_CARD_WRITE = "account:card:write"
    ACCOUNT_EXPLANATION_READ = "account:explanation:read"
    ADMINISTRATION_ADDONS_READ = "administration:addons:read"
    ADMINISTRATION_GRANT_WRITE = "administration:grant:write"
    ADMINISTRATION_USER_READ = "administration:user:read"
    ADMINISTRATION_USER_WRITE = "administration:user:write"
    AUDIT_PERSONAL_READ = "audit:personal:read"
    AUDIT_TRAIL_READ = "audit:trail:read"
    CABINET_ACCOUNT_OPEN = "cabinet:account:open"
    EXCHANGE_TOWN_READ = "exchange:town:read"
    EXCHANGE_TOWN_WRITE = "exchange:town:write"
    """bring a whole town in"""
    FUND_HOUSE_LIST = "fund:house:list"
    FUND_HOUSE_READ = "fund:house:read"
    FUND_HOUSE_WRITE = "fund:house:write"
    JOBS_JOB_LIST = "jobs:job:list"
    JOBS_JOB_RUN = "jobs:job:run"
    LEDGER_STATEMENT_READ = "ledger:statement:read"
    OFFICE_DESKTOP_OPEN = "office:desktop:open"
    PARTIES_ORGANISATION_LIST = "parties:organisation:list"
    PARTIES_ORGANISATION_WRITE = "parties:organisation:write"
    PARTIES_PERSON_READ = "parties:person:read"
    PARTIES_PERSON_SHOW = "parties:person:show"
    """see personal data unmasked; every use is logged with its purpose"""
    PARTIES_PERSON_WRITE = "parties:person:write"
    PARTIES_RESIDENCE_WRITE = "parties:residence:write"
    """register residents and let them leave"""
    PERIOD_MONTH_CALCULATE = "period:month:calculate"
    PERIOD_MONTH_CLOSE = "period:month:close"
    PERIOD_MONTH_READ = "period:month:read"
    REFERENCE_BOOK_LIST = "reference:book:list"
    REFERENCE_BOOK_WRITE = "reference:book:write"
    REPORTS_REPORT_OPEN = "reports:report:open"
    SESSION_OWN_OPEN = "session:own:open"
    """one's own sessions and password: every signed-in user has it"""


def is_entrance(permission: str) -> bool:
    """True for a permission whose page is narrowed to the reader's own territory, so that it may be entered from above."""
    return permission.rpartition(":")[2] in _ENTRANCES or permission == Permission.PERIOD_MONTH_READ


Public = "public:page:open"
"""Asked for by pages that anybody may read; always granted, without looking who asks."""


@unique
class Role(StrEnum):
    """Roles of the kernel; a customer may add his own."""

    ACCOUNTANT = "accountant"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    CALL_CENTRE = "call_centre"
    CASHIER = "cashier"
    CHIEF_ACCOUNTANT = "chief_accountant"
    EDITOR = "editor"
    OPERATOR = "operator"
    PASSPORT_DESK = "passport_desk"
    RESIDENT = "resident"
    SUPPLIER = "supplier"


P = Permission

_CLERK = {
    P.ACCOUNT_CARD_LIST,
    P.ACCOUNT_CARD_READ,
    P.FUND_HOUSE_LIST,
    P.FUND_HOUSE_READ,
    P.OFFICE_DESKTOP_OPEN,
    P.PARTIES_ORGANISATION_LIST,
    P.PERIOD_MONTH_READ,
    P.REFERENCE_BOOK_LIST,
}
_MONEY = {P.ACCOUNT_BILL_READ, P.ACCOUNT_EXPLANATION_READ, P.LEDGER_STATEMENT_READ}

_ACCOUNTANT = (
    _CLERK
    | _MONEY
    | {
        P.JOBS_JOB_LIST,
        P.JOBS_JOB_RUN,
        P.PARTIES_PERSON_READ,
        P.PERIOD_MONTH_CALCULATE,
        P.REFERENCE_BOOK_WRITE,
        P.REPORTS_REPORT_OPEN,
    }
)

_KERNEL: dict[str, set[str]] = {
    Role.ACCOUNTANT: _ACCOUNTANT,
    # everything but the money's doors: who runs the system does not close the month
    Role.ADMINISTRATOR: set(Permission) - {P.PERIOD_MONTH_CLOSE, P.CABINET_ACCOUNT_OPEN},
    Role.AUDITOR: _CLERK
    | _MONEY
    | {
        P.ADMINISTRATION_ADDONS_READ,
        P.ADMINISTRATION_USER_READ,
        P.AUDIT_PERSONAL_READ,
        P.AUDIT_TRAIL_READ,
        P.JOBS_JOB_LIST,
        P.PARTIES_PERSON_READ,
        P.REPORTS_REPORT_OPEN,
    },
    Role.CALL_CENTRE: _CLERK | {P.ACCOUNT_BILL_READ, P.ACCOUNT_EXPLANATION_READ, P.PARTIES_PERSON_READ},
    Role.CASHIER: _CLERK | {P.ACCOUNT_BILL_READ, P.PARTIES_PERSON_READ},
    # whoever calculates a month does not close it
    Role.CHIEF_ACCOUNTANT: _ACCOUNTANT | {P.PERIOD_MONTH_CLOSE},
    Role.EDITOR: {P.OFFICE_DESKTOP_OPEN, P.REFERENCE_BOOK_LIST, P.FUND_HOUSE_LIST, P.FUND_HOUSE_READ},
    Role.OPERATOR: _CLERK
    | _MONEY
    | {
        P.ACCOUNT_CARD_WRITE,
        P.FUND_HOUSE_WRITE,
        P.JOBS_JOB_LIST,
        P.PARTIES_ORGANISATION_WRITE,
        P.PARTIES_PERSON_READ,
        P.PARTIES_PERSON_SHOW,
        P.PARTIES_PERSON_WRITE,
        P.PARTIES_RESIDENCE_WRITE,
        P.REPORTS_REPORT_OPEN,
    },
    Role.PASSPORT_DESK: _CLERK
    | {P.PARTIES_PERSON_READ, P.PARTIES_PERSON_SHOW, P.PARTIES_PERSON_WRITE, P.PARTIES_RESIDENCE_WRITE},
    Role.RESIDENT: {P.ACCOUNT_BILL_READ, P.ACCOUNT_EXPLANATION_READ, P.CABINET_ACCOUNT_OPEN},
    Role.SUPPLIER: {P.FUND_HOUSE_LIST, P.OFFICE_DESKTOP_OPEN, P.REPORTS_REPORT_OPEN},
}


class PermissionTable:
    """Role → permissions, read only. Roles nobody knows have none: default deny."""

    __slots__ = ("_table",)

    def __init__(self, table: Mapping[str, Iterable[str]]) -> None:
        self._table = MappingProxyType(
            {str(role): frozenset(map(str, permissions)) for role, permissions in table.items()}
        )

    def of(self, role: str) -> frozenset[str]:
        """Return the permissions of a role; empty for an unknown one."""
        return self._table.get(role, frozenset())

    def roles(self) -> tuple[str, ...]:
        """Return all roles in alphabetical order."""
        return tuple(sorted(self._table))

    def permissions(self) -> frozenset[str]:
        """Return every permission that some role has."""
        return frozenset().union(*self._table.values())

    def extended(self, more: Mapping[str, Iterable[str]]) -> PermissionTable:
        """Return a table with the permissions of a module or of the customer added; nothing is taken away."""
        joined = {role: set(permissions) for role, permissions in self._table.items()}
        for role, permissions in more.items():
            joined.setdefault(str(role), set()).update(map(str, permissions))
        return PermissionTable(joined)


KERNEL_PERMISSIONS = PermissionTable(_KERNEL)
