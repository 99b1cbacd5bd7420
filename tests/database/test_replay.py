"""Replay on the house that is calculated by hand: a fact learned late goes into the open month, closed months stand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import text

from startks.domain.accounts.models import Residence
from startks.domain.facts import services as facts
from startks.domain.periods.verify import verify
from startks.domain.territory.models import HouseArea, PremiseArea
from startks.modules.billing.explain import explain_line
from startks.modules.billing.receipts import receipts_of_house
from startks.modules.billing.replay.queries import of_line
from startks.modules.billing.replay.services import look, replay
from startks.scripts.period import CONSUMPTION
from startks.scripts.replay import told
from tests.factories.month_life import NOVEMBER, OCTOBER, SEPTEMBER, calculate, change, close, scalar, small_house
from tests.factories.small_house import HOUSE

FLAT = HOUSE.accounts[0]


@pytest.fixture
def env(fresh_database):
    """September and October are closed, November is open."""
    with small_house(fresh_database) as env:
        close(env, SEPTEMBER)
        close(env, OCTOBER)
        yield env


def measure_again(env, area="52", since=dt.date(2026, 9, 1), reason="Обмер"):
    """The first flat turns out to have another area."""
    with env.sessions.begin() as session:
        return facts.change(
            session, PremiseArea, {"premise_id": 1}, {"total_area": Decimal(area)}, valid_from=since, reason=reason,
            document="Протокол 7", by=None, correct=True,
        )


def posted(env, period=NOVEMBER):
    """Differences by closed month and service."""
    with env.engine.connect() as connection:
        return {
            (row.for_period, row.code): row
            for row in connection.execute(
                text("""SELECT r.*, s.code FROM recalculation r JOIN service s ON s.id = r.service_id
                         WHERE r.period = :period ORDER BY r.for_period, s.position"""),
                {"period": period},
            )
        }


def run_replay(env, accounts=None):
    with env.engine.begin() as connection:
        return replay(connection, CONSUMPTION, accounts)


def test_two_square_metres_more_are_charged_for_both_closed_months(env):
    measure_again(env)
    answer = run_replay(env)
    assert (answer.period, answer.months, answer.accounts) == (NOVEMBER, 2, 1)
    rows = posted(env)
    for month in (SEPTEMBER, OCTOBER):
        assert rows[month, "maintenance"].amount == 2 * 25_00
        assert rows[month, "capital_repair"].amount == 2 * 10_00
        assert (rows[month, "maintenance"].charged, rows[month, "maintenance"].computed) == (1250_00, 1300_00)
        assert rows[month, "maintenance"].reason == "Обмер, Протокол 7"
    assert (OCTOBER, "cold_water") not in rows  # by meter: the area does not matter
    assert {row.account_id for row in rows.values()} == {FLAT}
    assert answer.amount == sum(row.amount for row in rows.values())


def test_what_is_posted_is_what_the_explanation_of_the_closed_month_gives(env):
    measure_again(env)
    run_replay(env)
    with env.engine.connect() as connection:
        for (month, code), row in posted(env).items():
            told = explain_line(connection, row.account_id, month, code, CONSUMPTION)
            assert (told.charge, told.charged) == (row.computed, row.charged)


def test_the_open_month_carries_the_differences_and_closed_months_stand(env):
    before = scalar(env, "SELECT md5(string_agg(s::text, '' ORDER BY s.account_id, s.service_id, s.period))"
                         " FROM statement s WHERE period < 202611")
    measure_again(env)
    amount = run_replay(env).amount
    calculate(env, NOVEMBER)
    assert scalar(env, "SELECT sum(recalculation) FROM statement WHERE period = 202611") == amount
    assert scalar(env, "SELECT sum(recalculation) FROM statement WHERE period = 202611 AND account_id = 1") == amount
    # what else November adds are the penalties on September, unpaid since its due day
    assert scalar(env, "SELECT sum(closing - opening - charge - penalty + paid) FROM statement WHERE period = 202611") == amount
    close(env, NOVEMBER)
    assert list(verify(env.engine, [SEPTEMBER, OCTOBER, NOVEMBER])) == []
    assert before == scalar(env, "SELECT md5(string_agg(s::text, '' ORDER BY s.account_id, s.service_id, s.period))"
                                 " FROM statement s WHERE period < 202611")


def test_looking_writes_nothing(env):
    measure_again(env)
    with env.engine.connect() as connection:
        assert look(connection, CONSUMPTION).rows.height > 0
    assert posted(env) == {}
    assert scalar(env, "SELECT count(*) FROM recalculation_mark WHERE done_at IS NOT NULL") == 0


def test_an_unchanged_month_gives_nothing_and_a_second_replay_adds_nothing(env):
    assert run_replay(env).rows.height == 0
    measure_again(env)
    first = run_replay(env)
    rows = {key: row.amount for key, row in posted(env).items()}
    again = run_replay(env)
    assert first.rows.height > 0 and again.rows.height == 0
    assert {key: row.amount for key, row in posted(env).items()} == rows


def test_a_second_correction_in_the_same_open_month_replaces_the_first_and_names_both(env):
    measure_again(env)
    run_replay(env)
    measure_again(env, "51", reason="Повторный обмер")
    run_replay(env)
    row = posted(env)[OCTOBER, "maintenance"]
    assert row.amount == 25_00
    assert row.reason == "Обмер, Протокол 7; Повторный обмер, Протокол 7"


def test_a_correction_taken_back_leaves_nothing(env):
    measure_again(env)
    run_replay(env)
    measure_again(env, "50", reason="Ошибка обмера")
    run_replay(env)
    assert posted(env) == {}


def test_a_difference_posted_earlier_is_not_posted_again_next_month(env):
    measure_again(env)
    run_replay(env)
    close(env, NOVEMBER)
    measure_again(env, "53", reason="Третий обмер")
    run_replay(env)
    rows = posted(env, 202612)
    assert rows[OCTOBER, "maintenance"].amount == 25_00
    assert rows[OCTOBER, "maintenance"].charged == 1300_00
    assert rows[NOVEMBER, "maintenance"].amount == 25_00  # November itself was calculated with 52 m² already


def test_residents_who_came_earlier_pay_by_norm_from_their_day(env):
    """Flat 2 has no meters: its resident came on 11 September and not on 11 October."""
    with env.sessions.begin() as session:
        facts.change(
            session, Residence, {"account_id": 2, "person_id": 2}, {}, valid_from=dt.date(2026, 9, 11),
            valid_to=dt.date(2026, 10, 11), reason="Акт о проживающих", by=None,
        )
    run_replay(env)
    assert posted(env), "person-days of September and October changed"
    assert {row.account_id for row in posted(env).values()} == {2}


def test_a_missing_tariff_of_the_past_gives_nothing_back(env):
    change(env, "DELETE FROM tariff WHERE service_id = (SELECT id FROM service WHERE code = 'maintenance')")
    measure_again(env)
    answer = run_replay(env)
    assert (OCTOBER, "maintenance") not in posted(env)
    assert answer.failed.height == 2


def test_a_house_fact_touches_every_account_of_the_house(env):
    with env.sessions.begin() as session:
        facts.change(
            session, HouseArea, {"house_id": 1}, {"common_area": Decimal("40")}, valid_from=dt.date(2026, 10, 1),
            reason="Техпаспорт", by=None, correct=True,
        )
    run_replay(env)
    rows = posted(env)
    assert {month for month, _code in rows} == {OCTOBER}
    assert {code for _month, code in rows} >= {"soi_electricity"}


def test_the_command_says_what_changed_and_why(env):
    measure_again(env)
    with env.engine.begin() as connection:
        answer = replay(connection, CONSUMPTION)
        lines = told(connection, answer)
    first = lines[0].replace("\N{NO-BREAK SPACE}", " ")
    assert first.startswith("100001  2026-09  Содержание")
    assert first.endswith(": 1 250,00 → 1 300,00 ₽ (50,00); Обмер, Протокол 7")


def test_the_bill_says_for_which_months_and_why(env):
    measure_again(env)
    run_replay(env)
    calculate(env, NOVEMBER)
    with env.engine.connect() as connection:
        receipt = receipts_of_house(connection, HOUSE.house, NOVEMBER, accounts=[FLAT])[0]
        lines = of_line(connection, FLAT, NOVEMBER, "maintenance")
    grounds = {row.service: row for row in receipt.recalculations}
    told = grounds[next(name for name in grounds if name.startswith("Содержание"))]
    assert (told.amount, told.ground) == (2 * 50_00, "За сентябрь 2026 — октябрь 2026: Обмер, Протокол 7.")
    assert sum(row.amount for row in receipt.recalculations) == sum(line.recalculation for line in receipt.lines)
    assert [(row.for_period, row.charged, row.computed) for row in lines] == [
        (SEPTEMBER, 1250_00, 1300_00), (OCTOBER, 1250_00, 1300_00)]
