"""Metadata, naming rules and column types shared by every table of the product.

One naming convention from the first migration on, so that constraints can be named in errors and altered later.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from sqlalchemy import BigInteger, Date, DateTime, Identity, Integer, MetaData, Numeric, SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
    "ex": "ex_%(table_name)s_%(column_0_N_name)s",
}

metadata = MetaData(naming_convention=NAMING)


class Base(DeclarativeBase):
    """Parent of all models; ``info={"branch": ...}`` is derived from the module path by the migrations."""

    metadata = metadata
    type_annotation_map = {
        str: Text(),
        dt.datetime: DateTime(timezone=True),
        dt.date: Date(),
    }


# Column kinds. The names say the unit, so that a reader need not open the migration.
Key = Annotated[int, mapped_column(Integer, Identity(), primary_key=True)]
BigKey = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
SmallKey = Annotated[int, mapped_column(SmallInteger, Identity(), primary_key=True)]
Kopecks = Annotated[int, mapped_column(BigInteger)]
"""Money, integer kopecks."""
Micro = Annotated[int, mapped_column(BigInteger)]
"""A volume, reading or tariff in millionths of its unit: exact, and ready for the bulk calculation."""
Area = Annotated[Decimal, mapped_column(Numeric(12, 2))]
"""Square metres."""
Rate = Annotated[Decimal, mapped_column(Numeric(18, 6))]
"""A tariff (roubles a unit), norm or coefficient, exact decimal."""
PeriodId = Annotated[int, mapped_column(Integer)]
"""Accounting period as YYYYMM, e.g. 202610."""
Valid = Annotated[Range, mapped_column(DATERANGE)]
"""Days on which the fact holds, half-open: [from, to)."""
Stamp = Annotated[dt.datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
"""Moment at which the row became known."""
