"""What cannot be true among the facts of a month: named with the way out. The month is calculated all the same.

These are facts that no single screen can refuse: each is possible alone, and only the house or the month shows it.
"""

from __future__ import annotations

import polars as pl

from startks.modules.billing.calculation.inputs import Inputs

LEAST_AREA = 300
"""Hundredths of m² a resident: less is no dwelling but a false registration or a slip in the area."""
SILENT_MONTHS = 24
"""Months in a row without an accepted reading after which a meter is asked about."""
AREA_DIFFERENCE = 100
"""Hundredths of m² by which a house may differ from the sum of its premises (passports round each of them)."""
DOUBT = {"house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "code": pl.String,
         "severity": pl.String, "detail": pl.String}
NOBODY, NOTHING = pl.lit(None, pl.Int32).alias("account_id"), pl.lit(None, pl.Int16).alias("service_id")


def doubts(inputs: Inputs, used: pl.DataFrame, misfits: list[pl.DataFrame]) -> pl.DataFrame:
    """Errors (columns of ``calculation_error``) of the houses and accounts of one month.

    ``used``: their consumption; ``misfits``: connections that no rule can serve.
    """
    return pl.concat([
        pl.DataFrame(schema=DOUBT), _areas(inputs), _crowded(inputs), _silent(used), *map(_unfit, misfits),
    ])


def _unfit(connections: pl.DataFrame) -> pl.DataFrame:
    """Services of houses whose way of computing does not fit them."""
    return _told(
        connections, "method_unfit",
        pl.format("Способ расчёта «{}» не подходит к этой услуге: она не начислена никому в доме. Исправьте способ в подключении "
                  "услуги к дому.", "method"),
        "house_id", NOBODY, "service_id",
    )


def _told(frame: pl.DataFrame, code: str, detail: pl.Expr, *keys: pl.Expr | str) -> pl.DataFrame:
    return frame.select(*keys, pl.lit(code).alias("code"), pl.lit("error").alias("severity"), detail.alias("detail")).cast(DOUBT)


def _areas(inputs: Inputs) -> pl.DataFrame:
    """Houses whose area is not the sum of their premises: then shares of the house do not add up to the whole."""
    premises = inputs.premises
    flats = premises["parent_id"].drop_nulls().unique()  # let by rooms: the rooms have the area
    sums = premises.filter(pl.col("area").is_not_null() & ~pl.col("premise_id").is_in(flats.implode())).group_by("house_id").agg(
        pl.col("area").sum().alias("premises")
    )
    both = inputs.houses.join(sums, on="house_id").filter(
        (pl.col("total_area") - pl.col("premises")).abs() > AREA_DIFFERENCE
    )
    return _told(
        both, "areas_differ",
        pl.format("Площадь дома {} м², а его помещений вместе {} м²: доли дома не сложатся в целое. Исправьте площадь в паспорте "
                  "дома или площади помещений.", _metres("total_area"), _metres("premises")),
        "house_id", NOBODY, NOTHING,
    )


def _metres(column: str) -> pl.Expr:
    value = pl.col(column)
    return pl.format("{},{}", value // 100, (value % 100).cast(pl.String).str.zfill(2))


def _crowded(inputs: Inputs) -> pl.DataFrame:
    """Accounts with more people than their premise can hold."""
    persons = pl.col("persons").cast(pl.Int64)
    many = inputs.accounts.filter((persons > 1) & (pl.col("area") < persons * LEAST_AREA))
    return _told(
        many, "too_many_residents",
        pl.format("Жителей {} на {} м²: меньше 3 м² на человека. Проверьте записи о проживании и площадь помещения.",
                  "persons", _metres("area")),
        "house_id", "account_id", NOTHING,
    )


def _silent(used: pl.DataFrame) -> pl.DataFrame:
    """Meters of flats without an accepted reading for years."""
    silent = used.filter(pl.col("account_id").is_not_null() & (pl.col("months_in_row") >= SILENT_MONTHS)).unique(
        ["account_id", "service_id"], maintain_order=True
    )
    return _told(
        silent, "silent_meter",
        pl.format("Показаний счётчика нет {} месяцев подряд: примите показание, проверьте счётчик на месте или снимите его с "
                  "учёта актом.", "months_in_row"),
        "house_id", "account_id", "service_id",
    )
