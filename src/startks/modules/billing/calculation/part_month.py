"""Accounts and rights that begin or end inside a month: everything by the days they were there (ЖК ст. 153 ч. 2, ст. 155).

Few accounts change in a month, so they are read apart and laid over the frame of all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from startks.modules.billing.calculation.inputs import Inputs
    from startks.modules.billing.calculation.regimes import Regimes

TAKEN = ("registered_days", "owner_days", "tenant_days", "follows")


def by_days(inputs: Inputs, accounts: pl.DataFrame) -> pl.DataFrame:
    """Add ``tenant_days`` (days held by a tenant of public housing), ``follows`` (the account of the same premise that was
    closed on the day this one was opened, else null), and count residents and owners of changed accounts by their days.
    """
    changed = inputs.read_dated(_changed_sql(inputs))
    whole = pl.when("tenant").then(pl.col("days").cast(pl.Int64)).otherwise(0)
    if changed.is_empty():
        return accounts.with_columns(whole.alias("tenant_days"), pl.lit(None, pl.Int32).alias("follows"))
    changed = changed.with_columns((pl.col("follows") + pl.col("account_id") - pl.col("own_id")).cast(pl.Int32))
    rows = accounts.join(changed.select("account_id", *TAKEN), on="account_id", how="left", maintain_order="left")
    is_changed = pl.col("registered_days").is_not_null()
    counted = pl.when(pl.col("registered_days") > 0).then("registered_days").otherwise("owner_days")
    return rows.with_columns(
        pl.when(is_changed & ~pl.col("nonresidential")).then(counted).otherwise("person_days").alias("person_days"),
        pl.coalesce("tenant_days", whole).alias("tenant_days"),
    ).drop("registered_days", "owner_days")


def _changed_sql(inputs: Inputs) -> str:
    """Accounts opened or closed inside the month, and those whose holders changed in it."""
    at = inputs.dates
    inside = " OR ".join(f"({bound} > {at.start} AND {bound} < {at.until})" for bound in ("lower(valid)", "upper(valid)"))
    days = "coalesce((SELECT sum(upper(d.span) - lower(d.span)) FROM {0}), 0)::int8"
    spans = "{0} x, LATERAL (SELECT x.valid * a.span AS span) d WHERE x.account_id = a.id AND NOT isempty(d.span)"
    return f"""
        SELECT a.id AS account_id, a.id AS own_id, a.house_id,
               {days.format(spans.format("residence"))} AS registered_days,
               {days.format(spans.format("account_holder") + " AND x.tenure = 'owner' AND x.person_id IS NOT NULL")} AS owner_days,
               {days.format('''unnest((SELECT range_agg(x.valid * a.span) FROM account_holder x
                                        WHERE x.account_id = a.id AND x.tenure = 'tenant')) AS d (span)''')} AS tenant_days,
               (SELECT b.id FROM account b
                 WHERE b.premise_id = a.premise_id AND b.id <> a.id AND b.closed_on = a.opened_on AND b.opened_on <= {at.start}
                   AND a.opened_on > {at.start} AND upper(a.span) = {at.until}
                 ORDER BY b.id LIMIT 1) AS follows
          FROM (SELECT id, house_id, premise_id, opened_on,
                       daterange(greatest(opened_on, {at.start}), least(coalesce(closed_on, {at.until}), {at.until})) AS span
                  FROM account
                 WHERE house_id {inputs.houses_sql} AND opened_on < {at.until} AND (closed_on IS NULL OR closed_on > {at.start})
                   AND (opened_on > {at.start} OR closed_on < {at.until} OR id IN (
                        SELECT account_id FROM account_holder WHERE account_id {inputs.span} AND ({inside})))) a"""


def add_by_days(reg: Regimes, key: str, service: str, frame: pl.DataFrame) -> None:
    """Add a group of whole months and, by the rule ``<key>_days``, one of the accounts that were there for a part."""
    is_part = pl.col("days") < pl.col("month_days")
    parts = frame.filter(is_part)
    if parts.is_empty():
        reg.add(key, service, frame)
        return
    reg.add(key, service, frame.filter(~is_part))
    reg.add(f"{key}_days", service, parts.with_columns(pl.col("days").cast(pl.Int64).alias("days_charged")))


def housing_lines(reg: Regimes, service: str, rows: pl.DataFrame) -> None:
    """Lines of an area × rate service: owners' and tenants' by the days of their right.

    Where another payer had the premise from the month's start, the second pays the whole month less his part (ЖК ст. 155).
    """
    days, tenant = pl.col("days").cast(pl.Int64), pl.col("tenant_days")
    rows = rows.with_columns(
        pl.when(pl.col("method") == "owner_area").then(days - tenant)
        .when(pl.col("method") == "tenant_area").then(pl.when("nonresidential").then(0).otherwise(tenant))
        .otherwise(days).alias("days_charged")
    ).filter(pl.col("days_charged") > 0)
    following = rows.filter(pl.col("follows").is_not_null() & (pl.col("days_charged") == days))
    if following.is_empty():
        reg.add(f"{service}.area", service, rows)
        return
    before = rows.select(pl.col("account_id").alias("follows"), pl.col("days_charged").alias("days_before"))
    second = following.join(before, on="follows").filter(pl.col("days_before") + days == pl.col("month_days"))
    reg.add(f"{service}.area", service, rows.join(second, on="account_id", how="anti"))
    reg.add(f"{service}.rest_of_month", service, second)
