"""A clerk's story of a benefit and a subsidy: entered, seen on the card and in the explanation, decided, written into files."""

import csv
import io
import re

import pytest
from sqlalchemy import text

from tests.functional.registers.walking import go, save, saved

GROUND = {"reason": "Заявление жителя", "document": "Справка МСЭ № 77"}


@pytest.fixture
def web_rows(wsgi_app):
    """Run a statement on the application's own data base."""

    def run(statement, **values):
        with wsgi_app.registry["startks.engine"].begin() as connection:
            answer = connection.execute(text(statement), values)
            return answer.all() if answer.returns_rows else []

    return run


@pytest.fixture
def home(web_rows, users):
    """The path of an account where somebody lives who has no benefit, and his id."""
    row = web_rows("""
        SELECT a.number, a.id, r.person_id, d.slug AS district, h.slug AS house, p.slug AS premise
          FROM account a JOIN residence r ON r.account_id = a.id AND r.valid @> DATE '2026-10-01' AND upper(r.valid) IS NULL
          JOIN premise p ON p.id = a.premise_id JOIN house h ON h.id = a.house_id JOIN district d ON d.id = h.district_id
         WHERE a.closed_on IS NULL AND p.kind = 'flat'
           AND NOT EXISTS (SELECT 1 FROM benefit_right b WHERE b.account_id = a.id)
         ORDER BY a.id DESC LIMIT 1""")[0]
    return f"/office/{row.district}/{row.house}/{row.premise}/{row.number}", row


def test_a_benefit_is_entered_seen_and_ended(users, home, web_rows):
    path, account = home
    operator = users("operator")
    category = web_rows("SELECT id FROM benefit_category WHERE code = 'labour_veteran'")[0].id
    page = go(operator.get(f"{path}/@@grant-benefit"), person=str(account.person_id), category=str(category), since="01.11.2026")
    page = go(page, **GROUND)
    assert "Ветеран труда" in page.text and "наибольшая" in page.text
    card = saved(page)
    assert "Льгота записана" in card.text and "Справка МСЭ № 77" in card.text and "Ветеран труда" in card.text
    assert "50 %" in card.text and "скидка в счёте" in card.text and "Закон" not in card.html.select_one("h1").text
    # a second one of the same kind is refused, both named
    page = go(operator.get(f"{path}/@@grant-benefit"), person=str(account.person_id), category=str(category), since="01.12.2026")
    assert page.status_int == 422
    words = page.html.select_one(".alert-danger").text
    assert "противоречат" in words and "с 01.11.2026" in words and "с 01.12.2026" in words
    # the history and the person's card know it
    assert "Льгота, Ветеран труда" in operator.get(f"{path}/@@history").text
    assert "Ветеран труда" in operator.get(f"{path}/+persons/{account.person_id}").text
    right = web_rows("SELECT id FROM benefit_right WHERE account_id = :id", id=account.id)[0].id
    page = go(operator.get(f"{path}/@@end-benefit"), right=str(right))
    card = saved(go(page, since="15.11.2026", **GROUND))
    assert "Льгота завершена" in card.text
    assert web_rows("SELECT upper(valid) AS until FROM benefit_right WHERE id = :id", id=right)[0].until.isoformat() == "2026-11-15"


def test_a_subsidy_is_applied_for_explained_and_granted(users, home, web_rows):
    path, account = home
    operator = users("operator")
    page = go(
        operator.get(f"{path}/@@apply-subsidy"), person=str(account.person_id), applied_on="20.10.2026", working="0",
        pensioners="1", children="0", income="16 000", expense="5000,00",
    )
    page = go(page, **GROUND)
    assert "Как найдена субсидия" in page.text and "ноябрь 2026" in page.text and "апрель 2027" in page.text
    assert "1\u00a0141,00" in page.text  # 4661 − 16 000 × 22 %
    assert "ждёт решения" in saved(page).text
    page = go(operator.get(f"{path}/@@decide-subsidy"), decision="granted")
    card = saved(go(page, reason="Решение комиссии", document="Решение № 5"))
    assert "назначена" in card.text and "1\u00a0141,00" in card.text
    answer = operator.get(f"{path}/@@decide-subsidy")
    assert "не ждёт решения" in answer.text
    page = go(operator.get(f"{path}/@@stop-subsidy"), last_month="12.2026")
    assert "остановлена" in saved(go(page, reason="Переезд")).text


