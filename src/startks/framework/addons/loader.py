"""Building the application from the house and its modules.

The order: collect → enabled in the ini → api level → requirements → topological order → licence → the house (kernel,
faces and with them the directives) → each module's includeme → one commit.

One commit for all is what makes clashes visible: Pyramid compares the discriminators of everything registered and names
two that are equal. When a module fails, in its includeme or in the commit, the whole attempt is thrown away and built
again without it. So nothing half-made can survive, and a machine without broken modules pays nothing for that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError, ConfigurationExecutionError

from startks.base.errors import StartksError
from startks.framework.addons.collect import OURS, Found, collect
from startks.framework.addons.licensing import LicenceDesk
from startks.framework.addons.manifest import Manifest
from startks.framework.addons.plan import Plan, plan
from startks.framework.addons.registry import KEY, Addons

log = logging.getLogger(__name__)

House = Callable[[Configurator], None]


class ModuleFailed(Exception):
    """A module could not be taken in; caught by :func:`load`."""

    def __init__(self, name: str, reason: str, cause: BaseException | None, rivals: frozenset[str] = frozenset()) -> None:
        super().__init__(name)
        self.name = name
        self.reason = reason
        self.cause = cause
        self.rivals = rivals
        """Modules it clashes with: should one of them fall later, this one is given another chance."""


def load(
    settings: Mapping[str, Any],
    house: House,
    *,
    enabled: Sequence[str],
    licence_path: Path | None = None,
    public_key: str = "",
    found: Sequence[Found] | None = None,
    **configurator: Any,
) -> Configurator:
    """Return a committed Configurator with the house and every module that can start.

    ``settings`` is the ini mapping for Pyramid, ``house`` registers kernel and faces, ``enabled`` names the modules
    wanted, other keywords go to :class:`pyramid.config.Configurator`. What could not start is in
    ``addons_of(config.registry)`` and in the log. Faults of the house itself are raised.
    """
    installed = collect() if found is None else tuple(found)
    broken: dict[str, str] = {}
    rivals: dict[str, frozenset[str]] = {}
    while True:
        planned = plan(installed, enabled, broken)
        addons = Addons(
            found=installed,
            order=planned.order,
            refused=planned.refused,
            shadowed=planned.shadowed,
            enabled=tuple(enabled),
            desk=LicenceDesk(licence_path, public_key, {m.name: m.product for m in planned.order}),
        )
        try:
            config = _attempt(settings, house, planned, addons, configurator)
        except ModuleFailed as failure:
            label = next((item.label for item in installed if item.name == failure.name), f"«{failure.name}»")
            broken[failure.name] = (
                f"Модуль {label} не запущен: {failure.reason.rstrip('.')}. "
                "Обновите пакет модуля или уберите его из startks.modules."
            )
            # Logged with the traceback: the sentence is for the administrator, the rest for the module's author.
            log.error("%s", broken[failure.name], exc_info=failure.cause)
            rivals[failure.name] = failure.rivals
            # A rival always comes before the one that was blamed, so this ends.
            for name in [name for name in broken if failure.name in rivals[name]]:
                del broken[name]
            continue
        for name, reason in planned.refused.items():
            if name not in broken:
                log.error("%s", reason)
        return config


def _attempt(
    settings: Mapping[str, Any], house: House, planned: Plan, addons: Addons, keywords: Mapping[str, Any]
) -> Configurator:
    config = Configurator(settings=dict(settings), **keywords)
    config.registry[KEY] = addons
    # Included, not called: an action at the top level would silently win over a module's equal one.
    config.include(house)
    owners: dict[int, str] = {}  # id of an action's info → module; infos live as long as their actions
    pending: list[dict] = []
    for manifest in planned.order:
        _include(config, manifest, addons, owners, pending)
    try:
        config.commit()
    except ConfigurationConflictError as error:
        raise _clash(error, owners, _by_seniority(planned.order, addons.found)) or error from error
    except ConfigurationExecutionError as error:
        name = owners.get(id(error.info))
        if name is None:
            if isinstance(error.evalue, StartksError):
                raise error.evalue from error
            raise
        raise ModuleFailed(name, _reason(error.evalue), error) from error
    return config


def _include(
    config: Configurator, manifest: Manifest, addons: Addons, owners: dict[int, str], pending: list[dict]
) -> None:
    state = config.action_state
    before = len(state.actions)
    addons.loading = manifest.name
    try:
        config.include(manifest.includeme)
    except (Exception, SystemExit) as error:
        raise ModuleFailed(manifest.name, _reason(error), error) from error
    finally:
        addons.loading = None
    if config.action_state is not state:
        raise ModuleFailed(manifest.name, "его includeme вызывает config.commit(), это делает только загрузчик", None)
    for action in state.actions[before:]:
        owners[id(action["info"])] = manifest.name
        pending.append(action)


def _by_seniority(order: Sequence[Manifest], found: Sequence[Found]) -> list[str]:
    """Return the names of modules, ours first, then foreign ones, each in the order of loading."""
    ours = {item.name for item in found if item.distribution.split()[0] == OURS}
    return sorted((manifest.name for manifest in order), key=lambda name: name not in ours)


def _clash(
    error: ConfigurationConflictError, owners: Mapping[int, str], seniority: Sequence[str]
) -> ModuleFailed | None:
    """Blame the junior of those that register the same thing; None when it is the house's own fault."""
    for discriminator, infos in error._conflicts.items():
        involved = {owners.get(id(info)) for info in infos}
        blamed = next((name for name in reversed(seniority) if name in involved), None)
        if blamed is None:
            continue
        others = sorted(name for name in involved if name not in (None, blamed))
        if None in involved:
            rival = "самой СТАРТ КС"
        elif others:
            rival = "модулем " + ", ".join(f"«{name}»" for name in others)
        else:
            rival = "им самим дважды"
        reason = f"он занимает то, что уже занято {rival}: {_what(discriminator)}"
        return ModuleFailed(blamed, reason, error, frozenset() if None in involved else frozenset(others))
    return None


def _what(discriminator: Any) -> str:
    """Name a discriminator for people; ours begin with ``startks``, Pyramid's are shown as they are."""
    if isinstance(discriminator, tuple) and discriminator and isinstance(discriminator[0], str):
        kind, *rest = discriminator
        named = " ".join(str(getattr(part, "__name__", part)) for part in rest if part not in (None, ""))
        return f"{kind.removeprefix('startks ')} {named}"[:200].strip()
    return str(discriminator)[:200]


def _reason(error: BaseException | None) -> str:
    if isinstance(error, StartksError):
        return error.message
    if isinstance(error, ModuleNotFoundError):
        return f"не найден модуль Python {error.name}"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:400] if text else type(error).__name__
