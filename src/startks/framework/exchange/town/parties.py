"""Registers of persons, organisations, contracts and personal accounts."""

from __future__ import annotations

from fractions import Fraction

import polars as pl

from startks.framework.exchange.town.checking import Rows, after, condition, no_overlap, one_of
from startks.framework.exchange.town.columns import Choice, Code, Column, Date, Flag, Key, Number, Text, Whole
from startks.framework.exchange.town.registers import Question, Register
from startks.framework.exchange.town.words import (
    ACCOUNT,
    BANK_ACCOUNT,
    BIC,
    DOCUMENT,
    INN,
    KPP,
    METHODS,
    NAME,
    OGRN,
    PHONE,
    SNILS,
    WORD,
)

ACCOUNT_CELL = Column(
    name="account", kind=ACCOUNT, into="account_id", source="a.number", ref="accounts", required=True,
    meaning="лицевой счёт", example="1100000017",
)  # fmt: skip
SERVICE_CELL = Column(
    name="service", kind=WORD, into="service_id", source="s.code", ref="services", required=True,
    meaning="услуга", example="cold_water",
)  # fmt: skip
OF_ACCOUNT = "JOIN account a ON a.id = t.account_id"
OF_SERVICE = "JOIN service s ON s.id = t.service_id"


def _shares_fit(rows: Rows) -> None:
    """Shares of the owners of an account never make more than the whole on any day."""
    # Shares as exact integers of a common denominator; 1/3 + 1/3 + 1/3 is the whole.
    owners = rows.frame.filter(
        (pl.col("tenure") == "owner") & pl.col("from").is_not_null() & (pl.col("share_part") <= pl.col("share_whole"))
    ).select("line", "account", "share_part", "share_whole", "from", "to")
    several = owners.filter(pl.len().over("account") > 1)
    if several.is_empty():
        return
    # On the first day of each row: the sum of all rows that hold on it; the last of them is named.
    starts = several.select("account", pl.col("from").alias("day")).unique()
    holding = starts.join(several, on="account").filter(
        (pl.col("from") <= pl.col("day")) & (pl.col("to").is_null() | (pl.col("to") > pl.col("day")))
    )
    sums = holding.group_by("account", "day").agg(
        (pl.col("share_part").cast(pl.Float64) / pl.col("share_whole")).sum().alias("near"),
        pl.col("line").max(), pl.col("share_part"), pl.col("share_whole"),
    )
    # The approximate sum only chooses whom to add up exactly.
    lines = [
        row["line"]
        for row in sums.filter(pl.col("near") > 1 - 1e-9).iter_rows(named=True)
        if sum(Fraction(part, whole) for part, whole in zip(row["share_part"], row["share_whole"], strict=True)) > 1
    ]
    bad = rows.frame.filter(pl.col("line").is_in(lines))
    rows.say(
        bad, "share_part", "доли собственников счёта на этот день вместе больше единицы",
        "исправьте доли или закончите прежнее право (столбец to)", value="account",
    )


def _houses_of_accounts(frame: pl.DataFrame, keys) -> pl.DataFrame:
    houses = keys.details("premises").select("premise", pl.col("house").alias("house_id"))
    return frame.join(houses, on="premise", how="left", maintain_order="left")


def _by_houses(frame: pl.DataFrame, keys) -> pl.DataFrame:
    """Accounts of a house get neighbouring ids, whatever the order of the file: the calculation works by whole houses."""
    return _houses_of_accounts(frame, keys).sort("house_id", maintain_order=True).drop("house_id")


