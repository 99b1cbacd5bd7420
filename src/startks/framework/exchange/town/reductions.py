"""Registers of what takes something off a charge: acts of breaks and poor quality, temporary absences."""

from __future__ import annotations

import polars as pl

from startks.domain.reductions.checks import BREAKS, DEAD_END_SERVICES, MEASURED, SERVICES_OF, TITLES
from startks.framework.exchange.town.checking import ID, Keys, Rows, after, condition
from startks.framework.exchange.town.columns import Choice, Column, Date, Flag, Key, Moment, Number, Text, Whole
from startks.framework.exchange.town.faults import REASON
from startks.framework.exchange.town.parties import ACCOUNT_CELL, OF_ACCOUNT, OF_SERVICE, SERVICE_CELL
from startks.framework.exchange.town.registers import Register
from startks.framework.exchange.town.words import DOCUMENT, SLUG

_PLACE = ["district", "house", "entrance", "premise"]


def _one_place(rows: Rows) -> None:
    places = pl.sum_horizontal(pl.col(name).is_not_null().cast(pl.Int8) for name in ("district", "house", "premise"))
    rows.say(
        rows.frame.filter(places != 1), "house", "место акта названо не одним полем",
        "заполните одно из: district; house (с подъездом entrance, если акт на подъезд); premise",
    )
    rows.say(
        rows.frame.filter(pl.col("entrance").is_not_null() & pl.col("house").is_null()), "entrance", "подъезд без дома",
        "заполните house",
    )
    known = rows.keys.details("entrances")
    named = rows.frame.filter(pl.col("house").is_not_null() & pl.col("entrance").is_not_null())
    bad = named.join(known, left_on=["house", "entrance"], right_on=["house", "number"], how="anti")
    rows.say(bad, "entrance", "такого подъезда у дома нет в entrances.csv", "добавьте подъезд или исправьте номер")


def _service_fits(rows: Rows) -> None:
    fitting = pl.any_horizontal(
        (pl.col("kind") == kind) & pl.col("service").is_in(list(services)) for kind, services in SERVICES_OF.items()
    )
    bad = rows.frame.filter(pl.col("kind").is_not_null() & pl.col("service").is_not_null() & ~fitting)
    rows.say(bad, "kind", "такого нарушения у этой услуги закон не знает (ПП РФ 354, приложение 1)", "исправьте вид или услугу")


def _in_the_months(rows: Rows) -> None:
    """No act begins after the last month of the set: its hours belong to no month."""
    months = rows.keys.details("months")["month"]
    if not months.len():
        return
    last = months.max()
    began = pl.col("since").dt.year().cast(pl.Int64) * 100 + pl.col("since").dt.month().cast(pl.Int64)
    rows.say(
        rows.frame.filter(began > last), "since", "начало позже последнего открытого месяца (months.csv)",
        "исправьте время или откройте месяц",
    )


def _no_contradiction(rows: Rows) -> None:
    """Two acts of one place about one thing never hold at one moment."""
    frame = rows.frame.filter(~pl.col("cancelled") & pl.col("since").is_not_null() & pl.col("kind").is_not_null()).with_columns(
        pl.when(pl.col("kind").is_in(BREAKS)).then(pl.lit("break")).otherwise("kind").alias("thing"),
        pl.col("until").fill_null(pl.datetime(9999, 1, 1)).alias("end"),
        pl.concat_str(*(pl.col(name).cast(pl.String).fill_null("") for name in _PLACE), separator="/").alias("place"),
    )
    _meet(rows, frame, ["place", "service", "thing"], "since", "противоречит акту на то же время",
          "на одном месте об одном нарушении в одно время составляют один акт: исправьте время")


