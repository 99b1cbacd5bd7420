"""Properties the law must have: houses add up, regimes change on their day, nothing falls below zero."""

from datetime import date, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from startks.domain.calc.case_adapters import _ask
from startks.domain.calc.case_adapters.penalty import kopecks_of
from startks.domain.calc.deadlines import emergency, may_warn, quality_check
from startks.domain.calc.errors import CalculationError
from startks.domain.calc.interpret import apply_reference
from startks.domain.calc.registry import rule_for
from startks.domain.calc.rules.benefits import compensation_percent, largest
from startks.domain.calc.rules.electricity import zone_of_hour
from startks.domain.calc.rules.payments import Line, distribute, share_by_lines
from startks.domain.calc.rules.pp354_absence import absent_months, entitled, recalculated_service
from startks.domain.calc.rules.pp354_quality import allowed_hours
from startks.domain.calc.rules.pp354_regimes import (
    basis_without_reading,
    months_for_average,
    norm_coefficient,
    raising_coefficient,
)
from startks.domain.calc.rules.subsidy import granted_months

DAY = date(2026, 5, 1)
AREAS = st.lists(st.integers(1000, 20000).map(lambda area: Fraction(area, 100)), min_size=2, max_size=8)
HEAT = st.integers(1, 10**9).map(lambda heat: Fraction(heat, 10**6))


def ask(key, **values):
    return apply_reference(rule_for(key, DAY), values)


@given(AREAS, HEAT, st.integers(0, 100000), st.data())
def test_heat_of_a_house_without_flat_meters_adds_up(areas, heat, common, data):
    cut_off = data.draw(st.lists(st.booleans(), min_size=len(areas), max_size=len(areas)).filter(lambda flags: not all(flags)))
    house = {
        "all_area": sum(areas), "off_area": sum(area for area, off in zip(areas, cut_off, strict=True) if off),
        "common_area": Fraction(common, 100), "house_volume": heat,
    }
    lines = [
        ask("heating.odpu_no_ipu_season", area=area, connected=int(not off), tariff=2000, **house)
        for area, off in zip(areas, cut_off, strict=True)
    ]
    assert sum(line["volume"] for line in lines) == heat
    balance = ask("heating.house_no_ipu", **house)
    assert balance["own_all"] + balance["rest"] == heat
    for line, area, off in zip(lines, areas, cut_off, strict=True):
        if off:
            assert line["volume"] == area / sum(areas) * balance["rest"]
        if not any(cut_off):
            assert line["volume"] == area / sum(areas) * heat
    year = house | {"last_year_volume": heat * 12}
    del year["house_volume"]
    assert ask("heating.odpu_no_ipu_even", area=areas[0], connected=1, tariff=2000, **year) == ask(
        "heating.odpu_no_ipu_season", area=areas[0], connected=1, tariff=2000, **house
    )