ORGANISATIONS = Register(
    name="organisations", title="Организации", table="organisation", order=50, key=("organisation",), numbered=True,
    needed=True,
    meaning="Управляющие организации, поставщики, региональный оператор, расчётный центр, собственники нежилых помещений.",
    columns=(
        Column(name="organisation", kind=Key(), into="id", required=True, meaning="номер организации в наборе", example="9"),
        Column(name="name", kind=NAME, required=True, meaning="полное название", example="ООО «Жилищник»"),
        Column(name="short_name", kind=NAME, required=True, meaning="краткое название", example="Жилищник"),
        Column(
            name="role", required=True, meaning="чем занята", example="manager",
            kind=Choice(words_of={
                "manager": "управление", "water": "вода", "heat": "тепло", "electricity": "электроэнергия", "gas": "газ",
                "waste": "отходы", "capital_repair": "капитальный ремонт", "municipality": "муниципалитет",
                "settlement_centre": "расчётный центр", "other": "иное",
            }),
        ),
        Column(name="inn", kind=INN, meaning="ИНН", example="6318990015"),
        Column(name="kpp", kind=KPP, meaning="КПП", example="631801001"),
        Column(name="ogrn", kind=OGRN, meaning="ОГРН или ОГРНИП", example="1026300960014"),
        Column(name="address", kind=NAME, meaning="адрес", example="Самара, улица Гагарина, д. 1"),
        Column(name="phone", kind=PHONE, meaning="телефон", example="+7 (846) 200-00-01"),
        Column(name="emergency_phone", kind=PHONE, meaning="аварийная служба", example="+7 (846) 200-00-04"),
        Column(name="site", kind=NAME, meaning="сайт", example="https://uk.example"),
        Column(name="email", kind=NAME, meaning="электронная почта", example="info@uk.example"),
        Column(name="working_hours", kind=NAME, meaning="часы приёма", example="пн–пт 8:00–17:00"),
    ),
)  # fmt: skip

BANK_DETAILS = Register(
    name="bank_details", title="Банковские реквизиты", table="bank_details", order=51, dated=True,
    meaning="Расчётный счёт организации по датам; идёт в код оплаты на квитанции.",
    columns=(
        Column(
            name="organisation", kind=Key(), into="organisation_id", ref="organisations", required=True,
            meaning="организация", example="9",
        ),
        Column(name="bank_name", kind=NAME, required=True, meaning="банк", example="АО «Банк»"),
        Column(name="bic", kind=BIC, required=True, meaning="БИК", example="043601607"),
        Column(
            name="correspondent_account", kind=BANK_ACCOUNT, required=True, meaning="корреспондентский счёт",
            example="30101810200000000607",
        ),
        Column(
            name="settlement_account", kind=BANK_ACCOUNT, required=True, meaning="расчётный счёт",
            example="40702810954400000017",
        ),
    ),
    checks=(no_overlap("organisation"),),
)  # fmt: skip

CONTRACTS = Register(
    name="contracts", title="Договоры", table="contract", order=52, key=("contract",), numbered=True, dated=True, needed=True,
    meaning="Договоры с поставщиками и управляющими: по ним подключаются услуги.",
    columns=(
        Column(name="contract", kind=Key(), into="id", required=True, meaning="номер договора в наборе", example="9"),
        Column(
            name="organisation", kind=Key(), into="organisation_id", ref="organisations", required=True,
            meaning="с кем договор: он и станет поставщиком строки счёта", example="9",
        ),
        Column(
            name="kind", required=True, meaning="вид договора", example="supply",
            kind=Choice(words_of={"supply": "поставка", "management": "управление", "agency": "агентский"}),
        ),
        Column(name="number", kind=NAME, required=True, meaning="номер, как в документе", example="9/2019"),
        Column(name="signed_on", kind=Date(), required=True, meaning="подписан", example="2019-12-16"),
        Column(
            name="commission_percent", kind=Number(digits=3, unit="%"), meaning="вознаграждение агента", example="1.8"
        ),
    ),
)  # fmt: skip

CONTRACT_CELL = Column(
    name="contract", kind=Key(), into="contract_id", ref="contracts", required=True, meaning="договор", example="9"
)

CONTRACT_TERMS = Register(
    name="contract_terms", title="Условия договоров", table="contract_terms", order=53, dated=True,
    meaning="Вознаграждение и счёт, на который идут деньги договора, по дополнительным соглашениям.",
    columns=(
        CONTRACT_CELL,
        Column(
            name="commission_percent", kind=Number(digits=3, unit="%"), required=True, example="1.8",
            meaning="вознаграждение от собранного; 0 — не удерживается",
        ),
        Column(
            name="settlement_account", kind=BANK_ACCOUNT, meaning="расчётный счёт; пусто — основной счёт организации",
            example="40702810954400000017",
        ),
        Column(name="document", kind=DOCUMENT, meaning="соглашение", example="Соглашение № 2 от 01.02.2026"),
    ),
    checks=(
        no_overlap("contract"),
        condition(
            "commission_percent", pl.col("commission_percent") >= 100_000, "вознаграждение сто процентов и больше", "исправьте число"
        ),
    ),
)  # fmt: skip

