"""Forms of codes that several registers share, and control digits."""

from __future__ import annotations

from stdnum.ru import inn, ogrn

from startks.framework.exchange.town.columns import Code, Text


def snils_is_valid(text: str) -> bool:
    """Whether the control number of ``123-456-789 01`` fits (numbers to 001-001-998 have none)."""
    digits = [int(char) for char in text if char.isdigit()]
    if digits[:9] <= [0, 0, 1, 0, 0, 1, 9, 9, 8]:
        return True
    total = sum(weight * digit for weight, digit in zip(range(9, 0, -1), digits, strict=False))
    return total % 101 % 100 == digits[9] * 10 + digits[10]


SLUG = Code(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$", form="строчные латинские буквы, цифры и . _ -, до 80 знаков")
ACCOUNT = Code(pattern=r"^[0-9]{5,20}$", form="от 5 до 20 цифр")
WORD = Code(pattern=r"^[a-z][a-z0-9_.]{0,59}$", form="код из строчных латинских букв, цифр, точки и подчёркивания")
INN = Code(
    pattern=r"^(\d{10}|\d{12})$", form="10 или 12 цифр", test=inn.is_valid, test_reason="контрольные цифры ИНН не сходятся"
)
KPP = Code(pattern=r"^\d{4}[\dA-Z]{2}\d{3}$", form="9 знаков")
OGRN = Code(
    pattern=r"^(\d{13}|\d{15})$", form="13 или 15 цифр", test=ogrn.is_valid,
    test_reason="контрольная цифра ОГРН не сходится",
)  # fmt: skip
BIC = Code(pattern=r"^\d{9}$", form="9 цифр")
BANK_ACCOUNT = Code(pattern=r"^\d{20}$", form="20 цифр")
OKTMO = Code(pattern=r"^(\d{8}|\d{11})$", form="8 или 11 цифр")
SNILS = Code(
    pattern=r"^\d{3}-\d{3}-\d{3} \d{2}$", form="123-456-789 01", test=snils_is_valid,
    test_reason="контрольное число СНИЛС не сходится",
)  # fmt: skip
PHONE = Code(pattern=r"^\+?[0-9][0-9 ()-]{4,30}(, ?\+?[0-9][0-9 ()-]{4,30})*$", form="номера телефонов через запятую")
METHODS = {
    "individual": "по счётчику, иначе среднее, иначе норматив",
    "zones": "по двухзонному счётчику",
    "sum_of_water": "водоотведение: сумма холодной и горячей воды",
    "heat_of_water": "тепло на подогрев горячей воды",
    "heat.odpu.season": "отопление по общедомовому счётчику в отопительный период",
    "heat.odpu.even": "отопление по общедомовому счётчику равномерно за год",
    "heat.norm.season": "отопление по нормативу в отопительный период",
    "heat.norm.even": "отопление по нормативу равномерно за год",
    "common.meter": "общее имущество по общедомовому счётчику",
    "common.norm": "общее имущество по нормативу",
    "common.norm_settled": "общее имущество по нормативу с годовой корректировкой по счётчику",
    "area": "по площади, всем",
    "owner_area": "по площади, собственникам",
    "tenant_area": "по площади, нанимателям",
    "waste_area": "отходы по площади",
    "waste_persons": "отходы по числу жителей",
    "waste_containers": "отходы по вывезенным контейнерам",
    "bands": "часть электроэнергии выше границы диапазона",
    "bands.heating": "часть электроэнергии выше границы диапазона, электроотопление",
    "bands.social": "часть электроэнергии выше социальной нормы",
    "hot.made_in_house": "тепло или топливо на горячую воду, приготовленную в доме",
    "common.meter_capped": "общее имущество по общедомовому счётчику, не выше норматива",
}
"""How the service of a house is computed; what the calculation of a month asks for."""
KNOWN_SERVICES = ["maintenance", "rent", "soi_cold_water", "soi_hot_water", "soi_hot_water_heat", "soi_electricity", "soi_sewerage", "capital_repair", "cold_water", "hot_water", "hot_water_heat", "sewerage", "electricity", "electricity_2", "electricity_3", "electricity_day", "electricity_day_2", "electricity_day_3", "electricity_night", "electricity_night_2", "electricity_night_3", "gas", "heating", "waste", "advance"]
"""Codes that the calculation knows by name; a service of another code is computed by its method alone."""
NAME = Text(longest=300)
NOTE = Text(longest=2000)
DOCUMENT = Text(longest=1000)
