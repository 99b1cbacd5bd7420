"""Registers of the territory and the housing stock."""

from __future__ import annotations

import polars as pl

from startks.framework.exchange.town.checking import ID, Rows, condition, no_overlap, unique
from startks.framework.exchange.town.columns import Choice, Column, Date, Flag, Key, SquareMetres, Text, Whole
from startks.framework.exchange.town.registers import Question, Register
from startks.framework.exchange.town.words import DOCUMENT, NAME, NOTE, OKTMO, SLUG, WORD


def _entrances_are_there(rows: Rows) -> None:
    """A premise stands in an entrance of its own house."""
    known = rows.keys.details("entrances")
    named = rows.frame.filter(pl.col("house").is_not_null() & pl.col("entrance").is_not_null())
    bad = named.join(known, left_on=["house", "entrance"], right_on=["house", "number"], how="anti")
    rows.say(bad, "entrance", "такого подъезда у дома нет в entrances.csv", "добавьте подъезд или исправьте номер")


def _parents_are_flats(rows: Rows) -> None:
    """A room lies in a flat of the same house."""
    flats = rows.frame.select(
        pl.col("premise").alias("parent"), pl.col("house").alias("parent_house"), pl.col("kind").alias("parent_kind")
    ).unique("parent")
    rooms = rows.frame.filter(pl.col("parent").is_not_null()).join(flats, on="parent", how="left")
    rows.say(
        rooms.filter(pl.col("parent_house").is_null()), "parent", "такого помещения нет в файле",
        "добавьте строку квартиры или исправьте номер",
    )
    wrong = (pl.col("parent_house") != pl.col("house")) | (pl.col("parent_kind") != "flat")
    rows.say(
        rooms.filter(wrong), "parent", "комната ссылается не на квартиру своего дома", "укажите квартиру (kind = flat) того же дома"
    )


def _entrance_ids(frame: pl.DataFrame, keys) -> pl.DataFrame:
    known = keys.details("entrances").select("house", pl.col("number").alias("entrance"), pl.col(ID).alias("entrance_id"))
    return frame.join(known, on=["house", "entrance"], how="left", maintain_order="left")


MUNICIPALITIES = Register(
    name="municipalities", title="Муниципальные образования", table="municipality", order=10, key=("municipality",), needed=True,
    meaning="Город или район, чьи тарифы, нормативы и календарь действуют. Обычно одна строка.",
    columns=(
        Column(name="municipality", kind=SLUG, into="slug", required=True, meaning="имя в адресе страницы", example="samara"),
        Column(name="name", kind=NAME, required=True, meaning="название", example="городской округ Самара"),
        Column(name="region", kind=NAME, required=True, meaning="субъект Российской Федерации", example="Самарская область"),
        Column(name="oktmo", kind=OKTMO, meaning="код ОКТМО", example="36701000"),
    ),
)  # fmt: skip

DISTRICTS = Register(
    name="districts", title="Районы", table="district", order=20, key=("district",), needed=True,
    meaning="Внутригородские районы: первый уровень адреса.",
    columns=(
        Column(name="district", kind=SLUG, into="slug", required=True, meaning="имя в адресе страницы", example="oktyabrskiy"),
        Column(
            name="municipality", kind=SLUG, into="municipality_id", source="m.slug", ref="municipalities", required=True,
            meaning="муниципальное образование", example="samara",
        ),
        Column(name="name", kind=NAME, required=True, meaning="название", example="Октябрьский район"),
        Column(name="population", kind=Whole(), meaning="население, человек", example="123000"),
    ),
    joins="JOIN municipality m ON m.id = t.municipality_id",
)  # fmt: skip

STREETS = Register(
    name="streets", title="Улицы", table="street", order=30, key=("street",), numbered=True, needed=True,
    meaning="Названия улиц с их видом, как пишут жители.",
    columns=(
        Column(name="street", kind=Key(), into="id", required=True, meaning="номер улицы в наборе", example="17"),
        Column(
            name="municipality", kind=SLUG, into="municipality_id", source="m.slug", ref="municipalities", required=True,
            meaning="муниципальное образование", example="samara",
        ),
        Column(name="name", kind=NAME, required=True, meaning="название с видом", example="улица Гагарина"),
        Column(name="certain", kind=Flag(), default=True, meaning="false — название не проверено", example="true"),
    ),
    joins="JOIN municipality m ON m.id = t.municipality_id",
    checks=(unique("municipality", "name"),),
)  # fmt: skip

