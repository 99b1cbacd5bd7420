"""The loader: a broken module is named with its reason and leaves nothing behind."""

import logging
import sys
import time
import types

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError

from startks.base.errors import ConfigurationError
from startks.base.licensing import State
from startks.framework.addons import API, Manifest
from startks.framework.addons.collect import Found
from startks.framework.addons.loader import load
from startks.framework.addons.lookup import mounts_for, permission_table, records, role_table
from startks.framework.addons.registry import addons_of


class Node:
    """A context."""


def house(config):
    config.include("startks.framework.addons")
    config.add_route("office", "/office*traverse")
    config.include(kernel)


def kernel(config):
    config.add_permissions({"clerk": ["fund:house:read"]})
    config.add_mount("root", "+kernel", Node)


@pytest.fixture
def module(monkeypatch):
    """Make an installed module out of a function."""

    def make(name, includeme, distribution=None, **changes):
        package = types.ModuleType(f"planted_{name}")

        def own(config):
            includeme(config)

        own.__module__ = package.__name__  # Pyramid includes a function of one module and name only once
        package.includeme = own
        monkeypatch.setitem(sys.modules, package.__name__, package)
        fields = {"name": name, "title": name.title(), "version": "1", "api": API, **changes}
        manifest = Manifest(includeme=f"{package.__name__}:includeme", **fields)
        return Found(name, distribution or f"{name}-dist 1", manifest)

    return make


def build(*found, enabled=None, **keywords):
    names = enabled if enabled is not None else [item.name for item in found]
    return load({}, house, enabled=names, found=found, **keywords)


def status(config, name):
    return next(line for line in addons_of(config.registry).statuses() if line.name == name)


def good(config):
    config.add_mount("house", "+good", Node)


def test_a_good_module_starts(module):
    config = build(module("good", good))
    assert mounts_for(config.registry, "house") == {"+good": Node}
    line = status(config, "good")
    assert (line.started, line.state, line.enabled) == (True, State.ACTIVE, True)
    assert records(config.registry, "mount", "house")[0].module == "good"
    assert records(config.registry, "mount", "root")[0].module is None


def raising(config):
    config.add_mount("house", "+half", Node)
    raise RuntimeError("boom")


def exiting(config):
    sys.exit(3)


def failing_late(config):
    config.add_mount("house", "+half", Node)

    def fail():
        raise ValueError("late")

    config.action("late", fail, order=99)


def clashing(config):
    config.add_mount("root", "+kernel", Node)
    config.add_mount("house", "+half", Node)


def clashing_with_itself(config):
    config.add_mount("house", "+half", Node)
    config.include(half_one)
    config.include(half_two)


def half_one(config):
    config.add_mount("house", "+twice", Node)


def half_two(config):
    config.add_mount("house", "+twice", Node)


def committing(config):
    config.add_mount("house", "+half", Node)
    config.commit()


def menu_to_nowhere(config):
    config.add_mount("house", "+half", Node)
    config.add_menu("office.house", "nowhere", "Никуда", context=Node, view="missing")


def schedule_of_nothing(config):
    config.add_mount("house", "+half", Node)
    config.add_periodic("nightly", 60, "missing_task")


def foreign_right(config):
    config.add_mount("house", "+half", Node)
    config.add_permissions({"clerk": ["broken:thing:write"]})


def missing_rules(config):
    config.add_mount("house", "+half", Node)
    config.add_rules("planted_nowhere.rules", title="Правила")


@pytest.mark.parametrize(
    ("includeme", "reason"),
    [
        (raising, "RuntimeError: boom"),
        (exiting, "SystemExit: 3"),
        (failing_late, "ValueError: late"),
        (clashing, "занято самой СТАРТ КС: mount root +kernel"),
        (clashing_with_itself, "занято им самим дважды: mount house +twice"),
        (committing, "config.commit()"),
        (menu_to_nowhere, "ведёт на страницу «@@missing» узла Node, которой нет"),
        (schedule_of_nothing, "запускает задание «missing_task», которого нет"),
        (foreign_right, "право «broken:thing:write» роли «clerk» не названо в манифесте"),
        (missing_rules, "не найден модуль Python planted_nowhere"),
    ],
)
def test_a_broken_module_is_named_and_leaves_nothing(module, caplog, includeme, reason):
    config = build(module("broken", includeme), module("good", good))
    line = status(config, "broken")
    assert not line.started
    assert reason in line.why
    assert "«broken» из пакета broken-dist 1" in line.why
    assert "Обновите пакет модуля или уберите его из startks.modules." in line.why
    assert mounts_for(config.registry, "house") == {"+good": Node}
    assert status(config, "good").started
    assert line.why in caplog.text
    assert permission_table(config.registry) == {"fund:house:read": frozenset({"clerk"})}


def test_an_includeme_that_is_not_there(module, monkeypatch):
    found = module("broken", good)
    monkeypatch.delitem(sys.modules, "planted_broken")
    line = status(build(found, module("good", good)), "broken")
    assert "planted_broken" in line.why


def test_the_later_of_two_that_clash_is_left_out(module):
    config = build(module("zeta", good), module("alpha", good))
    assert status(config, "alpha").started
    assert "занято модулем «alpha»: mount house +good" in status(config, "zeta").why


