"""Settings: every key declared, unknown ones refused by name, the environment over the file."""

from pathlib import Path

import pytest

from startks.base.errors import ConfigurationError
from startks.base.settings import describe, load

ROOT = Path(__file__).resolve().parents[2]


def test_defaults_need_nothing():
    settings = load({}, environ={})
    assert settings.modules == ("billing", "metering")
    assert settings.secure_cookies is True
    assert settings.data_dir is None


@pytest.mark.parametrize(
    ("key", "nearest"),
    [("databse_url", "database_url"), ("module", "modules"), ("secure_cookie", "secure_cookies"), ("zzz", "")],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(key, nearest):
    with pytest.raises(ConfigurationError) as refused:
        load({f"startks.{key}": "x"}, environ={})
    assert f"startks.{key}" in refused.value.message
    assert f"startks.{nearest}" in refused.value.message
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("pool_size", "много", "целое число"),
        ("pool_size", "0", "от 1 до 200"),
        ("secure_cookies", "maybe", "true или false"),
        ("city", "moscow", "samara, volgograd"),
    ],
)
def test_a_value_that_cannot_be_read_names_key_value_and_reason(key, value, reason):
    with pytest.raises(ConfigurationError) as refused:
        load({f"startks.{key}": value}, environ={})
    for words in (f"startks.{key}", value, reason):
        assert words in refused.value.message


def test_the_environment_wins_over_the_file():
    settings = load({"startks.city": "samara"}, environ={"STARTKS_CITY": "volgograd", "STARTKS_PG_BIN": "/x"})
    assert settings.city == "volgograd"


def test_foreign_keys_are_left_alone():
    assert load({"pyramid.reload_templates": "true", "sqlalchemy.url": "x"}, environ={}) == load({}, environ={})


def test_paths_lists_and_flags_are_read():
    settings = load(
        {"startks.modules": "a, b  c", "startks.data_dir": "~/x", "startks.secure_cookies": "нет"}, environ={}
    )
    assert settings.modules == ("a", "b", "c")
    assert settings.data_dir == Path("~/x").expanduser()
    assert settings.secure_cookies is False


def test_every_setting_is_described_in_russian():
    for key, _, meaning in describe():
        assert key.startswith("startks.")
        assert any("а" <= letter <= "я" for letter in meaning), key


@pytest.mark.parametrize("name", ["development.ini", "production.ini"])
def test_the_ini_files_hold_known_keys_and_no_secrets(name):
    import plaster

    values = plaster.get_loader(str(ROOT / name), protocols=["wsgi"]).get_settings("app:main")
    settings = load(values, environ={})
    assert settings.database_url == "" and settings.broker_url == ""
    assert "secret" not in {key.removeprefix("startks.") for key in values}
