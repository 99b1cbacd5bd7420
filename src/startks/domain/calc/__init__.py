"""Engine of rules: the law as pure functions over exact numbers, run by three interpreters.

* :mod:`.registry`: ``rule_for(key, day)``, ``rule_by_id(id)``, ``all_rules()``; a rule knows its inputs (names,
  Russian titles, units, decimals), its outputs, its act and paragraph;
* :mod:`.interpret`: ``apply_bulk(rule, frame)`` for a Polars frame of scaled integers, ``apply_trace(rule, values,
  sources)`` for one explained line, ``apply_reference(rule, values)`` for one plain exact line;
* :mod:`.splitting`: one sum of money in proportion to weights, nothing lost;
* :mod:`.parameters`: federal figures with their dates and acts (coefficients, key rates, days, hours);
* :mod:`.cases`: worked examples through these same rules.

In bulk an input column holds integers: the natural value times ten to the decimals given below in brackets. Money
inputs are kopecks (2 decimals of a rouble). Results are Int64: volumes 1e-6 of the unit, money in kopecks. A row
with a missing or implausible input or a zero divisor gets null in volume and charge: report it, never fill it.
``apply_bulk`` proves the width of every product from the real extremes of a DataFrame; for a LazyFrame it has only
the declared limits and refuses (OverflowProof) the few rules with very long products.

Rules, in the form ``id key: inputs (decimals) -> outputs (decimals)``::

    1202 absence.by_norm: absent_days (0), norm (6), tariff (6), month_days (0) -> reduction (0)
    1203 absence.heat_of_water: absent_days (0), norm (6), heat_norm (6), tariff (6), month_days (0) ->
        reduction (0)
    1201 absence.recalculation: persons (0), norm (6), tariff (6), full_days (0), month_days (0) -> volume
        (6), charge (0), excess (0)
    1204 absence.waste: charge_rub (2), absent_days (0), person_days (0) -> reduction (0)
    1501 advance.next_bill: next_charge (2), advance (2) -> to_pay (0)
    1302 benefit.area_family: area (2), members (0), rate (6), social_norm (6), percent (6) -> charge (0),
        counted_area (6), benefit (0)
    1301 benefit.area_holder: area (2), members (0), holders (0), rate (6), social_norm (6), percent (6) ->
        charge (0), counted_area (6), benefit (0)
    1304 benefit.capital_repair: area (2), standard_area (2), rate (6), percent (6) -> charge (0),
        compensation (0)
    1312 benefit.line_area: base (2), area (2), social_norm (6), person_days (0), days_charged (0),
        benefit_days (0), percent (6) -> benefit (0)
    1313 benefit.line_norm: base (2), own_volume (6), norm (6), person_days (0), month_days (0),
        benefit_days (0), percent (6) -> benefit (0)
    1314 benefit.line_repair: base (2), rate (6), least_rate (6), area (2), social_norm (6), person_days
        (0), days_charged (0), benefit_days (0), percent (6) -> benefit (0)
    1311 benefit.line_whole: base (2), person_days (0), benefit_days (0), percent (6) -> benefit (0)
    1303 benefit.utility: volume (6), members (0), holders (0), norm (6), tariff (6), percent (6) ->
        holder_volume (6), counted_volume (6), benefit (0)
    901 bill.line: volume (6), tariff (6), recalculation (2) -> charge (0), to_pay (0)
    602 capital_repair.area: area (2), rate (6), days_charged (0), month_days (0) -> volume (6), charge (0),
        excess (0)
    612 capital_repair.rest_of_month: area (2), rate (6), days_before (0), month_days (0) -> volume (6),
        charge (0), excess (0)
    161 cold_water.average: volume_sum (6), months (0), tariff (6) -> volume (6), charge (0), excess (0)
    191 cold_water.broken_seal: person_days (0), month_days (0), norm (6), coefficient (6), tariff (6)
        -> volume (6), charge (0), excess (0)
    131 cold_water.by_act: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    101 cold_water.meter: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    121 cold_water.norm: person_days (0), month_days (0), norm (6), tariff (6) -> volume (6), charge (0),
        excess (0)
    141 cold_water.norm_raised: person_days (0), month_days (0), norm (6), coefficient (6), tariff (6) ->
        volume (6), charge (0), excess (0)
    181 cold_water.true_up: actual_volume (6), estimated_volume (6), tariff (6) -> volume (6), charge (0),
        excess (0)
    332 common.actual_share: house_cost (12), area (2), all_area (2) -> share (0)
    169 common.average: volume_sum (6), months (0) -> volume (6)
    322 common.credit_area: common_volume (6), area (2), all_area (2), own_volume (6), tariff (6) -> volume
        (6), charge (0), excess (0)
    321 common.credit_persons: common_volume (6), person_days (0), house_person_days (0), own_volume (6),
        tariff (6) -> volume (6), charge (0), excess (0)
    325 common.credit_persons_heat: common_volume (6), person_days (0), house_person_days (0), own_volume
        (6), heat_norm (6), tariff (6) -> volume (6), charge (0), excess (0)
    301 common.house: house_volume (6), nonresidential_volume (6), metered_volume (6), norm_volume (6),
        for_hot_volume (6) -> common (6), billed (6), returned (6)
    302 common.house_capped: house_volume (6), nonresidential_volume (6), metered_volume (6), norm_volume
        (6), for_hot_volume (6), norm (6), common_area (2) -> common (6), billed (6), returned (6), cap (6)
    303 common.house_norm: norm (6), common_area (2) -> billed (6)
    313 common.norm: norm (6), common_area (2), area (2), all_area (2), tariff (6) -> volume (6), charge
        (0), excess (0)
    343 common.norm_days: norm (6), common_area (2), area (2), all_area (2), tariff (6), days_charged (0),
        month_days (0) -> volume (6), charge (0), excess (0)
    314 common.norm_heat: norm (6), common_area (2), area (2), all_area (2), heat_norm (6), tariff (6) ->
        volume (6), charge (0), excess (0)
    344 common.norm_heat_days: norm (6), common_area (2), area (2), all_area (2), heat_norm (6), tariff (6),
        days_charged (0), month_days (0) -> volume (6), charge (0), excess (0)
    734 common.norm_heat_room: norm (6), common_area (2), area (2), all_area (2), heat_norm (6), tariff (6),
        room_persons (0), flat_persons (0) -> volume (6), charge (0), excess (0)
    733 common.norm_room: norm (6), common_area (2), area (2), all_area (2), tariff (6), room_persons (0),
        flat_persons (0) -> volume (6), charge (0), excess (0)
    315 common.norm_sewerage: cold_norm (6), hot_norm (6), common_area (2), area (2), all_area (2), tariff
        (6) -> volume (6), charge (0), excess (0)
    324 common.own_less_credit_area: common_volume (6), area (2), all_area (2), own_volume (6), tariff (6)
        -> volume (6), charge (0), excess (0)
    323 common.own_less_credit_persons: common_volume (6), person_days (0), house_person_days (0),
        own_volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    311 common.share: common_volume (6), area (2), all_area (2), tariff (6) -> volume (6), charge (0),
        excess (0)
    341 common.share_days: common_volume (6), area (2), all_area (2), tariff (6), days_charged (0),
        month_days (0) -> volume (6), charge (0), excess (0)
    312 common.share_heat: common_volume (6), area (2), all_area (2), heat_norm (6), tariff (6) -> volume
        (6), charge (0), excess (0)
    342 common.share_heat_days: common_volume (6), area (2), all_area (2), heat_norm (6), tariff (6),
        days_charged (0), month_days (0) -> volume (6), charge (0), excess (0)
    732 common.share_heat_room: common_volume (6), area (2), all_area (2), heat_norm (6), tariff (6),
        room_persons (0), flat_persons (0) -> volume (6), charge (0), excess (0)
    731 common.share_room: common_volume (6), area (2), all_area (2), tariff (6), room_persons (0),
        flat_persons (0) -> volume (6), charge (0), excess (0)
    331 common.year_correction: meter_volume_year (6), norm_volume_month (6), months (0), area (2), all_area
        (2), tariff (6) -> volume (6), charge (0), excess (0)
    333 common.year_difference: actual_share (2), charged (2) -> correction (0)
    703 communal.electricity_meters: flat_volume (6), all_rooms_volume (6), room_volume (6), room_persons
        (0), flat_persons (0), tariff (6) -> volume (6), charge (0), excess (0)
    702 communal.living_area: flat_volume (6), room_area (2), flat_area (2), tariff (6) -> volume (6),
        charge (0), excess (0)
    701 communal.persons: flat_volume (6), room_persons (0), flat_persons (0), tariff (6) -> volume (6),
        charge (0), excess (0)
    164 electricity.average: volume_sum (6), months (0), tariff (6) -> volume (6), charge (0), excess (0)
    802 electricity.band: volume (6), lower (6), upper (6), tariff (6) -> volume (6), charge (0), excess (0)
    801 electricity.band_limit: base_limit (6), limit_coefficient (6) -> limit (6)
    194 electricity.broken_seal: person_days (0), month_days (0), norm (6), coefficient (6), tariff (6)
        -> volume (6), charge (0), excess (0)
    134 electricity.by_act: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    803 electricity.last_band: volume (6), lower (6), tariff (6) -> volume (6), charge (0), excess (0)
    104 electricity.meter: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    124 electricity.norm: person_days (0), month_days (0), norm (6), tariff (6) -> volume (6), charge (0),
        excess (0)
    144 electricity.norm_raised: person_days (0), month_days (0), norm (6), coefficient (6), tariff (6) ->
        volume (6), charge (0), excess (0)
    184 electricity.true_up: actual_volume (6), estimated_volume (6), tariff (6) -> volume (6), charge (0),
        excess (0)
    165 electricity_day.average: volume_sum (6), months (0), tariff (6) -> volume (6), charge (0), excess
        (0)
    105 electricity_day.meter: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    185 electricity_day.true_up: actual_volume (6), estimated_volume (6), tariff (6) -> volume (6), charge
        (0), excess (0)
    166 electricity_night.average: volume_sum (6), months (0), tariff (6) -> volume (6), charge (0), excess
        (0)
    106 electricity_night.meter: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    186 electricity_night.true_up: actual_volume (6), estimated_volume (6), tariff (6) -> volume (6), charge
        (0), excess (0)
    167 gas.average: volume_sum (6), months (0), tariff (6) -> volume (6), charge (0), excess (0)
    197 gas.broken_seal: person_days (0), month_days (0), norm (6), coefficient (6), tariff (6) ->
        volume (6), charge (0), excess (0)
    137 gas.by_act: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    107 gas.meter: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    127 gas.norm: person_days (0), month_days (0), norm (6), tariff (6) -> volume (6), charge (0), excess
        (0)
    128 gas.norm_by_use: person_days (0), month_days (0), norm_cooking (6), norm_water (6), area (2),
        norm_heating (6), tariff (6) -> volume (6), charge (0), excess (0)
    187 gas.true_up: actual_volume (6), estimated_volume (6), tariff (6) -> volume (6), charge (0), excess
        (0)
    451 heating.actual_share: house_cost (12), area (2), all_area (2) -> share (0)
    168 heating.average: volume_sum (6), months (0), tariff (6) -> volume (6), charge (0), excess (0)
    441 heating.house_no_ipu: house_volume (6), all_area (2), off_area (2), common_area (2) -> own_all (6),
        rest (6)
    442 heating.house_some_ipu: house_volume (6), metered_volume (6), metered_area (2), all_area (2),
        off_area (2) -> own_all (6), rest (6)
    904 heating.meter: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    402 heating.norm_even: area (2), norm (6), heating_months (0), tariff (6) -> volume (6), charge (0),
        excess (0)
    462 heating.norm_even_days: area (2), norm (6), heating_months (0), tariff (6), days_charged (0),
        month_days (0) -> volume (6), charge (0), excess (0)
    722 heating.norm_even_room: area (2), norm (6), heating_months (0), tariff (6), room_area (2), flat_area
        (2), days_charged (0), month_days (0) -> volume (6), charge (0), excess (0)
    401 heating.norm_season: area (2), norm (6), tariff (6) -> volume (6), charge (0), excess (0)
    461 heating.norm_season_days: area (2), norm (6), tariff (6), days_charged (0), month_days (0) -> volume
        (6), charge (0), excess (0)
    721 heating.norm_season_room: area (2), norm (6), tariff (6), room_area (2), flat_area (2), days_charged
        (0), month_days (0) -> volume (6), charge (0), excess (0)
    432 heating.odpu_all_ipu_even: volume (6), area (2), last_year_volume (6), individual_volume (6),
        all_area (2), tariff (6) -> volume (6), charge (0), excess (0)
    470 heating.odpu_all_ipu_even_days: volume (6), area (2), last_year_volume (6), individual_volume (6),
        all_area (2), tariff (6), days_charged (0), month_days (0) -> volume (6), charge (0), excess (0)
    431 heating.odpu_all_ipu_season: volume (6), area (2), house_volume (6), individual_volume (6), all_area
        (2), tariff (6) -> volume (6), charge (0), excess (0)
    469 heating.odpu_all_ipu_season_days: volume (6), area (2), house_volume (6), individual_volume (6),
        all_area (2), tariff (6), days_charged (0), month_days (0) -> volume (6), charge (0), excess (0)
    412 heating.odpu_no_ipu_even: area (2), connected (0), last_year_volume (6), all_area (2), off_area (2),
        common_area (2), tariff (6) -> volume (6), charge (0), excess (0)
    464 heating.odpu_no_ipu_even_days: area (2), connected (0), last_year_volume (6), all_area (2), off_area
        (2), common_area (2), tariff (6), days_charged (0), month_days (0) -> volume (6), charge (0), excess
        (0)
    724 heating.odpu_no_ipu_even_room: area (2), connected (0), last_year_volume (6), all_area (2), off_area
        (2), common_area (2), tariff (6), room_area (2), flat_area (2), days_charged (0), month_days (0) ->
        volume (6), charge (0), excess (0)
    411 heating.odpu_no_ipu_season: area (2), connected (0), house_volume (6), all_area (2), off_area (2),
        common_area (2), tariff (6) -> volume (6), charge (0), excess (0)
    463 heating.odpu_no_ipu_season_days: area (2), connected (0), house_volume (6), all_area (2), off_area
        (2), common_area (2), tariff (6), days_charged (0), month_days (0) -> volume (6), charge (0), excess
        (0)
    723 heating.odpu_no_ipu_season_room: area (2), connected (0), house_volume (6), all_area (2), off_area
        (2), common_area (2), tariff (6), room_area (2), flat_area (2), days_charged (0), month_days (0) ->
        volume (6), charge (0), excess (0)
    423 heating.odpu_some_ipu_metered_even: volume (6), area (2), last_year_volume (6), metered_volume (6),
        metered_area (2), all_area (2), off_area (2), tariff (6) -> volume (6), charge (0), excess (0)
    467 heating.odpu_some_ipu_metered_even_days: volume (6), area (2), last_year_volume (6), metered_volume
        (6), metered_area (2), all_area (2), off_area (2), tariff (6), days_charged (0), month_days (0) ->
        volume (6), charge (0), excess (0)
    421 heating.odpu_some_ipu_metered_season: volume (6), area (2), house_volume (6), metered_volume (6),
        metered_area (2), all_area (2), off_area (2), tariff (6) -> volume (6), charge (0), excess (0)
    465 heating.odpu_some_ipu_metered_season_days: volume (6), area (2), house_volume (6), metered_volume
        (6), metered_area (2), all_area (2), off_area (2), tariff (6), days_charged (0), month_days (0) ->
        volume (6), charge (0), excess (0)
    424 heating.odpu_some_ipu_unmetered_even: connected (0), area (2), last_year_volume (6), metered_volume
        (6), metered_area (2), all_area (2), off_area (2), tariff (6) -> volume (6), charge (0), excess (0)
    468 heating.odpu_some_ipu_unmetered_even_days: connected (0), area (2), last_year_volume (6),
        metered_volume (6), metered_area (2), all_area (2), off_area (2), tariff (6), days_charged (0),
        month_days (0) -> volume (6), charge (0), excess (0)
    726 heating.odpu_some_ipu_unmetered_even_room: connected (0), area (2), last_year_volume (6),
        metered_volume (6), metered_area (2), all_area (2), off_area (2), tariff (6), room_area (2),
        flat_area (2), days_charged (0), month_days (0) -> volume (6), charge (0), excess (0)
    422 heating.odpu_some_ipu_unmetered_season: connected (0), area (2), house_volume (6), metered_volume
        (6), metered_area (2), all_area (2), off_area (2), tariff (6) -> volume (6), charge (0), excess (0)
    466 heating.odpu_some_ipu_unmetered_season_days: connected (0), area (2), house_volume (6),
        metered_volume (6), metered_area (2), all_area (2), off_area (2), tariff (6), days_charged (0),
        month_days (0) -> volume (6), charge (0), excess (0)
    725 heating.odpu_some_ipu_unmetered_season_room: connected (0), area (2), house_volume (6),
        metered_volume (6), metered_area (2), all_area (2), off_area (2), tariff (6), room_area (2),
        flat_area (2), days_charged (0), month_days (0) -> volume (6), charge (0), excess (0)
    188 heating.true_up: actual_volume (6), estimated_volume (6), tariff (6) -> volume (6), charge (0),
        excess (0)
    452 heating.year_correction: actual_share (2), charged (2) -> correction (0)
    162 hot_water.average: volume_sum (6), months (0), tariff (6) -> volume (6), charge (0), excess (0)
    192 hot_water.broken_seal: person_days (0), month_days (0), norm (6), coefficient (6), tariff (6) ->
        volume (6), charge (0), excess (0)
    132 hot_water.by_act: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    211 hot_water.made_in_house: resource_volume (6), volume (6), house_hot_volume (6), tariff (6) -> volume
        (6), charge (0), excess (0)
    102 hot_water.meter: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    122 hot_water.norm: person_days (0), month_days (0), norm (6), tariff (6) -> volume (6), charge (0),
        excess (0)
    142 hot_water.norm_raised: person_days (0), month_days (0), norm (6), coefficient (6), tariff (6) ->
        volume (6), charge (0), excess (0)
    182 hot_water.true_up: actual_volume (6), estimated_volume (6), tariff (6) -> volume (6), charge (0),
        excess (0)
    204 hot_water_heat.average: volume_sum (6), months (0), heat_norm (6), tariff (6) -> volume (6), charge
        (0), excess (0)
    208 hot_water_heat.broken_seal: person_days (0), month_days (0), norm (6), heat_norm (6),
        coefficient (6), tariff (6) -> volume (6), charge (0), excess (0)
    201 hot_water_heat.meter: volume (6), heat_norm (6), tariff (6) -> volume (6), charge (0), excess (0)
    202 hot_water_heat.norm: person_days (0), month_days (0), norm (6), heat_norm (6), tariff (6) -> volume
        (6), charge (0), excess (0)
    203 hot_water_heat.norm_raised: person_days (0), month_days (0), norm (6), heat_norm (6), coefficient
        (6), tariff (6) -> volume (6), charge (0), excess (0)
    206 hot_water_heat.per_m3: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    207 hot_water_heat.person_norm: person_days (0), month_days (0), norm (6), tariff (6) -> volume (6),
        charge (0), excess (0)
    205 hot_water_heat.surcharged: volume (6), heat_norm (6), tariff (6), surcharge (6) -> volume (6),
        charge (0), excess (0)
    906 hot_water_heat.volume: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    601 maintenance.area: area (2), rate (6), days_charged (0), month_days (0) -> volume (6), charge (0),
        excess (0)
    611 maintenance.rest_of_month: area (2), rate (6), days_before (0), month_days (0) -> volume (6), charge
        (0), excess (0)
    1002 penalty.capital_repair: rouble_days (2), divisor (0), rate (6) -> penalty (0)
    1003 penalty.days: overdue_days (0), free_days (0), first_part_last_day (0) -> first_days (0),
        second_days (0)
    1001 penalty.month_debt: first_rouble_days (2), second_rouble_days (2), first_divisor (0),
        second_divisor (0), rate (6) -> penalty (0)
    1004 penalty.rate: key_rate (6), cap (6) -> rate (6)
    1101 quality.break: charge_rub (2), hours (0), allowed_hours (0), percent_per_hour (6) -> excess_hours
        (0), percent (6), reduction (0)
    1109 quality.break_by_norm: charge_rub (2), base_rub (2), missing_hours (0), hours (0), allowed_hours
        (0), percent_per_hour (6), month_days (0) -> excess_hours (0), percent (6), not_supplied (0),
        reduction (0)
    1111 quality.cold_hot_water: charge_rub (2), step_hours (0), percent_per_step (6) -> percent (6),
        reduction (0)
    1114 quality.days_unpaid: charge_rub (2), days (0), month_days (0) -> reduction (0)
    1106 quality.degree_hours: measured (3), normal (3), allowed (3), hours (0) -> degree_hours (0)
    1105 quality.hot_water_as_cold: volume (6), hot_tariff (6), cold_tariff (6) -> reduction (0)
    1104 quality.hot_water_temperature: charge_rub (2), measured (3), normal (3), allowed (3), step (3),
        hours (0), percent_per_step (6) -> beyond (3), steps (0), percent (6), reduction (0)
    1112 quality.hours_as_cold: volume (6), hours (0), month_days (0), hot_tariff (6), cold_tariff (6) ->
        reduction (0)
    1113 quality.hours_unpaid: charge_rub (2), hours (0), month_days (0) -> reduction (0)
    1103 quality.not_supplied: persons (0), norm (6), tariff (6), month_days (0), hours (0), allowed_hours
        (0), percent_per_hour (6) -> charge (0), not_supplied (0), percent (6), reduction (0)
    1108 quality.pressure: charge_rub (2), hours (0), percent_per_hour (6), days_over (0), month_days (0) ->
        reduction_hours (0), reduction_days (0)
    1107 quality.room_temperature: charge_rub (2), degree_hours (0), percent_per_degree (6) -> percent (6),
        reduction (0)
    1110 quality.step_hours: measured (3), normal (3), allowed (3), step (3), hours (0) -> step_hours (0)
    1102 quality.waste_break: charge_rub (2), hours (0), allowed_hours (0), percent_per_day (6) ->
        excess_hours (0), percent (6), reduction (0)
    903 reading.difference: previous (6), current (6), capacity (6) -> volume (6)
    603 rent.area: area (2), rate (6), days_charged (0), month_days (0) -> volume (6), charge (0), excess
        (0)
    613 rent.rest_of_month: area (2), rate (6), days_before (0), month_days (0) -> volume (6), charge (0),
        excess (0)
    505 residents.counted: persons (0), owners (0) -> counted (0)
    151 residents.share: person_days (0), month_days (0), norm (6), tariff (6), share_percent (6) -> volume
        (6), charge (0), excess (0)
    163 sewerage.average: volume_sum (6), months (0), tariff (6) -> volume (6), charge (0), excess (0)
    103 sewerage.meter: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    123 sewerage.norm: person_days (0), month_days (0), norm (6), tariff (6) -> volume (6), charge (0),
        excess (0)
    143 sewerage.norm_raised: person_days (0), month_days (0), norm (6), coefficient (6), tariff (6) ->
        volume (6), charge (0), excess (0)
    111 sewerage.sum: cold_volume (6), hot_volume (6), tariff (6) -> volume (6), charge (0), excess (0)
    183 sewerage.true_up: actual_volume (6), estimated_volume (6), tariff (6) -> volume (6), charge (0),
        excess (0)
    1402 subsidy.amount: members (0), income (2), share (6), minimum_sum (2), minimum_count (0), cut_step
        (0), standard (2), actual_expense (2) -> income_per_member (0), family_minimum (0), k (6),
        own_payment (0), by_formula (0), subsidy (0)
    1401 subsidy.own_payment: members (0), income (2), share (6), minimum_sum (2), minimum_count (0),
        cut_step (0) -> income_per_member (0), family_minimum (0), k (6), own_payment (0)
    1511 supplier.settlement_percent: paid (2), commission_percent (6), agent_fee (2), opening (2),
        transferred (2) -> commission (0), to_transfer (0), closing (0)
    1512 supplier.settlement_sum: paid (2), commission_sum (2), agent_fee (2), opening (2), transferred (2)
        -> commission (0), to_transfer (0), closing (0)
    902 vat.inside: charge_rub (2), vat_percent (6) -> vat (0)
    502 waste.area: area (2), norm (6), tariff (6) -> volume (6), charge (0), excess (0)
    511 waste.area_days: area (2), norm (6), tariff (6), days_charged (0), month_days (0) -> volume (6),
        charge (0), excess (0)
    504 waste.containers: container_volume (6), emptied_times (0), persons (0), site_persons (0), tariff (6)
        -> volume (6), charge (0), excess (0)
    503 waste.month_norm: person_days (0), month_days (0), norm (6), tariff (6) -> volume (6), charge (0),
        excess (0)
    501 waste.persons: person_days (0), month_days (0), norm (6), tariff (6) -> volume (6), charge (0),
        excess (0)
    905 waste.volume: volume (6), tariff (6) -> volume (6), charge (0), excess (0)
"""