CONTRACT_SERVICES = Register(
    name="contract_services", title="Услуги договоров", table="contract_service", order=54, dated=True,
    meaning="О каких услугах договор и с какого дня.",
    columns=(
        CONTRACT_CELL, SERVICE_CELL,
        Column(name="document", kind=DOCUMENT, meaning="основание", example="Приложение 1"),
    ),
    joins=OF_SERVICE,
    checks=(no_overlap("contract", "service"),),
)  # fmt: skip

PERSONS = Register(
    name="persons", title="Люди", table="person", order=210, key=("person",), numbered=True,
    meaning="Собственники, наниматели, жители. Персональные данные (152-ФЗ): храните файл соответственно.",
    columns=(
        Column(name="person", kind=Key(), into="id", required=True, meaning="номер человека в наборе", example="70001"),
        Column(name="last_name", kind=NAME, required=True, meaning="фамилия", example="Образцова"),
        Column(name="first_name", kind=NAME, required=True, meaning="имя", example="Анна"),
        Column(name="middle_name", kind=NAME, meaning="отчество", example="Сергеевна"),
        Column(name="birth_date", kind=Date(), meaning="дата рождения", example="1984-03-09"),
        Column(name="sex", kind=Choice(words_of={"m": "мужской", "f": "женский"}), meaning="пол", example="f"),
        Column(name="snils", kind=SNILS, meaning="СНИЛС", example="112-233-445 95"),
        Column(name="phone", kind=PHONE, meaning="телефон", example="+79990000001"),
        Column(name="email", kind=NAME, meaning="электронная почта", example="anna@example.org"),
    ),
    questions=(
        Question("duplicate", "люди с теми же именем и днём рождения", """SELECT concat_ws(' ', last_name, first_name, middle_name, birth_date)
            FROM person WHERE birth_date IS NOT NULL GROUP BY last_name, first_name, middle_name, birth_date HAVING count(*) > 1"""),
        Question("duplicate", "один СНИЛС у нескольких людей", """SELECT min(last_name || ' ' || first_name) FROM person
            WHERE snils IS NOT NULL GROUP BY snils HAVING count(*) > 1"""),
        Question("orphan", "люди, которые не живут и не владеют", """SELECT concat_ws(' ', last_name, first_name, middle_name) FROM person p
            WHERE NOT EXISTS (SELECT 1 FROM residence x WHERE x.person_id = p.id)
              AND NOT EXISTS (SELECT 1 FROM account_holder x WHERE x.person_id = p.id)"""),
    ),
)  # fmt: skip

