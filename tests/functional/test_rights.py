"""Who may open what: every page of both faces × every role, asked over HTTP and compared with the table of rights."""

import re
from difflib import unified_diff
from itertools import product
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from startks.domain.security.access import permits, within_reach
from startks.domain.security.permissions import Public, Role
from startks.domain.security.sessions import load_identity
from startks.framework.addons.lookup import mounts_for, records
from startks.framework.tree.nodes import Account, Apartment, District, House, Mount, Root
from startks.framework.web.policy import permissions_of

ROLES = (*(role.value for role in Role), "district", "house", "past")
SIGN_IN = "/@@sign-in"


def paths(settlement):
    """Class of a context → path of one such node, for nodes and for the mounts that modules registered."""
    place = settlement.place
    found = {
        Root: "",
        District: "/samarskiy-rayon",
        House: place.house_path,
        Apartment: place.flat_path,
        Account: place.account_path,
    }
    for kind, node in (("root", Root), ("district", District), ("house", House), ("account", Account)):
        for name, factory in mounts_for(settlement.registry, kind).items():
            if isinstance(factory, type) and issubclass(factory, Mount):
                found[factory] = f"{found[node]}/{name}"
    return found


def node_of(settlement, context):
    """What rights need of a node of this class: the ids of the first house, flat and account."""
    place = settlement.place
    stands_at = next((kind for kind in (Account, Apartment, House, District) if issubclass(context, kind)), Root)
    if issubclass(context, Mount):
        for kind, node in (("district", District), ("house", House), ("account", Account)):
            if context in mounts_for(settlement.registry, kind).values():
                stands_at = node
    depth = (Root, District, House, Apartment, Account).index(stands_at)

    class Node:
        municipality_id = place.municipality if depth > 0 else None
        district_id = place.districts[0] if depth > 0 else None
        house_id = place.houses[0] if depth > 1 else None
        premise_id = place.premises[0] if depth > 2 else None
        account_id = place.accounts[0] if depth > 3 else None

    return Node, depth


def pages(settlement):
    known = paths(settlement)
    for face in ("portal", "office"):
        for record in records(settlement.registry, "view", face):
            if record["context"] in known:
                yield face, record, known[record["context"]]


def test_every_page_for_every_role(settlement, visitor, signed_in):
    table = permissions_of(settlement.registry)
    asked = 0
    wrong = []
    browsers = {None: visitor(), **{role: signed_in(role) for role in ROLES}}
    for role, browser in browsers.items():
        identity = None
        if role is not None:
            with settlement.engine.connect() as connection:
                identity = load_identity(connection, browser.cookies["startks"], table=table)
        csrf = browser.get("/@@register").forms["register"]["csrf_token"].value
        for face, record, path in pages(settlement):
            node, depth = node_of(settlement, record["context"])
            allowed = permits(identity, node, record["permission"])
            url = ("/office" if face == "office" else "") + path + (f"/@@{record.name}" if record.name else "")
            url = url or "/"
            if "GET" in record["methods"]:
                if allowed and record["permission"] == Public and record.name in ("language", "look"):
                    continue
                answer = browser.get(url, expect_errors=True)
            elif allowed:
                continue  # it would do what it is for
            else:
                answer = browser.post(url, {"csrf_token": csrf}, expect_errors=True)
            asked += 1
            led_to_sign_in = answer.status_int == 303 and SIGN_IN in answer.location
            if allowed:
                fine = answer.status_int < 500 and answer.status_int != 403 and not led_to_sign_in
            elif face == "portal" and depth > 2:
                fine = answer.status_int == 404
            elif role is None:
                fine = led_to_sign_in or answer.status_int == 403
            elif face == "office" and depth > 1 and not within_reach(identity, node):
                fine = answer.status_int == 404
            else:
                fine = answer.status_int == 403
            if not fine:
                wrong.append((role, url, record["permission"], allowed, answer.status))
    assert wrong == []
    assert asked > 400


@pytest.mark.parametrize("login", ["resident", "district", "house", None])
def test_a_neighbour_s_account_is_not_there(place, visitor, signed_in, login):
    """The same answer for a flat that exists and for one that does not."""
    browser = signed_in(login) if login else visitor()
    strange = place.far_path
    there = browser.get(strange, expect_errors=True)
    nowhere = browser.get("/oktyabrskiy-rayon/mira-1/99/6300000099", expect_errors=True)
    assert there.status_int == nowhere.status_int == 404
    assert there.html.select_one("h1") == nowhere.html.select_one("h1")


