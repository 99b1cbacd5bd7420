"""Registers of social support: categories of benefits, what they are due, people's rights, court debts, subsidies."""

from __future__ import annotations

import polars as pl

from startks.framework.exchange.town.checking import Rows, condition, no_overlap
from startks.framework.exchange.town.columns import Choice, Column, Date, Key, Money, Month, Number, Whole
from startks.framework.exchange.town.parties import ACCOUNT_CELL, OF_ACCOUNT, OF_SERVICE, SERVICE_CELL
from startks.framework.exchange.town.reference import ACT, CERTAIN, PARAGRAPH, RATE, REMARK, no_overlap_with_absent
from startks.framework.exchange.town.registers import Question, Register
from startks.framework.exchange.town.words import DOCUMENT, NAME, SLUG, WORD

CATEGORY = Column(
    name="category", kind=WORD, into="category_id", source="c.code", ref="benefit_categories", required=True,
    meaning="категория", example="disabled_1_2",
)  # fmt: skip
OF_CATEGORY = "JOIN benefit_category c ON c.id = t.category_id"
PERSON = Column(
    name="person", kind=Key(), into="person_id", ref="persons", required=True, meaning="человек", example="70001"
)
PERCENT = Number(digits=6, unit="%", positive=True)


def _lives_there(rows: Rows) -> None:
    """A benefit belongs to somebody who lives (or lived) at the account."""
    pair = ["account", "person"]
    residents = rows.keys.details("residents").select(pair).unique()
    bad = rows.frame.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in pair)).join(
        residents, on=pair, how="anti"
    )
    rows.say(
        bad, "person", "льгота без жителя: этот человек по этому счёту не живёт и не жил (residents.csv)",
        "внесите его проживание или исправьте счёт",
    )


def _not_above(name: str, most: int, what: str):
    return condition(name, pl.col(name) > most * 1_000_000, f"{what} больше ста", "исправьте число")


CATEGORIES = Register(
    name="benefit_categories", title="Категории льгот", table="benefit_category", order=175, key=("category",),
    meaning="Категории граждан с правом на меры социальной поддержки и законы, которые их называют.",
    columns=(
        Column(name="category", kind=WORD, into="code", required=True, meaning="код", example="disabled_1_2"),
        Column(name="title", kind=NAME, required=True, meaning="название", example="Инвалид I или II группы"),
        ACT, PARAGRAPH, CERTAIN, REMARK,
    ),
)  # fmt: skip

TERMS = Register(
    name="benefit_terms", title="Что положено по льготам", table="benefit_term", order=176, dated=True,
    meaning="Размер льготы по услугам и датам; без municipality — по всей стране, своё муниципалитета сильнее.",
    columns=(
        CATEGORY, SERVICE_CELL,
        Column(
            name="municipality", kind=SLUG, into="municipality_id", source="m.slug", ref="municipalities",
            meaning="муниципальное образование", example="samara",
        ),
        Column(name="percent", kind=PERCENT, required=True, meaning="размер", example="50"),
        Column(
            name="covers", default="holder", meaning="на чью долю", example="holder",
            kind=Choice(words_of={"holder": "самого льготника", "family": "всех, кто живёт с ним"}),
        ),
        Column(
            name="bound", default="none", meaning="в каких пределах", example="norm",
            kind=Choice(words_of={
                "none": "вся плата", "area": "социальная норма площади", "norm": "норматив потребления",
            }),
        ),
        Column(
            name="form", default="compensation", meaning="в какой форме", example="discount",
            kind=Choice(words_of={"discount": "скидка в счёте", "compensation": "деньгами отдельно"}),
        ),
        Column(
            name="tenure", meaning="только при таком праве на помещение; пусто — при любом", example="tenant",
            kind=Choice(words_of={"owner": "собственник", "tenant": "наниматель"}),
        ),
        ACT, PARAGRAPH, CERTAIN, REMARK,
    ),
    joins=f"{OF_CATEGORY} {OF_SERVICE} LEFT JOIN municipality m ON m.id = t.municipality_id",
    checks=(
        no_overlap_with_absent("category", "service", "municipality"), _not_above("percent", 100, "процент"),
    ),
)  # fmt: skip

STANDARDS = Register(
    name="subsidy_standards", title="Стандарты стоимости для субсидии", table="subsidy_standard", order=177, dated=True,
    meaning="Региональный стандарт стоимости жилья и услуг, рублей на члена семьи в месяц (ПП РФ 761 п. 23).",
    columns=(
        Column(
            name="municipality", kind=SLUG, into="municipality_id", source="m.slug", ref="municipalities", required=True,
            meaning="муниципальное образование", example="samara",
        ),
        Column(
            name="members", kind=Whole(least=1, most=99), required=True, example="1",
            meaning="человек в семье; наибольшее значит «и более»",
        ),
        Column(name="category", kind=NAME, default="", meaning="вид дома и права, если область их различает", example="собственник"),
        Column(name="value", kind=RATE, required=True, meaning="рублей на человека", example="4661"),
        ACT, PARAGRAPH, CERTAIN, REMARK,
    ),
    joins="JOIN municipality m ON m.id = t.municipality_id",
    checks=(no_overlap("municipality", "members", "category"),),
)  # fmt: skip