ACCOUNTS = Register(
    name="accounts", title="Лицевые счета", table="account", order=220, key=("account",), needed=True,
    remembered=("account", "premise"),
    meaning="Лицевые счета помещений; у комнат и долей — свои.",
    columns=(
        Column(name="account", kind=ACCOUNT, into="number", required=True, meaning="номер, каким его платят", example="1100000017"),
        Column(name="premise", kind=Key(), into="premise_id", ref="premises", required=True, meaning="помещение", example="50012"),
        Column(
            name="kind", default="residential", meaning="вид счёта", example="residential",
            kind=Choice(words_of={"residential": "жилое помещение", "nonresidential": "нежилое"}),
        ),
        Column(name="opened_on", kind=Date(), required=True, meaning="открыт", example="2012-04-01"),
        Column(name="closed_on", kind=Date(), meaning="первый день, в который счёта уже нет", example="2026-09-15"),
        Column(name="archived_on", kind=Date(), meaning="закрытый счёт без долга ушёл в архив", example="2026-10-01"),
        Column(
            name="gis_account", kind=Code(pattern=r"^[0-9A-ZА-Я]{10}$", form="10 знаков"),
            meaning="единый лицевой счёт ГИС ЖКХ (ЕЛС)", example="63АА100017",
        ),
        Column(
            name="gis_service", kind=Code(pattern=r"^[0-9A-ZА-Я]{10}-\d\d$", form="10 знаков, дефис, 2 цифры"),
            meaning="идентификатор ЖКУ ГИС ЖКХ", example="63АА100017-01",
        ),
    ),
    sort="t.house_id, t.id",
    checks=(
        after("closed_on", "opened_on"), after("archived_on", "closed_on"),
        condition(
            "archived_on", pl.col("archived_on").is_not_null() & pl.col("closed_on").is_null(), "в архиве незакрытый счёт",
            "запишите день закрытия или очистите поле",
        ),
    ),
    derive=_houses_of_accounts,
    rows_first=_by_houses,
    questions=(
        Question("sum", "действующих счетов", """SELECT count(*) FROM account
            WHERE opened_on <= CAST(:day AS date) AND (closed_on IS NULL OR closed_on > CAST(:day AS date))"""),
        Question("orphan", "счета без собственника и нанимателя", """SELECT number FROM account a WHERE (closed_on IS NULL OR closed_on > CAST(:day AS date))
            AND NOT EXISTS (SELECT 1 FROM account_holder x WHERE x.account_id = a.id AND x.valid @> CAST(:day AS date))"""),
        Question("orphan", "счета без плательщика", """SELECT number FROM account a WHERE (closed_on IS NULL OR closed_on > CAST(:day AS date))
            AND EXISTS (SELECT 1 FROM account_holder x WHERE x.account_id = a.id AND x.valid @> CAST(:day AS date))
            AND NOT EXISTS (SELECT 1 FROM account_holder x WHERE x.account_id = a.id AND x.payer AND x.valid @> CAST(:day AS date))"""),
        Question("duplicate", "один ЕЛС у нескольких счетов", """SELECT gis_account FROM account WHERE gis_account IS NOT NULL
            GROUP BY gis_account HAVING count(*) > 1"""),
        Question("gap", "жилые счета, где не живёт никто и нет собственника-человека", """SELECT number FROM account a
            WHERE kind = 'residential' AND (closed_on IS NULL OR closed_on > CAST(:day AS date))
              AND NOT EXISTS (SELECT 1 FROM residence x WHERE x.account_id = a.id AND x.valid @> CAST(:day AS date))
              AND NOT EXISTS (SELECT 1 FROM account_holder x WHERE x.account_id = a.id AND x.person_id IS NOT NULL
                               AND x.valid @> CAST(:day AS date))"""),
    ),
)  # fmt: skip

HOLDERS = Register(
    name="holders", title="Собственники и наниматели", table="account_holder", order=230, dated=True,
    meaning="Чьё помещение и в какой доле, по датам; payer — чьё имя стоит на счёте.",
    columns=(
        ACCOUNT_CELL,
        Column(name="person", kind=Key(), into="person_id", ref="persons", meaning="человек (или организация)", example="70001"),
        Column(
            name="organisation", kind=Key(), into="organisation_id", ref="organisations", meaning="организация (или человек)",
            example="31",
        ),
        Column(
            name="tenure", kind=Choice(words_of={"owner": "собственник", "tenant": "наниматель"}), default="owner",
            meaning="право", example="owner",
        ),
        Column(name="payer", kind=Flag(), default=False, meaning="на его имя выставляется счёт", example="true"),
        Column(name="share_part", kind=Whole(least=1), default=1, meaning="доля: числитель", example="1"),
        Column(name="share_whole", kind=Whole(least=1), default=1, meaning="доля: знаменатель", example="2"),
        Column(name="document", kind=DOCUMENT, meaning="основание", example="Выписка ЕГРН от 02.03.2026"),
    ),
    joins=OF_ACCOUNT,
    checks=(
        one_of("person", "organisation"),
        condition(
            "share_part", pl.col("share_part") > pl.col("share_whole"), "доля больше единицы", "исправьте числитель или знаменатель"
        ),
        no_overlap("account", "person", what="тот же человек уже записан на эти дни"),
        _shares_fit,
    ),
)  # fmt: skip

