"""The list of modules of one running application, reachable from its Pyramid registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from startks.base.errors import StartksError
from startks.base.licensing import ModuleState, State
from startks.framework.addons.collect import Found
from startks.framework.addons.licensing import LicenceDesk
from startks.framework.addons.manifest import Manifest

KEY = "startks.addons"


class WritingRefused(StartksError):
    """A module may not write today; ``title`` names it, ``message`` says why and what to do."""

    def __init__(self, title: str, found: ModuleState) -> None:
        super().__init__(f"Раздел «{title}»: изменения сейчас не принимаются. {found.why}")
        self.title = title
        self.state = found.state


@dataclass(frozen=True, slots=True)
class AddonStatus:
    """A line of the table of modules; ``started`` is False for what is not enabled or could not start."""

    name: str
    title: str
    version: str
    distribution: str
    enabled: bool
    started: bool
    state: State | None
    why: str


@dataclass(slots=True)
class Addons:
    """What was found, what runs, what was refused and why, and the licence that says what may be written."""

    found: tuple[Found, ...] = ()
    order: tuple[Manifest, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    shadowed: Mapping[str, str] = field(default_factory=dict)
    enabled: tuple[str, ...] = ()
    desk: LicenceDesk = field(default_factory=lambda: LicenceDesk(None))
    loading: str | None = None
    """Name of the module whose includeme is running; None while the house itself is built."""

    def manifest(self, name: str) -> Manifest | None:
        """Return the manifest of a running module."""
        return next((manifest for manifest in self.order if manifest.name == name), None)

    def owner(self, package: str | None) -> str | None:
        """Return the running module a dotted package belongs to, None for the house itself."""
        matches = [
            manifest
            for manifest in self.order
            if package is not None and (package == manifest.package or package.startswith(manifest.package + "."))
        ]
        return max(matches, key=lambda manifest: len(manifest.package)).name if matches else None

    def state(self, name: str | None) -> ModuleState:
        """Return a module's state today; the house itself (None) is always active."""
        if name is None:
            return ModuleState(State.ACTIVE, "Лицензия не нужна.")
        return self.desk.states().get(name) or ModuleState(State.ABSENT, f"Модуль «{name}» не запущен.")

    def visible(self, name: str | None) -> bool:
        """Do the module's menu lines, blocks, contracts and reports take part today?"""
        return self.state(name).state.visible

    def require_writable(self, name: str | None, session: Any = None) -> None:
        """Raise :class:`WritingRefused` where the module may not write; reads the counters when a session is given."""
        if name is None:
            return
        if session is not None:
            self.desk.read_counters(session)
        found = self.state(name)
        if not found.state.writable:
            manifest = self.manifest(name)
            raise WritingRefused(manifest.title if manifest else name, found)

    def statuses(self) -> list[AddonStatus]:
        """Return the table of modules: running ones in their order, then the rest by name."""
        running = {manifest.name: position for position, manifest in enumerate(self.order)}
        lines = [self._status(item) for item in self.found]
        installed = {item.name for item in self.found}
        lines += [
            AddonStatus(name, name, "", "не установлен", True, False, None, reason)
            for name, reason in self.refused.items()
            if name not in installed
        ]
        return sorted(lines, key=lambda line: (running.get(line.name, len(running)), line.name, line.distribution))

    def _status(self, item: Found) -> AddonStatus:
        manifest = item.manifest
        title = manifest.title if manifest else item.name
        version = manifest.version if manifest else ""
        shadow = self.shadowed.get(item.distribution)
        enabled = item.name in self.enabled
        if shadow:
            return AddonStatus(item.name, title, version, item.distribution, enabled, False, None, shadow)
        if not enabled:
            why = f"Модуль не включён. Чтобы он работал, добавьте «{item.name}» в startks.modules."
            return AddonStatus(item.name, title, version, item.distribution, False, False, None, why)
        if item.name in self.refused:
            return AddonStatus(
                item.name, title, version, item.distribution, True, False, None, self.refused[item.name]
            )
        found = self.state(item.name)
        return AddonStatus(item.name, title, version, item.distribution, True, True, found.state, found.why)


def addons_of(registry: Any) -> Addons:
    """Return the modules of an application's Pyramid registry; an empty list where the loader was not used."""
    found = registry.get(KEY)
    if found is None:
        found = registry[KEY] = Addons()
    return found
