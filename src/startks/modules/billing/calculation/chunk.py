"""One piece of a month: a range of whole houses from facts to statement rows.

Accounts of different houses share nothing but tariffs and norms, so pieces run side by side in any order, in any
process; a piece repeated gives the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from startks.base.periods import shift
from startks.modules.billing.calculation.benefits import benefits, with_corrections
from startks.modules.billing.calculation.doubts import doubts
from startks.modules.billing.calculation.frames import lines_of
from startks.modules.billing.calculation.houses import BALANCE
from startks.modules.billing.calculation.inputs import Consumption, Inputs, Month, Read
from startks.modules.billing.calculation.penalties import left_debts, penalties
from startks.modules.billing.calculation.reductions import Reductions
from startks.modules.billing.calculation.regimes import Group, Regimes
from startks.modules.billing.calculation.rounding import rounding_of
from startks.modules.billing.calculation.settlement import settle
from startks.modules.billing.calculation.statement import assemble

ADVANCE = "advance"

MISSING = {
    "tariff": ("no_tariff", "Нет тарифа на этот месяц: внесите его в справочник «Тарифы» для услуги и категории дома."),
    "rate": ("no_tariff", "Нет размера платы на этот месяц: внесите его в справочник «Тарифы» для категории дома."),
    "norm": ("no_norm", "Нет норматива: внесите его в справочник «Нормативы» или укажите категорию в подключении дома."),
    "heat_norm": ("no_norm", "Нет норматива тепла на подогрев воды: внесите его в справочник «Нормативы»."),
    "area": ("no_area", "Не указана площадь помещения: внесите её в карточку помещения."),
    "all_area": ("no_house_area", "Не указаны площади дома: внесите их в паспорт дома."),
    "common_area": ("no_house_area", "Не указана площадь общего имущества: внесите её в паспорт дома."),
    "off_area": ("no_house_area", "Не указаны площади дома: внесите их в паспорт дома."),
    "room_area": ("no_living_area", "Не указана жилая площадь комнаты: внесите её в карточку помещения."),
    "flat_area": ("no_living_area", "Не у всех комнат квартиры указана жилая площадь: внесите её в карточки комнат."),
    "resource_volume": ("no_resource_volume", "Нет показаний прибора, который измеряет тепло или топливо на горячую воду дома: "
                        "внесите их и пересчитайте дом."),
    "container_volume": ("no_containers", "Нет данных о вывезенных контейнерах за месяц: внесите их в карточке дома."),
}
UNKNOWN = ("not_computable", "Строка не рассчитывается: проверьте площади, жителей и дни в карточке лицевого счёта.")

NORMED = (".norm", ".norm_raised", ".broken_seal")
"""Endings of the rules of whole lines by norm."""

ERRORS = {"house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "code": pl.String,
          "severity": pl.String, "detail": pl.String}


@dataclass
class Result:
    """What one piece gives: frames ready to be written, all with ``period``."""

    statement: pl.DataFrame
    balance: pl.DataFrame
    rounding: pl.DataFrame
    errors: pl.DataFrame
    accounts: int
    consumption: pl.DataFrame
    debts: pl.DataFrame
    houses: pl.Series
    """ids of all houses that were read, also of those without a line"""
    benefits: pl.DataFrame
    """what each right gave (``AMOUNT``), discounts and compensations, with ``period``"""
    reductions: pl.DataFrame
    """what acts and absences took off each line (``ROWS``), with ``period``"""
    groups: list[Group] = field(default_factory=list)


def calculate(
    read: Read, month: Month, consumption: Consumption | None, inputs_of: Callable[[Read, Month], Inputs] = Inputs
) -> Result:
    """Calculate the houses of ``month``. ``consumption`` is the metering module's function, None without it.

    ``inputs_of`` makes the facts: «what if» gives some that have other tariffs or norms.
    """
    inputs = inputs_of(read, month)
    used = inputs.consumption(consumption)
    regimes = Regimes(inputs, used)
    groups = regimes.build()
    lines = lines_of(groups).filter(pl.col("charge").is_not_null())
    advance = inputs.services[ADVANCE]
    settlement = settle(
        inputs.opening, inputs.payments, advance, inputs.agent, inputs.debts, shift(month.period, -1)
    )
    penalty = penalties(inputs, settlement)
    reduced = Reductions(regimes)
    granted = with_corrections(benefits(regimes, lines, reduced.money), inputs)
    rows = assemble(
        month.period, lines, inputs.opening, settlement.paid, inputs.recalculations, penalty, granted.discounts, reduced.money
    )
    errors = pl.concat([
        pl.DataFrame(schema=ERRORS), *[_faults(group) for group in groups], *regimes.warnings, *granted.faults,
        doubts(inputs, used, regimes.connected.misfits),
    ])
    rounding = rounding_of(groups, inputs)
    return Result(
        statement=rows,
        balance=_with_period(pl.concat(regimes.house_rows).select(BALANCE) if regimes.house_rows else None, month),
        rounding=_with_period(rounding, month),
        errors=_with_period(_numbered(errors), month),
        accounts=inputs.accounts.height,
        consumption=_with_norm_volumes(used, groups),
        debts=_with_period(left_debts(settlement, penalty, rows), month),
        houses=inputs.homes["house_id"].unique(),
        benefits=_with_period(granted.amounts, month),
        reductions=_with_period(reduced.rows, month),
        groups=groups,
    )


def _with_norm_volumes(used: pl.DataFrame, groups: list[Group]) -> pl.DataFrame:
    """Give registers charged by norm the volume that was charged: the next true reading settles it (ПП 354 п. 61)."""
    normed = [
        group.computed.select("account_id", "service_id", pl.col("result_volume").fill_null(0).alias("_charged"))
        for group in groups if group.rule.key.endswith(NORMED) and not group.rule.key.startswith("common")
    ]
    if not normed or used.is_empty():
        return used
    charged = pl.concat(normed)
    if any(group.rule.key.endswith(".broken_seal") for group in groups):  # days of interference and the others: two lines of one
        charged = charged.group_by("account_id", "service_id").agg(pl.col("_charged").sum())
    lost = pl.col("volume").is_null() & pl.col("account_id").is_not_null()
    registers = lost.cast(pl.Int64).sum().over("account_id", "service_id")
    return used.join(charged, on=["account_id", "service_id"], how="left").with_columns(
        pl.when(lost).then(pl.col("_charged") // registers).otherwise("volume").alias("volume")
    ).drop("_charged")


def _faults(group: Group) -> pl.DataFrame:
    """An error row for every line that has no result, named by the first input it lacks."""
    if not group.computed.get_column("result_charge").null_count():
        return pl.DataFrame(schema=ERRORS)
    bad = group.computed.filter(pl.col("result_charge").is_null())
    code, detail = pl.lit(UNKNOWN[0]), pl.lit(UNKNOWN[1])
    for item in reversed(group.rule.inputs):
        if item.name in MISSING:
            is_missing = pl.col(item.name).is_null()
            code = pl.when(is_missing).then(pl.lit(MISSING[item.name][0])).otherwise(code)
            detail = pl.when(is_missing).then(pl.lit(MISSING[item.name][1])).otherwise(detail)
    return bad.select(
        "house_id", "account_id", "service_id", code.alias("code"), pl.lit("error").alias("severity"),
        detail.alias("detail"),
    )


def _numbered(errors: pl.DataFrame) -> pl.DataFrame:
    ordered = errors.sort("house_id", "account_id", "service_id", "code", nulls_last=False)
    return ordered.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("house_id").alias("number"))


def _with_period(frame: pl.DataFrame | None, month: Month) -> pl.DataFrame:
    if frame is None:
        return pl.DataFrame()
    return frame.with_columns(pl.lit(month.period, pl.Int32).alias("period"))