@given(AREAS, HEAT, st.data())
def test_heat_of_a_house_with_some_flat_meters_adds_up(areas, heat, data):
    metered = data.draw(st.integers(1, len(areas)))
    volumes = [data.draw(st.integers(0, 10**7)) for _ in range(metered)]
    readings = [Fraction(volume, 10**6) for volume in volumes]
    house = {
        "house_volume": heat, "metered_volume": sum(readings), "metered_area": sum(areas[:metered]),
        "all_area": sum(areas), "off_area": 0, "tariff": 2000,
    }
    lines = [
        ask("heating.odpu_some_ipu_metered_season", volume=volume, area=area, **house)
        for volume, area in zip(readings, areas, strict=False)
    ] + [ask("heating.odpu_some_ipu_unmetered_season", connected=1, area=area, **house) for area in areas[metered:]]
    balance = ask("heating.house_some_ipu", **{name: value for name, value in house.items() if name != "tariff"})
    assert balance["own_all"] + balance["rest"] == heat
    # p.47: what the house meter lacks is given back down to zero; what cannot be given back is shared no further.
    assert all(line["volume"] >= 0 for line in lines)
    if balance["rest"] >= 0 or all(line["volume"] > 0 for line in lines):
        assert sum(line["volume"] for line in lines) == heat
    else:
        assert sum(line["volume"] for line in lines) >= heat
    year = {name: value for name, value in house.items() if name != "house_volume"} | {"last_year_volume": heat * 12}
    assert ask("heating.odpu_some_ipu_metered_even", volume=readings[0], area=areas[0], **year) == lines[0]
    if metered < len(areas):
        assert ask("heating.odpu_some_ipu_unmetered_even", connected=1, area=areas[-1], **year) == lines[-1]
        off = ask("heating.odpu_some_ipu_unmetered_season", connected=0, area=areas[-1], **house)
        assert off["volume"] == max(areas[-1] / sum(areas) * balance["rest"], 0)
    else:
        every = {"all_area": sum(areas), "tariff": 2000, "individual_volume": sum(readings)}
        own = {"volume": readings[0], "area": areas[0]}
        assert ask("heating.odpu_all_ipu_season", house_volume=heat, **own, **every) == lines[0]
        assert ask("heating.odpu_all_ipu_even", last_year_volume=heat * 12, **own, **every) == lines[0]


@pytest.mark.parametrize(
    ("house_volume", "billed", "returned", "capped"),
    [(100, 40, 0, 12), (60, 0, 0, 0), (50, 0, -10, 0), (65, 5, 0, 5), (72, 12, 0, 12)],
)
def test_the_common_volume_is_shared_out_or_given_back(house_volume, billed, returned, capped):
    volumes = {
        "house_volume": house_volume, "nonresidential_volume": 10, "metered_volume": 30, "norm_volume": 15, "for_hot_volume": 5
    }
    house = ask("common.house", **volumes)
    assert (house["common"], house["billed"], house["returned"]) == (house_volume - 60, billed, returned)
    limited = ask("common.house_capped", norm=Fraction("0.03"), common_area=400, **volumes)
    assert (limited["billed"], limited["returned"], limited["cap"]) == (capped, returned, 12)
    assert ask("common.house_norm", norm=Fraction("0.03"), common_area=400)["billed"] == 12


@pytest.mark.parametrize(
    ("common", "own", "credit"), [(-300, 200, -6), (-300, 5, -5), (-300, 6, -6), (-300, 0, 0), (30, 200, 0), (0, 200, 0)]
)
def test_a_negative_remainder_never_takes_more_than_the_own_volume(common, own, credit):
    people = {"common_volume": common, "person_days": 3, "house_person_days": 150, "own_volume": own, "tariff": 5}
    areas = {"common_volume": common, "area": 48, "all_area": 2400, "own_volume": own, "tariff": 5}
    for key, values in (("persons", people), ("area", areas)):
        line = ask(f"common.credit_{key}", **values)
        assert (line["volume"], line["charge"]) == (credit, credit * 500)
        assert ask(f"common.own_less_credit_{key}", **values)["volume"] == own + credit


def test_the_excess_is_a_part_of_the_charge():
    values = {"person_days": 45, "month_days": 30, "norm": 4, "tariff": 10}
    plain = ask("cold_water.norm", **values)
    raised = ask("cold_water.norm_raised", coefficient=3, **values)
    assert (plain["volume"], plain["charge"], plain["excess"]) == (6, 6000, 0)
    assert (raised["volume"], raised["charge"], raised["excess"]) == (6, 18000, 12000)
    heat = {"person_days": 45, "month_days": 30, "norm": 4, "heat_norm": Fraction("0.05"), "tariff": 2000}
    assert ask("hot_water_heat.norm", **heat)["charge"] == 60000
    hot = ask("hot_water_heat.norm_raised", coefficient=Fraction("1.5"), **heat)
    assert (hot["volume"], hot["charge"], hot["excess"]) == (Fraction("0.3"), 90000, 30000)


