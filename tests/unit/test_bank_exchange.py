"""Bank registries and statements: taken whole or not at all."""

from datetime import date

import pytest

from startks.framework.exchange.bank_registry import load_registries, parse_registry
from startks.framework.exchange.case_adapters import ADAPTERS
from startks.framework.exchange.errors import ExchangeError
from startks.framework.exchange.statement_1c import parse_statement
from startks.framework.exchange.texts import (
    account_in_purpose,
    amount_kopecks,
    day_of,
    debt_registry_file_name,
    decode,
    period_of,
    signed_kopecks,
    unsigned_kopecks,
)

LINE = "10-03-2026;12-15-01;8618/0123;00001;{op};{account};ИВАНОВ И.И.;САМАРА;0226;{paid};98.00;2.00"


def registry(*lines, total="={count};{paid};{transferred};{commission};125;11-03-2026", **changes):
    rows = [LINE.format(**{"op": number, "account": "210042076", "paid": "100.00"} | line) for number, line in enumerate(lines, 1)]
    sums = {"count": len(rows), "paid": f"{len(rows)}00.00", "transferred": f"{98 * len(rows)}.00", "commission": f"{2 * len(rows)}.00"}
    return "\n".join([*rows, total.format(**sums | changes)]) + "\n"


def code_of(text, **options):
    with pytest.raises(ExchangeError) as caught:
        parse_registry(text, **options)
    assert caught.value.message.endswith((".", "»."))
    return caught.value.code


def test_a_good_registry():
    found = parse_registry(registry({}, {}))
    assert (found.paid, found.transferred, found.commission, found.payment_order) == (20000, 19600, 400, "125")
    line = found.lines[0]
    assert (line.day, line.period, line.paid, line.key) == (date(2026, 3, 10), "2026-02", 10000, ("1",))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_total_line"), ("\n\n", "no_total_line"), (registry({}).rsplit("\n=", 1)[0], "no_total_line"),
        (registry({}, total="={count};1;2"), "bad_line"), (registry({}).replace(";98.00", ";98.00;"), "bad_line"),
        (registry({"paid": "0"}), "bad_amount"), (registry({"paid": "-5.00"}), "bad_amount"), (registry({"paid": "x"}), "bad_amount"),
        (registry({}).replace("98.00;2.00", "98.00;x"), "bad_amount"), (registry({}).replace("10-03-2026;12", "10.03.2026;12"), "bad_line"),
        (registry({}, count=2), "count_mismatch"), (registry({}, paid="100.01"), "total_mismatch"),
        (registry({}, transferred="97.99"), "total_mismatch"), (registry({}, commission="1.99"), "total_mismatch"),
        (registry({}, commission="x"), "total_mismatch"),
    ],
)
def test_faults_refuse_the_whole_registry(text, code):
    assert code_of(text) == code


def test_faults_are_told_in_the_order_of_the_checks():
    assert code_of(registry({"paid": "x"}, {}).replace("98.00;2.00\n=", "98.00\n=")) == "bad_line"
    assert code_of(registry({"paid": "x"}, count=9)) == "bad_amount"
    assert code_of(registry({}, count=9, paid="1")) == "count_mismatch"


def test_the_columns_are_by_contract():
    found = parse_registry("7;55,5;x\n=1;55.50;0;0;9;d", "account;paid;note")
    line = found.lines[0]
    assert (line.account, line.paid, line.day, line.period, line.transferred) == ("7", 5550, None, None, 0)
    assert line.key == (None, "", "", "7", 5550)


def test_no_payment_is_taken_twice_and_none_is_lost():
    first = parse_registry(registry({}, {"account": "9"}))
    second = parse_registry(registry({}, {"op": 77}))
    found = load_registries([first, second], {"210042076"}, met=[("77",)])
    assert [line.operation for line in found.credited] == ["1"]
    assert [line.operation for line in found.unclassified] == ["2"]
    assert [line.operation for line in found.skipped] == ["1", "77"]
    without = parse_registry(registry({"op": ""}, {"op": ""}, {"op": "", "account": "9"}))
    again = load_registries([without], {"210042076"})
    assert (len(again.credited), len(again.skipped), len(again.unclassified)) == (1, 1, 1)


SECTION = "СекцияРасчСчет\nРасчСчет=1\nНачальныйОстаток={opening}\nВсегоПоступило={income}\nВсегоСписано={expense}\nКонечныйОстаток={closing}\nКонецРасчСчет\n"
DOCUMENT = "СекцияДокумент=Платежное поручение\n{fields}КонецДокумента\n"


def statement(*documents, sections=()):
    body = "".join(SECTION.format(**section) for section in sections)
    body += "".join(DOCUMENT.format(fields="".join(f"{key}={value}\n" for key, value in fields.items())) for fields in documents)
    return f"1CClientBankExchange\nВерсияФормата=1.03\nРасчСчет=1\n\n{body}КонецФайла\n"


IN = {"Номер": "5", "Дата": "04.03.2026", "ДатаПоступило": "05.03.2026", "Сумма": "10.00", "ПолучательСчет": "1", "НазначениеПлатежа": "за март"}
OUT = {"Дата": "04.03.2026", "Сумма": "4.00", "ПлательщикРасчСчет": "1"}
GOOD = {"opening": "-1.00", "income": "10.00", "expense": "4.00", "closing": "5.00"}


