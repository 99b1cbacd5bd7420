"""The files of the social office: read back by somebody else's reader, their sums those of the month."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

import startks
from startks.base.errors import StartksError
from startks.domain.support import subsidy
from startks.modules.billing.social_files import benefit_book, write_benefits, write_subsidies
from tests.factories.benefits import Support
from tests.factories.month_life import OCTOBER, calculate, small_house

LAYOUT = Path(startks.__file__).resolve().parents[2] / "docs" / "social-files.md"


@pytest.fixture
def env(fresh_database):
    with small_house(fresh_database) as env:
        yield env


def read(env, write, period=OCTOBER):
    content = io.BytesIO()
    with env.engine.begin() as connection:
        rows = write(connection, period, content)
    table = list(csv.DictReader(io.StringIO(content.getvalue().decode())))
    assert len(table) == rows
    return table


def documented(title):
    part = LAYOUT.read_text(encoding="utf-8").partition(title)[2].partition("\n## ")[0]
    return [name for line in re.findall(r"^\| (`.*?) \|", part, re.M) for name in re.findall("`([a-z_]+)`", line)]


def test_the_benefits_of_a_month(env):
    support = Support(env)
    support.right(1, support.category("off", {"maintenance": (50, "area")}), 1)
    support.right(1, support.category("apart", {"waste": (50, "none")}, form="compensation"), 1)
    calculate(env, OCTOBER)
    table = read(env, write_benefits)
    assert list(table[0]) == documented("## Льготы месяца")
    by_form = {row["form"]: row for row in table}
    assert by_form["discount"]["amount"] == "412.50" and by_form["discount"]["charged"] == "1250.00"
    assert by_form["discount"]["name"] == "Иванов Иван" and by_form["discount"]["percent"] == "50"
    assert by_form["discount"]["document"] == "Удостоверение № 1" and by_form["discount"]["days"] == "31"
    with env.engine.connect() as connection:
        benefit = connection.scalar(text("SELECT sum(benefit) FROM statement WHERE period = 202610"))
    assert Decimal(by_form["discount"]["amount"]) * 100 == benefit
    assert Decimal(by_form["compensation"]["amount"]) == Decimal(support.amounts(1)["waste", 2]) / 100


def test_a_month_that_is_not_calculated_has_no_file(env):
    with pytest.raises(StartksError, match="не рассчитан"):
        read(env, write_benefits)


def apply(env, **other):
    """A lone pensioner with 12 500 roubles, standard 4661, minimum 14 570, share 22 %."""
    values = {"working": 0, "pensioners": 1, "children": 0, "income": 12_500_00, "expense": 5_000_00} | other
    with env.sessions.begin() as session:
        return subsidy.apply(
            session, subsidy.Asked(1, 1, values.pop("applied_on", dt.date(2026, 9, 20)), **values), reason="Заявление", by=None
        )


@pytest.fixture
def standards(env):
    with env.engine.begin() as connection:
        connection.execute(text("""
            INSERT INTO subsidy_standard (municipality_id, members, value, valid, act_id) VALUES
              (1, 1, 4661, '[2020-01-01,)', 1), (1, 3, 3119.76, '[2020-01-01,)', 1)"""))
        connection.execute(text("""
            INSERT INTO parameter (code, value, valid, act_id) VALUES
              ('subsidy.max_share', 22, '[2020-01-01,)', 1), ('subsistence.pensioner', 12000, '[2020-01-01,)', 1),
              ('subsistence.working', 14100, '[2020-01-01,)', 1), ('subsistence.child', 14100, '[2020-01-01,)', 1)"""))


def row_of(env, number):
    with env.sessions() as session:
        return session.get(subsidy.Subsidy, number)


def test_a_subsidy_above_the_minimum_as_the_newspaper_counted_it(env, standards):
    """subsidy-01: 4661 − 12 500 × 22 % = 1911.00, applied on 20 September: October to March."""
    row = row_of(env, apply(env))
    assert (row.amount, row.month_from, row.month_to, row.state) == (1911_00, 202610, 202703, "applied")
    assert int(subsidy.explain(row).results["subsidy"]) == 1911_00


def test_a_subsidy_below_the_minimum_with_its_coefficient(env, standards):
    """subsidy-02: three people, 36 500 roubles, minimum 14 100: 2430.32."""
    row = row_of(env, apply(env, working=2, pensioners=0, children=1, income=36_500_00, expense=9_400_00))
    assert row.amount == 2430_32


def test_a_subsidy_never_above_the_expense(env, standards):
    assert row_of(env, apply(env, expense=1_000_00)).amount == 1000_00


def test_the_decision_the_file_and_the_end(env, standards):
    number = apply(env)
    assert read(env, write_subsidies) == []  # nobody has decided yet
    with env.sessions.begin() as session:
        subsidy.decide(session, number, granted=True, on=dt.date(2026, 9, 29), reason="Решение", document="№ 7", by=None)
    [row] = read(env, write_subsidies)
    assert list(row) == documented("## Субсидии месяца")
    assert (row["amount"], row["month_from"], row["month_to"], row["decision"]) == ("1911.00", "2026-10", "2027-03", "№ 7")
    assert read(env, write_subsidies, 202704) == [] and read(env, write_subsidies, 202609) == []
    second = apply(env, applied_on=dt.date(2026, 10, 2))
    with env.sessions() as session:
        with pytest.raises(StartksError, match="уже дана: с 10.2026 по 03.2027"):
            subsidy.decide(session, second, granted=True, on=dt.date(2026, 10, 9), reason="Решение", by=None)
        with pytest.raises(StartksError, match="уже принято"):
            subsidy.decide(session, number, granted=False, on=dt.date(2026, 10, 9), reason="Решение", by=None)
    with env.sessions.begin() as session:
        subsidy.stop(session, number, last_month=202611, reason="Переезд", by=None)
        subsidy.decide(session, second, granted=False, on=dt.date(2026, 10, 9), reason="Двойное", by=None)
    assert read(env, write_subsidies, 202611) and read(env, write_subsidies, 202612) == []
    with env.sessions() as session, pytest.raises(StartksError, match="Остановить можно"):
        subsidy.stop(session, second, last_month=202611, reason="Переезд", by=None)


def test_what_an_application_is_refused_for(env, standards):
    with pytest.raises(StartksError, match="никого"):
        apply(env, pensioners=0)
    with pytest.raises(StartksError, match="отрицательными"):
        apply(env, income=-1)
    with env.sessions() as session, pytest.raises(StartksError, match="не живёт"):
        subsidy.apply(session, subsidy.Asked(3, 3, dt.date(2026, 9, 1), 0, 1, 0, 100, 100), reason="Заявление", by=None)
    with pytest.raises(StartksError, match="Нет стандарта стоимости на 01.05.2019"), env.sessions() as session:
        subsidy.compute(session, subsidy.Asked(1, 1, dt.date(2019, 5, 1), 0, 1, 0, 100, 100))
    with env.engine.begin() as connection:
        connection.execute(text("DELETE FROM parameter WHERE code = 'subsistence.child'"))
    with pytest.raises(StartksError, match="прожиточный минимум детей"):
        apply(env, children=1)
    rich = apply(env, income=90_000_00)
    with env.sessions() as session, pytest.raises(StartksError, match="равна нулю"):
        subsidy.decide(session, rich, granted=True, on=dt.date(2026, 9, 29), reason="Решение", by=None)


def test_the_book_of_benefits_puts_services_of_the_same_terms_together(env):
    support = Support(env)
    support.category("off", {"maintenance": (50, "area"), "heating": (50, "area"), "waste": (30, "none")})
    with env.sessions() as session:
        area, whole = benefit_book(session, dt.date(2026, 11, 1))
        assert benefit_book(session, dt.date(2019, 1, 1)) == []
    assert (area["service"], area["percent"], area["bound"]) == ("Содержание жилья, Отопление", "50", "социальная норма площади")
    assert (whole["percent"], whole["form"], whole["covers"]) == ("30", "скидка в счёте", "самого льготника")