def test_a_court_debt_stands_in_the_way_of_a_subsidy(users, home, web_rows):
    path, account = home
    operator = users("operator")
    page = go(operator.get(f"{path}/@@court-debt"), act="Судебный приказ № 2-5/2026")
    card = saved(go(page, since="01.09.2026", **GROUND))
    assert "Судебный приказ № 2-5/2026" in card.text and "компенсации приостановлены" in card.text
    page = go(
        operator.get(f"{path}/@@apply-subsidy"), person=str(account.person_id), applied_on="02.05.2027", working="0",
        pensioners="1", children="0", income="16000", expense="5000",
    )
    saved(go(page, **GROUND))
    page = go(go(operator.get(f"{path}/@@decide-subsidy"), decision="granted"), reason="Решение комиссии")
    refused = save(page)
    assert refused.status_int == 422 and "подтверждённый судом (Судебный приказ № 2-5/2026)" in refused.text
    saved(go(operator.get(f"{path}/@@court-debt-paid"), since="01.05.2027", **GROUND))
    page = go(go(operator.get(f"{path}/@@decide-subsidy"), decision="granted"), reason="Решение комиссии")
    saved(page)


def given(web_rows, discount):
    """An account's line with a benefit in the last calculated month, and its path."""
    return web_rows("""
        SELECT a.number, s.code, b.amount, b.period, d.slug || '/' || h.slug || '/' || p.slug || '/' || a.number AS path
          FROM benefit_amount b JOIN account a ON a.id = b.account_id JOIN service s ON s.id = b.service_id
          JOIN premise p ON p.id = a.premise_id JOIN house h ON h.id = a.house_id JOIN district d ON d.id = h.district_id
         WHERE b.period = (SELECT max(id) FROM period WHERE calculated_at IS NOT NULL) AND b.is_discount = :discount
         ORDER BY b.account_id, b.service_id LIMIT 1""", discount=discount)[0]


@pytest.mark.parametrize("discount", [True, False])
def test_the_line_says_whose_benefit_by_which_act(users, web_rows, discount):
    row = given(web_rows, discount)
    page = users("operator").get(f"/office/{row.path}/@@explain", {"service": row.code, "period": row.period})
    words = page.html.select_one("main").get_text(" ")
    assert "Льготы по этой строке" in words and "Удостоверение №" in words
    assert ("скидка в счёте" if discount else "платится отдельно") in words
    assert re.search(r"[А-Я]\*\*\* ", words), "names are masked"
    roubles = f"{row.amount / 100:,.2f}".replace(",", "\u00a0").replace(".", ",")
    assert roubles in page.text


def test_the_office_gives_the_file_of_its_territory_and_writes_the_reading_down(users, web_rows, town):
    month = town.periods[-1]
    asked = {"period": f"{month % 100:02d}.{month // 100}", "ask": "yes"}
    desk = users("operator")
    answer = desk.get("/office/+reports/exchange-benefits_file", asked)
    table = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert table and answer.headers["Content-Disposition"].endswith(f'benefits-{month // 100}-{month % 100:02d}.csv"')
    total = web_rows("SELECT sum(amount) AS s FROM benefit_amount WHERE period = :m", m=month)[0].s
    assert sum(round(float(row["amount"]) * 100) for row in table) == total
    read = web_rows("SELECT purpose, subject_kind FROM personal_data_access ORDER BY id DESC LIMIT 1")[0]
    assert (read.purpose, read.subject_kind) == ("authority", "person")
    users("supplier").get("/office/+reports/exchange-benefits_file", asked, status=[403, 404])
