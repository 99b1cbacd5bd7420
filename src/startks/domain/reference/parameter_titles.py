"""Russian titles of the town's dated parameters: what a screen says instead of the code of the record."""

from __future__ import annotations

from startks.domain.calc.parameters import history, names

TITLES = {
    "bill_day": "День месяца, до которого выставляют платёжный документ",
    "due_day": "День месяца, до которого платят",
    "due_day_moves_from_day_off": "Срок оплаты с выходного переносится на рабочий день (1 — да)",
    "heating_months": "Месяцев в отопительном периоде",
    "reading_last_day": "Последний день передачи показаний",
    "vat": "Ставка НДС",
    "key_rate": "Ключевая ставка Банка России",
    "average.months": "Месяцев, за которые считают среднее",
    "average.minimum_months": "Наименьшее число месяцев для среднего",
    "average.maximum_periods": "Наибольшее число месяцев начисления по среднему",
    "penalty.free_days": "Дней просрочки без пени",
    "penalty.first_divisor": "Доля ключевой ставки в день до 90-го дня просрочки (делитель)",
    "penalty.second_divisor": "Доля ключевой ставки в день после 90-го дня просрочки (делитель)",
    "penalty.second_day": "День просрочки, с которого пени выше",
    "penalty.rate_cap": "Предел ставки для пени",
    "rounding.line_digits": "Знаков после запятой в строке счёта",
}
_SERVICES = {
    "cold_water": "холодная вода", "hot_water": "горячая вода", "hot_water_heat": "тепло на горячую воду",
    "sewerage": "водоотведение", "electricity": "электроэнергия", "gas": "газ", "heating": "отопление",
    "waste": "обращение с отходами",
}


def title_of(code: str) -> str:
    """The title of a parameter; the code itself where a town or a module brought a parameter of its own."""
    if code in TITLES:
        return TITLES[code]
    family, _, rest = code.partition(".")
    if family == "raising_coefficient" and rest in _SERVICES:
        return f"Повышающий коэффициент: {_SERVICES[rest]}"
    if family == "area_standard" and rest.isdigit():
        people = {"1": "на одного живущего", "2": "на человека в семье из двух"}.get(rest, f"на человека в семье из {rest}")
        return f"Стандарт площади {people}, м²"
    if family == "electricity_band" and rest.partition(".")[0].isdigit():
        return f"Верхняя граница {rest.partition('.')[0]}-го диапазона электроэнергии, кВт·ч в месяц"
    return history(code)[0].title if code in names() else code
