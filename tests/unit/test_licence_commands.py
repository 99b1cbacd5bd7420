"""``startks licence …``: what is printed and with which exit code."""

import datetime as dt
import json

import pytest

from startks.scripts.main import run


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder with an empty ini; return (exit code, output, errors)."""
    ini = tmp_path / "test.ini"
    ini.write_text(f"[app:main]\nuse = egg:startks\nstartks.data_dir = {tmp_path}\n")
    monkeypatch.setenv("STARTKS_INI", str(ini))
    monkeypatch.delenv("STARTKS_DATA", raising=False)
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        code = run(["licence", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def key(call):
    code, out, _ = call("keygen", "--out", "key.pem")
    assert code == 0
    return next(line.split(" = ")[1] for line in out.splitlines() if line.startswith("startks.licence_public_key"))


def issue(call, *more, out="licence.json"):
    return call(
        "issue", "--key", "key.pem", "--holder", "МУП ЕИРЦ", "--number", "17", "--product", "billing=100", "--out", out, *more
    )


def day(shift):
    return (dt.date.today() + dt.timedelta(days=shift)).isoformat()


def test_from_key_to_verified_licence(call, key, tmp_path):
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    code, out, _ = issue(call, "--product", "appeals", "--to", day(100))
    assert (code, "№ 17" in out) == (0, True)
    code, out, _ = call("verify", "--public-key", key, "--product", "billing", "--product", "appeals")
    assert code == 0
    assert "осталось дней: 100" in out
    code, out, _ = call("show", "licence.json", "--public-key", key)
    assert code == 0
    for text in ("МУП ЕИРЦ", "Биллинг (billing), до 100", "без ограничения", "Подпись:    верна", "льготных дней 30"):
        assert text in out


def test_show_works_without_a_key_but_says_so(call, key):
    issue(call)
    code, out, _ = call("show")
    assert code == 0
    assert "НЕ ПОДТВЕРЖДЕНА" in out
    assert "МУП ЕИРЦ" in out
    assert "действует без срока" in out


def test_the_key_of_the_settings(call, key, tmp_path):
    issue(call)
    with (tmp_path / "test.ini").open("a") as file:
        file.write(f"startks.licence_public_key = {key}\n")
    assert call("verify")[0] == 0


@pytest.mark.parametrize(
    ("dates", "code", "text"),
    [
        (("--from", day(5)), 1, "начнёт действовать"),
        (("--from", day(-50), "--to", day(-40)), 1, "истёк"),
        (("--from", day(-50), "--to", day(-10)), 0, "льготный срок"),
        (("--from", day(-50), "--to", day(-10), "--grace", "0"), 1, "льготные дни прошли"),
    ],
)
def test_the_term(call, key, dates, code, text):
    issue(call, *dates)
    found, out, err = call("verify", "--public-key", key)
    assert found == code
    assert text in out + err
    _, out, _ = call("show", "--public-key", key)
    assert any(words in out for words in ("ещё не действует", "срок истёк", "льготный срок"))


def test_what_is_wrong_is_said_in_one_sentence(call, key, tmp_path):
    issue(call)
    for arguments, code, text in (
        (("verify", "--public-key", key, "--product", "appeals"), 1, "не включает продукт «appeals» (включены: billing)"),
        (("verify", "missing.json", "--public-key", key), 1, "Файла лицензии missing.json нет"),
        (("verify", "--public-key", "abc"), 2, "не читается"),
        (("verify",), 1, "нечем проверить"),
        (("verify", "key.pem", "--public-key", key), 1, "не JSON"),
        (("keygen", "--out", "key.pem"), 2, "уже есть"),
    ):
        found, out, err = call(*arguments)
        assert (found, text in err, out) == (code, True, ""), (arguments, err)
        assert len(err.strip().splitlines()) == 1
    content = json.loads((tmp_path / "licence.json").read_text())
    content["licence"]["products"][0]["limit"] = 10**6
    (tmp_path / "licence.json").write_text(json.dumps(content))
    found, _, err = call("verify", "--public-key", key)
    assert (found, "файл изменён или выдан другим поставщиком" in err) == (1, True)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (("--product", "nonsense"), "нет в прейскуранте"),
        (("--product", "appeals=много"), "не целое число"),
        (("--product", "billing"), "указан дважды"),
        (("--from", "2026-05-02", "--to", "2026-05-01"), "раньше первого"),
        (("--grace", "-1"), "--grace"),
        (("--holder", " "), "--holder пуст"),
    ],
)
def test_a_licence_that_makes_no_sense_is_not_issued(call, key, tmp_path, more, text):
    code, _, err = issue(call, *more)
    assert (code, text in err) == (2, True), err
    assert not (tmp_path / "licence.json").exists()


def test_an_issued_licence_is_not_overwritten(call, key, tmp_path):
    issue(call)
    before = (tmp_path / "licence.json").read_bytes()
    code, _, err = issue(call, "--grace", "1")
    assert (code, "уже есть" in err) == (2, True)
    assert (tmp_path / "licence.json").read_bytes() == before
    assert issue(call, out="no/such/folder.json")[0] == 2
    code, _, err = call("issue", "--key", "no.pem", "--holder", "a", "--number", "1", "--product", "billing", "--out", "x")
    assert (code, "не прочитан" in err) == (2, True)