def test_a_resident_sees_his_account_and_no_other(place, signed_in):
    browser = signed_in("resident")
    assert browser.get(place.account_path, expect_errors=True).status_int == 200
    for path in (place.neighbour_path, place.flat_path):
        assert browser.get(path, expect_errors=True).status_int == 404
    assert browser.get("/office", expect_errors=True).status_int == 403


def test_a_clerk_of_one_district_stays_in_it(place, signed_in):
    browser = signed_in("district")
    assert browser.get("/office" + place.house_path).status_int == 200
    assert browser.get("/office/oktyabrskiy-rayon", expect_errors=True).status_int == 403
    assert browser.get("/office/oktyabrskiy-rayon/mira-1", expect_errors=True).status_int == 404
    assert browser.get("/office" + place.far_path, expect_errors=True).status_int == 404


MISSING = {
    "/oktyabrskiy-rayon/mira-1": "/oktyabrskiy-rayon/mira-77",
    "/oktyabrskiy-rayon/mira-1/1": "/oktyabrskiy-rayon/mira-1/99",
    "/oktyabrskiy-rayon/mira-1/1/6300000004": "/oktyabrskiy-rayon/mira-1/1/6300000099",
    "/samarskiy-rayon/gagarina-7/1": "/samarskiy-rayon/gagarina-7/99",
    "/samarskiy-rayon/gagarina-5/13/6300000002": "/samarskiy-rayon/gagarina-5/13/6300000099",
}
"""Place that is there → its like that is not."""


def told(browser, face, path, method):
    """All that an answer tells, but for what belongs to the request itself."""
    csrf = {} if method == "GET" else {"csrf_token": "stale" if method == "stale" else browser.csrf}
    address = face + path
    answer = browser.get(address, expect_errors=True) if method == "GET" else browser.post(address, csrf, expect_errors=True)
    # the signs by which two answers to the same request differ anyway
    body = re.sub(r'(nonce|csrf-token|name="csrf_token" value|content)="[^"]*"|nonce-[\w-]+', "", answer.text).replace(browser.csrf, "")
    place = quote(path, safe="")
    body = body.replace(path, "PATH").replace(place, "PATH")
    return answer.status_int, answer.headers.get("Location", "").replace(place, "PATH").replace(path, "PATH"), body


@pytest.mark.parametrize(("login", "face"), [
    (None, "/office"), ("resident", "/office"), ("house", "/office"), ("district", "/office"), ("past", "/office"), ("supplier", ""),
    (None, ""), ("resident", ""), ("house", ""),
])  # fmt: skip
def test_what_is_out_of_reach_answers_as_what_is_not_there(place, settlement, visitor, signed_in, rows, login, face):
    browser = signed_in(login) if login else visitor()
    browser.csrf = browser.get("/@@register").forms["register"]["csrf_token"].value
    identity = None
    if login:
        with settlement.engine.connect() as connection:
            identity = load_identity(connection, browser.cookies["startks"], table=permissions_of(settlement.registry))
    compared = 0
    for there, nowhere in MISSING.items():
        names = there.split("/")[1:]
        if not face and len(names) < 4:
            continue  # a house is open to everybody, and a flat has no page of its own there
        house = rows("SELECT h.id, h.district_id FROM house h WHERE h.slug = :s", s=names[1])[0]
        account = rows("SELECT id FROM account WHERE number = :n", n=names[3])[0].id if len(names) > 3 else None
        stands = SimpleNamespace(
            municipality_id=place.municipality, district_id=house.district_id, house_id=house.id, account_id=account
        )
        if within_reach(identity, stands):
            continue
        compared += 1
        for view, method in product(("", "/@@register", "/@@month", "/@@view", "/+meters"), ("GET", "POST", "stale")):
            one, other = (told(browser, face, path + view, method) for path in (there, nowhere))
            assert one[:2] == other[:2], there + view
            assert list(unified_diff(one[2].splitlines(), other[2].splitlines(), n=0, lineterm="")) == [], there + view
    assert compared or login == "supplier"
