"""Where each number of an explanation comes from: reading, register, tariff, norm, act, house meter."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, TextClause, text

from startks.domain.calc.parameters import parameter
from startks.domain.calc.trace import number_text

if TYPE_CHECKING:
    from startks.modules.billing.calculation.regimes import Group
    from startks.modules.billing.explain import HouseTrace

NORM_SERVICE = {"hot_water_heat": "hot_water", "soi_hot_water_heat": "soi_hot_water"}

_TARIFF = text("""
    SELECT lower(t.valid) AS since, t.certain, a.title, a.number, own.tariff_category AS own_category, own.document AS own_document
      FROM tariff t JOIN act a ON a.id = t.act_id JOIN house_service hs ON hs.service_id = t.service_id
           AND hs.house_id = :house AND hs.valid @> CAST(:last AS date)
      LEFT JOIN account_category own ON own.account_id = :account AND own.service_id = t.service_id
           AND own.tariff_category IS NOT NULL AND own.valid @> CAST(:last AS date)
     WHERE t.service_id = :service AND (t.house_id = :house OR t.house_id IS NULL) AND t.valid @> CAST(:day AS date)
       AND t.category = coalesce(own.tariff_category, hs.tariff_category)
     ORDER BY t.house_id NULLS LAST LIMIT 1""")

_NORM = text("""
    SELECT lower(n.valid) AS since, n.certain, n.unit, a.title, a.number
      FROM norm n JOIN act a ON a.id = n.act_id JOIN service s ON s.id = n.service_id
     WHERE s.code = :service AND n.purpose = :purpose AND n.valid @> CAST(:day AS date)
       AND (n.value * 1000000)::int8 = :value
     ORDER BY n.id LIMIT 1""")

_PARAMETER = text("""
    SELECT lower(p.valid) AS since, p.certain, a.title, a.number FROM parameter p JOIN act a ON a.id = p.act_id
     WHERE p.code = :code AND p.valid @> CAST(:day AS date) ORDER BY p.municipality_id NULLS LAST LIMIT 1""")

_BY_ACT = text("""
    SELECT coalesce(document, '') AS document, lower(valid) AS since FROM calculated_volume
     WHERE account_id = :account AND service_id = :service AND valid @> CAST(:last AS date)""")

_SEALS = text("""
    SELECT coalesce(document, 'акт') AS document, found_on, lower(valid) AS since, upper(valid) AS until FROM broken_seal
     WHERE account_id = :account AND service_id = CASE WHEN :service = :heat THEN :water ELSE :service END
       AND valid && daterange(CAST(:start AS date), CAST(:last AS date), '[]') ORDER BY valid""")

BANDS = {"electricity_2": "electricity", "electricity_3": "electricity", "electricity_day_2": "electricity_day",
         "electricity_day_3": "electricity_day", "electricity_night_2": "electricity_night",
         "electricity_night_3": "electricity_night"}
"""Services of the second and third price: they are charged for the volume of the first one."""
LIMITS = ("lower", "upper")

REGISTER = {
    "room_persons": "регистр жителей комнаты по дням",
    "flat_persons": "регистр жителей всех комнат квартиры по дням",
    "room_area": "карточка комнаты, жилая площадь",
    "flat_area": "карточки комнат квартиры, жилая площадь",
    "room_volume": "счётчики комнаты",
    "all_rooms_volume": "счётчики всех комнат квартиры",
    "house_hot_volume": "строки «Горячая вода» всех помещений дома",
    "container_volume": "карточка дома, контейнеры площадки",
    "emptied_times": "карточка дома, вывезено контейнеров",
    "persons": "регистр жителей по дням (если никто не зарегистрирован — по числу собственников)",
    "site_persons": "регистр жителей дома по дням",
    "area": "карточка помещения, общая площадь",
    "connected": "карточка помещения, отметка об отоплении",
    "days_charged": "дни, в которые счёт был открыт",
    "days_before": "дни, в которые помещение было у прежнего плательщика",
    "last_year_volume": "карточка дома, тепло за прошлый год",
    "month_days": "календарь",
    "person_days": "регистр жителей по дням (если никто не зарегистрирован — по числу собственников)",
    "house_person_days": "регистр жителей дома по дням",
    "all_area": "паспорт дома, площадь всех жилых и нежилых помещений",
    "common_area": "паспорт дома, площадь общего имущества",
    "off_area": "паспорт дома, площадь помещений, отключённых от отопления",
    "metered_area": "карточки помещений со счётчиками тепла",
    "metered_volume": "счётчики тепла помещений",
    "individual_volume": "счётчики тепла помещений",
    "own_volume": "собственная строка этой услуги",
    "cold_volume": "строка «Холодная вода»",
    "hot_volume": "строка «Горячая вода»",
    "months": "месяцы с показаниями перед этим месяцем",
    "heating_months": "справочник параметров: месяцев отопительного периода",
    "common_volume": "баланс дома (ниже)",
}


def describe(connection: Connection, trace: HouseTrace, group: Group, row: dict, account_id: int) -> dict[str, str]:
    """A Russian phrase for each input of the line's rule."""
    found = {}
    for item in group.rule.inputs:
        if item.name in ("tariff", "rate"):
            found[item.name] = _tariff(connection, trace, row, account_id)
        elif item.name in ("norm", "heat_norm"):
            found[item.name] = _norm(connection, trace, group, row, item.name)
        elif item.name == "coefficient":
            found[item.name] = (
                _figure("broken_seal.coefficient", trace) if group.rule.key.endswith(".broken_seal")
                else _parameter(connection, trace, f"raising_coefficient.{group.service}")
            )
        elif item.name == "person_days" and group.rule.key.endswith(".broken_seal"):
            found[item.name] = _act_of_seal(connection, trace, row)
        elif item.name == "volume" and group.rule.key.endswith(".by_act"):
            found[item.name] = _act_of_volume(connection, trace, row)
        elif item.name == "volume" and "_even" in group.rule.key:
            found[item.name] = "двенадцатая часть тепла за прошлый год (карточка счёта)"
        elif item.name in ("volume", "volume_sum"):
            found[item.name] = _readings(trace, group, account_id, None) or _rooms_water(group)
        elif item.name == "resource_volume":
            rows = trace.readings.get((trace.inputs.services[group.service], None), ())
            found[item.name] = "; ".join(filter(None, ("прибор дома на подогрев воды", *map(_reading, rows))))
        elif item.name == "flat_volume":
            found[item.name] = _readings(trace, group, -trace.flats[account_id], "общий счётчик квартиры")
        elif item.name in LIMITS:
            found[item.name] = _limit(connection, trace, group, item.name)
        elif item.name == "house_volume":
            found[item.name] = _readings(trace, group, None, "общедомовой счётчик")
        else:
            found[item.name] = REGISTER.get(item.name, "")
    return found


