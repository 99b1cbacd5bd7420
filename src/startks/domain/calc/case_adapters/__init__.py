"""Adapters of the worked examples, by topic; importing the package enters them all."""

from . import (  # noqa: F401
    average_consumption,
    heating,
    hot_water,
    meter_norm,
    odn,
    payments,
    penalty,
    quality,
    social,
    waste_and_housing,
)