RIGHTS = Register(
    name="benefit_rights", title="Льготы жителей", table="benefit_right", order=260, dated=True,
    meaning="Кто по какому счёту имеет право на льготу и с какого по какой день. Персональные данные (152-ФЗ).",
    columns=(
        ACCOUNT_CELL, PERSON, CATEGORY,
        Column(name="document", kind=DOCUMENT, meaning="удостоверение", example="Справка МСЭ-2024 № 0012345"),
    ),
    joins=f"{OF_ACCOUNT} {OF_CATEGORY}",
    checks=(
        no_overlap("person", "category", what="та же льгота этого человека на те же дни"), _lives_there,
    ),
    questions=(
        Question("sum", "действующих льгот", "SELECT count(*) FROM benefit_right WHERE valid @> CAST(:day AS date)"),
        Question("orphan", "льготы людей, которые по счёту больше не живут", """SELECT a.number FROM benefit_right b
            JOIN account a ON a.id = b.account_id WHERE b.valid @> CAST(:day AS date) AND NOT EXISTS (
              SELECT 1 FROM residence x WHERE x.account_id = b.account_id AND x.person_id = b.person_id
                 AND x.valid @> CAST(:day AS date))"""),
    ),
)  # fmt: skip

COURT_DEBTS = Register(
    name="court_debts", title="Долги, подтверждённые судом", table="court_debt", order=261, dated=True,
    meaning="Непогашенный долг по судебному акту не старше трёх лет: приостанавливает компенсации (ЖК РФ ст. 160).",
    columns=(
        ACCOUNT_CELL,
        Column(name="act", kind=DOCUMENT, required=True, meaning="судебный акт", example="Судебный приказ № 2-117/2026"),
    ),
    joins=OF_ACCOUNT,
    checks=(no_overlap("account"),),
)  # fmt: skip


def _granted_once(rows: Rows) -> None:
    """Two granted subsidies of one account never share a month."""
    granted = rows.frame.filter(pl.col("state").is_in(["granted", "stopped"])).with_columns(
        pl.col("month_from").alias("from"), (pl.col("month_to") + 1).alias("to")
    ).sort("account", "from", "line")
    reached = pl.col("to").cum_max().over("account").shift(1)
    bad = granted.with_columns(reached.alias("reached"), pl.col("account").shift(1).alias("other")).filter(
        (pl.col("account") == pl.col("other")) & (pl.col("from") < pl.col("reached"))
    )
    rows.say(bad, "month_from", "на эти месяцы по счёту уже дана другая субсидия", "исправьте месяцы или уберите строку")


SUBSIDIES = Register(
    name="subsidies", title="Субсидии", table="subsidy", order=262,
    meaning="Заявления на субсидию с числами, по которым решено (ЖК РФ ст. 159, ПП РФ 761). Счёт она не меняет.",
    columns=(
        ACCOUNT_CELL, PERSON,
        Column(name="applied_on", kind=Date(), required=True, meaning="день заявления", example="2026-09-20"),
        Column(name="working", kind=Whole(most=99), default=0, meaning="трудоспособных", example="0"),
        Column(name="pensioners", kind=Whole(most=99), default=0, meaning="пенсионеров", example="1"),
        Column(name="children", kind=Whole(most=99), default=0, meaning="детей", example="0"),
        Column(name="income", kind=Money(), required=True, meaning="средний доход семьи в месяц", example="12500.00"),
        Column(name="expense", kind=Money(), required=True, meaning="фактические расходы за месяц", example="4200.00"),
        Column(name="standard", kind=Money(positive=True), required=True, meaning="стандарт на человека", example="4661.00"),
        Column(name="share", kind=PERCENT, required=True, meaning="наибольшая доля расходов", example="22"),
        Column(name="minimum_sum", kind=Money(), required=True, meaning="сумма прожиточных минимумов", example="14570.00"),
        Column(
            name="cut_digits", kind=Whole(most=6), default=0, example="0",
            meaning="знаков поправочного коэффициента, если его обрезают; 0 — точно",
        ),
        Column(name="amount", kind=Money(), required=True, meaning="субсидия в месяц", example="2301.71"),
        Column(name="month_from", kind=Month(), required=True, meaning="первый месяц", example="2026-10"),
        Column(name="month_to", kind=Month(), required=True, meaning="последний месяц", example="2027-03"),
        Column(
            name="state", required=True, meaning="что решено", example="granted",
            kind=Choice(words_of={
                "applied": "подано", "granted": "назначена", "refused": "отказано", "stopped": "остановлена",
            }),
        ),
        Column(name="decided_on", kind=Date(), meaning="день решения", example="2026-09-29"),
        Column(name="document", kind=DOCUMENT, meaning="решение", example="Решение № 1207"),
        Column(name="reason", kind=NAME, meaning="почему отказано или остановлена", example=""),
    ),
    joins=OF_ACCOUNT,
    checks=(
        condition("working", pl.col("working") + pl.col("pensioners") + pl.col("children") < 1, "в семье никого",
                  "запишите, сколько в ней людей"),
        condition("month_to", pl.col("month_to") < pl.col("month_from"), "последний месяц раньше первого", "исправьте месяцы"),
        _not_above("share", 100, "доля"), _granted_once,
    ),
    questions=(
        Question("sum", "назначенных субсидий, ₽ в месяц", """SELECT round(coalesce(sum(amount), 0) * 0.01, 2) FROM subsidy
            WHERE state IN ('granted', 'stopped')
              AND extract(year FROM CAST(:day AS date)) * 100 + extract(month FROM CAST(:day AS date))
                  BETWEEN month_from AND month_to"""),
    ),
)  # fmt: skip

REGISTERS = (CATEGORIES, TERMS, STANDARDS, RIGHTS, COURT_DEBTS, SUBSIDIES)