def test_the_heat_of_hot_water_by_meter_and_average_is_the_same_heat():
    heat = {"heat_norm": Fraction("0.0652"), "tariff": Fraction("2368.15")}
    by_meter = ask("hot_water_heat.meter", volume=Fraction("5.237"), **heat)
    assert by_meter["charge"] == 80861
    assert ask("hot_water_heat.average", volume_sum=Fraction("5.237") * 6, months=6, **heat) == by_meter
    area = ask("common.share_heat", common_volume=Fraction("52.37"), area=10, all_area=100, **heat)
    assert area["charge"] == by_meter["charge"]
    norm = ask("common.norm_heat", norm=Fraction("0.5237"), common_area=100, area=10, all_area=100, **heat)
    assert norm["charge"] == by_meter["charge"]


@pytest.mark.parametrize("service", ["maintenance", "capital_repair", "rent"])
@given(area=st.integers(1, 20000), rate=st.integers(1, 9999), before=st.integers(0, 31))
def test_two_payers_of_a_month_pay_the_month(service, area, rate, before):
    values = {"area": Fraction(area, 100), "rate": Fraction(rate, 100), "month_days": 31}
    whole = ask(f"{service}.area", days_charged=31, **values)
    first = ask(f"{service}.area", days_charged=before, **values)
    second = ask(f"{service}.rest_of_month", days_before=before, **values)
    assert first["charge"] + second["charge"] == whole["charge"]
    assert first["volume"] + second["volume"] == whole["volume"] == Fraction(area, 100)


def test_interference_with_a_meter_is_ten_norms_by_hand():
    """п. 81(11): two residents, ten of 30 days, 4.29 m³ × 10 × 45.13 ₽: 20 / 30 × 4.29 = 2.86 m³, 1290.718 ₽."""
    found = ask("cold_water.broken_seal", person_days=20, month_days=30, norm=Fraction("4.29"), coefficient=10, tariff=Fraction("45.13"))
    assert (found["volume"], found["charge"], found["excess"]) == (Fraction("2.86"), 129072, 116165)
    heat = ask("hot_water_heat.broken_seal", person_days=20, month_days=30, norm=3, heat_norm=Fraction("0.05"), coefficient=10, tariff=2500)
    assert (heat["volume"], heat["charge"]) == (Fraction("0.1"), 250000)  # 2 m³ × 0.05 × 10 × 2500


def test_other_lines_by_hand():
    assert ask("common.average", volume_sum=70, months=7)["volume"] == 10
    assert ask("waste.volume", volume=2, tariff=100)["charge"] == 20000
    assert ask("heating.meter", volume=2, tariff=100)["charge"] == 20000
    assert ask("hot_water_heat.volume", volume=2, tariff=100)["charge"] == 20000
    assert ask("waste.area", area=60, norm=Fraction("0.12"), tariff=500)["charge"] == 30000
    assert ask("penalty.rate", key_rate=21, cap=Fraction("9.5"))["rate"] == Fraction("9.5")
    assert ask("residents.counted", persons=0, owners=3)["counted"] == 3
    assert ask("residents.counted", persons=2, owners=3)["counted"] == 2


def test_a_reading_goes_on_and_over_the_dial():
    assert ask("reading.difference", previous=99871, current=42, capacity=100000)["volume"] == 171
    assert ask("reading.difference", previous=10, current=42, capacity=100000)["volume"] == 32
    assert ask("reading.difference", previous=10, current=9, capacity=0)["volume"] == -1


def test_regimes_without_a_reading():
    for period, basis, coefficient in ((1, "average", 1), (3, "average", 1), (4, "norm", 3), (9, "norm", 3)):
        found = basis_without_reading("cold_water", "meter_failed", period, DAY)
        assert (found.basis, found.coefficient) == (basis, coefficient)
    assert basis_without_reading("cold_water", "no_reading", 4, DAY).coefficient == 1
    assert basis_without_reading("cold_water", "no_access", 4, date(2025, 12, 1)).coefficient == Fraction("1.5")
    with pytest.raises(CalculationError) as caught:
        basis_without_reading("cold_water", "moon", 1, DAY)
    assert caught.value.code == "unknown_cause"


