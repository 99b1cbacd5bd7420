"""Heat of a house (ПП РФ 354 п. 42(1), 43): by the house meter with no, some or all flat meters, or by norm.

Where the region chose payment in even parts, a month is a twelfth of the last year's heat (``house_heat``,
``account_heat``); what the year really was is settled afterwards (:mod:`.year_settlement`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from startks.domain.calc.rules.communal_shares import BY_LIVING_AREA
from startks.modules.billing.calculation.communal import add_rooms
from startks.modules.billing.calculation.houses import house_frame, keep_balance
from startks.modules.billing.calculation.part_month import add_by_days

if TYPE_CHECKING:
    from startks.modules.billing.calculation.regimes import Regimes

SEASON, EVEN = "heat.odpu.season", "heat.odpu.even"


def heat_of_houses(reg: Regimes) -> None:
    """Lines of heating of every house and the balance of those with a meter."""
    frame = house_frame(reg, "heating")
    rows = reg.rows(methods=(SEASON, EVEN), service="heating").join(
        frame.select("house_id", "house_volume", pl.col("total_area").alias("all_area"),
                     pl.col("cut_off_area").alias("off_area"), pl.col("heated_common_area").alias("common_area")),
        on="house_id", how="left",
    ).with_columns(pl.col("heated").cast(pl.Int64).alias("connected"))
    by_meter = _with_flats(rows.filter(pl.col("house_volume") > 0), _flats_of_month(reg))
    _warn_below_flats(reg, by_meter)
    _keep_balances(reg, frame, by_meter)
    is_even = pl.col("method") == EVEN
    _shared(reg, by_meter.filter(~is_even), "season")
    without_year = _evenly(reg, rows.filter(is_even).drop("house_volume"))
    lost = rows.filter(pl.col("house_volume").is_null() & ~is_even)
    _by_norm(reg, lost, without_year)


def _add(reg: Regimes, key: str, rows: pl.DataFrame) -> None:
    """A group of the rule: rooms of communal flats by their part of the flat, whole months and parts."""
    left = add_rooms(reg, key, "heating", rows) if key in BY_LIVING_AREA else rows
    add_by_days(reg, key, "heating", left)


def _flats_of_month(reg: Regimes) -> pl.DataFrame:
    """account_id and volume (1e-6 Gcal) of flats whose heat meters all gave one."""
    service_id = reg.inputs.services.get("heating", -1)
    return reg.consumption.filter(pl.col("account_id").is_not_null() & (pl.col("service_id") == service_id)).filter(
        pl.col("volume").is_not_null().all().over("account_id")
    ).group_by("account_id").agg(pl.col("volume").sum().clip(lower_bound=0))


def _with_flats(rows: pl.DataFrame, flats: pl.DataFrame) -> pl.DataFrame:
    """Add the flat's own volume and what the house's flat meters make together: heat, area, whether all have one."""
    rows = rows.join(flats, on="account_id", how="left")
    houses = rows.group_by("house_id").agg(
        pl.col("volume").sum().alias("metered_volume"),
        pl.col("area").filter(pl.col("volume").is_not_null()).sum().alias("metered_area"),
        (pl.col("volume").is_not_null() | ~pl.col("heated")).all().alias("all_metered"),
    )
    return rows.join(houses, on="house_id").with_columns(pl.col("metered_volume").alias("individual_volume"))


def _shared(reg: Regimes, rows: pl.DataFrame, ending: str) -> None:
    """Lines by the house's heat; ``ending`` of the rules: season or even."""
    has_meter, none = pl.col("volume").is_not_null(), pl.col("metered_area") == 0
    some = ~none & ~pl.col("all_metered")
    for key, chosen in (
        ("heating.odpu_no_ipu", none), ("heating.odpu_some_ipu_metered", some & has_meter),
        ("heating.odpu_some_ipu_unmetered", some & ~has_meter), ("heating.odpu_all_ipu", ~none & pl.col("all_metered")),
    ):
        part = rows.filter(chosen)
        if not part.is_empty():
            _add(reg, f"{key}_{ending}", part.with_columns(pl.col("volume").fill_null(0)))


