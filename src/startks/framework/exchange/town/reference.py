"""Registers of the reference books: acts, services, tariffs, norms, figures of the law, calendar, months."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, text

from startks.domain.ledger.partitions import ensure_partitions
from startks.framework.exchange.town.checking import Rows, no_overlap, unique
from startks.framework.exchange.town.columns import Choice, Column, Date, Flag, Key, Month, Number, Text, Whole
from startks.framework.exchange.town.parties import OF_SERVICE, SERVICE_CELL
from startks.framework.exchange.town.registers import Register
from startks.framework.exchange.town.words import NAME, NOTE, SLUG, WORD

RATE = Number(digits=6)
ACT = Column(name="act", kind=Key(), into="act_id", ref="acts", required=True, meaning="чем установлено", example="3")
PARAGRAPH = Column(name="paragraph", kind=NAME, meaning="пункт акта", example="приложение 1, таблица 2")
CERTAIN = Column(
    name="certain", kind=Flag(), default=True, example="true", meaning="false — оценка или число соседнего региона"
)
REMARK = Column(name="note", kind=NOTE, meaning="примечание", example="с НДС")
_LEVELS = {"region": "регион", "municipality": "муниципалитет"}


def _level(words: dict[str, str]) -> Column:
    """Who set the value."""
    return Column(name="level", kind=Choice(words_of=words), default="municipality", meaning="кем установлено", example="municipality")


MUNICIPALITY = Column(
    name="municipality", kind=SLUG, into="municipality_id", source="m.slug", ref="municipalities", required=True,
    meaning="муниципальное образование", example="samara",
)  # fmt: skip
OF_MUNICIPALITY = "JOIN municipality m ON m.id = t.municipality_id"


def no_overlap_with_absent(*group: str):
    """As :func:`no_overlap`, with an empty value as a value of its own."""

    def check(rows: Rows) -> None:
        filled = rows.frame.with_columns(
            pl.col(name).cast(pl.String).fill_null("") if name in ("house", "municipality") else pl.col(name)
            for name in group
        )
        no_overlap(*group)(Rows(rows.register, filled, rows.keys, rows.book))

    return check


ACTS = Register(
    name="acts", title="Акты", table="act", order=40, key=("act",), numbered=True,
    meaning="Нормативные акты и прочие источники чисел.",
    columns=(
        Column(name="act", kind=Key(), into="id", required=True, meaning="номер акта в наборе", example="3"),
        Column(
            name="title", kind=Text(longest=1000), required=True, meaning="название",
            example="Приказ департамента регулирования тарифов от 17.12.2025 № 700",
        ),
        Column(name="number", kind=NAME, meaning="номер документа", example="700"),
        Column(name="body", kind=NAME, meaning="кем принят", example="департамент регулирования тарифов"),
        Column(name="adopted_on", kind=Date(), meaning="дата", example="2025-12-17"),
        Column(name="url", kind=Text(longest=1000), meaning="где прочесть", example="https://tariff.example/700"),
    ),
)  # fmt: skip

SERVICES = Register(
    name="services", title="Услуги", table="service", order=45, key=("service",), needed=True,
    meaning="Строки счёта. Коды, которые знает расчёт, перечислены в конце; порядок строк — порядок номеров услуг.",
    columns=(
        Column(name="service", kind=WORD, into="code", required=True, meaning="код", example="cold_water"),
        Column(name="title", kind=NAME, required=True, meaning="название", example="Холодное водоснабжение"),
        Column(name="short_title", kind=NAME, required=True, meaning="краткое название", example="ХВС"),
        Column(
            name="unit", required=True, meaning="единица", example="m3",
            kind=Choice(words_of={
                "m3": "м³", "kwh": "кВт·ч", "gcal": "Гкал", "m2": "м²", "person": "человек", "rub": "рубль",
            }),
        ),
        Column(
            name="section", required=True, meaning="раздел счёта", example="utilities",
            kind=Choice(words_of={
                "housing": "жилищные", "utilities": "коммунальные", "common": "содержание общего имущества",
                "capital_repair": "капитальный ремонт", "advance": "аванс",
            }),
        ),
        Column(name="resource", kind=WORD, meaning="ресурс счётчика, по которому считается", example="cold_water"),
        Column(name="position", kind=Whole(most=30_000), required=True, meaning="место в счёте", example="10"),
    ),
)  # fmt: skip

TARIFFS = Register(
    name="tariffs", title="Тарифы", table="tariff", order=170, dated=True, needed=True,
    meaning="Цена единицы услуги по датам, рубли с НДС; house — цена собрания собственников одного дома.",
    columns=(
        MUNICIPALITY,
        SERVICE_CELL,
        Column(name="house", kind=Key(), into="house_id", ref="houses", meaning="дом, если цена только его", example="101"),
        Column(name="category", kind=NAME, default="", meaning="категория", example="газовые плиты"),
        Column(name="value", kind=RATE, required=True, meaning="рублей за единицу", example="45.13"),
        _level({**_LEVELS, "organisation": "организация, для своих домов"}), ACT, PARAGRAPH, CERTAIN, REMARK,
    ),
    joins=f"{OF_MUNICIPALITY} {OF_SERVICE}",
    checks=(no_overlap_with_absent("municipality", "service", "house", "category"),),
)  # fmt: skip

NORMS = Register(
    name="norms", title="Нормативы потребления", table="norm", order=171, dated=True,
    meaning="Нормативы по датам: на человека, на м² или на м³ и месяц.",
    columns=(
        MUNICIPALITY,
        SERVICE_CELL,
        Column(
            name="purpose", default="individual", meaning="назначение", example="individual",
            kind=Choice(words_of={
                "individual": "в помещении", "common": "на общее имущество", "heat_per_m3": "тепло на подогрев м³",
            }),
        ),
        Column(name="category", kind=NAME, default="", meaning="категория", example="с ванной 1500 мм"),
        Column(name="rooms", kind=Whole(most=100), default=0, meaning="число комнат; 0 — не зависит", example="0"),
        Column(name="residents", kind=Whole(most=100), default=0, meaning="число жителей; 0 — не зависит", example="0"),
        Column(name="value", kind=RATE, required=True, meaning="норматив", example="4.29"),
        Column(name="unit", kind=NAME, required=True, meaning="единица", example="m3/person/month"),
        _level(_LEVELS), ACT, PARAGRAPH, CERTAIN, REMARK,
    ),
    joins=f"{OF_MUNICIPALITY} {OF_SERVICE}",
    checks=(no_overlap("municipality", "service", "purpose", "category", "rooms", "residents"),),
)  # fmt: skip

PARAMETERS = Register(
    name="parameters", title="Числа закона", table="parameter", order=172, dated=True,
    meaning="Повышающие коэффициенты, доли, сроки; без municipality — по всей стране.",
    columns=(
        Column(name="code", kind=WORD, required=True, meaning="код", example="raising_coefficient.cold_water"),
        Column(
            name="municipality", kind=SLUG, into="municipality_id", source="m.slug", ref="municipalities",
            meaning="муниципальное образование", example="samara",
        ),
        Column(name="value", kind=Number(digits=6, least=None), required=True, meaning="значение", example="1.5"),
        ACT, PARAGRAPH, CERTAIN, REMARK,
    ),
    joins="LEFT JOIN municipality m ON m.id = t.municipality_id",
    checks=(no_overlap_with_absent("code", "municipality"),),
)  # fmt: skip

CALENDAR = Register(
    name="calendar_days", title="Производственный календарь", table="calendar_day", order=173, has_id=False,
    meaning="Выходные, праздники, переносы; обычные дни недели не пишутся.",
    columns=(
        Column(name="day", kind=Date(), required=True, meaning="день", example="2026-05-09"),
        Column(
            name="kind", required=True, meaning="вид дня", example="holiday",
            kind=Choice(words_of={
                "holiday": "праздник", "weekend": "выходной", "working_saturday": "рабочая суббота", "short": "сокращённый",
            }),
        ),
        Column(name="title", kind=NAME, meaning="название", example="День Победы"),
        CERTAIN,
    ),
    sort="t.day",
    checks=(unique("day"),),
)  # fmt: skip

SEASONS = Register(
    name="heating_seasons", title="Отопительные периоды", table="heating_season", order=174, dated=True,
    meaning="Дни, в которые топят.",
    columns=(MUNICIPALITY, ACT, CERTAIN, REMARK),
    joins=OF_MUNICIPALITY,
    checks=(no_overlap("municipality"),),
)  # fmt: skip


def _open_months(connection: Connection, frame: pl.DataFrame) -> int:
    months = frame["id"].to_list()
    connection.execute(text("INSERT INTO period (id) VALUES (:id)"), [{"id": month} for month in months])
    for month in months:
        ensure_partitions(connection, month)
    return len(months)


def _follow(rows: Rows) -> None:
    """Months follow one another without a gap."""
    ordered = rows.frame.drop_nulls("month").unique("month").sort("month")
    number = pl.col("month") // 100 * 12 + pl.col("month") % 100
    rows.say(
        ordered.filter(number - number.shift(1) > 1), "month", "перед месяцем пропуск", "впишите пропущенные месяцы или уберите прежние"
    )


MONTHS = Register(
    name="months", title="Открытые месяцы", table="period", order=180, has_id=False,
    meaning="Расчётные месяцы, которые открыты; закрытые в набор не идут: их итог — входящие остатки.",
    columns=(Column(name="month", kind=Month(), into="id", required=True, meaning="месяц", example="2026-11"),),
    where="t.state <> 'closed'",
    checks=(unique("month"), _follow),
    remembered=("month",),
    grows=False,
    load=_open_months,
    fills=(),
)  # fmt: skip

REGISTERS = (ACTS, SERVICES, TARIFFS, NORMS, PARAMETERS, CALENDAR, SEASONS, MONTHS)
