"""Facts that cannot be true: the account or house gets an error with a way out, the rest is computed, the gate lists it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.factories.month_life import OCTOBER, calculate, change, rehearse, small_house
from tests.factories.small_house import SERVICE

pytestmark = pytest.mark.integration

WATER, WASTE, HEAT = SERVICE["cold_water"], SERVICE["waste"], SERVICE["heating"]


@pytest.fixture
def env(fresh_database):
    """The house with its meters; nothing is calculated yet."""
    with small_house(fresh_database) as env:
        yield env


def errors(env):
    """(code, account, service) → what is told."""
    with env.engine.connect() as connection:
        return {(row.code, row.account_id, row.service_id): row.detail for row in connection.execute(
            text("SELECT * FROM calculation_error WHERE period = :period"), {"period": OCTOBER})}


def charges(env):
    """(account, service) → kopecks."""
    with env.engine.connect() as connection:
        return {(row.account_id, row.service_id): row.charge for row in connection.execute(
            text("SELECT * FROM statement WHERE period = :period"), {"period": OCTOBER})}


def at_the_gate(env):
    """What the gate says of the lines that were not computed."""
    with env.engine.connect() as connection:
        return set(connection.execute(
            text("SELECT detail FROM gate_finding WHERE period = :period AND name = 'errors'"), {"period": OCTOBER}).scalars())


@pytest.fixture
def sound(env):
    """The month of the house as it is."""
    calculate(env, OCTOBER)
    return charges(env)


CASES = {
    "no tariff": (
        ["DELETE FROM tariff WHERE service_id = :waste"],
        {("no_tariff", account, WASTE): "внесите его в справочник «Тарифы»" for account in (1, 2, 3)}, {WASTE}),
    "no norm": (
        ["DELETE FROM norm WHERE service_id = :waste"],
        {("no_norm", account, WASTE): "справочник «Нормативы»" for account in (1, 2, 3)}, {WASTE}),
    "areas that do not sum": (
        ["UPDATE house_area SET total_area = 200, residential_area = 200"],
        {("areas_differ", None, None): "Площадь дома 200,00 м², а его помещений вместе 150,00 м²"}, None),
    "a house heat meter below its flats": (
        ["INSERT INTO meter (house_id, account_id, service_id, serial, installed_on) VALUES (1, 1, :heat, 'T', '2020-01-01')",
         "INSERT INTO reading (meter_id, zone, day, value) VALUES (6, 0, '2026-09-20', 0), (6, 0, '2026-10-20', 9000000)"],
        {("house_meter_below_flats", None, HEAT): "счётчик"}, {HEAT}),
    "a meter without readings for years": (
        ["DELETE FROM reading WHERE meter_id = 1",
         "INSERT INTO reading (meter_id, zone, day, value) VALUES (1, 0, '2025-01-20', 1000000)",
         "INSERT INTO meter_estimate (period, meter_id, zone, basis, months_in_row, volume)"
         " VALUES (202609, 1, 0, 'norm', 30, 4250000)"],
        {("silent_meter", 1, WATER): "31 месяцев подряд"}, None),
    "a way of computing that nobody knows": (
        ["UPDATE house_service SET method = 'magic' WHERE service_id = :waste"],
        {("method_unfit", None, WASTE): "Способ расчёта «magic» не подходит"}, {WASTE}),
    "water by area": (
        ["UPDATE house_service SET method = 'area' WHERE service_id = :water"],
        {("method_unfit", None, WATER): "«area» не подходит"}, None),
    "heat by the flats' water meters": (
        ["UPDATE house_service SET method = 'individual' WHERE service_id = :heat"],
        {("method_unfit", None, HEAT): "«individual» не подходит"}, {HEAT}),
    "more residents than a flat holds": (
        ["INSERT INTO person (last_name, first_name) SELECT 'Много', 'Людей' FROM generate_series(1, 60)",
         "INSERT INTO residence (account_id, person_id, valid) SELECT 2, id, '[2020-01-01,)' FROM person"
         " WHERE last_name = 'Много'"],
        {("too_many_residents", 2, None): "Жителей 61 на 60,00 м²"}, None),
    "a benefit without a person who lives there": (
        ["INSERT INTO benefit_category (code, title, act_id) VALUES ('veteran', 'Ветеран', 1)",
         "INSERT INTO benefit_term (category_id, service_id, percent, form, valid, act_id)"
         " SELECT id, :water, 50, 'discount', '[2020-01-01,)', 1 FROM benefit_category",
         "INSERT INTO benefit_right (person_id, category_id, account_id, valid)"
         " SELECT 3, id, 3, '[2020-01-01,)' FROM benefit_category"],
        {("benefit_without_person", 3, None): "."}, set()),
}
"""What is wrong → statements, errors with a part of what is told, services that may change (None: those that share with it)."""


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_named_and_the_rest_is_computed(env, sound, name):
    statements, expected, touched = CASES[name]
    for statement in statements:
        values = {key: value for key, value in (("water", WATER), ("waste", WASTE), ("heat", HEAT)) if f":{key}" in statement}
        change(env, statement, **values)
    rehearse(env, OCTOBER)
    found = errors(env)
    for key, part in expected.items():
        assert key in found, found
        assert part in found[key]
        assert found[key].endswith("."), "a sentence with the way out"
    after = charges(env)
    assert {account for account, _ in after} == {1, 2, 3}, "every account has its bill"
    if touched is not None:
        assert {key: charge for key, charge in sound.items() if key[1] not in touched} == {
            key: charge for key, charge in after.items() if key[1] not in touched
        }
    listed = at_the_gate(env)
    with env.engine.connect() as connection:
        severe = set(connection.execute(text(
            "SELECT detail FROM calculation_error WHERE period = :period AND severity = 'error'"), {"period": OCTOBER}).scalars())
    assert severe == listed
    if name != "a house heat meter below its flats":  # a warning: the money is right, down to zero
        assert {found[key] for key in expected} <= listed


REFUSED = {
    "two tariffs of one day": (
        "INSERT INTO tariff (municipality_id, service_id, value, valid, act_id) VALUES (1, :water, 50, '[2026-06-01,)', 1)",
        "ex_tariff_valid"),
    "two ways of computing one service": (
        "INSERT INTO house_service (house_id, service_id, contract_id, method, valid)"
        " VALUES (1, :water, 1, 'common.norm', '[2026-06-01,)')", "ex_house_service_valid"),
    "an act that ends before it begins": (
        "INSERT INTO quality_act (house_id, service_id, kind, since, until, number, drawn_on)"
        " VALUES (1, :water, 'break', '2026-10-05 10:00', '2026-10-04 10:00', '1', '2026-10-05')", "ck_quality_act_until"),
    "an absence that ends before it begins": (
        "INSERT INTO temporary_absence (account_id, person_id, left_on, returned_on, applied_on, papers, decision)"
        " VALUES (1, 1, '2026-10-10', '2026-10-01', '2026-10-11', 'билет', 'granted')", "ck_temporary_absence_returned_on"),
    "a benefit of nobody": (
        "INSERT INTO benefit_right (person_id, category_id, account_id, valid) VALUES (NULL, 1, 1, '[2026-01-01,)')", "person_id"),
}
"""What the data base itself never takes, whatever path it came by."""


@pytest.mark.parametrize("name", REFUSED)
def test_what_contradicts_itself_is_not_kept(env, name):
    statement, constraint = REFUSED[name]
    with pytest.raises(IntegrityError, match=constraint):
        change(env, statement, **({"water": WATER} if ":water" in statement else {}))