def _evenly(reg: Regimes, rows: pl.DataFrame) -> pl.DataFrame:
    """Lines by a twelfth of the last year's heat; returns the rows of houses for which that year is not known."""
    if rows.is_empty():
        return rows
    inputs = reg.inputs
    houses = inputs.read_dated(f"""
        SELECT house_id, volume AS last_year_volume FROM house_heat
         WHERE house_id {inputs.houses_sql} AND valid @> {inputs.dates.start}""")
    flats = inputs.read_dated(f"""
        SELECT h.account_id, a.house_id, (h.volume + 6) / 12 AS volume
          FROM account_heat h JOIN account a ON a.id = h.account_id
         WHERE h.account_id {inputs.span} AND a.house_id {inputs.houses_sql} AND h.valid @> {inputs.dates.start}""").drop("house_id")
    _shared(reg, _with_flats(rows.join(houses, on="house_id"), flats), "even")
    return rows.join(houses, on="house_id", how="anti")


def _by_norm(reg: Regimes, lost: pl.DataFrame, without_year: pl.DataFrame) -> None:
    """Lines of houses without a meter, and of those whose meter or last year gives nothing."""
    inputs = reg.inputs
    if any(inputs.heating_months):
        in_season = inputs.by_month(inputs.heating_months, pl.Boolean)
        lost = lost.filter(in_season)
        _warn_house(reg, lost, "no_house_meter", "Нет показаний общедомового счётчика тепла: дом начислен по нормативу. "
                    "Внесите показания и пересчитайте дом.")
        normed = reg.rows(methods=("heat.norm.season",), service="heating").filter(in_season)
        seasonal = pl.concat([lost, normed], how="diagonal").filter(pl.col("heated"))
        _add(reg, "heating.norm_season", reg.with_norm(seasonal))
    _warn_house(reg, without_year, "no_heat_year", "Нет тепла дома за прошлый год: при равномерной оплате дом начислен по "
                "нормативу (формула 2(1)). Внесите тепло прошлого года в карточке дома и пересчитайте дом.")
    months = [number // 1_000_000 for number in inputs.parameter("heating_months", 7_000_000)]
    even = pl.concat([reg.rows(methods=("heat.norm.even",), service="heating"), without_year], how="diagonal")
    even = even.filter(pl.col("heated")).with_columns(inputs.by_month(months).alias("heating_months"))
    _add(reg, "heating.norm_even", reg.with_norm(even))


def _keep_balances(reg: Regimes, frame: pl.DataFrame, rows: pl.DataFrame) -> None:
    """The month's heat of every house with a meter, its rest by the rule of the house's own regime."""
    # In summer too, with nothing: the year is settled by all its months.
    houses = frame.filter(pl.col("house_volume").is_not_null()).drop("metered_volume", "norm_volume")
    if houses.is_empty():
        return
    flats = rows.group_by("house_id").agg(
        pl.col("metered_volume").first(), pl.col("metered_area").first(), pl.col("all_metered").first()
    )
    houses = houses.join(flats, on="house_id", how="left").with_columns(
        pl.col("metered_volume").fill_null(0), pl.col("metered_area").fill_null(0), pl.col("all_metered").fill_null(False),
        pl.col("total_area").alias("all_area"), pl.col("cut_off_area").alias("off_area"),
        pl.col("common_area").alias("_common"), pl.col("heated_common_area").alias("common_area"),
    )
    none = pl.col("metered_area") == 0
    own = [
        reg.apply(key, houses.filter(chosen)).select("house_id", "own_all", "rest")
        for key, chosen in (("heating.house_no_ipu", none), ("heating.house_some_ipu", ~none & ~pl.col("all_metered")))
    ]
    every = houses.filter(~none & pl.col("all_metered")).select(
        "house_id", pl.col("metered_volume").alias("own_all"), (pl.col("house_volume") - pl.col("metered_volume")).alias("rest")
    )
    balances = houses.join(pl.concat([*own, every]), on="house_id", how="left").with_columns(
        (pl.col("own_all") - pl.col("metered_volume")).fill_null(0).alias("norm_volume"),
        pl.col("rest").fill_null(0).alias("common_volume"), pl.col("_common").alias("common_area"),
    )
    keep_balance(reg, balances)


def _warn_house(reg: Regimes, rows: pl.DataFrame, code: str, detail: str) -> None:
    houses = rows.unique("house_id", keep="first", maintain_order=True)
    reg.warn(houses.with_columns(pl.lit(None, pl.Int32).alias("account_id")), code, detail)


def _warn_below_flats(reg: Regimes, rows: pl.DataFrame) -> None:
    """Name the houses whose flats used more heat than the house meter shows: the law gives a result, the readings do not fit."""
    _warn_house(reg, rows.filter(pl.col("metered_volume") > pl.col("house_volume")), "house_meter_below_flats",
                "Общедомовой счётчик тепла показал меньше, чем счётчики квартир: разница снята по площади, но не больше "
                "начисленного (ПП 354 п. 47). Проверьте показания дома и квартир и пересчитайте дом.")
