"""Adapters of the worked examples, by topic; importing the package enters them all."""

from . import (  # noqa: F401
    average_consumption,
    heating,
    hot_water,
    meter_norm,
    odn,
    penalty,
    quality,
    waste_and_housing,
)