def test_the_coefficient_needs_a_feasible_meter_that_is_not_there():
    assert norm_coefficient("hot_water", DAY, True, False) == Fraction("1.5")
    assert norm_coefficient("hot_water", DAY, True, True) == 1
    assert norm_coefficient("hot_water", DAY, False, False) == 1
    with pytest.raises(CalculationError) as caught:
        raising_coefficient("rent", DAY)
    assert caught.value.code == "no_coefficient"


@pytest.mark.parametrize(("available", "used"), [(2, None), (3, 3), (5, 5), (6, 6), (11, 11)])
def test_months_of_an_average(available, used):
    assert months_for_average(available, DAY) == used


def test_absence_counts_full_days_by_month():
    months = absent_months(date(2026, 1, 31), date(2026, 3, 2))
    assert [(month.first, month.full_days, month.days) for month in months] == [
        (date(2026, 2, 1), 28, 28), (date(2026, 3, 1), 1, 31)
    ]
    assert absent_months(date(2026, 1, 5), date(2026, 1, 6)) == []


@pytest.mark.parametrize(
    ("service", "days", "feasible", "broken", "right"),
    [
        ("cold_water", 6, False, False, True), ("cold_water", 5, False, False, False), ("cold_water", 6, True, False, False),
        ("cold_water", 6, True, True, True), ("heating", 30, False, False, False), ("waste", 6, False, False, True),
    ],
)
def test_the_right_to_a_recalculation(service, days, feasible, broken, right):
    assert entitled(service, days, feasible, broken, DAY) is right


def test_services_never_recalculated():
    never = {"heating", "common_needs", "maintenance", "capital_repair", "rent", "gas_heating"}
    assert {service for service in (*never, "waste", "gas_cooking", "sewerage") if not recalculated_service(service, DAY)} == never


@pytest.mark.parametrize(
    ("service", "feeds", "dead_end", "hours"),
    [
        ("cold_water", 1, False, 8), ("hot_water", 1, True, 24), ("sewerage", 1, False, 8), ("gas", 1, True, 4),
        ("electricity", 1, False, 24), ("electricity", 2, False, 2), ("heating", 1, False, 24), ("waste", 1, False, 72),
    ],
)
def test_allowed_breaks(service, feeds, dead_end, hours):
    assert allowed_hours(service, DAY, feeds, dead_end) == hours


def test_a_service_without_an_allowed_break():
    with pytest.raises(CalculationError) as caught:
        allowed_hours("rent", DAY)
    assert caught.value.code == "no_allowed_hours"


def test_a_reduction_is_never_more_than_the_charge():
    long = ask("quality.break", charge_rub=100, hours=744, allowed_hours=8, percent_per_hour=Fraction("0.15"))
    assert (long["percent"], long["reduction"]) == (Fraction("110.4"), 10000)
    short = ask("quality.break", charge_rub=100, hours=8, allowed_hours=8, percent_per_hour=Fraction("0.15"))
    assert (short["excess_hours"], short["reduction"]) == (0, 0)
    waste = {"charge_rub": 100, "allowed_hours": 72, "percent_per_day": Fraction("3.3")}
    assert [ask("quality.waste_break", hours=hours, **waste)["percent"] for hours in (72, 95, 96, 119, 120)] == [
        0, 0, Fraction("3.3"), Fraction("3.3"), Fraction("6.6")
    ]
    days = {"charge_rub": 310, "hours": 0, "percent_per_hour": Fraction("0.1"), "month_days": 31}
    assert ask("quality.pressure", days_over=31, **days)["reduction_days"] == 31000
    hot = {"charge_rub": 100, "normal": 60, "step": 3, "hours": 10, "percent_per_step": Fraction("0.1")}
    for measured, allowed, beyond, steps in ((57, 3, 0, 0), (55, 5, 0, 0), (54, 3, 3, 1), (70, 3, 0, 0), (Fraction("51.5"), 3, Fraction("5.5"), 1)):
        found = ask("quality.hot_water_temperature", measured=measured, allowed=allowed, **hot)
        assert (found["beyond"], found["steps"], found["percent"]) == (beyond, steps, steps)
    assert ask("quality.hot_water_as_cold", volume=1, hot_tariff=40, cold_tariff=50)["reduction"] == 0
    assert ask("quality.degree_hours", measured=20, normal=18, allowed=3, hours=5)["degree_hours"] == 0
    assert ask("quality.degree_hours", measured=13, normal=18, allowed=3, hours=5)["degree_hours"] == 10


