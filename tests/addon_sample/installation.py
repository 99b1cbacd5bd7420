"""Putting a foreign distribution before the running interpreter, and taking it away again.

``importlib.metadata`` finds a distribution by a ``.dist-info`` folder on ``sys.path``, so one is written from the
distribution's own ``setup.cfg`` beside its ``src``. The interpreter's environment is not altered.
"""

from __future__ import annotations

import configparser
import contextlib
import gc
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from startks.base.db import Base
from startks.domain.calc.registry import forget as forget_rules

SAMPLE = Path(__file__).parent


def describe(source: Path, target: Path) -> tuple[str, tuple[str, ...]]:
    """Write ``name-version.dist-info`` into ``target``; return the distribution's name and its top-level packages."""
    config = configparser.ConfigParser()
    config.read(source / "setup.cfg", "utf-8")
    name, version = config["metadata"]["name"], config["metadata"]["version"]
    folder = target / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
    groups = []
    for group, entries in config["options.entry_points"].items():
        groups.append(f"[{group}]\n" + "\n".join(line.strip() for line in entries.strip().splitlines()))
    (folder / "entry_points.txt").write_text("\n\n".join(groups) + "\n", "utf-8")
    packages = tuple(path.parent.name for path in (source / "src").glob("*/__init__.py"))
    return name, packages


@contextlib.contextmanager
def installed(source: Path, target: Path) -> Iterator[str]:
    """Inside the block the distribution is installed; afterwards its modules, tables and mappers are gone."""
    name, packages = describe(source, target)
    added = [str(target), str(source / "src")]
    sys.path[:0] = added
    importlib.invalidate_caches()
    try:
        yield name
    finally:
        for entry in added:
            sys.path.remove(entry)
        forget(packages)
        importlib.invalidate_caches()


def forget(packages: tuple[str, ...]) -> None:
    """Remove what importing the packages left in the process, so that the next test starts clean."""
    def mine(module: str) -> bool:
        return module.partition(".")[0] in packages

    # SQLAlchemy has no public way to forget one class; classes of a real module live as long as the process.
    for mapper in [mapper for mapper in Base.registry.mappers if mine(mapper.class_.__module__)]:
        manager = mapper.class_manager
        Base.metadata.remove(mapper.local_table)
        Base.registry._dispose_manager_and_mapper(manager)
        Base.registry._managers.pop(manager, None)
    for module in [module for module in sys.modules if mine(module)]:
        del sys.modules[module]
    for package in packages:
        forget_rules(package)
    gc.collect()