HOUSES = Register(
    name="houses", title="Дома", table="house", order=110, key=("house",), numbered=True, needed=True,
    meaning="Многоквартирные и частные дома, общежития с данными паспорта.",
    columns=(
        Column(name="house", kind=Key(), into="id", required=True, meaning="номер дома в наборе", example="101"),
        Column(
            name="district", kind=SLUG, into="district_id", source="d.slug", ref="districts", required=True,
            meaning="район", example="oktyabrskiy",
        ),
        Column(name="street", kind=Key(), into="street_id", ref="streets", required=True, meaning="улица", example="17"),
        Column(name="number", kind=Text(longest=20), required=True, meaning="номер дома с корпусом", example="12 корп. 2"),
        Column(name="slug", kind=SLUG, required=True, meaning="имя в адресе страницы, своё в районе", example="ulitsa-gagarina-12-2"),
        Column(
            name="kind", default="apartment_building", meaning="вид дома", example="apartment_building",
            kind=Choice(words_of={
                "apartment_building": "многоквартирный", "private_house": "частный дом", "dormitory": "общежитие",
            }),
        ),
        Column(name="series", kind=Text(longest=60), meaning="серия проекта", example="1-464"),
        Column(name="year_built", kind=Whole(least=1700, most=2100), meaning="год постройки", example="1974"),
        Column(name="storeys", kind=Whole(least=1, most=200), meaning="этажей", example="5"),
        Column(name="entrances", kind=Whole(most=100), meaning="подъездов по паспорту", example="4"),
        Column(name="walls", kind=Text(longest=100), meaning="материал стен", example="кирпич"),
        Column(name="inventory_number", kind=Text(longest=60), meaning="инвентарный номер", example="63:401:001"),
        Column(name="registry_number", kind=Text(longest=60), meaning="реестровый номер", example="Р-17"),
        Column(name="cadastral_number", kind=Text(longest=60), meaning="кадастровый номер", example="63:01:0634002:512"),
        Column(name="survey_date", kind=Date(), meaning="дата обследования", example="2019-06-11"),
        Column(name="note", kind=NOTE, meaning="примечание", example="Закрытый двор"),
    ),
    joins="JOIN district d ON d.id = t.district_id",
    checks=(unique("district", "slug"),),
    questions=(
        Question("orphan", "дома без площади", """SELECT concat_ws(', ', st.name, h.number) FROM house h JOIN street st ON st.id = h.street_id
            WHERE NOT EXISTS (SELECT 1 FROM house_area x WHERE x.house_id = h.id AND x.valid @> CAST(:day AS date))"""),
        Question("orphan", "дома без помещений", """SELECT concat_ws(', ', st.name, h.number) FROM house h JOIN street st ON st.id = h.street_id
            WHERE NOT EXISTS (SELECT 1 FROM premise x WHERE x.house_id = h.id)"""),
        Question("orphan", "многоквартирные дома без управления", """SELECT concat_ws(', ', st.name, h.number)
            FROM house h JOIN street st ON st.id = h.street_id WHERE h.kind <> 'private_house'
             AND NOT EXISTS (SELECT 1 FROM house_manager x WHERE x.house_id = h.id AND x.valid @> CAST(:day AS date))"""),
        Question("orphan", "дома без услуг", """SELECT concat_ws(', ', st.name, h.number) FROM house h JOIN street st ON st.id = h.street_id
            WHERE NOT EXISTS (SELECT 1 FROM house_service x WHERE x.house_id = h.id AND x.valid @> CAST(:day AS date))"""),
        Question("duplicate", "один адрес у нескольких домов", """SELECT concat_ws(', ', min(st.name), h.number)
            FROM house h JOIN street st ON st.id = h.street_id GROUP BY h.street_id, h.number HAVING count(*) > 1"""),
    ),
)  # fmt: skip

