"""Tabs «quality»: acts of breaks and poor quality that reach a house, a premise or an account, and its temporary absences."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from pyramid.request import Request
from sqlalchemy import Row

from startks.domain.calc.numbers import round_half_up
from startks.domain.reductions.queries import absences_of, act_amounts, acts_over
from startks.domain.security.masking import mask_name
from startks.framework.tree.nodes import Account, Apartment, District, House


def of_district(context: District, request: Request) -> dict[str, Any]:
    """Acts over a whole district."""
    rows = acts_over(request.read, "district", context.id)
    return {"acts": _with_sums(rows, act_amounts(request.read, rows, "district", context.id)), "absences": None}


def of_house(context: House, request: Request) -> dict[str, Any]:
    """Acts that reach the house or somebody in it."""
    rows = acts_over(request.read, "house", context.id)
    return {"acts": _with_sums(rows, act_amounts(request.read, rows, "house", context.id)), "absences": None}


def of_premise(context: Apartment, request: Request) -> dict[str, Any]:
    """Acts that reach the premise; sums stand on the accounts."""
    return {"acts": _with_sums(acts_over(request.read, "premise", context.id), {}), "absences": None}


def of_account(context: Account, request: Request) -> dict[str, Any]:
    """Acts that reach the account and what each took off, and applications of those who were away; names masked."""
    rows = acts_over(request.read, "premise", context.premise_id)
    absences = [{**row._mapping, "name": mask_name(row.name)} for row in absences_of(request.read, context.id)]
    return {"acts": _with_sums(rows, act_amounts(request.read, rows, "account", context.id)), "absences": absences}


def _with_sums(rows: Sequence[Row], sums: dict[int, Row]) -> list[dict[str, Any]]:
    """Acts with what they took off (kopecks, positive) and the supplier's part of it."""
    found = []
    for row in rows:
        taken = -sums[row.id].amount if row.id in sums else 0
        part = int(round_half_up(Fraction(row.supplier_percent) * taken / 100))
        found.append({
            **row._mapping, "accounts": sums[row.id].accounts if row.id in sums else 0, "taken": taken, "supplier_part": part
        })
    return found
