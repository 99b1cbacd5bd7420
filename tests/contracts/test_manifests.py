"""What every module must keep, ours and a partner's alike.

A partner runs the same file over his own distribution: add its name to ``FOREIGN`` in ``conftest.py``.
"""

import ast
import importlib
import re
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from pyramid.i18n import TranslationString, make_localizer
from pyramid.interfaces import ITranslationDirectories
from pyramid.path import AssetResolver
from sqlalchemy.orm import Session

from startks.base.db import Base
from startks.base.licensing import products
from startks.base.settings import load
from startks.framework.addons.collect import _locate
from startks.framework.addons.lookup import permission_table, records
from startks.scripts.migrate import KERNEL, branch_of, branches, configuration
from tests.architecture.house_rules import imports, view_faults
from tests.contracts.conftest import FOREIGN, OURS

ALL = OURS + FOREIGN
CYRILLIC = re.compile(r"[А-Яа-яЁё]")
TITLED = ("menu", "slot", "report", "task", "reference", "exchange", "rules")

each = pytest.mark.parametrize("name", ALL)


def test_every_installed_module_is_looked_at(found):
    assert set(ALL) <= set(found)
    assert {name for name, item in found.items() if item.distribution.startswith("startks ")} == set(OURS)


@each
def test_the_manifest_imports_nothing_but_the_door(found, name):
    manifest = found[name].manifest
    source = Path(_locate(f"{manifest.package}.manifest").origin).read_text("utf-8")
    assert {target.rpartition(".")[0] for target, _ in imports("manifest", source)} == {"startks.framework.addons"}
    statements = [node for node in ast.parse(source).body if not isinstance(node, ast.ImportFrom | ast.Expr)]
    assert [type(node) for node in statements] == [ast.Assign]  # one literal, no code


@each
def test_the_manifest_is_written_for_people(found, name):
    manifest = found[name].manifest
    assert CYRILLIC.search(manifest.title)
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?", manifest.version)
    assert manifest.includeme == f"{manifest.package}:includeme"


@each
def test_the_product_is_in_the_price_list(found, name):
    manifest = found[name].manifest
    if manifest.product is not None:
        assert products()[manifest.product].metric == manifest.metric


@each
def test_the_module_starts(registry, found, name):
    assert any(record.module == name for kind in ("view", "contract", "task", "mount") for record in records(registry, kind))


@each
def test_every_permission_is_given_to_somebody_and_is_declared(registry, found, name):
    table = permission_table(registry)
    declared = set(found[name].manifest.permissions)
    assert {permission for permission in table if permission.startswith(f"{name}:")} == declared
    granted = {record.name for record in records(registry, "permission") if record.module == name}
    assert granted <= declared


@each
def test_titles_are_russian(registry, name):
    directories = registry.queryUtility(ITranslationDirectories, default=[])
    russian = make_localizer("ru", directories)
    for kind in TITLED:
        for record in records(registry, kind):
            if record.module == name:
                title = russian.translate(record.title) if isinstance(record.title, TranslationString) else record.title
                assert CYRILLIC.search(title or ""), f"{kind} {record.name}: {record.title!r}"


@each
def test_templates_are_there(registry, name):
    resolver = AssetResolver()
    for kind in ("view", "slot"):
        for record in records(registry, kind):
            renderer = record.get("renderer")
            if record.module == name and isinstance(renderer, str) and renderer.endswith(".pt"):
                assert resolver.resolve(renderer).exists(), renderer


@each
def test_contracts_are_kept(registry, name):
    for record in records(registry, "contract"):
        if record.module == name:
            assert isinstance(record.value(Session()), record.place), f"{record.value} lacks a method of {record.name}"


@each
def test_the_package_does_not_lean_on_other_modules_or_faces(found, name):
    package = found[name].manifest.package
    root = Path(_locate(package).origin).parent
    forbidden = [f"startks.modules.{other}" for other in OURS if other != name]
    forbidden += ["startks_portal", "startks_backoffice", "startks.app", "startks.scripts", "startks.demo"]
    for path in root.rglob("*.py"):
        for target, line in imports(package, path.read_text("utf-8")):
            assert not any(target == item or target.startswith(item + ".") for item in forbidden), f"{path}:{line}"


@each
def test_migrations_are_one_line_of_its_own(found, name):
    manifest = found[name].manifest
    if manifest.migrations is None:
        assert manifest.models is None
        return
    known = {branch.name: branch for branch in branches(load({"startks.modules": " ".join(ALL)}))}
    branch = known[manifest.migrations.branch]
    assert branch.name == name
    scripts = ScriptDirectory.from_config(configuration(branch, None))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
    assert all(script.revision.startswith(f"{name}_") for script in scripts.walk_revisions())


@each
def test_its_tables_are_its_own(found, name):
    manifest = found[name].manifest
    if manifest.models is None:
        return
    known = branches(load({"startks.modules": " ".join(ALL)}))
    importlib.import_module(manifest.models)
    mine = [table for table in Base.metadata.tables.values() if branch_of(table, known) == name]
    assert mine
    kernel = {table.name for table in Base.metadata.tables.values() if branch_of(table, known) == KERNEL}
    assert not kernel & {table.name for table in mine}
    for mapper in Base.registry.mappers:
        if mapper.class_.__module__.startswith(manifest.package):
            assert mapper.local_table in mine


def test_views_of_foreign_modules_keep_the_rules_too(registry):
    assert any(record.module in FOREIGN for record in records(registry, "view"))
    assert view_faults(registry) == []


def test_loading_everything_takes_less_than_a_second(sample):
    import time

    from startks.app import configure

    settings = {"startks.database_url": "postgresql://nobody@localhost/nowhere", "startks.modules": " ".join(ALL)}
    configure(settings)  # imports are paid for
    started = time.process_time()
    configure(settings)
    assert time.process_time() - started < 1.0
