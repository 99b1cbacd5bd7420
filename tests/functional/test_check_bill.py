"""The payment document carries its calculation: anybody recomputes it, and nobody changes it unseen."""

import json
import re

import pytest
from webtest import TestApp

from startks.base.signatures import seal, signing_key, unseal
from startks.framework.documents.attachments import Attachment, read_pdf
from startks.framework.documents.receipt_pdf import render_one
from startks.scripts.main import run
from tests.factories.receipts import receipt


@pytest.fixture(scope="module")
def site(town_copy):
    """An application of its own: facts that others change in an open month would no longer give the bill that was charged."""
    with town_copy("paper") as (application, _url):
        yield application


@pytest.fixture
def paper(site, tmp_path):
    """The demo resident's document of the last month as a file, the name of its attachment and its content."""
    resident = TestApp(site, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.37"})
    form = resident.get("/@@sign-in").forms["sign-in"]
    form["login"], form["password"] = "resident1", "resident1-2026"
    page = form.submit("submit")
    while page.status_int in (302, 303):
        page = page.follow()
    path = re.search(r'href="(?:http://localhost)?(/[^"@]+/\d{8,})(?:/@@[^"]*)?"', page.text)[1]
    file = tmp_path / "receipt.pdf"
    file.write_bytes(resident.get(f"{path}/@@receipt.pdf").body)
    (name,) = read_pdf(file).files
    published = resident.get("/@@receipt-key").text
    return file, name, published


@pytest.fixture
def forged(paper):
    """Put another attachment into the same file; the printed pages stay. The bytes of a PDF's stream have no say in
    its text, so the file is made anew: the pages of the real one cannot be drawn from here."""
    file, name, _published = paper

    def forge(content, key=None):
        document = content if isinstance(content, bytes) else seal(content, key or signing_key(b"another installation"))
        file.write_bytes(render_one(receipt(), attachments=[Attachment(name, document, "Расчёт")]))
        return file

    return forge


def bill_in(paper):
    file, name, _published = paper
    return unseal(read_pdf(file).files[name])


def check(capsys, *arguments):
    capsys.readouterr()
    code = run(["check-bill", *map(str, arguments)])
    output = capsys.readouterr()
    return code, output.out, output.err


def test_the_real_document_holds_to_the_kopeck(paper, capsys, monkeypatch):
    monkeypatch.setenv("STARTKS_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("STARTKS_DATA", "/nonexistent")
    code, told, error = check(capsys, paper[0])
    assert (code, error) == (0, "")
    lines = bill_in(paper).content["lines"]
    assert len(lines) > 5
    assert all(line["parts"] for line in lines if line["charge"])
    assert len(re.findall(r"  да$", told, re.M)) == len(lines)
    assert "НЕТ" not in told


def test_the_published_key_is_the_one_that_signed(paper, capsys):
    sealed = bill_in(paper)
    assert paper[2].split() == ["ed25519", sealed.public_key, sealed.fingerprint]
    assert check(capsys, paper[0], "--key", sealed.public_key)[0] == 0
    assert check(capsys, paper[0], "--key", sealed.fingerprint)[0] == 0


def test_a_foreign_signature_is_refused_when_the_key_is_pinned(paper, forged, capsys):
    sealed = bill_in(paper)
    code, _told, error = check(capsys, forged(sealed.content), "--key", sealed.fingerprint)
    assert code == 1
    assert "чужим ключом" in error


def test_a_changed_amount_breaks_the_signature(paper, forged, capsys):
    original = read_pdf(paper[0]).files[paper[1]]
    document = json.loads(original)
    document["content"]["lines"][0]["charge"] += 1
    code, _told, error = check(capsys, forged(json.dumps(document, ensure_ascii=False).encode()))
    assert code == 1
    assert "Подпись вложения не сходится" in error


@pytest.mark.parametrize("where", ["charge", "input", "total", "rule"])
def test_a_wrong_bill_is_found_even_where_its_signature_holds(paper, forged, capsys, where):
    content = bill_in(paper).content
    line = next(line for line in content["lines"] if line["charge"])
    if where == "charge":
        line["charge"] += 100
        line["closing"] += 100
        content["totals"]["charge"] += 100
        content["totals"]["closing"] += 100
        content["to_pay"] = max(content["totals"]["closing"], 0)
    elif where == "input":
        line["parts"][0]["inputs"][0]["value"] = "1/7"
    elif where == "total":
        content["totals"]["paid"] += 1
    else:
        line["parts"][0]["rule_version"] = 99
    code, told, error = check(capsys, forged(content))
    assert code == 1
    assert "Не сходится документов: 1 из 1" in error
    expected = {"charge": "начислено не то, что выходит по правилам", "input": "даёт другую сумму",
                "total": "итог «paid» не равен сумме строк", "rule": "не известно"}
    assert expected[where] in told


def test_a_calculation_of_another_account_is_not_taken_for_this_paper(paper, forged, capsys):
    code, told, _error = check(capsys, forged(bill_in(paper).content))
    assert code == 1
    assert "в тексте документа нет лицевого счёта" in told


def test_another_printed_sum_is_found(paper, capsys):
    sealed = bill_in(paper)
    content = sealed.content
    other = receipt(account=content["account"], period=content["period"])
    paper[0].write_bytes(render_one(other, attachments=[Attachment(paper[1], seal(content, signing_key(b"k")), "Расчёт")]))
    code, told, _error = check(capsys, paper[0])
    assert code == 1
    assert "напечатано к оплате" in told


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{}", "Вложение повреждено"), (b"\xff\x00", "Вложение повреждено"), (b'{"content": [1]}', "Вложение повреждено")],
)
def test_a_broken_attachment_is_said(paper, forged, capsys, content, message):
    code, _told, error = check(capsys, forged(content))
    assert code == 1
    assert message in error


def test_an_attachment_of_another_kind_or_half_of_one_is_said(paper, forged, capsys):
    assert "обновите" in check(capsys, forged({"format": "startks-bill", "version": 99}))[2]
    assert "не хватает" in check(capsys, forged({"format": "startks-bill", "version": 1, "lines": [{}]}))[2]


def test_files_that_are_no_such_document_are_said(tmp_path, capsys):
    plain = tmp_path / "plain.pdf"
    plain.write_bytes(render_one(receipt()))
    code, _told, error = check(capsys, plain)
    assert (code, "нет вложенного расчёта" in error) == (1, True)
    plain.write_bytes(b"not a pdf")
    code, _told, error = check(capsys, plain)
    assert (code, "не открывается как PDF" in error) == (1, True)
    assert "не прочитан" in check(capsys, tmp_path / "none.pdf")[2]
    assert check(capsys, plain, "--key", "abc")[0] == 2