HOUSE_AREAS = Register(
    name="house_areas", title="Площади домов", table="house_area", order=120, dated=True,
    meaning="Площади дома по датам, по паспорту или проекту.",
    columns=(
        Column(name="house", kind=Key(), into="house_id", ref="houses", required=True, meaning="дом", example="101"),
        Column(
            name="total_area", kind=SquareMetres(positive=True), required=True, example="3120.40",
            meaning="площадь всех жилых и нежилых помещений (Sоб, ПП РФ 354)",
        ),
        Column(name="residential_area", kind=SquareMetres(), required=True, meaning="жилых помещений", example="3010.40"),
        Column(name="nonresidential_area", kind=SquareMetres(), required=True, meaning="нежилых помещений", example="110.00"),
        Column(name="common_area", kind=SquareMetres(), required=True, meaning="общего имущества (Sои)", example="410.00"),
        Column(name="heated_common_area", kind=SquareMetres(), required=True, meaning="его отапливаемой части", example="290.00"),
        Column(
            name="cut_off_area", kind=SquareMetres(), default=0, example="0.00",
            meaning="помещений, законно отключённых от отопления (Sинд)",
        ),
        Column(name="document", kind=DOCUMENT, meaning="основание", example="Технический паспорт от 11.06.2019"),
    ),
    checks=(no_overlap("house"),),
    questions=(
        Question("sum", "площадь помещений домов по паспортам, м²", "SELECT sum(total_area) FROM house_area WHERE valid @> CAST(:day AS date)"),
        Question("gap", "площадь дома не равна сумме помещений", """SELECT concat_ws(', ', st.name, h.number)
            FROM house h JOIN street st ON st.id = h.street_id
            JOIN house_area a ON a.house_id = h.id AND a.valid @> CAST(:day AS date)
            JOIN (SELECT p.house_id, sum(x.total_area) AS area FROM premise p
                    JOIN premise_area x ON x.premise_id = p.id AND x.valid @> CAST(:day AS date)
                   WHERE p.parent_id IS NULL GROUP BY 1) s ON s.house_id = h.id
            WHERE abs(a.total_area - s.area) > 0.01 * a.total_area"""),
    ),
)  # fmt: skip

HOUSE_CHARACTERISTICS = Register(
    name="house_characteristics", title="Характеристики домов", table="house_characteristic", order=121, dated=True,
    meaning="Благоустройство, водоснабжение, плиты, лифт и прочее по датам.",
    columns=(
        Column(name="house", kind=Key(), into="house_id", ref="houses", required=True, meaning="дом", example="101"),
        Column(name="code", kind=WORD, required=True, meaning="какая характеристика", example="stove"),
        Column(name="value", kind=NAME, required=True, meaning="значение", example="газовые плиты"),
        Column(name="document", kind=DOCUMENT, meaning="основание", example="Технический паспорт от 11.06.2019"),
    ),
    checks=(no_overlap("house", "code"),),
)  # fmt: skip

HOUSE_MANAGERS = Register(
    name="house_managers", title="Управление домами", table="house_manager", order=122, dated=True,
    meaning="Какая организация управляет домом и с какого дня.",
    columns=(
        Column(name="house", kind=Key(), into="house_id", ref="houses", required=True, meaning="дом", example="101"),
        Column(
            name="organisation", kind=Key(), into="organisation_id", ref="organisations", required=True,
            meaning="управляющая организация, ТСЖ", example="9",
        ),
        Column(name="document", kind=DOCUMENT, meaning="основание", example="Протокол собрания № 3 от 14.05.2026"),
    ),
    checks=(no_overlap("house"),),
)  # fmt: skip

ENTRANCES = Register(
    name="entrances", title="Подъезды", table="entrance", order=130, assigned=True, remembered=("house", "number"),
    meaning="Подъезды домов, если помещения на них распределены.",
    columns=(
        Column(name="house", kind=Key(), into="house_id", ref="houses", required=True, meaning="дом", example="101"),
        Column(name="number", kind=Whole(least=1, most=100), required=True, meaning="номер подъезда", example="2"),
    ),
    checks=(unique("house", "number"),),
)  # fmt: skip

