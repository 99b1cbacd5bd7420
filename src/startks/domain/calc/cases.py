"""Worked examples (контрольные примеры) run through the real engine.

A case is ``{"id", "kind", "inputs", "expected", ...}``. For each kind an adapter turns the inputs into calls of the
engine's rules and their results into the keys of ``expected``; it holds no rule of its own. Adapters enter
themselves by :func:`adapter`; upper storeys may add theirs (``startks cases`` adds the payment QR code).

Comparison: keys ending in ``_rub`` are whole kopecks and must be equal as they are; other decimals are compared
half-up at six decimals; everything else exactly, with type and order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from startks.base.errors import ConfigurationError, StartksError

from .numbers import round_half_up


@dataclass(frozen=True)
class Adapter:
    """How a kind is asked: the keys it must and may have, those of lists of objects, and the call itself."""

    kind: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    nested: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    run: Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """Result of one case; ``problem`` is empty where it passed."""

    id: str
    kind: str
    problem: str = ""
    expected: Any = None
    got: Any = None

    @property
    def passed(self) -> bool:
        """Whether the engine gave exactly the expected answer."""
        return not self.problem


ADAPTERS: dict[str, Adapter] = {}


def adapter(
    kind: str,
    required: str = "",
    optional: str = "",
    nested: Mapping[str, tuple[str, str]] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter an adapter; keys are given as words separated by blanks.

    ``nested`` maps a key holding a list of objects to the (required, optional) keys of an object, ``a.b`` one
    level deeper.
    """
    inner = {
        name: (tuple(must.split()), tuple(may.split())) for name, (must, may) in (nested or {}).items()
    }

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        ADAPTERS[kind] = Adapter(kind, tuple(required.split()), tuple(optional.split()), inner, function)
        return function

    return enter


def read_folder(folder: Path) -> list[tuple[Path, list[Mapping[str, Any]]]]:
    """All cases of all ``*.json`` files of a folder, by file name.

    Raises ConfigurationError for a folder that is not there or holds no such file, and for a file that is not
    a JSON list of cases with ``id``, ``kind``, ``inputs`` and ``expected``.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"Нет папки с примерами: {folder}. Укажите существующую папку с файлами *.json.")
    found = [(path, _read_file(path)) for path in sorted(folder.glob("*.json"))]
    if not found:
        raise ConfigurationError(f"В папке {folder} нет файлов *.json с примерами.")
    return found


def _read_file(path: Path) -> list[Mapping[str, Any]]:
    try:
        # Decimal, so that a number written without quotes stays exact.
        cases = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except UnicodeDecodeError as fault:
        raise ConfigurationError(f"Файл {path} не в кодировке UTF-8: исправьте файл.") from fault
    except ValueError as fault:
        raise ConfigurationError(f"Файл {path} не читается как JSON ({fault}): исправьте файл.") from fault
    if not isinstance(cases, list):
        raise ConfigurationError(f"Файл {path} должен содержать список примеров.")
    for number, case in enumerate(cases, 1):
        if not isinstance(case, dict):
            raise ConfigurationError(f"Файл {path}, пример {number}: ожидается объект.")
        for key, kind in (("id", str), ("kind", str), ("inputs", dict), ("expected", dict)):
            if not isinstance(case.get(key), kind):
                raise ConfigurationError(f"Файл {path}, пример {number}: нет поля {key} или оно другого вида.")
    return cases


def run_case(case: Mapping[str, Any]) -> Outcome:
    """Ask the engine one case and compare."""
    name, kind, expected = case["id"], case["kind"], case["expected"]
    entry = ADAPTERS.get(kind)
    if entry is None:
        return Outcome(name, kind, "kind not built", expected)
    fault = _key_fault(entry, case["inputs"])
    if fault:
        return Outcome(name, kind, fault, expected)
    try:
        got: Any = entry.run(case["inputs"])
    except StartksError as refusal:
        code = getattr(refusal, "code", None)
        if code is None:
            return Outcome(name, kind, f"{type(refusal).__name__}: {refusal}", expected)
        got = {"error": code}
    except Exception as crash:  # noqa: BLE001  (one broken case must not hide the others; it is reported)
        return Outcome(name, kind, f"{type(crash).__name__}: {crash}", expected)
    got = answer(got)
    difference = differs(expected, got)
    return Outcome(name, kind, difference, expected, got)


def _key_fault(entry: Adapter, inputs: Mapping[str, Any]) -> str:
    allowed = [*entry.required, *entry.optional]
    for key in inputs:
        if key not in allowed:
            return f"unknown key in inputs: {key}"
    for key in entry.required:
        if key not in inputs:
            return f"missing key in inputs: {key}"
    for path, (must, may) in entry.nested.items():
        for item in _objects(inputs, path.split(".")):
            for key in item:
                if key not in (*must, *may):
                    return f"unknown key in inputs: {path}.{key}"
            for key in must:
                if key not in item:
                    return f"missing key in inputs: {path}.{key}"
    return ""


def _objects(inputs: Mapping[str, Any], path: list[str]) -> Iterable[Mapping[str, Any]]:
    found = inputs.get(path[0], [])
    if len(path) == 1:
        return found
    return [inner for item in found for inner in _objects(item, path[1:])]


def answer(value: Any, key: str = "") -> Any:
    """An adapter's result in the form of ``expected``: exact numbers as decimal texts."""
    if isinstance(value, Mapping):
        return {name: answer(item, name) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [answer(item, key) for item in value]
    if isinstance(value, (Fraction, Decimal)):
        exact = Fraction(value)
        return _text(exact, 2) if key.endswith("_rub") and (exact * 100).denominator == 1 else _text(exact, 6)
    return value


def _text(value: Fraction, digits: int) -> str:
    shown = round_half_up(value, digits)
    text = f"{'-' if shown < 0 else ''}{abs(shown) * 10**digits // 1:0{digits + 1}d}"
    text = f"{text[:-digits]}.{text[-digits:]}"
    return text if digits == 2 else text.rstrip("0").rstrip(".")


def differs(expected: Any, got: Any, path: str = "") -> str:
    """First difference in words, empty where there is none."""
    where = path or "expected"
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        if set(expected) != set(got):
            return f"{where}: keys {sorted(expected)} expected, got {sorted(got)}"
        for key in expected:
            found = differs(expected[key], got[key], f"{path}.{key}".lstrip("."))
            if found:
                return found
        return ""
    if isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            return f"{where}: {len(expected)} items expected, got {len(got)}"
        for number, pair in enumerate(zip(expected, got, strict=True)):
            found = differs(*pair, f"{path}[{number}]")
            if found:
                return found
        return ""
    if type(expected) is type(got) and expected == got:
        return ""
    if isinstance(expected, str) and isinstance(got, str) and _same_number(expected, got):
        return ""
    return f"{where}: expected {expected!r}, got {got!r}"


def _same_number(expected: str, got: str) -> bool:
    try:
        return Fraction(expected) == Fraction(got) and "/" not in expected + got
    except ValueError:
        return False


def run_folder(folder: Path) -> list[Outcome]:
    """Outcomes of all cases of a folder; errors as :func:`read_folder`."""
    from . import case_adapters  # noqa: F401  (the import enters every adapter of this storey)

    return [run_case(case) for _, cases in read_folder(folder) for case in cases]
