"""Registers of the town's set of files that metering brings: meters, readings, turns, verifications, estimates."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, text

from startks.base.db.bulk import copy_frame, copy_records
from startks.base.periods import shift
from startks.framework.exchange.town.checking import Keys, Rows, after, condition, unique
from startks.framework.exchange.town.columns import Choice, Column, Date, Flag, Key, Month, Text, Volume, Whole
from startks.framework.exchange.town.faults import REASON
from startks.framework.exchange.town.parties import SERVICE_CELL
from startks.framework.exchange.town.registers import Question, Register
from startks.framework.exchange.town.words import ACCOUNT, DOCUMENT
from startks.modules.metering.partitions import attach, create_detached, ensure_reading_partitions, partition_name

METER = Column(name="meter", kind=Key(), into="meter_id", ref="meters", required=True, meaning="счётчик", example="90005")
ZONE = Column(
    name="zone", kind=Whole(most=2), default=0, example="0", meaning="0 — сутки, 1 — день, 2 — ночь (у двухзонного счётчика)"
)
DAY = Column(name="day", kind=Date(), required=True, meaning="день", example="2026-10-21")
MONTHS_AHEAD = 13
"""Partitions of readings made beyond the last month of the file."""
_CONSUMER = "consumer"


def _houses(frame: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """House of the meter: its own, or the one its account or its communal flat lies in."""
    premises = keys.details("premises")
    accounts = keys.details("accounts").join(premises, on="premise").select("account", pl.col("house").alias("lies_in"))
    flats = premises.select("premise", pl.col("house").alias("flat_in"))
    joined = frame.join(accounts, on="account", how="left", maintain_order="left")
    joined = joined.join(flats, on="premise", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("house", "lies_in", "flat_in").cast(pl.Int32).alias("house_id")).drop("lies_in", "flat_in")


def _place_is_known(rows: Rows) -> None:
    places = pl.sum_horizontal(pl.col(name).is_not_null() for name in ("account", "house", "premise"))
    rows.say(
        rows.frame.filter(places != 1), "account", "заполнено не ровно одно из полей account, house и premise",
        "у квартирного счётчика укажите лицевой счёт, у общедомового — дом, у общего счётчика коммунальной квартиры — квартиру",
    )


def _replaced_is_there(rows: Rows) -> None:
    known = rows.frame.select(pl.col("meter").alias("replaces"))
    bad = rows.frame.filter(pl.col("replaces").is_not_null()).join(known, on="replaces", how="anti")
    rows.say(bad, "replaces", "такого счётчика нет в файле", "добавьте его строку или очистите поле")


def _zones_fit(rows: Rows) -> None:
    """A two-zone meter has zones 1 and 2, a plain one zone 0."""
    zones = rows.keys.details("meters")
    named = rows.frame.join(zones, on="meter")
    bad = named.filter((pl.col("zone") == 0) == (pl.col("zones") == 2))
    rows.say(bad, "zone", "зона не подходит счётчику", "у обычного счётчика зона 0, у двухзонного — 1 и 2")


def _readings_go_up(rows: Rows) -> None:
    """A reading is not below the one before it, turns of the dial counted, unless the file says that it was given so."""
    frame = rows.frame.select("line", "meter", "zone", "day", "value", "disputed")
    turns = rows.keys.details("meter_turns")
    if turns.height:
        spans = turns.sort("meter", "zone", "day").with_columns(pl.col("span").cum_sum().over("meter", "zone").alias("turned"))
        frame = (
            frame.sort("day").join_asof(
                spans.select("meter", "zone", "day", "turned").sort("day"), on="day", by=["meter", "zone"],
                check_sortedness=False,
            )
            .with_columns(pl.col("value") + pl.col("turned").fill_null(0)).drop("turned")
        )
    if not _is_sorted(frame):
        frame = frame.sort("meter", "zone", "day", "line")
    same = (pl.col("meter") == pl.col("meter").shift(1)) & (pl.col("zone") == pl.col("zone").shift(1))
    below = (same & (pl.col("value") < pl.col("value").shift(1))).fill_null(False)
    # An existing reading (line 0) that a new one before it exceeds: the new one is at fault.
    over = same.shift(-1) & (pl.col("value") > pl.col("value").shift(-1)) & (pl.col("line") > 0) & (pl.col("line").shift(-1) == 0)
    rows.say(
        frame.filter(over.fill_null(False)), "day", "показание больше того, что принято на более поздний день",
        "исправьте показание или день",
    )
    bad = frame.with_columns(
        below.alias("below"), (same & (pl.col("day") == pl.col("day").shift(1))).fill_null(False).alias("again"),
        pl.col("value").shift(1).alias("before"), pl.col("day").shift(1).alias("before_day"),
    ).filter(pl.col("again") | (pl.col("below") != pl.col("disputed")))
    if bad.is_empty():
        return
    rows.say(bad.filter("again"), "day", "второе показание того же счётчика за день", "оставьте одно")
    lower = bad.filter(~pl.col("again") & pl.col("below")).with_columns(
        pl.format("показание меньше предыдущего ({} на {})", pl.col("before") / 1_000_000, "before_day").alias(REASON),
    )
    rows.say(
        lower, "value", "", "исправьте показание; оборот шкалы запишите в meter_turns.csv; "
        "если житель так и передал, поставьте disputed = true",
    )
    rows.say(
        bad.filter(~pl.col("again") & ~pl.col("below")), "disputed", "показание не меньше предыдущего", "очистите поле"
    )


def _is_sorted(frame: pl.DataFrame) -> bool:
    """Whether the rows stand by meter, zone and day, as an export writes them."""
    meter, zone, day = (pl.col(name) for name in ("meter", "zone", "day"))
    before = tuple(column.shift(1) for column in (meter, zone, day))
    breaks = (meter < before[0]) | (meter == before[0]) & ((zone < before[1]) | (zone == before[1]) & (day < before[2]))
    return not frame.select(breaks.fill_null(False).any()).item()


def _load_readings(connection: Connection, frame: pl.DataFrame) -> int:
    """Readings by monthly partitions: a month without one is filled beside and attached with its key built once."""
    if not frame.select(pl.col("meter_id").is_sorted()).item():
        frame = frame.sort("meter_id", "zone", "day")
    frame = frame.with_columns((pl.col("day").dt.year() * 100 + pl.col("day").dt.month()).alias("month"))
    months = sorted(frame["month"].unique().to_list())
    for month in months:
        there = connection.scalar(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": partition_name(month)})
        if not there:
            create_detached(connection, month)
        rows = frame.filter(pl.col("month") == month).drop("month")
        usual = pl.col("source") == _CONSUMER
        plain = rows.filter(usual).drop("source")
        if plain.height:
            kinds = {"meter_id": "i4", "zone": "i2", "value": "i8"}
            columns = {name: plain[name].to_numpy() for name in plain.columns}
            copy_records(
                connection, partition_name(month),
                {name: values.astype(kinds[name]) if name in kinds else values for name, values in columns.items()},
            )
        other = rows.filter(~usual)
        if other.height:
            copy_frame(connection, partition_name(month), other.with_columns(pl.col("source").cast(pl.String)))
        if not there:
            attach(connection, month)
    ensure_reading_partitions(connection, months[0], shift(months[-1], MONTHS_AHEAD))
    return frame.height


METERS = Register(
    name="meters", title="Счётчики", table="meter", order=310, key=("meter",), numbered=True, remembered=("meter", "zones"),
    meaning="Квартирные (account), общедомовые (house) счётчики и общие счётчики коммунальных квартир (premise), и снятые тоже, если их показания идут в набор.",
    columns=(
        Column(name="meter", kind=Key(), into="id", required=True, meaning="номер счётчика в наборе", example="90005"),
        Column(
            name="account", kind=ACCOUNT, into="account_id", source="a.number", ref="accounts", example="1100000017",
            meaning="лицевой счёт квартирного счётчика",
        ),
        Column(
            name="house", kind=Key(), into="", ref="houses",
            source="CASE WHEN t.account_id IS NULL AND t.premise_id IS NULL THEN t.house_id END",
            meaning="дом общедомового счётчика", example="101",
        ),
        Column(
            name="premise", kind=Key(), into="premise_id", ref="premises", example="50010",
            meaning="коммунальная квартира, если это её общий счётчик (ПП РФ 354 п. 50)",
        ),
        Column(
            name="service", kind=SERVICE_CELL.kind, into="service_id", source="s.code", ref="services", required=True,
            meaning="ресурс: cold_water, hot_water, electricity, heating, gas", example="cold_water",
        ),
        Column(name="zones", kind=Whole(least=1, most=2), default=1, meaning="1 — сутки, 2 — день и ночь", example="1"),
        Column(name="serial", kind=Text(longest=60), required=True, meaning="заводской номер", example="20417733"),
        Column(name="model", kind=Text(longest=100), meaning="модель", example="СВ-15"),
        Column(name="digits", kind=Whole(least=1, most=12), default=5, meaning="целых цифр на табло", example="5"),
        Column(name="installed_on", kind=Date(), required=True, meaning="установлен", example="2022-03-14"),
        Column(name="verified_until", kind=Date(), meaning="поверен по", example="2028-03-14"),
        Column(name="removed_on", kind=Date(), meaning="первый день, в который он уже не считает", example="2026-08-03"),
        Column(name="place", kind=Text(longest=100), meaning="место", example="кухня"),
        Column(name="replaces", kind=Key(), into="replaces_id", ref="meters", meaning="вместо какого счётчика", example="80005"),
        Column(name="seal", kind=Text(longest=60), meaning="номер пломбы", example="П-114"),
        Column(name="sealed_on", kind=Date(), meaning="опломбирован", example="2022-03-14"),
    ),
    joins="LEFT JOIN account a ON a.id = t.account_id JOIN service s ON s.id = t.service_id",
    checks=(_place_is_known, _replaced_is_there, after("removed_on", "installed_on")),
    derive=_houses,
    questions=(
        Question("sum", "счётчиков в работе", """SELECT count(*) FROM meter
            WHERE installed_on <= CAST(:day AS date) AND (removed_on IS NULL OR removed_on > CAST(:day AS date))"""),
        Question("orphan", "счётчики в работе без единого показания", """SELECT concat_ws(' ', m.serial, m.model) FROM meter m
            WHERE (removed_on IS NULL OR removed_on > CAST(:day AS date))
              AND NOT EXISTS (SELECT 1 FROM reading r WHERE r.meter_id = m.id)"""),
        Question("duplicate", "один заводской номер у нескольких счётчиков ресурса", """SELECT serial FROM meter WHERE removed_on IS NULL
            GROUP BY service_id, serial HAVING count(*) > 1"""),
        Question("gap", "счётчики с истёкшей поверкой", """SELECT concat_ws(' ', serial, model) FROM meter m
            WHERE (removed_on IS NULL OR removed_on > CAST(:day AS date)) AND coalesce((SELECT max(v.verified_until)
                  FROM meter_verification v WHERE v.meter_id = m.id), verified_until) < CAST(:day AS date)"""),
    ),
)  # fmt: skip

TURNS = Register(
    name="meter_turns", title="Обороты шкалы", table="meter_turn", order=320, has_id=False, remembered=("meter", "zone", "day", "span"),
    meaning="Счётчик прошёл через ноль: с этого дня показания стоят на span выше написанного.",
    columns=(
        METER, ZONE, DAY,
        Column(name="span", kind=Volume(), required=True, meaning="сколько насчитывает один оборот", example="100000"),
    ),
    sort="t.meter_id, t.zone, t.day",
    checks=(
        unique("meter", "zone", "day"), _zones_fit,
        condition("span", pl.col("span") <= 0, "оборот не больше нуля", "запишите 10 в степени числа цифр"),
    ),
)  # fmt: skip

VERIFICATIONS = Register(
    name="meter_verifications", title="Поверки", table="meter_verification", order=321, has_id=False,
    meaning="Поверки по датам. Счётчику без строк хватает verified_until.",
    columns=(
        METER,
        Column(name="verified_on", kind=Date(), required=True, meaning="поверен", example="2022-03-14"),
        Column(name="verified_until", kind=Date(), required=True, meaning="действует по", example="2028-03-14"),
        Column(name="document", kind=DOCUMENT, meaning="свидетельство", example="Свидетельство № 77"),
    ),
    sort="t.meter_id, t.verified_on",
    checks=(
        unique("meter", "verified_on"),
        condition(
            "verified_until", pl.col("verified_until") <= pl.col("verified_on"), "срок не позже самой поверки", "исправьте день"
        ),
    ),
)  # fmt: skip

_TURNED = """
    LEFT JOIN (SELECT meter_id, zone, day AS since, lead(day) OVER turns AS until, sum(span) OVER turns AS span
                 FROM meter_turn WINDOW turns AS (PARTITION BY meter_id, zone ORDER BY day)) u
           ON u.meter_id = t.meter_id AND u.zone = t.zone AND t.day >= u.since AND (u.until IS NULL OR t.day < u.until)"""
_TRUE_VALUE = "t.value + coalesce(u.span, 0)"

READINGS = Register(
    name="readings", title="Показания", table="reading", order=330, has_id=False,
    meaning="Показания счётчиков по дням, не меньше чем за месяц до первого расчёта; для среднего — за 13 месяцев.",
    columns=(
        METER, ZONE, DAY,
        Column(name="value", kind=Volume(), required=True, meaning="показание", example="312.4"),
        Column(
            name="source", default=_CONSUMER, meaning="кем передано", example=_CONSUMER,
            kind=Choice(words_of={
                _CONSUMER: "житель", "operator": "оператор", "automatic": "автоматически", "act": "акт",
                "initial": "начальное",
            }),
        ),
        Column(
            name="disputed", kind=Flag(), default=False, into="", example="true",
            meaning="показание меньше предыдущего, но так и было передано: расчёт возьмёт среднее и назовёт счёт",
            source=f"nullif({_TRUE_VALUE} < lag({_TRUE_VALUE}) OVER (PARTITION BY t.meter_id, t.zone ORDER BY t.day), false)",
        ),
    ),
    joins=_TURNED,
    sort="t.meter_id, t.zone, t.day",
    checks=(_zones_fit, _readings_go_up),
    narrow=("meter", "t.meter_id"),
    load=_load_readings,
    fills=(),
)  # fmt: skip

ESTIMATES = Register(
    name="meter_estimates", title="Начислено без показаний", table="meter_estimate", order=340, has_id=False,
    meaning="Что начислено по среднему или нормативу до входящих остатков: вычтется, когда придёт показание.",
    columns=(
        Column(name="month", kind=Month(), into="period", required=True, meaning="месяц", example="2026-09"),
        METER, ZONE,
        Column(
            name="basis", kind=Choice(words_of={"average": "среднее", "norm": "норматив"}), required=True, meaning="по чему",
            example="average",
        ),
        Column(name="months_in_row", kind=Whole(most=1000), required=True, meaning="который месяц подряд", example="2"),
        Column(name="volume", kind=Volume(signed=True), required=True, meaning="объём", example="4.29"),
    ),
    where="t.period NOT IN (SELECT id FROM period WHERE state <> 'closed')",
    sort="t.period, t.meter_id, t.zone",
    grows=False,
    checks=(unique("month", "meter", "zone"), _zones_fit),
)  # fmt: skip

REGISTERS = (METERS, TURNS, VERIFICATIONS, READINGS, ESTIMATES)