def _asked(connection: Connection, trace: HouseTrace, statement: TextClause, **values: Any) -> Row | None:
    """One row or None; neighbours have the same tariffs and norms, so each is asked once a house."""
    key = (id(statement), *values.values())
    if key not in trace.answers:
        trace.answers[key] = connection.execute(statement, values).one_or_none()
    return trace.answers[key]


def _act(row) -> str:
    number = f" № {row.number}" if row.number else ""
    estimate = "" if row.certain else " (оценка: документ города не найден)"
    return f"{row.title}{number}{estimate}"


def _since(row) -> str:
    return f"с {row.since:%d.%m.%Y}" if row.since else "бессрочно"


def _tariff(connection: Connection, trace: HouseTrace, row: dict, account_id: int) -> str:
    has_own = (account_id, row["service_id"]) in trace.own_categories
    found = _asked(connection, trace, _TARIFF, house=row["house_id"], service=row["service_id"], day=trace.month.start,
                   last=trace.month.last, account=account_id if has_own else 0)
    if found is None:
        return ""
    own = f", категория счёта «{found.own_category}»" if found.own_category else ""
    ground = f" ({found.own_document})" if found.own_document else ""
    return f"тариф {_since(found)}: {_act(found)}{own}{ground}"


def _act_of_volume(connection: Connection, trace: HouseTrace, row: dict) -> str:
    found = _asked(connection, trace, _BY_ACT, account=row["account_id"], service=row["service_id"], last=trace.month.last)
    return "" if found is None else f"расчёт поставщика: {found.document or 'акт без номера'}"


def _rooms_water(group: Group) -> str:
    """Hot water of a room, of a premise by act, of a house that makes it: the heat follows the line of the water."""
    return "строка «Горячая вода»" if group.rule.key in ("hot_water_heat.meter", "hot_water.made_in_house") else ""


