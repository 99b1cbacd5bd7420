"""Finding manifests without importing the modules they describe.

An entry point's own ``load`` would import the module's package first, and a package that cannot be imported could then
not even be named. So the file of the manifest is found by asking the import system where each parent lies, and is
run by itself.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint, entry_points

from startks.framework.addons.manifest import Manifest, ManifestError

GROUP = "startks.modules"
OURS = "startks"


@dataclass(frozen=True, slots=True)
class Found:
    """An entry point of our group: the distribution, its manifest or the reason why there is none."""

    name: str
    distribution: str
    manifest: Manifest | None = None
    fault: str | None = None

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"«{self.name}» из пакета {self.distribution}"


def collect(points: Iterable[EntryPoint] | None = None) -> tuple[Found, ...]:
    """Return all that is installed, ours first, then by distribution and name; never raises for a bad manifest."""
    chosen = entry_points(group=GROUP) if points is None else points
    found = [_read(point) for point in chosen]
    return tuple(sorted(found, key=lambda item: (item.distribution.split()[0] != OURS, item.distribution, item.name)))


def _read(point: EntryPoint) -> Found:
    distribution = f"{point.dist.name} {point.dist.version}" if point.dist else "неизвестный пакет"
    try:
        manifest = _manifest(point)
    except Exception as error:  # noqa: BLE001 — whatever a foreign file does, it is named and the rest goes on
        reason = str(error) if isinstance(error, ManifestError) else f"{type(error).__name__}: {error}"
        return Found(point.name, distribution, fault=f"манифест {point.value} не читается: {reason}")
    if manifest.name != point.name:
        return Found(
            point.name,
            distribution,
            fault=f"манифест называет модуль «{manifest.name}», а точка входа — «{point.name}»",
        )
    return Found(point.name, distribution, manifest)


def _manifest(point: EntryPoint) -> Manifest:
    spec = _locate(point.module)
    if spec is None or not spec.origin:
        raise ManifestError("файл не найден, переустановите пакет")
    alone = importlib.util.spec_from_file_location(f"_startks_manifest_{point.name}", spec.origin)
    module = importlib.util.module_from_spec(alone)
    alone.loader.exec_module(module)
    manifest = getattr(module, point.attr, None)
    if not isinstance(manifest, Manifest):
        raise ManifestError(f"{point.attr} — не Manifest")
    return manifest


def _locate(dotted: str) -> ModuleSpec | None:
    """Find a module's spec, walking down its parents without running them."""
    path, spec, name = None, None, ""
    for part in dotted.split("."):
        name = f"{name}.{part}" if name else part
        spec = _spec(name, path)
        if spec is None:
            return None
        path = spec.submodule_search_locations
    return spec


def _spec(name: str, path) -> ModuleSpec | None:
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path, None)
        if spec is not None:
            return spec
    return None
