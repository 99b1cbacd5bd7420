"""The licence file: signed, read back, and refused with a reason."""

import datetime as dt
import json
import os

import pytest

from startks.base.errors import ConfigurationError
from startks.base.licensing import (
    Grant,
    Licence,
    LicenceError,
    issue_demo_licence,
    keys,
    peek_licence,
    price,
    read_licence,
    verdict_of,
)
from startks.base.licensing.licence import canonical, issue, to_document
from startks.base.licensing.prices import price_list

KEY = keys.generate()
LICENCE = Licence(
    "17", "МУП «ЕИРЦ»", dt.date(2026, 1, 1), dt.date(2026, 1, 1), None, 30, (Grant("billing", "account", 100),)
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "licence.json"
    path.write_text(issue(LICENCE, KEY), "utf-8")
    return path


def test_what_was_issued_is_read_back(path):
    found, key = read_licence(path, [keys.generate().public_key(), KEY.public_key()])
    assert found == LICENCE
    assert keys.fingerprint(key) == keys.fingerprint(KEY)


def test_the_layout_of_the_file_does_not_matter(path):
    content = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(content, separators=(",", ":")), "utf-8")  # other spaces, escapes instead of letters
    assert read_licence(path, [KEY.public_key()])[0] == LICENCE


def test_canonical_form():
    assert canonical({"б": 1, "a": [None, "я"]}) == '{"a":[null,"я"],"б":1}'.encode()
    with pytest.raises(ValueError, match="Out of range"):
        canonical({"a": float("nan")})


def change(path, **changes):
    content = json.loads(path.read_text("utf-8"))
    content["licence"].update(changes)
    path.write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize("changes", [{"holder": "Другой"}, {"products": []}, {"to": "2099-01-01"}, {"extra": 1}])
def test_a_changed_file_is_not_believed(path, changes):
    change(path, **changes)
    with pytest.raises(LicenceError, match="Подпись лицензии .* неверна"):
        read_licence(path, [KEY.public_key()])


def test_a_stranger_s_key_and_no_key(path):
    with pytest.raises(LicenceError, match="другим поставщиком"):
        read_licence(path, [keys.generate().public_key()])
    with pytest.raises(LicenceError, match="нечем проверить"):
        read_licence(path, [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "не JSON"),
        ("{}", "нет частей"),
        ('{"licence": 1, "signature": "x"}', "не того вида"),
        ('{"licence": {}, "signature": "*"}', "подпись не в base64"),
        ('{"licence": {"a": 1, "a": 2}, "signature": ""}', "не JSON"),
        ("[" * 100_000, "не JSON|слишком велик"),
        ("x" * 100_001, "слишком велик"),
    ],
)
def test_an_unreadable_file_is_named_with_the_reason(path, text, reason):
    path.write_text(text, "utf-8")
    with pytest.raises(LicenceError, match=reason) as caught:
        read_licence(path, [KEY.public_key()])
    assert str(path) in caught.value.message


def test_bytes_that_are_no_text(path):
    path.write_bytes(b"\xff\xfe\x00")
    assert verdict_of(path, [keys.public_text(KEY)]).bad


def signed(path, document):
    import base64

    signature = base64.b64encode(KEY.sign(canonical(document))).decode()
    path.write_text(json.dumps({"licence": document, "signature": signature}), "utf-8")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": "startks-licence-9"}, "другого образца"),
        ({"from": "01.01.2026"}, "с ошибкой"),
        ({"grace_days": -1}, "с ошибкой"),
        ({"grace_days": True}, "с ошибкой"),
        ({"products": [{"name": "billing"}]}, "с ошибкой"),
        ({"products": None}, "с ошибкой"),
        ({"more": 1}, "состав полей"),
    ],
)
def test_a_true_signature_under_a_faulty_document(path, changes, reason):
    signed(path, {**to_document(LICENCE), **changes})
    with pytest.raises(LicenceError, match=reason):
        read_licence(path, [KEY.public_key()])


def test_peeking_believes_nothing_and_checks_no_signature(path):
    change(path, holder="Другой")
    assert peek_licence(path).holder == "Другой"


def test_verdict(path, tmp_path):
    public = keys.public_text(KEY)
    assert verdict_of(None, []).licence is None
    assert not verdict_of(tmp_path / "nowhere.json", [public]).bad
    good = verdict_of(path, [public])
    assert (good.licence, good.key) == (LICENCE, keys.fingerprint(KEY))
    assert "не читается" in verdict_of(path, ["nonsense"]).problem
    change(path, holder="Другой")
    assert "неверна" in verdict_of(path, [public]).problem