@pytest.mark.parametrize(
    ("age", "alone", "percent"), [(69, True, 0), (70, True, 50), (79, True, 50), (80, True, 100), (90, False, 0)]
)
def test_compensation_by_age(age, alone, percent):
    assert compensation_percent(age, alone, DAY) == percent


def test_the_larger_benefit_is_taken():
    assert largest([30, 50, 25]) == 50
    family = ask("benefit.area_family", area=60, members=3, rate=10, social_norm=18, percent=50)
    assert (family["counted_area"], family["benefit"]) == (54, 27000)
    assert ask("benefit.area_family", area=50, members=3, rate=10, social_norm=18, percent=50)["counted_area"] == 50
    holder = ask("benefit.area_holder", area=30, members=3, holders=2, rate=10, social_norm=18, percent=50)
    assert (holder["counted_area"], holder["benefit"], holder["charge"]) == (20, 10000, 30000)


@pytest.mark.parametrize(
    ("applied", "first", "last"),
    [("2026-05-15", "2026-05-01", "2026-10-01"), ("2026-05-16", "2026-06-01", "2026-11-01"), ("2026-12-31", "2027-01-01", "2027-06-01")],
)
def test_months_of_a_subsidy(applied, first, last):
    assert granted_months(date.fromisoformat(applied)) == (date.fromisoformat(first), date.fromisoformat(last))


def test_a_subsidy_stays_between_nothing_and_the_expense():
    values = {"members": 2, "income": 20000, "share": 22, "minimum_sum": 0, "minimum_count": 0, "cut_step": 0, "standard": 3000}
    assert ask("subsidy.amount", actual_expense=9000, **values)["subsidy"] == 160000
    assert ask("subsidy.amount", actual_expense=1000, **values)["subsidy"] == 100000
    poor = ask("subsidy.amount", actual_expense=9000, **values | {"minimum_sum": 40000, "minimum_count": 2})
    assert (poor["k"], poor["own_payment"]) == (Fraction(1, 2), 220000)
    rich = ask("subsidy.amount", actual_expense=9000, **values | {"income": 90000})
    assert (rich["by_formula"], rich["subsidy"]) == (-1380000, 0)


@given(
    st.integers(0, 10**7), st.lists(st.tuples(st.sampled_from("abcd"), st.integers(-10**6, 10**6)), min_size=1, max_size=8)
)
def test_a_payment_over_lines_is_neither_lost_nor_made(payment, lines):
    shared = share_by_lines(payment, [Line(service, amount) for service, amount in lines])
    due = {}
    for service, amount in lines:
        due[service] = due.get(service, 0) + amount
    assert list(shared.parts) == list(due)
    assert sum(shared.parts.values()) + shared.rest == payment
    assert all(0 <= shared.parts[service] <= max(amount, 0) for service, amount in due.items())
    assert not shared.rest or all(shared.parts[service] == max(amount, 0) for service, amount in due.items())


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**5), min_size=1, max_size=4), st.integers(0, 10**4), st.integers(0, 5))
def test_a_payment_over_months_goes_to_the_named_then_the_oldest(payment, amounts, penalty, stated):
    debts = [(f"2026-{12 - number:02d}", [Line("all", amount)]) for number, amount in enumerate(amounts)]
    named = f"2026-{12 - stated:02d}"
    found = distribute(payment, debts, penalty, named)
    assert list(found.months) == [month for month, _ in debts]
    assert found.principal + found.penalty + found.advance == payment
    order = sorted(range(len(amounts)), key=lambda number: (number != stated, -number))
    rest = payment
    for number in order:
        part = min(rest, amounts[number])
        assert found.months[debts[number][0]] == {"all": part}
        rest -= part
    assert found.penalty == min(rest, penalty)