def _away_once(rows: Rows) -> None:
    """A person is not away twice on a day: the day of return is free again."""
    frame = rows.frame.filter(
        (pl.col("decision") == "granted") & pl.col("left_on").is_not_null() & pl.col("person").is_not_null()
    ).with_columns(pl.col("returned_on").fill_null(pl.date(9999, 1, 1)).alias("end"))
    _meet(rows, frame, ["person"], "left_on", "человек уже отсутствует в эти дни", "исправьте дни или уберите одну из строк")


def _meet(rows: Rows, frame: pl.DataFrame, group: list[str], since: str, what: str, way_out: str) -> None:
    """Name rows of a group that begin before an earlier one has reached its ``end``."""
    ordered = frame.sort(*group, since, "line").with_columns(
        pl.col("end").cum_max().shift(1).over(group).alias("reached"), pl.col("line").shift(1).over(group).alias("before"),
    )
    bad = ordered.filter(pl.col(since) < pl.col("reached")).with_columns(
        pl.max_horizontal("line", "before").alias("line"), pl.min_horizontal("line", "before").alias("earlier")
    ).with_columns(
        pl.when(pl.col("earlier") == 0).then(pl.lit(f"{what}: такая запись в городе уже есть"))
        .otherwise(pl.format(what + ": см. строку {}", "earlier")).alias(REASON)
    )
    rows.say(bad, since, "", way_out)