def test_a_private_key_is_the_owner_s_alone_and_is_never_overwritten(tmp_path):
    path = tmp_path / "key.pem"
    keys.write_private(KEY, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.public_text(keys.read_private(path)) == keys.public_text(KEY)
    with pytest.raises(ConfigurationError, match="уже есть"):
        keys.write_private(KEY, path)
    with pytest.raises(ConfigurationError, match="не записан"):
        keys.write_private(KEY, tmp_path / "no" / "key.pem")
    with pytest.raises(ConfigurationError, match="не прочитан"):
        keys.read_private(tmp_path / "nowhere.pem")
    path.chmod(0o600)
    path.write_text("nonsense")
    with pytest.raises(ConfigurationError, match="не закрытый ключ"):
        keys.read_private(path)


@pytest.mark.parametrize(
    "text", ["", "abc", "@" * 44, keys.public_text(KEY)[:-4] + "===="], ids=["empty", "short", "signs", "cut"]
)
def test_a_public_key_that_is_none(text):
    with pytest.raises(ConfigurationError, match="44 знаков"):
        keys.parse_public(text)


def test_the_demonstration_licenses_itself_once(tmp_path):
    path, public = issue_demo_licence(tmp_path, dt.date(2026, 1, 1))
    licence, _ = read_licence(path, [keys.parse_public(public)])
    assert {grant.name for grant in licence.products} == {"billing", "registration", "appeals"}
    assert all(grant.limit is None for grant in licence.products)
    before = path.read_text()
    assert issue_demo_licence(tmp_path, dt.date(2026, 11, 1)) == (path, public)
    assert path.read_text() == before
    assert issue_demo_licence(tmp_path, dt.date(2027, 1, 1)) == (path, public)
    assert path.read_text() != before
    path.write_text("damaged")
    issue_demo_licence(tmp_path, dt.date(2027, 1, 1))
    assert verdict_of(path, [public]).licence is not None


def test_the_key_beside_the_licence_is_trusted_only_where_none_is_named(tmp_path, monkeypatch):
    path, public = issue_demo_licence(tmp_path)
    assert keys.trusted(path) == (public,)
    assert keys.trusted(path, "a key") == ("a key",)
    assert keys.trusted(None) == ()
    assert keys.trusted(tmp_path / "other.json") == ()
    monkeypatch.setattr(keys, "VENDOR_KEYS", ("the vendor's",))
    assert keys.trusted(path) == ("the vendor's",)
    assert keys.trusted(path, "a key") == ("the vendor's", "a key")
    (tmp_path / "licence.pub").write_bytes(b"\xff")
    monkeypatch.setattr(keys, "VENDOR_KEYS", ())
    assert keys.trusted(path) == ()


def test_the_demonstration_names_a_folder_it_cannot_use(tmp_path):
    (tmp_path / "licence").write_text("a file in the way")
    with pytest.raises(ConfigurationError, match="--data"):
        issue_demo_licence(tmp_path)
    assert os.listdir(tmp_path) == ["licence"]


def test_a_full_disk_leaves_the_old_licence(tmp_path, monkeypatch):
    path, public = issue_demo_licence(tmp_path, dt.date(2026, 1, 1))

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ConfigurationError, match="Освободите место"):
        issue_demo_licence(tmp_path, dt.date(2027, 1, 1))
    assert verdict_of(path, [public]).licence.valid_from == dt.date(2025, 12, 31)


def test_price_by_the_brochure():
    lines = price({"account": 350_000, "person": 1, "installation": 1}, ["appeals", "billing"], dt.date(2026, 1, 1))
    assert [(line.quantity, line.price, line.amount) for line in lines] == [
        (350_000, 3500, 12_250_000_00),
        (1, 1_000_000_00, 1_000_000_00),
        (None, None, 13_250_000_00),
        (1, 2_650_000_00, 2_650_000_00),
    ]


def test_a_counter_never_measured_is_left_out_of_the_sum():
    lines = price({"account": 1}, ["billing", "registration"])
    assert [line.amount for line in lines] == [3500, None, 3500, 700]
    assert [line.amount for line in price({}, ["billing"])] == [None, None, None]
    assert price({"person": 1}, ["registration"])[-1].amount == 160


def test_unknown_products_and_days_without_a_list():
    with pytest.raises(ConfigurationError, match="«nonsense»"):
        price({}, ["nonsense"])
    with pytest.raises(ConfigurationError, match="нет прейскуранта"):
        price_list(dt.date(1990, 1, 1))
