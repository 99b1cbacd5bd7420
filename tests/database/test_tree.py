"""The chain of an address costs one query, whatever its depth."""

from types import SimpleNamespace

import pytest
from pyramid.request import Request
from pyramid.testing import DummyRequest
from pyramid.traversal import ResourceTreeTraverser

from startks.framework.tree import Account, Apartment, District, House, Mount, Root, node_at, office_url, portal_url
from startks.framework.tree import factory as tree_factory
from startks.framework.tree.crumbs import breadcrumbs
from startks.framework.tree.factory import office_root, portal_root
from tests.factories.settlement import settle


@pytest.fixture
def place(session):
    return settle(session)


@pytest.fixture
def registry(monkeypatch):
    mounts = {("house", "+meters"): Mount}
    monkeypatch.setattr(
        "startks.framework.tree.nodes.mounts_for",
        lambda registry, kind: {name: made for (where, name), made in mounts.items() if where == kind},
    )
    return {}


def request_for(session, path, registry=None):
    request = Request.blank(path)
    request.read = session.connection()
    request.registry = registry if registry is not None else {}
    request.matchdict = None
    request.matched_route = None
    return request


def walk(request, root):
    return ResourceTreeTraverser(root)(request)


@pytest.mark.parametrize(
    ("path", "kind", "title", "view", "rest"),
    [
        ("/samarskiy-rayon", District, "Самарский район", "", ()),
        ("/samarskiy-rayon/gagarina-5", House, "ул. Гагарина, д. 5", "", ()),
        ("/samarskiy-rayon/gagarina-5/12", Apartment, "кв. 12", "", ()),
        ("/samarskiy-rayon/gagarina-5/12/6300000001", Account, "6300000001", "", ()),
        ("/samarskiy-rayon/gagarina-5/12/6300000001/@@bill", Account, "6300000001", "bill", ()),
        ("/samarskiy-rayon/gagarina-5/@@passport/more", House, "ул. Гагарина, д. 5", "passport", ("more",)),
        ("/samarskiy-rayon/nowhere/12", District, "Самарский район", "nowhere", ("12",)),
        ("/samarskiy-rayon/gagarina-5/99/6300000001", House, "ул. Гагарина, д. 5", "99", ("6300000001",)),
        ("/samarskiy-rayon/gagarina-5/12/6300000002", Apartment, "кв. 12", "6300000002", ()),
        ("/oktyabrskiy-rayon/gagarina-5", District, "Октябрьский район", "gagarina-5", ()),
    ],
)
def test_the_chain_is_one_query(session, place, query_log, path, kind, title, view, rest):
    request = request_for(session, path)
    with query_log(session.get_bind().engine) as statements:
        found = walk(request, portal_root(request))
    assert len(statements) == 1
    node = found["context"]
    assert (type(node), node.title, found["view_name"], found["subpath"]) == (kind, title, view, rest)


def test_a_node_knows_its_ancestors(session, place):
    request = request_for(session, place.account_path)
    account = walk(request, portal_root(request))["context"]
    assert (account.municipality_id, account.district_id, account.house_id, account.premise_id, account.account_id) == (
        place.municipality,
        place.districts[0],
        place.houses[0],
        place.premises[0],
        place.accounts[0],
    )
    assert node_at(account, House).id == place.houses[0]
    assert node_at(account, District).account_id is None
    assert portal_url(request, account, "bill") == place.account_path + "/@@bill"
    assert office_url(request, account, month="202610") == f"/office{place.account_path}?month=202610"
    assert portal_url(request, request_root := node_at(account, Root)) == "/"
    assert office_url(request, request_root) == "/office"


@pytest.mark.parametrize("path", ["/", "/@@sign-in", "/+static/portal/x.css", "/UPPER", "/..", "/%D0%B4%D0%BE%D0%BC"])
def test_what_cannot_be_a_slug_costs_no_query(session, place, query_log, path):
    request = request_for(session, path)
    with query_log(session.get_bind().engine) as statements:
        root = portal_root(request)
    assert statements == []
    assert root.warm == {}


def test_bytes_that_are_no_text_are_left_to_the_traverser(session):
    request = request_for(session, "/")
    request.environ["PATH_INFO"] = "/\xff\xfe"
    assert portal_root(request).warm == {}


def test_the_office_walks_the_same_tree(session, place, query_log):
    request = request_for(session, "/office" + place.house_path)
    request.matchdict = {"traverse": place.house_path}
    with query_log(session.get_bind().engine) as statements:
        root = office_root(request)
        house = root["samarskiy-rayon"]["gagarina-5"]
    assert (root.face, len(statements), house.id) == ("office", 1, place.houses[0])


def test_code_that_walks_by_itself_finds_children(session, place):
    root = Root(request_for(session, "/"))
    account = root["samarskiy-rayon"]["gagarina-5"]["12"]["6300000001"]
    assert account.account_id == place.accounts[0]
    for node, name in ((root, "nowhere"), (root, "BAD NAME"), (account, "child"), (root["samarskiy-rayon"], "mira-1")):
        with pytest.raises(KeyError):
            node[name]


def test_mounts_hang_under_their_kind(session, place, registry):
    request = request_for(session, place.house_path + "/+meters/@@list", registry)
    found = walk(request, portal_root(request))
    mount = found["context"]
    assert (type(mount), mount.house_id, mount.__name__, found["view_name"]) == (Mount, place.houses[0], "+meters", "list")
    assert portal_url(request, mount) == place.house_path + "/+meters"
    with pytest.raises(KeyError):
        mount.__parent__["+nothing"]
    with pytest.raises(KeyError):
        mount["anything"]


def test_only_no_row_is_a_key_error(session, place, monkeypatch):
    def broken(connection, names, ask):
        raise ZeroDivisionError

    monkeypatch.setattr(tree_factory, "read_chain", broken)
    with pytest.raises(ZeroDivisionError):
        portal_root(request_for(session, place.house_path))


def test_breadcrumbs_cost_nothing_and_do_not_lead_to_a_flat(session, place, query_log):
    request = request_for(session, place.account_path)
    request.localizer = SimpleNamespace(translate=str)
    account = walk(request, portal_root(request))["context"]
    with query_log(session.get_bind().engine) as statements:
        steps = breadcrumbs(request, account)
        inside = breadcrumbs(request, account, "Квитанция")
    assert statements == []
    assert [(step.title, step.url) for step in steps] == [
        ("Home", "/"),
        ("Самарский район", "/samarskiy-rayon"),
        ("ул. Гагарина, д. 5", "/samarskiy-rayon/gagarina-5"),
        ("кв. 12", None),
        ("6300000001", None),
    ]
    assert inside[-2].url == place.account_path
    assert inside[-1].title == "Квитанция"
    office = DummyRequest(path="/office")
    office.environ["PATH_INFO"] = "/office/samarskiy-rayon"
    office.script_name = ""
    office.localizer = request.localizer
    assert [step.url for step in breadcrumbs(office, account)][3] == "/office" + place.flat_path
