"""What every view must say, error pages without a data base, fields of forms, small helpers of entering."""

import colander
import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationExecutionError
from pyramid.response import Response
from sqlalchemy import select, true
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from webtest import TestApp

from startks.base.errors import ConfigurationError, StartksError
from startks.domain.security.permissions import Permission, Public
from startks.framework.tree.nodes import Account, Apartment, Root
from startks.framework.web import fields
from startks.framework.web.lists import Listing
from startks_portal.entry.agents import describe
from startks_portal.entry.door import safe_next


def page(context, request):
    return Response("page")


def application(**views):
    config = Configurator(
        settings={"startks.database_url": "postgresql://nobody@localhost/nowhere", "startks.secure_cookies": "true"}
    )
    for part in ("addons", "web", "tree"):
        config.include(f"startks.framework.{part}")
    for name, (view, options) in views.items():
        config.add_view(view, name=name, **options)
    config.commit()
    return config


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"context": Root}, "не называет permission"),
        ({"context": Apartment, "permission": Public}, "не может быть открытой"),
        ({"context": Account, "permission": Public}, "не может быть открытой"),
    ],
)
def test_a_view_without_manners_stops_the_start(options, sentence):
    with pytest.raises(ConfigurationExecutionError) as stop:
        application(page=(page, options))
    assert isinstance(stop.value.evalue, ConfigurationError)
    assert sentence in stop.value.evalue.message


def raising(error):
    def view(context, request):
        raise error

    return view


class Original(Exception):
    def __init__(self, sqlstate):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (StartksError("Нет такого. Проверьте номер."), 422, "Нет такого. Проверьте номер."),
        (StaleDataError("x"), 409, None),
        (DBAPIError("SELECT secret", {}, Original("23505")), 409, None),
        (DBAPIError("SELECT secret", {}, Original("55P03")), 409, None),
        (DBAPIError("SELECT secret", {}, Original("XX000")), 500, None),
        (ZeroDivisionError("secret"), 500, None),
        (KeyError("secret"), 500, None),
    ],
)
def test_errors_become_pages_without_a_data_base(error, status, sentence, caplog):
    app = TestApp(application(boom=(raising(error), {"context": Root, "permission": Public})).make_wsgi_app())
    answer = app.get("/@@boom", expect_errors=True)
    assert answer.status_int == status
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    if sentence:
        assert sentence in answer.text
    if status == 500:
        number = answer.html.select_one("strong").text
        assert number in caplog.text, "the number on the page is the one in the log"


def test_secure_cookies_and_csrf_come_first():
    app = TestApp(
        application(save=(page, {"context": Root, "permission": Permission.SESSION_OWN_OPEN})).make_wsgi_app(),
        extra_environ={"wsgi.url_scheme": "https", "HTTP_HOST": "localhost"},
    )
    assert app.post("/@@save", status=400).status_int == 400
    token = "a" * 32
    app.set_cookie("__Host-csrf", token)
    answer = app.post("/@@save", {"csrf_token": token}, headers={"Referer": "https://evil.example/"}, status=400)
    assert answer.status_int == 400, "the origin is checked as well"
    answer = app.post("/@@save", {"csrf_token": token}, headers={"Referer": "https://localhost/"}, status=403)
    assert answer.status_int == 403, "now nobody is asked who he is"


@pytest.mark.parametrize(
    ("node", "typed", "value"),
    [
        (fields.money("x"), "1 234,5", 123450),
        (fields.date("x"), "01.05.2026", None),
        (fields.period("x"), "05.2026", 202605),
        (fields.flag("x"), "true", True),
        (fields.choice("x", [("a", "A")]), "a", "a"),
        (fields.text("x"), "слово", "слово"),
    ],
)
def test_fields_read_what_people_type(node, typed, value):
    read = node.deserialize(typed)
    assert read == value if value is not None else read.isoformat() == "2026-05-01"
    shown = node.serialize(read)
    assert node.deserialize(shown) == read


@pytest.mark.parametrize(
    ("node", "typed"),
    [
        (fields.money("x"), "много"),
        (fields.money("x"), ""),
        (fields.date("x"), "31.02.2026"),
        (fields.choice("x", [("a", "A")]), "b"),
        (fields.text("x", longest=3), "слово"),
        (fields.text("x", shortest=9), "слово"),
        (fields.number("x", places=2, validator=fields.at_least(0, "мало")), "-1"),
    ],
)
def test_fields_refuse_with_a_sentence(node, typed):
    with pytest.raises(colander.Invalid) as refusal:
        node.deserialize(typed)
    assert all(refusal.value.messages())


def test_optional_fields_may_be_empty():
    assert fields.date("x", missing=None).deserialize("") is None
    assert fields.flag("x").deserialize(colander.null) is False
    assert fields.money("x").serialize(None) is colander.null


def test_a_list_without_scope_cannot_be_made():
    with pytest.raises(TypeError, match="scope_filter"):
        Listing(None, "x", "X", select(true()), scope=True, columns=(), tie=None)
    with pytest.raises(TypeError):
        Listing(None, "x", "X", select(true()), columns=(), tie=None)


@pytest.mark.parametrize("wanted", ["/office", "/a/b?c=d", "/@@accounts"])
def test_own_paths_are_followed(wanted):
    assert safe_next(wanted) == wanted


@pytest.mark.parametrize("wanted", ["", "http://x", "//x", "/\\x", "/a\nb", "/a b", "x", "/" + "a" * 3000])
def test_other_paths_are_not(wanted):
    assert safe_next(wanted) is None


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 YaBrowser/24.1 Mobile", "Яндекс Браузер, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Version/18 Safari/604", "Safari, iPhone"),
        ("curl/8.5", "curl/8.5"),
        (None, "—"),
    ],
)
def test_devices_have_names(agent, name):
    assert describe(agent) == name