PREMISES = Register(
    name="premises", title="Помещения", table="premise", order=140, key=("premise",), numbered=True, needed=True,
    remembered=("premise", "house"),
    meaning="Квартиры, комнаты коммунальных квартир (parent — их квартира), нежилые помещения.",
    columns=(
        Column(name="premise", kind=Key(), into="id", required=True, meaning="номер помещения в наборе", example="50012"),
        Column(name="house", kind=Key(), into="house_id", ref="houses", required=True, meaning="дом", example="101"),
        Column(
            name="entrance", kind=Whole(least=1, most=100), into="", source="e.number", meaning="номер подъезда", example="2"
        ),
        Column(
            name="parent", kind=Key(), into="parent_id", ref="premises", example="50010",
            meaning="для комнаты: квартира, в которой она",
        ),
        Column(
            name="kind", default="flat", meaning="вид помещения", example="flat",
            kind=Choice(words_of={"flat": "квартира", "room": "комната", "nonresidential": "нежилое"}),
        ),
        Column(name="number", kind=Text(longest=30), required=True, meaning="номер, как на двери", example="12"),
        Column(name="slug", kind=SLUG, required=True, meaning="имя в адресе страницы, своё в доме", example="12"),
        Column(name="floor", kind=Whole(least=-5, most=200), meaning="этаж", example="3"),
        Column(name="rooms", kind=Whole(most=100), meaning="число комнат", example="2"),
        Column(name="cadastral_number", kind=Text(longest=60), meaning="кадастровый номер", example="63:01:0634002:1512"),
    ),
    joins="LEFT JOIN entrance e ON e.id = t.entrance_id",
    checks=(
        unique("house", "slug"), _entrances_are_there, _parents_are_flats,
        condition(
            "parent", (pl.col("kind") != "room") & pl.col("parent").is_not_null(), "квартира указана не у комнаты",
            "очистите поле или исправьте kind на room",
        ),
    ),
    derive=_entrance_ids,
    questions=(
        Question("orphan", "помещения без лицевого счёта", """SELECT concat_ws(', ', st.name, h.number, p.number)
            FROM premise p JOIN house h ON h.id = p.house_id JOIN street st ON st.id = h.street_id
            WHERE NOT EXISTS (SELECT 1 FROM account x WHERE x.premise_id = p.id)
              AND NOT EXISTS (SELECT 1 FROM premise room WHERE room.parent_id = p.id)"""),
    ),
)  # fmt: skip

PREMISE_AREAS = Register(
    name="premise_areas", title="Площади помещений", table="premise_area", order=150, dated=True,
    meaning="Площади помещения по датам. Без строки на месяц расчёта площадь не начисляется, и расчёт называет помещение.",
    columns=(
        Column(name="premise", kind=Key(), into="premise_id", ref="premises", required=True, meaning="помещение", example="50012"),
        Column(name="total_area", kind=SquareMetres(positive=True), required=True, meaning="общая площадь", example="44.30"),
        Column(name="living_area", kind=SquareMetres(), meaning="жилая площадь", example="29.10"),
        Column(
            name="heated", kind=Flag(), default=True, example="true", meaning="false — законно отключено от отопления дома"
        ),
        Column(name="document", kind=DOCUMENT, meaning="основание", example="Выписка ЕГРН от 02.03.2026"),
    ),
    checks=(no_overlap("premise"),),
    questions=(
        Question("sum", "площадь помещений, м²", "SELECT sum(total_area) FROM premise_area WHERE valid @> CAST(:day AS date)"),
        Question("gap", "помещения со счётом без площади", """SELECT a.number FROM account a
            WHERE NOT EXISTS (SELECT 1 FROM premise_area x WHERE x.premise_id = a.premise_id AND x.valid @> CAST(:day AS date))"""),
    ),
)  # fmt: skip

REGISTERS = (
    MUNICIPALITIES, DISTRICTS, STREETS, HOUSES, HOUSE_AREAS, HOUSE_CHARACTERISTICS, HOUSE_MANAGERS, ENTRANCES, PREMISES,
    PREMISE_AREAS,
)  # fmt: skip
