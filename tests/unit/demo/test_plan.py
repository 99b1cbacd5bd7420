"""Plans of houses: the number of accounts is exact, addresses are unique, the landmark stands first."""

import numpy as np
import pytest

from startks.demo.buildings import FLAT, ROOM, draw_premises, house_areas
from startks.demo.plan import plan_town


@pytest.mark.parametrize("accounts", [20, 120, 301, 3_000, 12_345])
@pytest.mark.parametrize("city", ["samara", "volgograd"])
def test_accounts_sum_to_what_was_asked_for(city, accounts):
    plans = plan_town(city, accounts, np.random.default_rng(accounts))
    assert sum(plan.accounts for plan in plans) == accounts
    assert [plan.id for plan in plans] == list(range(1, len(plans) + 1))
    assert len({(plan.street, plan.number) for plan in plans}) == len(plans)
    assert len({(plan.district, plan.slug) for plan in plans}) == len(plans)


def test_the_brochures_house_opens_samara():
    house = plan_town("samara", 3_000, np.random.default_rng(1))[0]
    assert (house.slug, house.storeys, house.electric_stove) == ("eroshevskogo-3", 18, False)
    assert house.meters >= {"cold_water", "hot_water", "electricity", "heating"}


def test_a_large_town_has_all_kinds_of_houses():
    plans = plan_town("samara", 40_000, np.random.default_rng(2))
    assert len({plan.key for plan in plans}) == 15
    assert {plan.hot_water for plan in plans} == {"open", "closed", "heater", "none"}
    assert any(plan.communal for plan in plans)
    assert any(plan.shops for plan in plans)
    assert any(plan.even_heating for plan in plans)
    assert any(plan.new_manager is not None for plan in plans)


def test_areas_of_a_house_are_the_sum_of_its_premises():
    plans = plan_town("samara", 5_000, np.random.default_rng(4))
    premises = draw_premises(plans, 1, np.random.default_rng(4))
    areas = house_areas(plans, premises)
    assert int(premises.has_account.sum()) == 5_000
    for index in range(len(plans)):
        here = (premises.house == index) & (premises.kind != ROOM)
        assert areas["total"][index] == premises.area[here].sum()
    assert (areas["total"] == areas["residential"] + areas["nonresidential"]).all()
    assert (premises.living[premises.kind == FLAT] < premises.area[premises.kind == FLAT]).all()
    rooms = premises.kind == ROOM
    assert rooms.any()
    for parent in np.unique(premises.parent[rooms])[:5]:
        flat, parts = premises.id == parent, premises.parent == parent
        assert premises.area[parts].sum() == premises.area[flat].sum()
        assert premises.living[parts].sum() == premises.living[flat].sum()
        assert not premises.has_account[flat].any()
