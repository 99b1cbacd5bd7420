"""The month's life on PostgreSQL: guards, seals, causes, and what a superuser cannot hide."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.domain.periods import services
from startks.domain.periods.verify import verify
from startks.framework.jobs.inline import Workers
from startks.modules.billing.calculation import run
from startks.modules.billing.rehearsal import closing
from startks.modules.billing.rehearsal import tasks as rehearsal
from startks.modules.billing.rehearsal.causes import Cause
from startks.modules.billing.rehearsal.whatif import Change, start_whatif
from startks.scripts import month
from startks.scripts.period import CONSUMPTION, SAVE
from tests.factories.month_life import (
    NOVEMBER,
    OCTOBER,
    REASON,
    SEPTEMBER,
    as_superuser,
    calculate,
    change,
    close,
    found_groups,
    red,
    rehearse,
    scalar,
    small_house,
)
from tests.factories.small_house import HOUSE, SERVICE


@pytest.fixture
def env(fresh_database):
    """The house with its meters; nothing is calculated yet."""
    with small_house(fresh_database) as env:
        yield env


# Life


def test_a_month_is_opened_rehearsed_closed_and_the_next_one_opened(env):
    change(env, "DELETE FROM period WHERE id = 202611")
    totals = close(env, SEPTEMBER)
    assert totals["lines"] == scalar(env, "SELECT count(*) FROM statement WHERE period = 202609")
    close(env, OCTOBER)
    assert scalar(env, "SELECT state FROM period WHERE id = 202610") == "closed"
    assert scalar(env, "SELECT state FROM period WHERE id = 202611") == "open"
    assert scalar(env, "SELECT to_regclass('statement_202611') IS NOT NULL")
    with env.sessions() as session:
        assert services.current_period(session) == NOVEMBER
        assert services.is_closed(session, OCTOBER) and not services.is_closed(session, NOVEMBER)
    first, second = env.engine.connect().execute(text("SELECT hash, previous_hash FROM period WHERE hash IS NOT NULL ORDER BY id"))
    assert bytes(second.previous_hash) == bytes(first.hash)
    calculate(env, NOVEMBER)  # its opening is what October left
    assert scalar(env, "SELECT sum(opening) FROM statement WHERE period = 202611") == scalar(
        env, "SELECT sum(closing) FROM statement WHERE period = 202610")


def test_months_are_opened_one_after_another(env):
    with env.sessions.begin() as session:
        with pytest.raises(StartksError, match="уже есть"):
            services.open_period(session, NOVEMBER)
        with pytest.raises(StartksError, match="подряд"):
            services.open_period(session, 202701)
        services.open_period(session, 202612)
        services.open_period(session, 202608)
    close(env, 202608)
    with env.sessions.begin() as session, pytest.raises(StartksError, match="Перед закрытым"):
        services.open_period(session, 202607)


def test_a_closed_month_is_calculated_rehearsed_and_closed_no_more(env):
    close(env, SEPTEMBER)
    for again in (calculate, lambda env, period: month.rehearse(env, period, processes=1),
                  lambda env, period: month.close(env, period, processes=1)):
        with pytest.raises(StartksError, match="закрыт"):
            again(env, SEPTEMBER)
    with pytest.raises(StartksError, match="закрыт"), env.engine.begin() as connection:
        run.recalculate_house(connection, env.database_url, SEPTEMBER, HOUSE.house, CONSUMPTION, SAVE)


def test_a_new_calculation_makes_the_rehearsal_stale(env):
    rehearse(env, OCTOBER)
    assert scalar(env, "SELECT state FROM period WHERE id = 202610") == "rehearsed"
    with env.engine.begin() as connection:
        run.recalculate_house(connection, env.database_url, OCTOBER, HOUSE.house, CONSUMPTION, SAVE)
    assert scalar(env, "SELECT state FROM period WHERE id = 202610") == "open"
    with pytest.raises(StartksError, match="не отрепетирован"):
        month.close(env, OCTOBER, processes=1)


def test_a_rehearsal_overtaken_by_a_calculation_does_not_count(env):
    calculate(env, OCTOBER)
    with env.sessions.begin() as session:
        job = rehearsal.start_rehearsal(session, OCTOBER)
    calculate(env, OCTOBER)
    with pytest.raises(StartksError, match="рассчитали заново"):
        month.run_job(env, job, None, 1)
    assert scalar(env, "SELECT state FROM period WHERE id = 202610") == "open"
    assert not scalar(env, "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname ~ 'rehearsal_row_\\d+_r')")


def test_months_are_closed_in_their_order(env):
    calculate(env, SEPTEMBER)
    rehearse(env, OCTOBER)
    assert red(env)["previous_closed"] == 1
    with pytest.raises(StartksError, match="Прошлый месяц закрыт"):
        month.close(env, OCTOBER, processes=1)


def test_a_month_that_is_being_closed_refuses_work_and_survives_a_lost_closing(env):
    rehearse(env, SEPTEMBER)
    month.sign_all(env, SEPTEMBER, REASON)
    with env.sessions.begin() as session:
        job = closing.start_closing(session, SEPTEMBER)
    with pytest.raises(StartksError, match="закрывается"):
        calculate(env, SEPTEMBER)
    with pytest.raises(DBAPIError, match="being closed"):
        change(env, "UPDATE statement SET volume = 0 WHERE period = 202609")
    with env.sessions.begin() as session, pytest.raises(StartksError, match="уже закрывается"):
        closing.start_closing(session, SEPTEMBER)
    # its worker is gone for good: the job is stopped, the next closing goes on from a clean slate
    change(env, "UPDATE job SET state = 'failed' WHERE id = :job", job=job)
    month.close(env, SEPTEMBER, processes=1)
    assert list(verify(env.engine, [SEPTEMBER])) == []


def test_what_changes_between_rehearsal_and_closing_stops_the_closing(env):
    calculate(env, SEPTEMBER)
    rehearse(env, SEPTEMBER)
    month.sign_all(env, SEPTEMBER, REASON)
    change(env, "UPDATE statement SET penalty = -100, closing = closing - 100 WHERE period = 202609 AND account_id = 1"
                " AND service_id = :s", s=SERVICE["maintenance"])
    with pytest.raises(StartksError, match="После репетиции изменились данные"):
        month.close(env, SEPTEMBER, processes=1)
    assert scalar(env, "SELECT frozen_at IS NULL AND state = 'rehearsed' FROM period WHERE id = 202609")
    assert scalar(env, "SELECT count(*) FROM period_seal") == 0


# Guards


@pytest.mark.parametrize("statement", [
    "INSERT INTO statement SELECT period, account_id, service_id, 77, house_id, rule_id, volume, tariff, opening, charge,"
    " excess, recalculation, benefit, penalty, paid, closing FROM statement WHERE period = 202609 LIMIT 1",
    "UPDATE statement SET volume = volume + 1 WHERE period = 202609",
    "UPDATE statement_202609 SET volume = volume + 1",
    "DELETE FROM statement WHERE period = 202609",
    "UPDATE house_balance SET persons = 0 WHERE period = 202609",
    "DELETE FROM calculation_error WHERE period = 202609",
    "INSERT INTO meter_estimate (period, meter_id, zone, basis, months_in_row, volume) VALUES (202609, 1, 0, 'norm', 1, 0)",
    "INSERT INTO payment (account_id, paid_on, period, amount, channel) VALUES (1, '2026-09-05', 202609, 100, 'cash')",
    "UPDATE payment SET amount = 1 WHERE period = 202609",
    "DELETE FROM payment WHERE period = 202609",
    "TRUNCATE statement_202609", "TRUNCATE statement", "TRUNCATE payment", "TRUNCATE period CASCADE",
    "TRUNCATE meter_estimate",
    "DROP TABLE statement_202609", "ALTER TABLE statement DETACH PARTITION statement_202609",
    "UPDATE period SET state = 'open' WHERE id = 202609", "DELETE FROM period WHERE id = 202609",
    "UPDATE period_seal SET rows = 0", "DELETE FROM period_seal", "TRUNCATE period_seal",
    "UPDATE gate_signature SET reason = 'другая причина'", "DELETE FROM gate_signature",
    "DELETE FROM gate_check WHERE period = 202609", "DELETE FROM rehearsal_group WHERE period = 202609",
])  # fmt: skip
def test_the_data_base_refuses_every_change_of_a_closed_month(closed, statement):
    with pytest.raises(DBAPIError, match="is refused"):
        change(closed, statement)


@pytest.fixture(scope="module")
def closed(clone_database, engine):
    """September closed, with one payment; October calculated. Tests change it only to see that they may not."""
    engine.dispose()
    with clone_database("closed") as url, small_house(url) as env:
        change(env, "INSERT INTO payment (account_id, paid_on, amount, channel) VALUES (1, '2026-09-05', 12300, 'cash')")
        change(env, "DELETE FROM tariff WHERE service_id = :s", s=SERVICE["waste"])  # errors to be signed for
        rehearse(env, SEPTEMBER)
        month.sign_all(env, SEPTEMBER, REASON)
        change(env, "INSERT INTO rehearsal_group VALUES (202609, 10, 0, 1, 1, 1, 1)")
        change(env, "INSERT INTO calculation_error (period, house_id, number, code, severity, detail)"
                    " VALUES (202609, 1, 99, 'x', 'warning', 'x')")
        month.close(env, SEPTEMBER, processes=1)
        calculate(env, OCTOBER)
        yield env


def test_an_open_month_is_worked_in_beside_a_closed_one(closed):
    change(closed, "UPDATE statement SET volume = volume WHERE period = 202610")
    calculate(closed, OCTOBER)


def test_money_of_a_closed_month_goes_to_the_open_one(closed):
    change(closed, "INSERT INTO payment (account_id, paid_on, amount, channel) VALUES (2, '2026-09-30', 500, 'bank')")
    assert scalar(closed, "SELECT period FROM payment WHERE account_id = 2") == OCTOBER
    change(closed, "DELETE FROM payment WHERE account_id = 2")


# Verify


TAMPERED = [
    ("UPDATE statement SET charge = charge + 1, closing = closing + 1 WHERE period = 202609 AND account_id = 2 AND service_id = 1",
     "changed", "statement", "2.1."),
    ("UPDATE statement SET tariff = tariff + 1 WHERE period = 202609 AND account_id = 3 AND service_id = 1",
     "changed", "statement", "3.1."),
    ("DELETE FROM statement WHERE period = 202609 AND account_id = 1 AND service_id = 1", "gone", "statement", "1.1."),
    ("INSERT INTO statement SELECT period, account_id, service_id, 77, house_id, rule_id, volume, tariff, opening, charge,"
     " excess, recalculation, benefit, penalty, paid, closing FROM statement WHERE period = 202609 AND account_id = 1"
     " AND service_id = 1", "added", "statement", "1.1.77"),
    ("UPDATE payment SET amount = amount + 1 WHERE period = 202609", "changed", "payment", "1"),
    ("UPDATE house_balance SET common_volume = common_volume + 1 WHERE period = 202609 AND service_id = 9", "changed",
     "house_balance", "1.9"),
    ("DELETE FROM calculation_error WHERE period = 202609 AND number = 1", "gone", "calculation_error", "1.1"),
    ("UPDATE meter_estimate SET volume = volume + 1 WHERE period = 202609 AND meter_id = 1", "changed", "meter_estimate", "1.0"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "what", "table", "key"), TAMPERED)
def test_verify_names_what_a_superuser_changed(closed, statement, what, table, key):
    assert list(verify(closed.engine, [SEPTEMBER])) == []
    with closed.engine.connect() as connection:
        saved = connection.execute(text(f"SELECT * FROM {table} WHERE period = 202609")).mappings().all()
    as_superuser(closed, statement)
    try:
        [fault] = verify(closed.engine, [SEPTEMBER])
        assert (fault.period, fault.what, fault.table) == (SEPTEMBER, what, table)
        assert fault.key.startswith(key)
    finally:
        as_superuser(closed, f"DELETE FROM {table} WHERE period = 202609")
        for row in saved:
            columns = ", ".join(row)
            as_superuser(closed, f"INSERT INTO {table} ({columns}) VALUES ({', '.join(':' + name for name in row)})", **row)
    assert list(verify(closed.engine, [SEPTEMBER])) == []


def test_verify_sees_through_seals_written_anew(closed):
    """Who changes a row and its seal too breaks the hash of the month."""
    as_superuser(closed, "UPDATE period_seal SET sha256 = sha256('x') WHERE table_name = 'house_balance'")
    try:
        faults = list(verify(closed.engine, [SEPTEMBER]))
        assert {fault.what for fault in faults} == {"chain", "block"}
    finally:
        as_superuser(closed, """
            UPDATE period_seal SET sha256 = (SELECT sha256(convert_to(string_agg(concat_ws(chr(31), house_id, service_id,
                   house_volume, has_meter::int, metered_volume, norm_volume, nonresidential_volume, common_volume,
                   total_area, common_area, cut_off_area, persons), chr(10) ORDER BY service_id), 'UTF8'))
              FROM house_balance WHERE period = 202609) WHERE table_name = 'house_balance'""")
    assert list(verify(closed.engine, [SEPTEMBER])) == []


def test_verify_names_a_table_and_a_guard_that_are_gone(closed):
    change(closed, "ALTER EVENT TRIGGER closed_month_not_detached DISABLE")
    change(closed, "ALTER TABLE statement DETACH PARTITION statement_202609")
    change(closed, "ALTER TABLE payment DISABLE TRIGGER payment_closed_period")
    try:
        assert {(fault.what, fault.table) for fault in verify(closed.engine, [SEPTEMBER])} == {
            ("missing", "statement"), ("trigger", "payment")}
    finally:
        change(closed, "ALTER TABLE payment ENABLE TRIGGER payment_closed_period")
        change(closed, "ALTER TABLE statement ATTACH PARTITION statement_202609 FOR VALUES IN (202609)")
        change(closed, "ALTER EVENT TRIGGER closed_month_not_detached ENABLE")


# The rehearsal: causes


def test_the_parts_of_the_causes_sum_to_the_whole_change(env):
    change(env, "UPDATE tariff SET valid = '[2020-01-01,2026-10-01)' WHERE service_id = :s", s=SERVICE["maintenance"])
    change(env, "INSERT INTO tariff (municipality_id, service_id, value, valid, act_id) VALUES (1, :s, 30, '[2026-10-01,)', 1)",
           s=SERVICE["maintenance"])
    change(env, "UPDATE norm SET valid = '[2020-01-01,2026-10-01)' WHERE service_id = :s", s=SERVICE["waste"])
    change(env, "INSERT INTO norm (municipality_id, service_id, purpose, value, unit, valid, act_id)"
                " VALUES (1, :s, 'individual', 0.1, 'ед.', '[2026-10-01,)', 1)", s=SERVICE["waste"])
    calculate(env, SEPTEMBER)
    rehearse(env, OCTOBER)
    found = found_groups(env)
    whole = scalar(env, "SELECT sum(CASE period WHEN 202610 THEN 1 ELSE -1 END * (charge + recalculation + penalty - benefit))"
                        " FROM statement WHERE period IN (202609, 202610)")
    assert sum(row["change"] for row in found.values()) == whole
    assert found[Cause.TARIFF]["change"] == 150 * 500  # 150 m² × 5 ₽
    assert found[Cause.TARIFF]["accounts"] == 3
    assert found[Cause.NORM]["accounts"] == 3 and found[Cause.NORM]["houses"] == 1
    assert found[Cause.RESIDENTS]["accounts"] == 1  # flat 2 from 11 October
    assert found[Cause.SEASON]["accounts"] == 3
    rows = scalar(env, "SELECT count(*) FROM rehearsal_row WHERE period = 202610 AND cause = :c", c=int(Cause.TARIFF))
    assert rows == 3
    assert Cause.UNEXPLAINED not in found


def test_a_meter_without_a_reading_is_named(env):
    calculate(env, OCTOBER)
    calculate(env, NOVEMBER)
    month.rehearse(env, NOVEMBER, processes=1)
    found = found_groups(env, NOVEMBER)
    assert found[Cause.NO_READING_NORM]["accounts"] == 1


def test_two_processes_rehearse_and_close_as_one_does(env):
    calculate(env, SEPTEMBER)
    rehearse(env, OCTOBER)
    one = (month.groups(env, OCTOBER), red(env))
    month.rehearse(env, OCTOBER, processes=2)
    assert (month.groups(env, OCTOBER), red(env)) == one


def write_down(session, event):
    """A subscriber; what it writes stands or falls with what it heard of."""
    session.execute(text("INSERT INTO heard VALUES (:name, :period)"), {"name": type(event).__name__, "period": event.period})


@pytest.mark.parametrize("processes", [1, 2])
def test_the_closing_of_a_command_is_told_wherever_it_is_done(env, processes):
    change(env, "CREATE TABLE heard (name text, period int)")
    rehearse(env, SEPTEMBER)
    month.sign_all(env, SEPTEMBER, REASON)
    with Workers(env.database_url, processes, events=write_down) as workers:
        month.close(env, SEPTEMBER, workers=workers)
    with env.engine.connect() as connection:
        assert connection.execute(text("SELECT name, period FROM heard")).all() == [("PeriodClosed", SEPTEMBER)]


# What if


def test_what_if_answers_to_the_kopeck_and_leaves_no_trace(env):
    calculate(env, OCTOBER)
    traces = """SELECT md5(string_agg(t, '|' ORDER BY t)) FROM (
                    SELECT z::text AS t FROM statement z UNION ALL SELECT e::text FROM meter_estimate e
                    UNION ALL SELECT x::text FROM tariff x UNION ALL SELECT n::text FROM norm n
                    UNION ALL SELECT p::text FROM period p UNION ALL SELECT r::text FROM calculation_run r
                    UNION ALL SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') UNION ALL SELECT j::text FROM job j) x"""
    before = scalar(env, traces)
    answer = month.what_if(env, OCTOBER, (Change("tariff", "maintenance", percent="10"),), processes=1)
    assert answer["whole"]["change"] == 150 * 250  # 150 m² × 2.50 ₽
    assert [row["change"] for row in answer["largest"]] == [15000, 12500, 10000]
    assert scalar(env, traces) == before
    norm = month.what_if(env, OCTOBER, (Change("norm", "waste", value="0.182"),), processes=1)
    waste = scalar(env, "SELECT sum(charge) FROM statement WHERE period = 202610 AND service_id = :s", s=SERVICE["waste"])
    assert abs(norm["whole"]["change"] - waste) <= 3  # twice the norm, rounded by three lines
    assert scalar(env, traces) == before


@pytest.mark.parametrize(("supposed", "sentence"), [
    (Change("tariff", "moonlight", percent="1"), "не подключена"),
    (Change("tariff", "maintenance"), "что-нибудь одно"),
    (Change("tariff", "maintenance", value="-1"), "отрицательными"),
    (Change("norm", "waste", percent="-101"), "процентах"),
])  # fmt: skip
def test_senseless_questions_are_refused(env, supposed, sentence):
    with env.sessions() as session, pytest.raises(StartksError, match=sentence):
        start_whatif(session, OCTOBER, (supposed,), consumption=None)


def test_the_seeded_past_is_closed_without_a_rehearsal_but_not_without_the_gate(env):
    calculate(env, SEPTEMBER)
    month.close(env, SEPTEMBER, processes=1, history=REASON)
    assert list(verify(env.engine, [SEPTEMBER])) == []
    calculate(env, OCTOBER)
    change(env, "UPDATE statement SET opening = opening + 1, closing = closing + 1 WHERE period = 202610 AND account_id = 1"
                " AND service_id = 1")
    with pytest.raises(StartksError, match="Входящее сальдо"):
        month.close(env, OCTOBER, processes=1, history=REASON)
    with Session(env.engine) as session:
        assert not services.is_closed(session, OCTOBER)


def test_a_closing_waits_for_whoever_is_writing_and_says_so(env):
    rehearse(env, SEPTEMBER)
    month.sign_all(env, SEPTEMBER, REASON)
    with env.engine.connect() as writer, writer.begin() as unfinished:
        writer.execute(text("INSERT INTO payment (account_id, paid_on, amount, channel) VALUES (1, '2026-09-30', 1, 'bank')"))
        with env.sessions.begin() as session:
            session.execute(text("SET LOCAL lock_timeout = '200ms'"))
            with pytest.raises(StartksError, match="сейчас пишут"):
                closing.start_closing(session, SEPTEMBER)
        unfinished.commit()
    assert scalar(env, "SELECT frozen_at IS NULL FROM period WHERE id = 202609")
    with pytest.raises(StartksError, match="изменились данные"):  # the payment is in no line of the month
        month.close(env, SEPTEMBER, processes=1)


def test_of_two_closers_one_closes(env):
    rehearse(env, SEPTEMBER)
    month.sign_all(env, SEPTEMBER, REASON)
    first, second = env.sessions(), env.sessions()
    refused = []

    def late():
        with second, second.begin():
            try:
                closing.start_closing(second, SEPTEMBER)
            except StartksError as error:
                refused.append(error.message)

    with first, first.begin():
        job = closing.start_closing(first, SEPTEMBER)
        thread = threading.Thread(target=late)
        thread.start()
        time.sleep(0.5)  # the second one waits for the row of the month
    thread.join()
    assert len(refused) == 1 and "уже закрывается" in refused[0]
    closing.register()
    assert month.run_job(env, job, None, 1)["hash"]
    assert list(verify(env.engine, [SEPTEMBER])) == []
