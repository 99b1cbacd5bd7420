"""«Что если» on the explanation: one number changed, the line counted again by the rule; faults and other lines said."""

import re

import pytest
from sqlalchemy import text
from webtest import TestApp

from startks.modules.billing.explain import HouseTrace
from startks.modules.billing.what_if import BadQuestion, Question, answer_of, choices_of
from startks.scripts.period import CONSUMPTION


@pytest.fixture
def line_of(town):
    """A function: the trace, account and service of a line charged by a rule, from the town's last month."""
    with town.engine.connect() as connection:

        def find(rule):
            row = connection.execute(
                text("""SELECT z.house_id, z.account_id, z.service_id FROM statement z JOIN law_rule l ON l.id = z.rule_id
                         WHERE z.period = :period AND l.key = :rule AND z.charge > 0 ORDER BY 2 LIMIT 1"""),
                {"period": town.periods[-1], "rule": rule},
            ).one()
            return HouseTrace(connection, row.house_id, town.periods[-1], CONSUMPTION), row.account_id, row.service_id

        yield find


def test_a_meter_instead_of_the_norm(line_of):
    trace, account, service = line_of("cold_water.norm_raised")
    answer = answer_of(trace, account, service, Question("meter", "2,5"))
    tariff = trace.find(account, service)[1]["tariff"]
    assert answer.after == (tariff * 25 + 50_000) // 100_000  # millionths of a rouble by 2.5, half-up to the kopeck
    assert answer.difference == answer.after - answer.before
    assert "счётчик" in answer.title.lower()


def test_people_and_absence_move_the_line_in_proportion(line_of):
    trace, account, service = line_of("waste.persons")
    row = trace.find(account, service)[1]
    one = answer_of(trace, account, service, Question("people", "1")).after
    assert abs(answer_of(trace, account, service, Question("people", "3")).after - 3 * one) <= 2
    same = row["person_days"] // row["month_days"]
    if same * row["month_days"] == row["person_days"]:
        assert answer_of(trace, account, service, Question("people", str(same))).difference == 0
    assert answer_of(trace, account, service, Question("away", "0")).difference == 0
    assert answer_of(trace, account, service, Question("away", "20")).difference < 0


@pytest.mark.parametrize(
    ("change", "amount", "code"),
    [("people", "", "people"), ("people", "1,5", "people"), ("people", "-1", "people"), ("away", "40", "away"),
     ("meter", "много", "choice"), ("area", "1", "choice"), ("away", "٣", "away")],
)  # fmt: skip
def test_a_bad_number_is_named(line_of, change, amount, code):
    trace, account, service = line_of("waste.persons")
    with pytest.raises(BadQuestion) as fault:
        answer_of(trace, account, service, Question(change, amount))
    assert fault.value.code == code


def test_a_line_by_area_asks_nothing(line_of):
    trace, account, service = line_of("maintenance.area")
    assert choices_of(trace, trace.find(account, service)[0]) == ()


def test_the_form_of_the_cabinet_answers_with_and_without_scripts(wsgi_app, town):
    resident = TestApp(wsgi_app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.38"})
    form = resident.get("/@@sign-in").forms["sign-in"]
    form["login"], form["password"] = "resident1", "resident1-2026"
    page = form.submit("submit")
    while page.status_int in (302, 303):
        page = page.follow()
    path = re.search(r'href="(?:http://localhost)?(/[^"@]+/\d{8,})(?:/@@[^"]*)?"', page.text)[1]
    explained = {
        code: resident.get(f"{path}/@@explain?service={code}").text
        for code in ("cold_water", "electricity", "gas", "waste", "maintenance")
        if f"service={code}" in resident.get(path).text
    }
    assert "Что если" not in explained.pop("maintenance")
    service = next(code for code, told in explained.items() if "Что если" in told)
    change = re.search(r'<option value="(people|meter)"', explained[service])[1]
    query = f"service={service}&change={change}&amount="
    whole = resident.get(f"{path}/@@explain?{query}7")
    answer = resident.get(f"{path}/@@what-if?{query}7", headers={"HX-Request": "true"})
    for told in (whole, answer):
        assert "вместо" in told.text
    assert "<html" not in answer.text
    assert "Введите" in resident.get(f"{path}/@@what-if?{query}x").text
    resident.get(f"{path}/@@what-if?service=none", status=404)