def test_zones_of_the_day():
    assert [zone_of_hour(2, hour, DAY) for hour in (0, 6, 7, 22, 23)] == ["night", "night", "day", "day", "night"]
    for zones, hour in ((4, 5), (2, 24), (3, -1)):
        with pytest.raises(CalculationError) as caught:
            zone_of_hour(zones, hour, DAY)
        assert caught.value.code == "unknown_zones"


@pytest.mark.parametrize(("volume", "parts"), [(50, (50, 0, 0)), (100, (100, 0, 0)), (150, (100, 50, 0)), (300, (100, 100, 100))])
def test_bands_share_out_the_whole_volume(volume, parts):
    lines = [
        ask("electricity.band", volume=volume, lower=0, upper=100, tariff=1),
        ask("electricity.band", volume=volume, lower=100, upper=200, tariff=2),
        ask("electricity.last_band", volume=volume, lower=200, tariff=3),
    ]
    assert tuple(line["volume"] for line in lines) == parts
    assert tuple(line["charge"] for line in lines) == (parts[0] * 100, parts[1] * 200, parts[2] * 300)


def test_terms_of_events():
    moment = datetime(2026, 2, 2, 10)
    assert emergency("chute_blockage", moment).clear_by == datetime(2026, 2, 2, 12)
    assert quality_check(moment) == datetime(2026, 2, 2, 12)
    assert quality_check(moment, moment) == moment
    assert may_warn(Fraction("9400.01"), Fraction(4700), DAY)
    with pytest.raises(CalculationError) as caught:
        emergency("earthquake", moment)
    assert caught.value.code == "unknown_event"


def test_an_adapter_notices_interpreters_that_disagree(monkeypatch):
    values = {"volume": "1.5", "tariff": 2}
    assert _ask.ask("cold_water.meter", **values)["charge"] == 300
    # Finer than the scale of the column: only trace and reference can be asked.
    assert _ask.ask("cold_water.meter", volume=Fraction(1, 3), tariff=2)["charge"] == 67
    with monkeypatch.context() as patch:
        patch.setattr(_ask, "apply_reference", lambda entry, numbers: {})
        with pytest.raises(AssertionError, match="trace and reference"):
            _ask.ask("cold_water.meter", **values)
    bulk = _ask.apply_bulk
    monkeypatch.setattr(_ask, "apply_bulk", lambda entry, frame, prefix: bulk(entry, frame * 2, prefix))
    with pytest.raises(AssertionError, match="bulk"):
        _ask.ask("cold_water.meter", **values)


def test_kopecks_of_a_case():
    assert kopecks_of("-0.01") == -1


def test_a_true_reading_may_take_back_more_than_the_month_used():
    """After months by norm a flat's true reading is negative (п. 61); the balance of the house still adds up."""
    volumes = {"metered_volume": Fraction(227), "norm_volume": Fraction(1265, 2), "nonresidential_volume": Fraction(-5, 2)}
    balance = ask("common.house", house_volume=Fraction(11617, 10), for_hot_volume=0, **volumes)
    assert balance["common"] == balance["billed"] == Fraction(11617, 10) - sum(volumes.values())
