"""Registers of the facts that choose how a line is charged: last year's heat, own categories, containers, volumes by act."""

from __future__ import annotations

import polars as pl

from startks.domain.calc.parameters import value
from startks.domain.calc.rules.pp354_individual import BROKEN_SEAL_SINCE
from startks.framework.exchange.town.checking import after, condition, no_overlap
from startks.framework.exchange.town.columns import Column, Date, Key, Number, Volume, Whole
from startks.framework.exchange.town.parties import ACCOUNT_CELL, OF_ACCOUNT, OF_SERVICE, SERVICE_CELL
from startks.framework.exchange.town.registers import Question, Register
from startks.framework.exchange.town.words import DOCUMENT, NAME

HOUSE_CELL = Column(name="house", kind=Key(), into="house_id", ref="houses", required=True, meaning="дом", example="101")
GROUND = Column(name="document", kind=DOCUMENT, meaning="основание", example="Протокол собрания № 4 от 12.03.2026")

HOUSE_HEAT = Register(
    name="house_heat", title="Тепло домов за прошлый год", table="house_heat", order=161, dated=True,
    meaning="При равномерной оплате (heat.odpu.even) месяц — двенадцатая часть этого тепла; без строки дом идёт по нормативу.",
    columns=(
        HOUSE_CELL,
        Column(name="volume", kind=Volume(), required=True, meaning="Гкал за прошлый год по общедомовому счётчику", example="612.4"),
        GROUND,
    ),
    checks=(no_overlap("house"),),
    questions=(
        Question("gap", "дома с равномерной оплатой без тепла прошлого года", """SELECT concat_ws(', ', st.name, h.number)
            FROM house_service x JOIN house h ON h.id = x.house_id JOIN street st ON st.id = h.street_id
            WHERE x.method = 'heat.odpu.even' AND x.valid @> CAST(:day AS date) AND NOT EXISTS (
              SELECT 1 FROM house_heat r WHERE r.house_id = x.house_id AND r.valid @> CAST(:day AS date))"""),
    ),
)  # fmt: skip

ACCOUNT_HEAT = Register(
    name="account_heat", title="Тепло квартир за прошлый год", table="account_heat", order=252, dated=True,
    meaning="Для квартир со своими счётчиками тепла в домах с равномерной оплатой.",
    columns=(
        ACCOUNT_CELL,
        Column(name="volume", kind=Volume(), required=True, meaning="Гкал за прошлый год по счётчикам квартиры", example="6.2"),
        GROUND,
    ),
    joins=OF_ACCOUNT,
    checks=(no_overlap("account"),),
)  # fmt: skip

ACCOUNT_CATEGORIES = Register(
    name="account_categories", title="Свои категории счетов", table="account_category", order=253, dated=True,
    meaning="Счёт берёт по услуге другую строку тарифа или норматива, чем его дом: первый этаж без платы за лифт, "
            "электроплита в газифицированном доме. Пустое поле — как у дома.",
    columns=(
        ACCOUNT_CELL,
        SERVICE_CELL,
        Column(name="tariff_category", kind=NAME, meaning="своя категория тарифа", example="без лифта, 1 этаж"),
        Column(name="norm_category", kind=NAME, meaning="своя категория норматива", example="электроплиты"),
        GROUND,
    ),
    joins=f"{OF_ACCOUNT} {OF_SERVICE}",
    checks=(
        no_overlap("account", "service"),
        condition(
            "tariff_category", pl.col("tariff_category").is_null() & pl.col("norm_category").is_null(),
            "не названа ни одна категория", "впишите категорию тарифа или норматива или уберите строку",
        ),
    ),
    questions=(
        Question("gap", "свои категории счетов без действующего тарифа", """SELECT concat_ws(', ', a.number, x.tariff_category)
            FROM account_category x JOIN account a ON a.id = x.account_id
            WHERE x.tariff_category IS NOT NULL AND x.valid @> CAST(:day AS date) AND NOT EXISTS (
              SELECT 1 FROM tariff r WHERE r.service_id = x.service_id AND r.category = x.tariff_category
                 AND (r.house_id IS NULL OR r.house_id = a.house_id) AND r.valid @> CAST(:day AS date))"""),
    ),
)  # fmt: skip