def test_ours_keeps_its_place_against_a_foreign_one(module):
    config = build(module("zeta", good, distribution="startks 1"), module("alpha", good))
    assert status(config, "zeta").started
    assert "занято модулем «zeta»" in status(config, "alpha").why


def test_a_module_blamed_for_a_clash_starts_when_its_rival_falls(module):
    def good_at_first(config):
        good(config)
        config.action("later", lambda: 1 / 0, order=99)

    config = build(module("alpha", good_at_first), module("zeta", good))
    assert "ZeroDivisionError" in status(config, "alpha").why
    assert status(config, "zeta").started
    assert mounts_for(config.registry, "house") == {"+good": Node}


def test_what_requires_a_broken_module_goes_with_it(module):
    config = build(module("broken", raising), module("child", good, requires=("broken",)), module("other", also_good))
    assert "нужен модуль «broken», который не запущен" in status(config, "child").why
    assert status(config, "other").started


def also_good(config):
    config.add_mount("house", "+other", Node)


def test_several_broken_modules(module, caplog):
    with caplog.at_level(logging.ERROR):
        config = build(module("one", raising), module("three", exiting), module("two", clashing), module("good", good))
    assert [line.name for line in addons_of(config.registry).statuses() if line.started] == ["good"]
    assert len(caplog.records) == 3


def test_installed_is_not_enabled_and_enabled_is_not_installed(module):
    config = build(module("good", good), enabled=["missing"])
    assert "добавьте «good» в startks.modules" in status(config, "good").why
    assert status(config, "missing").distribution == "не установлен"
    assert mounts_for(config.registry, "house") == {}


def test_a_fault_of_the_house_itself_is_raised(module):
    def twice(config):
        config.include(house)
        config.include(half_one)
        config.include(half_two)

    with pytest.raises(ConfigurationConflictError):
        load({}, twice, enabled=(), found=())

    def wrong(config):
        config.include("startks.framework.addons")
        config.add_menu("office.main", "nowhere", "Никуда", context=Node, view="missing")

    with pytest.raises(ConfigurationError, match="которой нет"):
        load({}, wrong, enabled=(), found=())

    def bug(config):
        config.action("bug", lambda: 1 / 0)

    with pytest.raises(Exception, match="ZeroDivisionError"):
        load({}, bug, enabled=(), found=())


def test_licences_are_asked_by_product(module):
    config = build(module("paid", good, product="billing", metric="account"))
    line = status(config, "paid")
    assert (line.started, line.state) == (True, State.ABSENT)
    assert "startks.licence_file" in line.why


def test_grants_both_ways(module):
    def granting(config):
        config.add_permissions({"clerk": ["granting:thing:read"], "head": ["granting:thing:read"]})

    registry = build(module("granting", granting, permissions=("granting:thing:read",))).registry
    assert permission_table(registry)["granting:thing:read"] == {"clerk", "head"}
    assert role_table(registry)["clerk"] == {"fund:house:read", "granting:thing:read"}


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda c: c.add_mount("hous", "+x1", Node), "Ближайшее: «house»"),
        (lambda c: c.add_mount("house", "x1", Node), "нужно «\\+»"),
        (lambda c: c.add_office_view(print, context=object, permission="a:b:c"), "не называет context"),
        (lambda c: c.add_office_view(print, context=Node, permission=""), "не называет permission"),
        (lambda c: c.add_portal_view(print, context=Node, permission="a:b:c", name="@@x"), "пишется без @@"),
        (
            lambda c: c.add_portal_view(print, context=Node, permission="a:b:read", request_method="POST"),
            "с правом чтения «a:b:read» принимает не только GET",
        ),
        (lambda c: c.add_menu("office.hause", "x1", "X", context=Node), "Ближайшее: «office.house»"),
        (lambda c: c.add_menu("office.house", "X 1", "X", context=Node), "имя «X 1» не годится"),
        (lambda c: c.add_slot("account.cabinett", "x1", print, permission="a:b:c"), "account.cabinet"),
        (lambda c: c.add_slot("desktop", "x1", print, permission=""), "не называет permission"),
        (lambda c: c.add_permissions({"clerk": ["read"]}), "модуль:предмет:действие"),
        (lambda c: c.add_exchange("x1", 1, title="X", direction="both", permission="a:b:c"), "Есть: in, out"),
        (lambda c: c.provide("Interface", print), "класс интерфейса"),
        (lambda c: c.add_event_subscriber(str, print), "не событие"),
    ],
)
def test_a_wrong_call_of_a_directive_says_what_is_wrong(call, sentence):
    config = Configurator()
    config.include("startks.framework.addons")
    with pytest.raises(ConfigurationError, match=sentence):
        call(config)


def test_fifty_modules_start_within_a_second(module):
    found = []
    for number in range(50):

        def includeme(config, number=number):
            for mount in range(5):
                config.add_mount("house", f"+m{number}-{mount}", Node)
            config.add_office_view(page, context=Node, name=f"page{number}", permission="fund:house:read")
            config.add_menu("office.house", f"m{number}", "Строка", context=Node, view=f"page{number}")

        found.append(module(f"mod{number}", includeme))
    started = time.process_time()
    config = build(*found)
    assert time.process_time() - started < 1.0
    assert len(mounts_for(config.registry, "house")) == 250


def page(context, request):
    """A view."""
