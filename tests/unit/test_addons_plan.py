"""Manifests, and the order in which modules start."""

import sys

import pytest

from startks.framework.addons import API, Manifest, ManifestError, Migrations
from startks.framework.addons.collect import Found, collect
from startks.framework.addons.plan import plan


def manifest(name, **changes):
    return Manifest(**{"name": name, "title": name, "version": "1", "api": API, "includeme": f"{name}:includeme", **changes})


def found(*manifests, distribution="dist 1"):
    return tuple(Found(item.name, distribution, item) for item in manifests)


def names(planned):
    return [item.name for item in planned.order]


def test_order_follows_requirements_and_then_names():
    installed = found(
        manifest("delta"), manifest("alpha", requires=("delta",)), manifest("beta", uses=("alpha",)), manifest("charlie")
    )
    expected = ["charlie", "delta", "alpha", "beta"]
    assert names(plan(installed, ["alpha", "beta", "charlie", "delta"])) == expected
    assert names(plan(installed[::-1], ["delta", "charlie", "beta", "alpha", "beta"])) == expected


def test_what_is_installed_but_not_enabled_does_not_start():
    assert names(plan(found(manifest("alpha"), manifest("beta")), ["beta"])) == ["beta"]


def test_a_use_that_is_not_there_is_no_fault():
    planned = plan(found(manifest("alpha", uses=("beta",))), ["alpha"])
    assert (names(planned), planned.refused) == (["alpha"], {})


@pytest.mark.parametrize(
    ("installed", "enabled", "sentence"),
    [
        (found(manifest("billing")), ["biling"], "не установлен. Возможно, имелся в виду «billing»"),
        (found(), ["alpha"], "не установлен. Установите его пакет"),
        (found(manifest("alpha", api=API + 1)), ["alpha"], "Обновите СТАРТ КС"),
        (found(manifest("alpha", api=API - 1)), ["alpha"], "Обновите пакет модуля"),
        ((Found("alpha", "dist 1", fault="манифест сломан"),), ["alpha"], "манифест сломан"),
        (found(manifest("alpha", requires=("beta",))), ["alpha"], "нужен модуль «beta», который не установлен"),
        (
            found(manifest("alpha", requires=("beta",)), manifest("beta")),
            ["alpha"],
            "нужен модуль «beta», который не включён. Добавьте его в startks.modules",
        ),
    ],
)
def test_refusals_name_the_module_and_the_way_out(installed, enabled, sentence):
    planned = plan(installed, enabled)
    assert names(planned) == []
    assert sentence in planned.refused[enabled[0]]
    assert f"«{enabled[0]}»" in planned.refused[enabled[0]]


def test_a_module_takes_only_its_dependants_with_it():
    installed = found(
        manifest("alpha", requires=("beta",)), manifest("beta", requires=("charlie",)), manifest("charlie"), manifest("delta")
    )
    planned = plan(installed, ["alpha", "beta", "charlie", "delta"], {"charlie": "сломан"})
    assert names(planned) == ["delta"]
    assert set(planned.refused) == {"alpha", "beta", "charlie"}
    assert planned.refused["charlie"] == "сломан"
    assert "который не запущен" in planned.refused["alpha"]


def test_a_circle_of_requirements_is_named_and_the_rest_starts():
    installed = found(
        manifest("alpha", requires=("beta",)),
        manifest("beta", requires=("alpha",)),
        manifest("charlie", requires=("alpha",)),
        manifest("delta"),
    )
    planned = plan(installed, ["alpha", "beta", "charlie", "delta"])
    assert names(planned) == ["delta"]
    assert "по кругу" in planned.refused["alpha"]
    assert set(planned.refused) == {"alpha", "beta", "charlie"}


def test_a_circle_of_uses_gives_way():
    installed = found(manifest("alpha", uses=("beta",)), manifest("beta", uses=("alpha",)))
    assert names(plan(installed, ["beta", "alpha"])) == ["alpha", "beta"]


