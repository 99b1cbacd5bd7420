"""Which modules start and in which order: a pure function of what is installed and what is enabled.

Order: a module after all it requires and uses, ties by name, so that two machines with the same ini build the same
application.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from startks.framework.addons.collect import Found
from startks.framework.addons.manifest import API, Manifest


@dataclass(frozen=True, slots=True)
class Plan:
    """``order``: what is included, in this order. ``refused``: enabled, but not started, with the sentence why."""

    order: tuple[Manifest, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    shadowed: Mapping[str, str] = field(default_factory=dict)
    """Distributions whose module is left out because another one has taken the name, with the sentence."""


def plan(found: Sequence[Found], enabled: Iterable[str], broken: Mapping[str, str] | None = None) -> Plan:
    """Decide. ``broken`` names modules that failed in an earlier attempt, with the sentence.

    A module that cannot start takes with it those that require it, and nothing else.
    """
    names = tuple(dict.fromkeys(enabled))
    by_name, shadowed = _by_name(found)
    refused = {name: reason for name, reason in (broken or {}).items() if name in names}
    able: dict[str, Manifest] = {}
    for name in names:
        if name in refused:
            continue
        reason = _unfit(name, by_name)
        if reason:
            refused[name] = reason
        else:
            able[name] = by_name[name].manifest
    _drop_unsatisfied(able, refused, by_name, names)
    order = _sorted(able, refused, by_name)
    # Those on a circle were refused, so their dependants must be looked at again.
    kept = {manifest.name: manifest for manifest in order}
    _drop_unsatisfied(kept, refused, by_name, names)
    return Plan(tuple(m for m in order if m.name in kept), refused, shadowed)


def _by_name(found: Sequence[Found]) -> tuple[dict[str, Found], dict[str, str]]:
    by_name: dict[str, Found] = {}
    shadowed: dict[str, str] = {}
    for item in found:
        first = by_name.setdefault(item.name, item)
        if first is not item:
            shadowed[item.distribution] = (
                f"Модуль {item.label} не запущен: имя занято пакетом {first.distribution}. Удалите один из двух пакетов."
            )
    return by_name, shadowed


def _unfit(name: str, by_name: Mapping[str, Found]) -> str | None:
    item = by_name.get(name)
    if item is None:
        near = difflib.get_close_matches(name, by_name, n=1)
        hint = f"Возможно, имелся в виду «{near[0]}»." if near else "Установите его пакет."
        return f"Модуль «{name}» включён в startks.modules, но не установлен. {hint}"
    if item.manifest is None:
        return f"Модуль {item.label} не запущен: {item.fault}. Обновите пакет или уберите модуль из startks.modules."
    if item.manifest.api != API:
        advice = "Обновите СТАРТ КС" if item.manifest.api > API else "Обновите пакет модуля"
        return (
            f"Модуль {item.label} не запущен: он написан для уровня {item.manifest.api}, здесь уровень {API}. {advice}."
        )
    return None


def _drop_unsatisfied(
    able: dict[str, Manifest], refused: dict[str, str], by_name: Mapping[str, Found], enabled: Sequence[str]
) -> None:
    """Move to ``refused`` whatever requires something that does not start, until nothing more moves."""
    moved = True
    while moved:
        moved = False
        for name, manifest in sorted(able.items()):
            missing = next((other for other in manifest.requires if other not in able), None)
            if missing is None:
                continue
            if missing in refused:
                way_out = "который не запущен. Устраните его неисправность"
            elif missing in by_name and missing not in enabled:
                way_out = "который не включён. Добавьте его в startks.modules"
            else:
                way_out = "который не установлен. Установите его пакет"
            refused[name] = f"Модуль {by_name[name].label} не запущен: ему нужен модуль «{missing}», {way_out}."
            del able[name]
            moved = True


def _sorted(able: dict[str, Manifest], refused: dict[str, str], by_name: Mapping[str, Found]) -> list[Manifest]:
    """Topological order, ties by name. ``uses`` gives way where it would close a circle, ``requires`` does not."""
    order: list[Manifest] = []
    done: set[str] = set()
    left = dict(able)

    def ready(manifest: Manifest, soft: bool) -> bool:
        before = manifest.requires + (manifest.uses if soft else ())
        return all(other in done or other not in left for other in before)

    while left:
        name = next((n for n in sorted(left) if ready(left[n], True)), None)
        if name is None:
            name = next((n for n in sorted(left) if ready(left[n], False)), None)
        if name is None:
            circle = ", ".join(f"«{n}»" for n in sorted(left))
            for n in left:
                refused[n] = (
                    f"Модуль {by_name[n].label} не запущен: модули {circle} требуют друг друга по кругу. "
                    "Уберите один из них из startks.modules."
                )
            break
        order.append(left.pop(name))
        done.add(name)
    return order