RESIDENTS = Register(
    name="residents", title="Жители", table="residence", order=240, dated=True, remembered=("account", "person"),
    meaning="Кто живёт по счёту и с какого по какой день: человеко-дни идут в нормативы (ПП РФ 354 п. 56–58).",
    columns=(
        ACCOUNT_CELL,
        Column(name="person", kind=Key(), into="person_id", ref="persons", required=True, meaning="человек", example="70001"),
        Column(
            name="kind", kind=Choice(words_of={"permanent": "место жительства", "temporary": "место пребывания"}),
            default="permanent", meaning="вид регистрации", example="permanent",
        ),
        Column(
            name="relation", meaning="кем приходится собственнику", example="child", kind=Text(longest=60)
        ),
        Column(name="document", kind=DOCUMENT, meaning="основание", example="Свидетельство о регистрации № 12"),
    ),
    joins=OF_ACCOUNT,
    checks=(no_overlap("person", "kind", what="человек в двух местах на одни и те же дни"),),
)  # fmt: skip

HOUSE_SERVICES = Register(
    name="house_services", title="Подключённые услуги", table="house_service", order=160, dated=True, needed=True,
    meaning="Какие услуги получает дом, по какому договору, каким способом считаются, какие строки тарифа и норматива берутся.",
    columns=(
        Column(name="house", kind=Key(), into="house_id", ref="houses", required=True, meaning="дом", example="101"),
        SERVICE_CELL,
        Column(name="contract", kind=Key(), into="contract_id", ref="contracts", required=True, meaning="договор", example="9"),
        Column(name="method", kind=Choice(words_of=METHODS, beginning="rule:"), required=True, meaning="способ расчёта", example="individual"),
        Column(name="tariff_category", kind=NAME, default="", meaning="категория строки тарифа", example="газовые плиты"),
        Column(name="norm_category", kind=NAME, default="", meaning="категория строки норматива", example="с ванной 1500 мм"),
        Column(name="document", kind=DOCUMENT, meaning="основание", example="Договор 9/2019"),
    ),
    joins=OF_SERVICE,
    checks=(no_overlap("house", "service"),),
    questions=(
        Question("gap", "услуги домов без действующего тарифа", """SELECT concat_ws(', ', st.name, h.number, s.title)
            FROM house_service x JOIN house h ON h.id = x.house_id JOIN street st ON st.id = h.street_id
            JOIN service s ON s.id = x.service_id
            WHERE x.valid @> CAST(:day AS date) AND NOT EXISTS (
              SELECT 1 FROM tariff r WHERE r.service_id = x.service_id AND r.category = x.tariff_category
                 AND (r.house_id IS NULL OR r.house_id = x.house_id) AND r.valid @> CAST(:day AS date))"""),
    ),
)  # fmt: skip

EXCLUSIONS = Register(
    name="account_exclusions", title="Отключённые услуги счетов", table="account_service_exclusion", order=250, dated=True,
    meaning="Услуги дома, которых счёт не получает: нет газа, свой котёл, прямой договор нежилого помещения.",
    columns=(
        ACCOUNT_CELL,
        SERVICE_CELL,
        Column(name="reason", kind=NAME, required=True, meaning="почему", example="газ не подведён"),
    ),
    joins=f"{OF_ACCOUNT} {OF_SERVICE}",
    checks=(no_overlap("account", "service"),),
)  # fmt: skip

INFEASIBILITIES = Register(
    name="meter_infeasibilities", title="Акты о невозможности счётчика", table="meter_infeasibility", order=251, dated=True,
    meaning="Счётчик поставить нельзя (акт обследования): повышающий коэффициент не берётся.",
    columns=(
        ACCOUNT_CELL,
        SERVICE_CELL,
        Column(name="act", kind=DOCUMENT, required=True, meaning="акт", example="Акт обследования № 7 от 03.02.2021"),
    ),
    joins=f"{OF_ACCOUNT} {OF_SERVICE}",
    checks=(no_overlap("account", "service"),),
)  # fmt: skip

REGISTERS = (
    ORGANISATIONS, BANK_DETAILS, CONTRACTS, CONTRACT_TERMS, CONTRACT_SERVICES, PERSONS, ACCOUNTS, HOLDERS, RESIDENTS, HOUSE_SERVICES, EXCLUSIONS,
    INFEASIBILITIES,
)  # fmt: skip
