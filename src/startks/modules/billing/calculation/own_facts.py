"""What an account has otherwise than its house: its own rows of tariff and norm, and volumes that an act states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from startks.modules.billing.calculation.norms import TABLE

if TYPE_CHECKING:
    from startks.modules.billing.calculation.inputs import Inputs
    from startks.modules.billing.calculation.norms import Norms
    from startks.modules.billing.calculation.regimes import Regimes

KEY = ["account_id", "service_id"]


class OwnCategories:
    """Accounts with categories of their own: own_tariff (1e-6 ₽), has_tariff, own_table (of norms), by service.

    ``has_tariff`` with a null tariff: the category has no tariff in force, and the line cannot be computed.
    """

    def __init__(self, inputs: Inputs, norms: Norms) -> None:
        at = inputs.dates
        found = inputs.read_dated(f"""
            SELECT c.account_id, c.service_id, a.house_id, d.municipality_id, c.norm_category,
                   c.tariff_category IS NOT NULL AS has_tariff, c.norm_category IS NOT NULL AS has_norm,
                   (coalesce(own.value, town.value) * 1000000)::int8 AS own_tariff
              FROM account_category c
              JOIN account a ON a.id = c.account_id
              JOIN house h ON h.id = a.house_id
              JOIN district d ON d.id = h.district_id
              LEFT JOIN tariff own ON own.house_id = h.id AND own.service_id = c.service_id
                   AND own.municipality_id = d.municipality_id AND own.category = c.tariff_category AND own.valid @> {at.start}
              LEFT JOIN tariff town ON town.house_id IS NULL AND town.service_id = c.service_id
                   AND town.municipality_id = d.municipality_id AND town.category = c.tariff_category AND town.valid @> {at.start}
             WHERE c.account_id {inputs.span} AND a.house_id {inputs.houses_sql} AND c.valid @> {at.last}""").drop("house_id")
        self.found = norms.numbered(found).rename({TABLE: "own_table"})
        self._services = set(found["service_id"].unique())

    def laid_over(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows (account × service) with the account's own tariff and norms where it has them."""
        if not self._services or self._services.isdisjoint(rows["service_id"].unique()):
            return rows
        return rows.join(self.found, on=KEY, how="left", maintain_order="left").with_columns(
            pl.when("has_tariff").then("own_tariff").otherwise("tariff").alias("tariff"),
            pl.when("has_norm").then("own_table").otherwise(TABLE).alias(TABLE),
        ).drop("has_tariff", "has_norm", "own_tariff", "own_table")


def calculated_volumes(inputs: Inputs) -> pl.DataFrame:
    """account_id, service_id, volume (1e-6): the supplier's calculation by act, for premises without a usable meter."""
    return inputs.read_dated(f"""
        SELECT c.account_id, c.service_id, a.house_id, c.volume
          FROM calculated_volume c JOIN account a ON a.id = c.account_id
         WHERE c.account_id {inputs.span} AND a.house_id {inputs.houses_sql} AND c.valid @> {inputs.dates.last}""")


def lines_by_act(reg: Regimes, shops: pl.DataFrame) -> pl.DataFrame | None:
    """Lines of non-residential premises without a usable meter by the supplier's act; returns their hot water for its heat."""
    acts = reg.calculated
    reg.warn(shops.join(acts, on=KEY, how="anti"), "nonresidential_without_meter",
             "Нежилое помещение без показаний: объём определяет поставщик расчётным путём, внесите его актом.")
    found = reg.add_each("by_act", shops.drop("volume").join(acts.drop("house_id"), on=KEY))
    return found.get("hot_water")
