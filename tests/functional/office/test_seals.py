"""Interference with a meter in the office: the act, what is refused at its field, the tab of meters, the day it was mended."""

import datetime as dt

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.functional.registers.walking import go, saved

ACT = {"found_on": "20.10.2026", "sealed_on": "01.01.2026", "checked_on": "", "mended_on": "", "document": "Акт № 7", "reason": "Проверка"}
_PATH = """'/office/' || d.slug || '/' || h.slug || '/' || p.slug || '/' || a.number AS path
      FROM account a JOIN premise p ON p.id = a.premise_id AND p.parent_id IS NULL
      JOIN house h ON h.id = a.house_id JOIN district d ON d.id = h.district_id"""


@pytest.fixture(scope="module")
def paths(wsgi_app):
    """Addresses of accounts: of those with a meter of cold water, and of one without any meter."""
    with Session(wsgi_app.registry["startks.engine"]) as session:
        water = session.scalars(text(f"""
            SELECT {_PATH} WHERE a.kind = 'residential' AND a.closed_on IS NULL AND EXISTS (
              SELECT FROM meter m JOIN service s ON s.id = m.service_id JOIN house_service hs ON hs.service_id = s.id
               WHERE m.account_id = a.id AND s.code = 'cold_water' AND hs.house_id = a.house_id AND hs.method = 'individual'
                 AND hs.valid @> current_date) ORDER BY a.id DESC LIMIT 2""")).all()
        none = session.scalars(text(f"""
            SELECT {_PATH} WHERE a.closed_on IS NULL AND NOT EXISTS (SELECT FROM meter m WHERE m.account_id = a.id)
             ORDER BY a.id LIMIT 1""")).one()
    return *water, none


@pytest.fixture
def operator(users):
    return users("operator")


def service_of(page):
    return page.html.select_one("input[name=service]")["value"]


def test_an_act_is_entered_cut_to_three_months_and_mended(operator, paths):
    page = operator.get(f"{paths[0]}/@@broken-seal")
    page = go(page, service=service_of(page), **ACT)
    assert "урезаны до трёх месяцев" in page.text
    assert "20.07.2026" in page.text
    page = saved(page)
    assert "Акт № 7" in page.html.select_one("section[aria-labelledby=seals-title]").text
    again = operator.get(f"{paths[0]}/@@broken-seal")
    again = go(again, service=service_of(again), **ACT)
    assert "уже пересчитаны по проверке 20.10.2026" in again.text
    page = operator.get(f"{paths[0]}/@@seal-mended")
    early = go(page, service=service_of(page), mended_on="19.10.2026", document="Акт № 8", reason="Устранено")
    assert "раньше, чем обнаружено (20.10.2026)" in early.text
    page = saved(go(early, mended_on="25.10.2026"))
    assert "25.10.2026" in page.html.select_one("section[aria-labelledby=seals-title]").text


@pytest.mark.parametrize(("said", "words"), [
    ({"sealed_on": ""}, "впишите хотя бы один"),
    ({"mended_on": "19.10.2026"}, "раньше, чем обнаружено"),
    ({"checked_on": "21.10.2026"}, "позже проверки"),
    ({"found_on": f"{dt.date.today() + dt.timedelta(days=40):%d.%m.%Y}"}, "ещё не наступил"),
])  # fmt: skip
def test_what_contradicts_itself_is_refused_at_its_field(operator, paths, said, words):
    page = operator.get(f"{paths[1]}/@@broken-seal")
    assert words in go(page, service=service_of(page), **{**ACT, **said}).text


def test_an_account_without_a_meter_has_nothing_to_interfere_with(operator, paths):
    assert "вмешиваться не во что" in operator.get(f"{paths[2]}/@@broken-seal", expect_errors=True).text


def test_a_reader_may_not_enter_an_act(users, paths):
    assert users("auditor").get(f"{paths[1]}/@@broken-seal", expect_errors=True).status_int in (403, 404)
