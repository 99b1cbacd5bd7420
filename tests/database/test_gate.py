"""The gate before closing: every invariant broken alone is found, signatures hold for what was seen."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from startks.base.errors import StartksError
from startks.domain.ledger.invariants import INVARIANTS, TITLES
from startks.domain.periods import gate, services
from startks.modules.billing.rehearsal.causes import Cause
from startks.scripts import month
from tests.factories.month_life import (
    OCTOBER,
    REASON,
    SEPTEMBER,
    calculate,
    change,
    found_groups,
    red,
    rehearse,
    small_house,
)
from tests.factories.small_house import SERVICE


@pytest.fixture
def env(fresh_database):
    """The house with its meters; nothing is calculated yet."""
    with small_house(fresh_database) as env:
        yield env


ACCOUNT_1 = "period = 202610 AND account_id = 1 AND service_id = 1"
BROKEN = {
    "closing_formula": "ALTER TABLE statement DROP CONSTRAINT ck_statement_balance;"
                       f" UPDATE statement_202610 SET closing = closing + 1 WHERE {ACCOUNT_1}",
    "opening_chain": f"UPDATE statement SET opening = opening + 1, closing = closing + 1 WHERE {ACCOUNT_1}",
    "payments": "INSERT INTO payment (account_id, paid_on, amount, channel) VALUES (1, '2026-10-30', 500, 'bank')",
    "known_accounts": f"UPDATE statement SET account_id = 900 WHERE {ACCOUNT_1}",
    "every_account": "DELETE FROM statement WHERE period = 202610 AND account_id = 3;"
                     " DELETE FROM calculation_error WHERE period = 202610",
    "not_after_end": "UPDATE account SET closed_on = '2026-10-01' WHERE id = 3",
    "known_rule": f"UPDATE statement SET rule_id = 0 WHERE {ACCOUNT_1}",
    "negative": f"UPDATE statement SET volume = -1 WHERE {ACCOUNT_1}",
    "excess": f"UPDATE statement SET excess = charge + 1 WHERE {ACCOUNT_1}",
    "shares": "UPDATE house_rounding SET lines_amount = lines_amount + 1, remainder = remainder - 1"
              " WHERE period = 202610 AND service_id = (SELECT id FROM service WHERE code = 'heating')",
    "house_volumes": "UPDATE house_balance SET common_volume = common_volume + 1 WHERE period = 202610"
                     " AND has_meter AND service_id = (SELECT id FROM service WHERE code = 'cold_water')",
    "recalculations": f"UPDATE statement SET recalculation = 1, closing = closing + 1 WHERE {ACCOUNT_1}",
    "reductions": "INSERT INTO reduction (period, account_id, service_id, supplier_id, number, house_id, rule_id, cause, causes,"
                  " amount) SELECT period, account_id, service_id, supplier_id, 1, house_id, 1101, 'act', '{1}', -charge - 1"
                  f" FROM statement WHERE {ACCOUNT_1}",
    "benefits": "INSERT INTO benefit_amount (period, for_period, account_id, service_id, supplier_id, person_id, category_id,"
                " house_id, rule_id, is_discount, days, percent, base, amount) VALUES (202610, 202610, 1, 1, 1, 1, 1, 1, 1311,"
                " true, 31, 50000000, 100, 50)",
    "month_debts": f"UPDATE month_debt SET amount = amount + 100000000 WHERE {ACCOUNT_1}",
    "replayed": "UPDATE period SET state = 'closed' WHERE id = 202609;"
                " INSERT INTO fact_change (kind, subject_id, account_id, field, valid_from, valid_to, reason)"
                " VALUES ('account', 1, 1, 'residence', '2026-09-01', '2026-10-01', 'справка');"
                " INSERT INTO recalculation_mark (fact_change_id, account_id, period_from)"
                " SELECT max(id), 1, 202609 FROM fact_change",
    "remainder": "UPDATE house_rounding SET house_amount = house_amount + 50, remainder = remainder + 50"
                 " WHERE period = 202610 AND service_id = (SELECT id FROM service WHERE code = 'heating')",
    "errors": "INSERT INTO calculation_error (period, house_id, number, account_id, service_id, code, severity, detail)"
              " VALUES (202610, 1, 50, 1, 1, 'no_tariff', 'error', 'Нет тарифа')",
    "benefit": f"UPDATE statement SET benefit = charge + 1, closing = opening - 1 - paid WHERE {ACCOUNT_1}",
    "penalty": f"UPDATE statement SET penalty = -1, closing = closing - 1 WHERE {ACCOUNT_1}",
    "late_facts": "INSERT INTO fact_change (kind, subject_id, house_id, field, valid_from, reason)"
                  " VALUES ('house', 1, 1, 'house_area', '2026-10-01', 'протокол')",
    "previous_closed": "",
    "one_run": "INSERT INTO calculation_run (period) VALUES (202610)",
    "known_houses": f"UPDATE statement SET house_id = 900 WHERE {ACCOUNT_1}",
}
"""Name of an invariant → how it is broken. What else each of these breaks is named in ALSO."""
ALSO = {
    "known_accounts": {"opening_chain", "month_debts"},  # the moved line leaves its opening and its old months behind
    "every_account": {"opening_chain", "month_debts", "shares", "remainder"},
    "reductions": {"recalculations"},  # nothing was posted for it
    "benefit": {"month_debts", "benefits"},  # the line is made to owe less than its old months
    "known_houses": {"known_accounts", "opening_chain", "month_debts"},
}
ELSEWHERE = {"jumps", "unexplained", "partition"}
"""Tried by tests of their own."""


@pytest.fixture(scope="module")
def calculated(clone_database, engine):
    """September and October calculated; nothing but the month before, which is open, is wrong."""
    engine.dispose()
    with clone_database("gate") as url, small_house(url) as env:
        calculate(env, SEPTEMBER)
        calculate(env, OCTOBER)
        yield env


def test_every_invariant_is_tried():
    assert set(BROKEN) | ELSEWHERE == set(TITLES)


def asked(connection, period=OCTOBER):
    found = {**gate.check(connection, period, 0, 2**31 - 1), **gate.check_whole(connection, period)}
    return {name for name, (count, _) in found.items() if count}


@pytest.mark.parametrize("name", BROKEN)
def test_an_invariant_broken_alone_is_found_and_its_place_named(calculated, name):
    with calculated.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("CREATE TABLE IF NOT EXISTS rehearsal_row_202610 PARTITION OF rehearsal_row FOR VALUES IN (202610)"))
        assert asked(connection) == {"previous_closed"}
        connection.execute(text("DELETE FROM gate_finding"))
        for statement in filter(None, BROKEN[name].split(";")):
            connection.execute(text(statement))
        found = asked(connection)
        assert name in found
        assert found - {"previous_closed", name} <= ALSO.get(name, set())
        places = connection.execute(text("SELECT detail FROM gate_finding WHERE name = :name"), {"name": name}).scalars().all()
        assert places and all(places)
        transaction.rollback()


def test_a_jump_of_consumption_and_a_change_nobody_explains_are_found(env):
    calculate(env, SEPTEMBER)
    change(env, "UPDATE reading SET value = 1052370000 WHERE meter_id = 1 AND day = '2026-10-20'")  # 105.237 → 1052.37
    rehearse(env, OCTOBER)
    assert red(env)["jumps"] == 2  # the water, and the sewerage that follows it
    assert found_groups(env)[Cause.JUMP]["accounts"] == 1
    change(env, "UPDATE statement SET charge = charge + 20000, closing = closing + 20000 WHERE period = 202610"
                " AND account_id = 3 AND service_id = :s", s=SERVICE["maintenance"])
    month.rehearse(env, OCTOBER, processes=1)
    assert red(env)["unexplained"] == 1
    assert found_groups(env)[Cause.UNEXPLAINED]["change"] == 20000


def test_a_signature_needs_a_reason_and_holds_only_for_what_was_seen(env):
    change(env, "DELETE FROM tariff WHERE service_id = :s", s=SERVICE["waste"])
    rehearse(env, SEPTEMBER)
    with env.sessions.begin() as session:
        with pytest.raises(StartksError, match="причину"):
            services.sign(session, SEPTEMBER, "errors", "  да ", None)
        with pytest.raises(StartksError, match="нечего"):
            services.sign(session, SEPTEMBER, "closing_formula", REASON, None)
        services.sign(session, SEPTEMBER, "errors", REASON, None)
    rehearse(env, SEPTEMBER)  # the same errors: the signature holds
    with env.sessions() as session:
        line = next(line for line in gate.state(session, SEPTEMBER) if line.name == "errors")
        assert line.passed and line.reason == REASON
    change(env, "DELETE FROM tariff WHERE service_id = :s", s=SERVICE["heating"])
    change(env, "DELETE FROM tariff WHERE service_id = :s", s=SERVICE["rent"])
    change(env, "DELETE FROM tariff WHERE service_id = :s", s=SERVICE["maintenance"])
    rehearse(env, SEPTEMBER)
    with pytest.raises(StartksError, match="Все строки рассчитаны"):
        month.close(env, SEPTEMBER, processes=1)


def test_what_must_hold_cannot_be_signed(env):
    calculate(env, SEPTEMBER)
    rehearse(env, OCTOBER)
    with env.sessions.begin() as session, pytest.raises(StartksError, match="не подписывается"):
        services.sign(session, OCTOBER, "previous_closed", REASON, None)


def test_invariants_return_nothing_of_houses_out_of_their_range(calculated):
    with calculated.engine.connect() as connection:
        found = gate.check(connection, OCTOBER, 5000, 6000, keep=False)
    assert {name for name, (count, _) in found.items() if count} == set()
    assert set(found) == {item.name for item in INVARIANTS}