def _limit(connection: Connection, trace: HouseTrace, group: Group, name: str) -> str:
    """Limits of bands: where the first begins there is no limit."""
    if name == "lower" and group.service not in BANDS:
        return "первый диапазон начинается с нуля"
    number = 2 if group.service.endswith("_3") or (name == "upper" and group.service in BANDS) else 1
    found = _parameter(connection, trace, f"electricity_band.{number}.upper")
    return found or _parameter(connection, trace, "electricity_social_norm.first")


def _norm(connection: Connection, trace: HouseTrace, group: Group, row: dict, name: str) -> str:
    service = NORM_SERVICE.get(group.service, group.service)
    purpose = "common" if group.rule.key.startswith("common.") else "individual"
    if name == "heat_norm":
        service, purpose = "hot_water_heat", "heat_per_m3"
    found = _asked(connection, trace, _NORM, service=service, purpose=purpose, day=trace.month.start, value=row[name])
    return "" if found is None else f"норматив {_since(found)}: {_act(found)}"


def _parameter(connection: Connection, trace: HouseTrace, code: str) -> str:
    found = _asked(connection, trace, _PARAMETER, code=code, day=trace.month.start)
    return "" if found is None else f"{_since(found)}: {_act(found)}"


def _figure(name: str, trace: HouseTrace) -> str:
    figure = parameter(name, trace.month.start)
    return f"{figure.act}, {figure.paragraph}"


def _act_of_seal(connection: Connection, trace: HouseTrace, row: dict) -> str:
    """The acts that say which days of the month the meter was interfered with."""
    found = connection.execute(_SEALS, {
        "account": row["account_id"], "service": row["service_id"], "start": trace.month.start, "last": trace.month.last,
        "water": trace.inputs.services["hot_water"], "heat": trace.inputs.services.get("hot_water_heat", -1),
    }).all()
    spans = [
        f"{act.document}, проверка {act.found_on:%d.%m.%Y}: дни с {act.since:%d.%m.%Y}"
        + (f" до {act.until:%d.%m.%Y}, когда устранено" if act.until else ", не устранено") for act in found
    ]
    return "; ".join([*spans, "жители этих дней (если никто не зарегистрирован — собственники)"])


def _readings(trace: HouseTrace, group: Group, account_id: int | None, prefix: str | None) -> str:
    """Dates and values of the readings behind a volume."""
    services = trace.inputs.services
    service = BANDS.get(group.service, group.service)
    resource = {"hot_water_heat": "hot_water", "electricity_day": "electricity", "electricity_night": "electricity"}
    code = resource.get(service, service)
    if prefix is not None:
        code = trace.resources.get(service) or code
    zone = {"electricity_day": 1, "electricity_night": 2}.get(service)
    rows = trace.readings.get((services.get(code, -1), account_id), ())
    phrases = [_reading(row) for row in rows if zone is None or row["zone"] == zone]
    joined = "; ".join(phrase for phrase in phrases if phrase)
    return f"{prefix}: {joined}" if prefix and joined else joined or (prefix or "")


def _reading(row: dict) -> str:
    if row["basis"] == "norm_raised" and row["days"] is not None:
        return f"по нормативу за {row['days']} дн. до замены счётчика: истёк срок поверки"
    if row["basis"] == "average":
        reason = {"no_reading": "показания не переданы", "verification_lapsed": "истёк срок поверки",
                  "reading_below_previous": "показание меньше предыдущего"}.get(row["fault"], "")
        total, months = number_text_micro(row["average_total"]), row["average_months"]
        part = f", {row['days']} дн. до замены счётчика" if row["days"] is not None else ""
        return f"среднее за {months} мес. ({total} за эти месяцы){part}: {reason}"
    if row["basis"] != "meter":
        return ""
    phrase = (
        f"{number_text_micro(row['current_value'])} на {_day(row['current_day'])} − "
        f"{number_text_micro(row['previous_value'])} на {_day(row['previous_day'])}"
    )
    if row["estimated"]:
        phrase += f" − {number_text_micro(row['estimated'])}, начисленные ранее без показаний"
    return phrase


def _day(day: dt.date) -> str:
    return f"{day:%d.%m.%Y}"


def number_text_micro(value: int) -> str:
    """Millionths as a person reads them."""
    return number_text(Fraction(value, 1_000_000))
