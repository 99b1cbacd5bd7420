"""A house meter of heat below its flats: the difference is given back by area, and nobody is charged below zero (п. 47)."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from startks.domain.calc.interpret import apply_bulk
from startks.domain.calc.registry import rule_for

DAY = dt.date(2026, 10, 1)
GCAL = 1_000_000
TARIFF = 2500 * 1_000_000


def test_all_flats_have_meters():
    frame = pl.DataFrame({
        "volume": [GCAL // 10, 29 * GCAL // 10], "area": [5000, 10000], "house_volume": [3 * GCAL // 2] * 2,
        "individual_volume": [3 * GCAL] * 2, "all_area": [15000] * 2, "tariff": [TARIFF] * 2,
    })  # fmt: skip
    computed = apply_bulk(rule_for("heating.odpu_all_ipu_season", DAY), frame)
    # rest 1.5 − 3 = −1.5; 0.1 − 1.5 × 50/150 < 0 → 0; 2.9 − 1.5 × 100/150 = 1.9; 1.9 × 2500 = 4750
    assert computed["volume"].to_list()[1] == 1_900_000
    assert computed["charge"].to_list() == [0, 475_000]


@pytest.mark.parametrize(("own", "charge"), [(GCAL // 10, 0), (29 * GCAL // 10, 600_000)])
def test_a_flat_with_a_meter_where_others_have_none(own, charge):
    frame = pl.DataFrame({
        "volume": [own], "area": [5000], "house_volume": [3 * GCAL], "metered_volume": [3 * GCAL], "metered_area": [10000],
        "all_area": [15000], "off_area": [0], "tariff": [TARIFF],
    })  # fmt: skip
    computed = apply_bulk(rule_for("heating.odpu_some_ipu_metered_season", DAY), frame)
    # 3 / 100 a metre: the unmetered 50 m² used 1.5, the rest is 3 − 3 − 1.5 = −1.5 and this flat's part −0.5:
    # 0.1 − 0.5 < 0 → 0; 2.9 − 0.5 = 2.4, × 2500 = 6000
    assert computed["charge"].to_list() == [charge]
