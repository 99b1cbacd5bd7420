"""Every wizard, all of its steps, on a telephone: nothing runs out of the page, axe finds nothing, the end is reached.

A clerk's day in one town: a house with flats and a room and a shop, accounts opened, split, merged, transferred, closed and
archived, holders and residents, organisations and contracts, a meter from its seal to the nought it passes through.
"""

import datetime as dt
import re

import pytest

from tests.browser.office.test_wizards import faults, sign_in

REASON = {"reason": "Заявление владельца", "document": "Заявление 12"}
TODAY = dt.date.today()
PERSON = {"birth_date": "05.03.1980"}


class Walker:
    """Goes through wizards on a narrow page and collects what is wrong with them."""

    def __init__(self, page, axe):
        self.page, self.axe, self.found, self.walked = page, axe, [], []
        page.set_viewport_size({"width": 360, "height": 800})

    def look(self):
        self.found += faults(self.page, self.axe)

    def send(self, selector):
        with self.page.expect_navigation(wait_until="load"):
            self.page.click(selector)

    def fill(self, values):
        for name, value in values.items():
            field = self.page.locator(f"main [name='{name}']")
            kind = field.first.evaluate("node => node.tagName + ' ' + (node.type || '')")
            if kind.endswith("radio"):
                self.page.check(f"main [name='{name}'][value='{value}']")
            elif kind.endswith("checkbox"):
                field.first.set_checked(bool(value))
            elif kind.startswith("SELECT"):
                if isinstance(value, int):
                    field.first.select_option(index=value)
                else:
                    field.first.select_option(value)
            else:
                field.first.fill(str(value))

    def walk(self, address, *steps, save=True):
        """Open a wizard, fill its steps one after another, save; returns the address of the page it ends on."""
        self.page.goto(address)
        self.walked.append(address.rpartition("@@")[2])
        for values in steps:
            self.look()
            self.fill(values)
            self.send("main button[name=next]")
            assert self.page.locator("main .alert-danger").count() == 0, (address, self.page.inner_text("main"))
        self.look()
        if save:
            assert "step=review" in self.page.url, (address, self.page.url, self.page.inner_text("main"))
            self.send("main button[name=save]")
            self.look()
        return self.page.url.partition("?")[0]

    def new_person(self, last_name):
        return {"last_name": last_name, "first_name": "Анна"}, {"who": "new"}, PERSON


def site_path(url):
    return re.sub(r"^https?://[^/]+", "", url)


def fitting(bic, number):
    from tests.functional.registers.test_organisation_wizards import fitting as search

    return search(bic, number)


def test_every_wizard_is_walked_to_its_end_on_a_telephone(page, axe):
    sign_in(page, "operator")
    walker = Walker(page, axe)
    walk = walker.walk

    house = site_path(walk(
        "/office/@@new-house", {"kind": "apartment_building", "district_id": 1, "street": "улица Полная", "number": "1"},
        {"inventory_number": "77"}, {}, {"total_area": "1000", "residential_area": "900", "common_area": "120,5", "since": "01.01.2026"},
    ))  # fmt: skip
    assert house.endswith("/polnaya-1")
    walk(f"{house}/@@edit-house", {"note": "Угловой"}, REASON)
    walk(f"{house}/@@characteristic", {"code": "stove", "value": "Газовые"}, {"since": "01.02.2026", **REASON})
    walk(f"{house}/@@areas", {"total_area": "1001", "residential_area": "900"}, {"since": "01.02.2026", **REASON})
    walk(f"{house}/@@new-entrance", {"number": "1"})
    areas = {"total_area": "60", "living_area": "40", "heated": True, "since": "01.01.2026", "document": "Техпаспорт"}
    flats = [
        site_path(walk(f"{house}/@@new-premise", {"kind": "flat", "number": str(number)}, {"floor": "1", "rooms": "2"}, areas))
        for number in (1, 2)
    ]
    shop = site_path(walk(
        f"{house}/@@new-premise", {"kind": "nonresidential", "number": "Н1"}, {"floor": "1"}, {**areas, "living_area": ""}
    ))  # fmt: skip
    walk(f"{flats[0]}/@@new-room", {"number": "1"}, {}, {**areas, "total_area": "18", "living_area": "18"})
    walk(f"{flats[0]}/@@edit-premise", {"floor": "2"}, REASON)
    walk(f"{flats[0]}/@@areas", {"total_area": "61"}, {"since": "01.02.2026", **REASON})

    def opened(place, number, last_name, share="1", kind="residential"):
        return site_path(walk(
            f"{place}/@@open-account", {"number": number, "kind": kind, "since": "01.01.2026"},
            {"party": "person", "tenure": "owner", "share": share}, *walker.new_person(last_name), REASON,
        ))  # fmt: skip

    account = opened(flats[0], "9900000001", "Первая", share="1/2")
    other = opened(flats[1], "9900000002", "Вторая")
    opened(shop, "9900000003", "Третья", kind="nonresidential")
    walk(f"{account}/@@add-holder", {"party": "person", "tenure": "owner", "share": "1/2"}, *walker.new_person("Совладелица"),
         {"payer": False}, {"since": "01.02.2026", **REASON})  # fmt: skip
    walk(f"{account}/@@register", *walker.new_person("Жилица"), {"kind": "permanent", "since": "10.02.2026"}, REASON)
    walk(f"{account}/@@gis-numbers", {"gis_account": "63КР104207"}, REASON)

    page.goto(account)
    persons = sorted(set(re.findall(r'href="([^"]+/\+persons/\d+)"', page.content())), key=lambda path: int(path.rpartition("/")[2]))
    assert len(persons) == 3  # in the order in which they came: the first owner, the second, the resident
    holders, residents = persons[:2], persons[2:]
    page.goto(persons[0])
    walker.look()
    walk(f"{residents[0]}/@@edit-person", {"phone": "+7 917 000-00-17"}, REASON)
    walk(f"{residents[0]}/@@depart", {"since": "01.05.2026", "kind": "permanent"}, REASON)
    walk(f"{holders[1]}/@@end-holder", {"since": "01.10.2026", **REASON}, save=False)  # she is still needed

    walk(f"{account}/@@split-account", {"since": "01.03.2026", "leaving": leaving(page, account), "new_number": "9900000011"},
         {"room_number": "2", "area": "20,5"}, {}, REASON)  # fmt: skip
    walk(f"{account}/@@merge-accounts", {"number": "9900000011", "since": "01.09.2026"}, REASON)
    walk(f"{other}/@@transfer", {"since": "01.06.2026", "new_number": "9900000022"},
         {"party": "person", "tenure": "owner", "share": "1"}, *walker.new_person("Покупательница"), REASON)  # fmt: skip
    closed = site_path(page.url)
    walk(f"{closed}/@@close-account", {"since": "01.10.2026"}, REASON)
    walk(f"{closed}/@@archive-account", REASON)

    company = site_path(walk(
        "/office/+organisations/@@new-organisation",
        {"name": "ООО «Тепло»", "short_name": "Тепло", "role": "heat", "inn": "7707083893", "kpp": "773601001"},
        {"phone": "8 846 2001234"},
    ))  # fmt: skip
    walk(f"{company}/@@edit-organisation", {"short_name": "Теплосеть"}, {}, REASON)
    walk(f"{company}/@@bank-details", {
        "bank_name": "ПАО Сбербанк", "bic": "044525225", "correspondent_account": "30101810400000000225",
        "settlement_account": fitting("044525225", "40702810038000000001"),
    }, {"since": "01.01.2026", **REASON})  # fmt: skip
    assert walker.found == []
    assert set(walker.walked) >= {
        "new-house", "edit-house", "characteristic", "areas", "new-entrance", "new-premise", "new-room", "edit-premise",
        "open-account", "add-holder", "end-holder", "register", "depart", "gis-numbers", "edit-person", "split-account",
        "merge-accounts", "transfer", "close-account", "archive-account", "new-organisation", "edit-organisation", "bank-details",
    }  # fmt: skip


