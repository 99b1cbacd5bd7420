"""Lines of a part of a month: what the whole month would give, by the days of the account (ЖК ст. 153 ч. 2).

The obligation to pay begins with the right and ends with it, so an account opened or closed inside a month pays for its
days. Lines by people carry their days in the person-days; housing lines have them in their own rules.
"""

from __future__ import annotations

from inspect import Parameter, Signature

from ..numbers import kopecks, named
from ..registry import LineResult, Rule, rule, rule_for
from . import pp354_common_needs, pp354_heating, pp354_waste  # noqa: F401  (their rules are entered before these)
from ._inputs import DAYS_CHARGED, HEATING_SINCE, MONTH_DAYS, PP354_SINCE, WASTE_SINCE

#: Fixed numbers of the rules, by the key of the whole month's rule.
BY_DAYS = {
    "common.share": (341, PP354_SINCE), "common.share_heat": (342, PP354_SINCE), "common.norm": (343, PP354_SINCE),
    "common.norm_heat": (344, PP354_SINCE),
    "heating.norm_season": (461, HEATING_SINCE), "heating.norm_even": (462, HEATING_SINCE),
    "heating.odpu_no_ipu_season": (463, HEATING_SINCE), "heating.odpu_no_ipu_even": (464, HEATING_SINCE),
    "heating.odpu_some_ipu_metered_season": (465, HEATING_SINCE),
    "heating.odpu_some_ipu_unmetered_season": (466, HEATING_SINCE),
    "heating.odpu_some_ipu_metered_even": (467, HEATING_SINCE),
    "heating.odpu_some_ipu_unmetered_even": (468, HEATING_SINCE),
    "heating.odpu_all_ipu_season": (469, HEATING_SINCE), "heating.odpu_all_ipu_even": (470, HEATING_SINCE),
    "waste.area": (511, WASTE_SINCE),
}


def _by_days(whole: Rule, names: list[str]):
    def line(days_charged, month_days, tariff, **facts):
        volume = named(
            whole(tariff=tariff, **facts).volume * days_charged / month_days, "volume_of_days", "объём за дни начисления",
            whole.unit,
        )
        return LineResult(volume, kopecks(volume * tariff))

    line.__doc__ = f"The whole month's volume by days: {whole.function.__doc__}"
    line.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])
    return line


for _key, (_id, _since) in BY_DAYS.items():
    _whole = rule_for(_key, _since)
    _inputs = (*_whole.inputs, DAYS_CHARGED, MONTH_DAYS)
    rule(
        id=_id, key=f"{_key}_days", service=_whole.service, unit=_whole.unit, title=f"{_whole.title}; неполный месяц",
        act=_whole.act, paragraph=f"{_whole.paragraph}; Жилищный кодекс РФ, статья 153, часть 2", label=_whole.label,
        inputs=_inputs, valid_from=_since,
    )(_by_days(_whole, [item.name for item in _inputs]))