def _places(frame: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    entrances = keys.details("entrances").select("house", pl.col("number").alias("entrance"), pl.col(ID).alias("entrance_id"))
    return frame.join(entrances, on=["house", "entrance"], how="left", maintain_order="left").with_columns(
        pl.when(pl.col("entrance").is_null()).then("house").alias("house_id")
    )


QUALITY_ACTS = Register(
    name="quality_acts", title="Акты о перерывах и качестве", table="quality_act", order=450,
    meaning="Перерывы и плохое качество услуг по актам (ПП РФ 354, приложение 1): на районе, доме, подъезде или помещении; "
            "расчёт месяца сам снижает плату всем счетам под этим местом.",
    columns=(
        Column(
            name="district", kind=SLUG, into="district_id", source="d.slug", ref="districts", example="oktyabrskiy",
            meaning="место: район",
        ),
        Column(
            name="house", kind=Key(), into="", source="coalesce(t.house_id, e.house_id)", ref="houses", meaning="место: дом",
            example="101",
        ),
        Column(
            name="entrance", kind=Whole(least=1, most=100), into="", source="e.number", example="2",
            meaning="место: подъезд этого дома; пусто — весь дом",
        ),
        Column(name="premise", kind=Key(), into="premise_id", ref="premises", meaning="место: помещение", example="50012"),
        SERVICE_CELL,
        Column(name="kind", kind=Choice(words_of=TITLES), required=True, meaning="что нарушено", example="break"),
        Column(name="since", kind=Moment(), required=True, meaning="начало", example="2026-10-03 08:15"),
        Column(name="until", kind=Moment(), meaning="окончание; пусто — перерыв продолжается", example="2026-10-04 20:00"),
        Column(
            name="measured", kind=Number(digits=4, least=None), meaning="измерено: °C (вода, воздух в комнате) или МПа",
            example="52",
        ),
        Column(
            name="planned", kind=Number(digits=4, least=None), example="18",
            meaning="должно быть, где это зависит от дома: воздух в комнате, давление отопления",
        ),
        Column(
            name="feeds", kind=Whole(least=1, most=2), default=1, meaning="независимых источников электроэнергии", example="1"
        ),
        Column(name="dead_end", kind=Flag(), default=False, meaning="авария на тупиковой магистрали", example="false"),
        Column(
            name="supplier_percent", kind=Number(digits=2), default=10_000, example="100",
            meaning="какая часть снижения по вине поставщика, %; пусто — 100",
        ),
        Column(name="number", kind=Text(longest=60), required=True, meaning="номер акта", example="12"),
        Column(name="drawn_on", kind=Date(), required=True, meaning="день акта", example="2026-10-05"),
        Column(name="document", kind=DOCUMENT, meaning="акт о восстановлении, запись журнала, протокол замера", example="Журнал АДС, № 311"),
        Column(name="cancelled", kind=Flag(), default=False, meaning="true — акт отменён и плату не снижает", example="false"),
    ),
    joins=f"{OF_SERVICE} LEFT JOIN district d ON d.id = t.district_id LEFT JOIN entrance e ON e.id = t.entrance_id",
    checks=(
        _one_place, _service_fits,
        condition(
            "until", pl.col("until") <= pl.col("since"), "акт кончается раньше, чем начинается", "исправьте время начала или окончания"
        ),
        condition(
            "drawn_on", pl.col("drawn_on") < pl.col("since").dt.date(), "акт составлен раньше начала нарушения", "исправьте день"
        ),
        condition(
            "measured", pl.col("kind").is_in(MEASURED) != pl.col("measured").is_not_null(),
            "измеренное не подходит виду акта", "запишите его для температуры и давления, для прочих очистите",
        ),
        condition(
            "measured", (pl.col("kind") == "temperature") & ~pl.col("measured").is_between(-60_0000, 120_0000),
            "температура не бывает такой", "исправьте: от -60 до 120 °C",
        ),
        condition(
            "planned", pl.col("kind").is_in(MEASURED) & (pl.col("service") == "heating") & pl.col("planned").is_null(),
            "не записано, сколько должно быть", "для отопления запишите норму дома или комнаты",
        ),
        condition(
            "supplier_percent", pl.col("supplier_percent") > 10_000, "больше ста процентов", "исправьте долю"
        ),
        condition(
            "dead_end", pl.col("dead_end") & ~((pl.col("kind") == "break") & pl.col("service").is_in(list(DEAD_END_SERVICES))),
            "тупиковая магистраль не у перерыва воды или водоотведения", "запишите false",
        ),
        condition("feeds", (pl.col("feeds") == 2) & (pl.col("service") != "electricity"), "два источника не у электроэнергии", "запишите 1"),
        _in_the_months, _no_contradiction,
    ),
    derive=_places,
)  # fmt: skip

ABSENCES = Register(
    name="temporary_absences", title="Временное отсутствие", table="temporary_absence", order=451,
    meaning="Заявления о перерасчёте за временное отсутствие (ПП РФ 354, раздел VIII) с документами и решением.",
    columns=(
        ACCOUNT_CELL,
        Column(name="person", kind=Key(), into="person_id", ref="persons", required=True, meaning="кто отсутствовал", example="70001"),
        Column(
            name="left_on", kind=Date(), required=True, meaning="день выбытия; сам не считается", example="2026-10-02"
        ),
        Column(
            name="returned_on", kind=Date(), meaning="день возвращения; сам не считается; пусто — ещё не вернулся",
            example="2026-10-20",
        ),
        Column(name="applied_on", kind=Date(), required=True, meaning="заявление подано", example="2026-10-22"),
        Column(name="papers", kind=DOCUMENT, required=True, meaning="документы, пункт 93", example="Командировочное удостоверение № 4"),
        Column(
            name="decision", kind=Choice(words_of={"granted": "перерасчёт сделать", "refused": "отказать"}), default="granted",
            meaning="решение", example="granted",
        ),
        Column(name="grounds", kind=DOCUMENT, meaning="почему отказано, или сделано по позднему заявлению", example="Болел по справке"),
    ),
    joins=OF_ACCOUNT,
    checks=(
        after("returned_on", "left_on"),
        condition("returned_on", pl.col("returned_on") == pl.col("left_on"), "вернулся в день выбытия", "исправьте день"),
        condition(
            "grounds", (pl.col("decision") == "refused") & pl.col("grounds").is_null(), "не записано, почему отказано", "запишите причину"
        ),
        _away_once,
    ),
)  # fmt: skip


REGISTERS = (QUALITY_ACTS, ABSENCES)
