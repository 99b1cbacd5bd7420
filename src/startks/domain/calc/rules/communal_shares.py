"""Rooms of a communal flat in what the house shares: first to the flat, then to its rooms (ПП 354, пункты 43, 50).

Heat goes to the rooms by living area (formula 8), water and electricity of the common property by residents. The rule of
the whole flat is the house's own; a room pays its part of it.
"""

from __future__ import annotations

from inspect import Parameter, Signature

from ..numbers import kopecks, named, rounded
from ..registry import Input, LineResult, Rule, rule, rule_for
from . import pp354_common_needs, pp354_heating  # noqa: F401  (their rules are entered before these)
from ._inputs import DAYS_CHARGED, HEATING_SINCE, MONTH_DAYS, PP354_SINCE, area_input, count_input

_LIVING = (
    area_input("room_area", "жилая площадь комнаты", "Sк"), area_input("flat_area", "жилая площадь всех комнат квартиры", "Sкв"),
    DAYS_CHARGED, MONTH_DAYS,
)
_MOST = 2_000
"""Person-days of a flat in a month: more than sixty people do not live in one."""
_PEOPLE = (
    count_input("room_persons", "человеко-дни жителей комнаты", "чел.·дн.", symbol="nк", limit=_MOST),
    count_input("flat_persons", "человеко-дни жителей квартиры", "чел.·дн.", symbol="nкв", limit=_MOST),
)
#: Fixed numbers of the rules, by the key of the flat's rule.
BY_LIVING_AREA = {
    "heating.norm_season": 721, "heating.norm_even": 722, "heating.odpu_no_ipu_season": 723, "heating.odpu_no_ipu_even": 724,
    "heating.odpu_some_ipu_unmetered_season": 725, "heating.odpu_some_ipu_unmetered_even": 726,
}
BY_PEOPLE = {"common.share": 731, "common.share_heat": 732, "common.norm": 733, "common.norm_heat": 734}


def _of_flat(whole: Rule, parts: tuple[Input, ...]):
    """The line of a room: what the flat would pay, by the parts."""
    by_area = parts is _LIVING

    def line(tariff, **facts):
        given = {item.name: facts.pop(item.name) for item in parts}
        flat = whole(tariff=tariff, **facts).volume
        if by_area:
            part = given["room_area"] / given["flat_area"] * given["days_charged"] / given["month_days"]
        else:
            # The longest product of all rules: kept within the width of a number by a volume of nine decimals.
            flat, part = rounded(flat, 9), given["room_persons"] / given["flat_persons"]
        volume = named(named(flat, "flat_volume", "объём квартиры", whole.unit) * part, "room_volume", "объём комнаты", whole.unit)
        return LineResult(volume, kopecks(volume * tariff))

    line.__doc__ = f"A room's part of the flat's volume: {whole.function.__doc__}"
    names = [*(item.name for item in whole.inputs), *(item.name for item in parts)]
    line.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])
    return line


for _keys, _parts, _since, _paragraph in (
    (BY_LIVING_AREA, _LIVING, HEATING_SINCE, "пункты 43, 50, приложение 2, формула 8"),
    (BY_PEOPLE, _PEOPLE, PP354_SINCE, "пункты 44, 50"),
):
    for _key, _id in _keys.items():
        _whole = rule_for(_key, _since)
        rule(
            id=_id, key=f"{_key}_room", service=_whole.service, unit=_whole.unit,
            title=f"{_whole.title}; комната коммунальной квартиры", act=_whole.act,
            paragraph=f"{_whole.paragraph}; {_paragraph}", label=_whole.label, inputs=(*_whole.inputs, *_parts), valid_from=_since,
        )(_of_flat(_whole, _parts))
