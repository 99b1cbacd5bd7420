"""Rights from frozen data: one node, one list, default deny."""

from types import SimpleNamespace

import pytest
from sqlalchemy import column
from sqlalchemy.dialects import postgresql

from startks.domain.security.access import permits, roles_at, scope_filter
from startks.domain.security.identity import Grant, Identity
from startks.domain.security.permissions import KERNEL_PERMISSIONS, Permission, PermissionTable, Public, Role


def place(municipality=None, district=None, house=None, account=None):
    return SimpleNamespace(
        municipality_id=municipality, district_id=district, house_id=house, account_id=account
    )


ROOT = place()
DISTRICT = place(1, 10)
HOUSE = place(1, 10, 100)
ACCOUNT = place(1, 10, 100, 1000)
OTHER_DISTRICT = place(1, 11)
OTHER_HOUSE = place(1, 10, 101)
NEIGHBOUR = place(1, 10, 100, 1001)


def person(*grants):
    return Identity(
        user_id=1,
        login="x",
        full_name="X",
        grants=tuple(Grant(role, kind, scope_id, KERNEL_PERMISSIONS.of(role)) for role, kind, scope_id in grants),
    )


def sql(condition):
    return str(condition.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))


def test_a_visitor_may_read_public_pages_and_nothing_else():
    assert permits(None, ROOT, Public)
    for permission in Permission:
        assert not permits(None, ROOT, permission)
        assert not permits(None, ACCOUNT, permission)


@pytest.mark.parametrize(
    ("kind", "scope_id", "inside", "outside"),
    [
        ("all", 0, [ROOT, DISTRICT, HOUSE, ACCOUNT, OTHER_DISTRICT], []),
        ("municipality", 1, [DISTRICT, HOUSE, ACCOUNT], [ROOT, place(2, 20)]),
        ("district", 10, [DISTRICT, HOUSE, ACCOUNT], [ROOT, OTHER_DISTRICT]),
        ("house", 100, [HOUSE, ACCOUNT], [ROOT, DISTRICT, OTHER_HOUSE]),
        ("account", 1000, [ACCOUNT], [HOUSE, NEIGHBOUR]),
        ("organisation", 5, [], [ROOT, DISTRICT, HOUSE, ACCOUNT]),
    ],
)
def test_a_grant_holds_at_its_scope_and_below(kind, scope_id, inside, outside):
    clerk = person(("operator", kind, scope_id))
    for node in inside:
        assert roles_at(clerk, node) == {"operator"}
        assert permits(clerk, node, Permission.ACCOUNT_CARD_WRITE)
    for node in outside:
        assert roles_at(clerk, node) == frozenset()
        assert not permits(clerk, node, Permission.ACCOUNT_CARD_WRITE)


def test_a_scope_id_is_not_compared_with_another_kind():
    assert not permits(person(("operator", "house", 10)), DISTRICT, Permission.FUND_HOUSE_READ)


def test_an_entrance_is_open_above_the_scope_but_not_beside_it():
    clerk = person(("operator", "house", 100))
    assert permits(clerk, ROOT, Permission.FUND_HOUSE_LIST)
    assert permits(clerk, DISTRICT, Permission.FUND_HOUSE_LIST)
    assert not permits(clerk, OTHER_HOUSE, Permission.FUND_HOUSE_LIST)
    assert permits(clerk, ROOT, Permission.PERIOD_MONTH_READ)
    of_district = person(("operator", "district", 10))
    assert permits(of_district, ROOT, Permission.OFFICE_DESKTOP_OPEN)
    assert not permits(of_district, OTHER_DISTRICT, Permission.FUND_HOUSE_LIST)


def test_an_unknown_role_has_no_permission():
    ghost = person(("ghost", "all", 0))
    assert not any(permits(ghost, ROOT, permission) for permission in Permission if permission != "session:own:open")


def test_everybody_signed_in_has_his_own_sessions():
    assert permits(person(), ROOT, Permission.SESSION_OWN_OPEN)


def test_a_list_without_a_grant_is_empty():
    assert sql(scope_filter(None, Permission.FUND_HOUSE_LIST, {"house": column("house_id")})) == "false"
    assert sql(scope_filter(person(), Permission.FUND_HOUSE_LIST, {"house": column("house_id")})) == "false"
    cashier = person(("cashier", "all", 0))
    assert sql(scope_filter(cashier, Permission.FUND_HOUSE_WRITE, {"house": column("house_id")})) == "false"


def test_a_list_of_everything_for_the_whole_installation():
    assert sql(scope_filter(person(("operator", "all", 0)), Permission.FUND_HOUSE_LIST, {})) == "true"


def test_a_list_joins_the_scopes_its_columns_know():
    clerk = person(("operator", "house", 100), ("operator", "house", 7), ("cashier", "district", 3))
    columns = {"house": column("house_id"), "district": column("district_id")}
    assert sql(scope_filter(clerk, Permission.FUND_HOUSE_LIST, columns)) == "district_id IN (3) OR house_id IN (7, 100)"
    # a kind without a column gives nothing rather than everything
    assert sql(scope_filter(clerk, Permission.FUND_HOUSE_LIST, {"district": column("d")})) == "d IN (3)"


def test_a_list_names_known_scopes_only():
    with pytest.raises(ValueError, match="street"):
        scope_filter(person(), Permission.FUND_HOUSE_LIST, {"street": column("street_id")})


def test_permissions_are_in_order_and_of_one_form():
    names = [permission.name for permission in Permission]
    assert names == sorted(names)
    for permission in Permission:
        assert permission.name == permission.value.replace(":", "_").upper()
        assert permission.value.count(":") == 2


def test_modules_add_and_take_nothing_away():
    table = KERNEL_PERMISSIONS.extended({"operator": ["metering:reading:write"], "own": ["x:y:z"]})
    assert KERNEL_PERMISSIONS.of("operator") < table.of("operator")
    assert table.of("own") == {"x:y:z"}
    assert KERNEL_PERMISSIONS.of("own") == frozenset()
    assert set(Role) <= set(table.roles())
    assert PermissionTable({}).permissions() == frozenset()


def test_who_runs_the_system_does_not_close_the_month_and_who_audits_writes_nothing():
    assert Permission.PERIOD_MONTH_CLOSE not in KERNEL_PERMISSIONS.of("administrator")
    assert not [p for p in KERNEL_PERMISSIONS.of("auditor") if p.endswith((":write", ":run", ":calculate", ":close"))]


def test_identity_tells_clerks_from_residents():
    assert person(("operator", "house", 1)).staff
    assert not person(("resident", "account", 1)).staff
    assert person(("resident", "account", 1)).holds(Permission.ACCOUNT_BILL_READ)
    assert not person(("resident", "account", 1)).holds(Permission.FUND_HOUSE_LIST)