def test_the_first_distribution_keeps_a_name():
    ours, foreign = found(manifest("billing"), distribution="startks 1"), found(manifest("billing"), distribution="x 1")
    planned = plan((*ours, *foreign), ["billing"])
    assert names(planned) == ["billing"]
    assert "имя занято пакетом startks 1" in planned.shadowed["x 1"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "A"}, "имя «A»"),
        ({"title": " "}, "title"),
        ({"version": None}, "version"),
        ({"api": "1"}, "api"),
        ({"api": True}, "api"),
        ({"requires": ["x"]}, "requires"),
        ({"uses": "beta"}, "uses"),
        ({"includeme": "a b"}, "includeme"),
        ({"models": "a:b:c"}, "models"),
        ({"product": "billing"}, "product и metric"),
        ({"requires": ("alpha",)}, "собственных"),
        ({"permissions": ("other:thing:read",)}, "other:thing:read"),
        ({"permissions": ("alpha:read",)}, "alpha:read"),
    ],
)
def test_a_wrong_manifest_says_what_is_wrong(changes, reason):
    with pytest.raises(ManifestError, match=reason):
        manifest("alpha", **changes) if "name" not in changes else manifest(changes["name"])


def test_a_manifest_knows_its_package():
    assert manifest("alpha", includeme="alpha.inner:includeme").package == "alpha.inner"
    assert Migrations("alpha", "alpha:migrations") == Migrations(branch="alpha", folder="alpha:migrations")


class Point:
    """An entry point as importlib.metadata gives it."""

    def __init__(self, name, module, attr="MANIFEST"):
        self.name, self.module, self.attr, self.value = name, module, attr, f"{module}:{attr}"
        self.dist = type("Dist", (), {"name": "foreign", "version": "1.0"})


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Write a package whose code cannot be imported, and return a function that writes its manifest."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(text, name="planted_broken"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").write_text("raise RuntimeError('the code is broken')")
        (folder / "manifest.py").write_text("from startks.framework.addons import Manifest\n" + text)
        return name

    return write


GOOD = "MANIFEST = Manifest(name='planted', title='П', version='1', api=1, includeme='planted_broken:includeme')"


def test_a_manifest_is_read_without_the_package_s_code(package):
    name = package(GOOD)
    (item,) = collect([Point("planted", f"{name}.manifest")])
    assert (item.fault, item.manifest.title, item.distribution) == (None, "П", "foreign 1.0")
    assert name not in sys.modules


@pytest.mark.parametrize(
    ("text", "point", "fault"),
    [
        ("1/0", Point("planted", "planted_broken.manifest"), "ZeroDivisionError"),
        ("MANIFEST = 1", Point("planted", "planted_broken.manifest"), "не Manifest"),
        ("x = (", Point("planted", "planted_broken.manifest"), "SyntaxError"),
        ("raise SystemError", Point("planted", "planted_broken.manifest"), "SystemError"),
        (GOOD.replace("name='planted'", "name='P'"), Point("planted", "planted_broken.manifest"), "имя «P»"),
        (GOOD, Point("other", "planted_broken.manifest"), "называет модуль «planted», а точка входа — «other»"),
        (GOOD, Point("planted", "planted_broken.nothing"), "файл не найден"),
        (GOOD, Point("planted", "planted_nowhere.manifest"), "файл не найден"),
        (GOOD, Point("planted", "planted_broken.manifest", "OTHER"), "OTHER — не Manifest"),
    ],
)
def test_a_bad_manifest_is_named_with_its_reason(package, text, point, fault):
    package(text)
    (item,) = collect([point])
    assert item.manifest is None
    assert fault in item.fault


def test_our_own_modules_come_first_and_are_readable():
    ours = [item for item in collect() if item.distribution.startswith("startks ")]
    assert [item.name for item in ours] == ["billing", "metering"]
    assert all(item.manifest and not item.fault for item in ours)