def leaving(page, account):
    """The holder who gets an account of his own."""
    page.goto(f"{account}/@@split-account")
    return page.locator("main [name=leaving]").nth(1).get_attribute("value")


def test_a_meter_from_its_seal_to_the_nought_on_a_telephone(page, axe):
    """All works on a meter are reached from the account's card, by the links that stand there."""
    sign_in(page, "operator")
    walker = Walker(page, axe)
    page.goto("/office/@@accounts?kind=residential")
    account = re.search(r'href="(/office/[^"/]+/[^"/]+/[^"/]+/\d+)"', page.content()).group(1)
    page.goto(account)
    assert page.locator(f"a[href^='{account}/@@meters']").count(), "the meters are a tab of the account's card"
    page.goto(f"{account}/@@meters")
    walker.look()
    assert page.locator("a[href*='@@meter-new']").count() and page.locator("a[href*='/+meters/']").count()

    def work(address, **values):
        page.goto(address)
        walker.look()
        walker.fill(values)
        walker.send("main form button[type=submit]:not([name=cancel])")
        if page.locator("main .alert-danger").count():  # months that were calculated already: seen, agreed to
            walker.look()
            assert "ещё раз" in page.inner_text("main .alert-danger"), page.inner_text("main")
            walker.send("main form button[type=submit]:not([name=cancel])")
        assert page.locator("main .alert-danger").count() == 0, page.inner_text("main")
        walker.look()

    day = TODAY - dt.timedelta(days=40)
    work(f"{account}/@@meter-new", service_id=1, serial="ТЕЛЕФОН-1", installed_on=f"{day:%d.%m.%Y}", digits="5",
         verified_on=f"{day:%d.%m.%Y}", verified_until=f"{day.replace(year=day.year + 4):%d.%m.%Y}", seal="П-1", initial0="99990")  # fmt: skip
    page.goto(f"{account}/@@meters")
    card = next(
        link for link in page.locator("a[href*='/+meters/']").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        if "ТЕЛЕФОН-1" in page.request.get(link).text()
    )  # fmt: skip
    page.goto(card)
    for name in ("reading", "verify", "seal", "replace", "remove", "correct"):
        assert page.locator(f"a[href='{card}/@@{name}']").count() == 1, f"{name} is not reached from the card"
    work(f"{card}/@@seal", day=f"{TODAY - dt.timedelta(days=30):%d.%m.%Y}", number="П-2")
    work(f"{card}/@@verify", verified_on=f"{TODAY - dt.timedelta(days=20):%d.%m.%Y}",
         verified_until=f"{TODAY.replace(year=TODAY.year + 5, day=1):%d.%m.%Y}")  # fmt: skip
    work(f"{card}/@@reading", day=f"{TODAY - dt.timedelta(days=10):%d.%m.%Y}", value0="5", turned=True)
    work(f"{card}/@@correct", model="СВ-15", reason="Описка")
    assert "СВ-15" in page.content()
    assert walker.found == []


@pytest.mark.parametrize("width", [360, 1440])
def test_reminders_and_files_are_accessible_and_fit(page, axe, width):
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "operator")
    found = []
    for address in ("/office/+metering/@@notices", "/office/+metering", "/office/+reading-files"):
        page.goto(address)
        found += faults(page, axe)
    assert found == []