HOUSE_CONTAINERS = Register(
    name="house_containers", title="Контейнеры площадок", table="house_containers", order=162, dated=True,
    meaning="Раздельный сбор (waste_containers): сколько контейнеров вывезено за месяц; строка на месяц или на время договора.",
    columns=(
        HOUSE_CELL,
        Column(
            name="container_volume", kind=Number(digits=6), required=True, meaning="объём одного контейнера, м³", example="1.1"
        ),
        Column(name="emptied", kind=Whole(most=100_000), required=True, meaning="вывезено контейнеров за месяц", example="62"),
        GROUND,
    ),
    checks=(
        no_overlap("house"),
        condition("container_volume", pl.col("container_volume") <= 0, "объём не больше нуля", "впишите объём контейнера"),
    ),
)  # fmt: skip

CALCULATED_VOLUMES = Register(
    name="calculated_volumes", title="Объёмы по актам поставщиков", table="calculated_volume", order=254, dated=True,
    meaning="Объём за месяц нежилого помещения без счётчика, который поставщик определил расчётным путём.",
    columns=(
        ACCOUNT_CELL,
        SERVICE_CELL,
        Column(name="volume", kind=Volume(), required=True, meaning="объём за месяц", example="14.5"),
        GROUND,
    ),
    joins=f"{OF_ACCOUNT} {OF_SERVICE}",
    checks=(no_overlap("account", "service"),),
)  # fmt: skip

_MONTHS = value("broken_seal.months", BROKEN_SEAL_SINCE)

BROKEN_SEALS = Register(
    name="broken_seals", title="Вмешательство в счётчики", table="broken_seal", order=255, dated=True,
    meaning="Акты о вмешательстве в счётчик или сорванной пломбе (ПП РФ 354 п. 81(11)): дни с from по to считают по нормативу "
            "с коэффициентом 10. from — день пломбы или прошлой проверки, не раньше трёх месяцев до found_on; to — день устранения.",
    columns=(
        ACCOUNT_CELL,
        SERVICE_CELL,
        Column(name="sealed_on", kind=Date(), meaning="пломба поставлена", example="2026-02-10"),
        Column(name="checked_on", kind=Date(), meaning="прошлая проверка счётчика", example="2026-05-12"),
        Column(name="found_on", kind=Date(), required=True, meaning="проверка, которая обнаружила вмешательство", example="2026-06-20"),
        GROUND,
    ),
    joins=f"{OF_ACCOUNT} {OF_SERVICE}",
    checks=(
        no_overlap("account", "service"),
        after("found_on", "sealed_on"), after("found_on", "checked_on"), after("found_on", "from"), after("to", "found_on"),
        condition(
            "sealed_on", pl.col("sealed_on").is_null() & pl.col("checked_on").is_null(),
            "не названы ни пломба, ни прошлая проверка", "впишите хотя бы один из этих дней",
        ),
        condition(
            "service", ~pl.col("service").is_in(["cold_water", "hot_water", "electricity", "gas"]),
            "по этой услуге в квартире нет счётчика с пломбой", "назовите воду, электроэнергию или газ",
        ),
        condition(
            "from", pl.col("from") < pl.max_horizontal("sealed_on", "checked_on"),
            "дни раньше пломбы или прошлой проверки", "начните с позднего из этих дней",
        ),
        condition(
            "from", pl.col("from") < pl.col("found_on").dt.offset_by(f"-{_MONTHS}mo"),
            "дни раньше трёх месяцев до проверки", "начните не раньше, чем за три месяца до неё",
        ),
    ),
)  # fmt: skip

REGISTERS = (HOUSE_HEAT, HOUSE_CONTAINERS, ACCOUNT_HEAT, ACCOUNT_CATEGORIES, CALCULATED_VOLUMES, BROKEN_SEALS)