def test_a_good_statement():
    found = parse_statement(statement(IN, OUT, {"Сумма": "1", "ПлательщикСчет": "2"}, sections=[GOOD]))
    assert [(d.number, d.day, d.amount, d.direction, d.purpose) for d in found.documents] == [
        ("5", date(2026, 3, 5), 1000, "income", "за март"), (None, date(2026, 3, 4), 400, "expense", None), (None, None, 100, None, None)
    ]
    turnover = found.turnover
    assert (turnover.opening, turnover.income, turnover.expense, turnover.closing) == (-100, 1000, 400, 500)


def test_two_days_make_one_turnover():
    first = {"opening": "0", "income": "10.00", "expense": "0", "closing": "10.00"}
    second = {"opening": "10.00", "income": "0", "expense": "4.00", "closing": "6.00"}
    turnover = parse_statement(statement(IN, OUT, sections=[first, second])).turnover
    assert (turnover.opening, turnover.income, turnover.expense, turnover.closing) == (0, 1000, 400, 600)


def test_an_account_known_only_from_its_section():
    text = statement(IN, OUT, sections=[GOOD]).replace("ВерсияФормата=1.03\nРасчСчет=1\n", "")
    assert [d.direction for d in parse_statement(text).documents] == ["income", "expense"]
    bare = statement(IN, sections=[GOOD | {"expense": "0", "closing": "9.00"}]).replace("СекцияРасчСчет\nРасчСчет=1\n", "СекцияРасчСчет\n")
    assert parse_statement(bare).turnover.closing == 900


def test_a_statement_without_a_section_has_no_sums():
    assert parse_statement(statement(IN)).turnover is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_header"), ("Номер=1\n", "bad_header"), (statement(IN).replace("КонецФайла", ""), "missing_end_of_file"),
        (statement(IN | {"Сумма": "x"}), "bad_amount"), (statement({"Номер": "1"}), "bad_amount"),
        (statement(IN, OUT, sections=[GOOD | {"closing": "5.01"}]), "total_mismatch"),
        (statement(IN, sections=[GOOD]), "total_mismatch"), (statement(OUT, sections=[GOOD]), "total_mismatch"),
        (statement(IN, OUT, sections=[GOOD | {"opening": "--1"}]), "bad_amount"),
    ],
)
def test_faults_refuse_the_whole_statement(text, code):
    with pytest.raises(ExchangeError) as caught:
        parse_statement(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("content", "declared", "codec"),
    [
        ("Кодировка".encode("cp1251"), "Windows", "windows-1251"), ("Кодировка".encode("cp866"), " dos ", "cp866"),
        ("Кодировка".encode("koi8-r"), "KOI8-R", "koi8-r"), ("Кодировка".encode(), "UTF-8", "utf-8"),
        ("Кодировка".encode("utf-8-sig"), "Windows", "utf-8"), ("Кодировка".encode("utf-8-sig"), "Mac", "utf-8"),
    ],
)
def test_texts_are_read_in_their_encoding(content, declared, codec):
    assert decode(content, declared) == (codec, "Кодировка")


@pytest.mark.parametrize(
    ("content", "declared", "code"),
    [(b"x", "Mac", "unknown_encoding"), (b"\xff", "utf-8", "bad_encoding"), (b"\x98", "windows-1251", "bad_encoding"),
     (b"\xef\xbb\xbf\xff", "DOS", "bad_encoding")],
)
def test_an_encoding_is_never_guessed(content, declared, code):
    with pytest.raises(ExchangeError) as caught:
        decode(content, declared)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "kopecks"),
    [
        ("10 000,50", 1000050), ("5000.00", 500000), ("0.01", 1), ("7", 700), ("7,5", 750), ("1\u00a0000", 100000), ("0", None),
        ("0.00", None), ("-5", None), ("+5", None), ("1.005", None), ("1,234.56", None), ("", None), ("5.", None), ("1e5", None),
        ("٥", None),
    ],
)
def test_sums_as_banks_write_them(text, kopecks):
    assert amount_kopecks(text) == kopecks


def test_zero_and_negative_balances():
    assert unsigned_kopecks("0") == 0
    assert (signed_kopecks("-1,50"), signed_kopecks("- 1.5"), signed_kopecks("2"), signed_kopecks("-x"), signed_kopecks("-0")) == (
        -150, -150, 200, None, 0
    )


@pytest.mark.parametrize(
    ("text", "period"),
    [("0226", "2026-02"), ("122026", "2026-12"), ("03.2026", "2026-03"), ("03.26", "2026-03"), ("1326", None), ("", None), ("2026", None)],
)
def test_periods(text, period):
    assert period_of(text) == period


def test_days():
    assert day_of("31-12-2026", "-") == date(2026, 12, 31)
    for text in ("31-02-2026", "1-1-2026", "31.12.2026", ""):
        assert day_of(text, "-") is None


@pytest.mark.parametrize(
    ("purpose", "found"),
    [("л/с 77", True), ("77", True), ("(77)", True), ("77.", True), ("177", False), ("771", False), ("а77", False), ("77_", False),
     ("-77", False), ("77-", False), ("№77, кв. 5", True)],
)
def test_an_account_is_a_whole_token(purpose, found):
    assert account_in_purpose(purpose, "77") is found
    assert not account_in_purpose("a1b", "a.b")


def test_name_of_the_debt_registry():
    assert debt_registry_file_name("63", "407", 5, date(2026, 10, 1)) == "63_407_005_1026.txt"


def test_the_example_of_a_statement_without_sums():
    answer = ADAPTERS["statement_1c_parse"][3]({"text": statement({"Сумма": "1"})})
    assert set(answer) == {"documents"}
    assert answer["documents"][0]["date"] is None
