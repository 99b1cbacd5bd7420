"""Benefits and subsidies on a telephone and a wide screen: the card's tab, the line's explanation, every wizard to its end."""

import re

import pytest

from tests.browser.office.test_every_wizard import Walker
from tests.browser.office.test_wizards import faults, sign_in

GROUND = {"reason": "Заявление жителя", "document": "Справка № 7"}


def accounts(page):
    page.goto("/office/@@accounts?kind=residential")
    return sorted(set(re.findall(r'href="(/office/[^"/]+/[^"/]+/[^"/]+/\d+)"', page.content())))


def open_to(page, *wizards):
    """An account at which all these wizards may be begun: other tests of the same town enter debts and subsidies too."""
    for account in accounts(page):
        for wizard in wizards:
            page.goto(f"{account}/@@{wizard}")
            if not page.locator("main form").count():
                break
        else:
            return account
    raise AssertionError(f"no account is open to {wizards}")


def heating_line(page, account):
    """Address of the explanation of the account's heating in the bill shown first, or None where it has no such line."""
    page.goto(f"{account}/@@bill")
    found = page.locator("main a[href*='@@explain'][href*='service=heating']")
    return found.first.get_attribute("href") if found.count() else None


@pytest.mark.parametrize("width", [360, 1440])
def test_the_tab_and_the_explanation_fit_and_are_accessible(page, axe, width):
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "operator")
    found, explained = [], False
    for account in accounts(page):
        page.goto(f"{account}/@@benefits")
        if not page.locator("main table").count():
            continue
        found += faults(page, axe)
        line = heating_line(page, account)
        if line is None:
            continue
        page.goto(line)
        found += faults(page, axe)
        explained = "Льготы по этой строке" in page.content()
        if explained:
            break
    assert explained, "no bill of the town explains a benefit on heating"
    assert found == []


def test_every_wizard_of_support_is_walked_on_a_telephone(page, axe):
    sign_in(page, "operator")
    walker = Walker(page, axe)
    account = open_to(page, "grant-benefit", "court-debt", "apply-subsidy")
    walker.walk(f"{account}/@@grant-benefit", {"person": 1, "category": 6, "since": "01.12.2026", "last": "31.12.2027"}, GROUND)
    walker.walk(f"{account}/@@end-benefit", {"right": 1}, {"since": "01.01.2027", **GROUND}, save=False)
    walker.walk(f"{account}/@@court-debt", {"act": "Судебный приказ № 2-9/2026"}, {"since": "01.10.2026", **GROUND})
    walker.walk(f"{account}/@@court-debt-paid", {"since": "01.11.2026", **GROUND})
    walker.walk(f"{account}/@@apply-subsidy", {
        "person": 1, "applied_on": "20.11.2026", "working": "0", "pensioners": "1", "children": "0", "income": "16000",
        "expense": "5000",
    }, GROUND)  # fmt: skip
    walker.walk(f"{account}/@@decide-subsidy", {"decision": "granted"}, GROUND)
    walker.walk(f"{account}/@@stop-subsidy", {"last_month": "01.2027"}, GROUND)
    walker.look()
    assert walker.found == []
    assert set(walker.walked) == {
        "grant-benefit", "end-benefit", "court-debt", "court-debt-paid", "apply-subsidy", "decide-subsidy", "stop-subsidy",
    }  # fmt: skip
