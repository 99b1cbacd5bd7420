"""The rules of the law, one module for each act and regime; importing this package enters them all."""

from . import (  # noqa: F401
    benefit_lines,
    benefits,
    bill,
    communal_shares,
    electricity,
    housing_code,
    part_month,
    payments,
    penalty,
    pp354_absence,
    pp354_average,
    pp354_common_needs,
    pp354_communal_flats,
    pp354_heating,
    pp354_hot_water,
    pp354_individual,
    pp354_quality,
    pp354_regimes,
    pp354_waste,
    subsidy,
)
