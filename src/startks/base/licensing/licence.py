"""The licence file: canonical JSON and an Ed25519 signature over it.

    {"licence": {"format": "startks-licence-1", "number": …, "holder": …, "issued": …, "from": …, "to": …,
                 "grace_days": …, "products": [{"name": "billing", "metric": "account", "limit": 350000}, …]},
     "signature": "base64"}

What is signed is the canonical form of ``licence``: keys in order, no spaces, UTF-8, integers and strings only. The
file itself may be laid out as one likes: it is brought into that form before the signature is checked. Dates are
``YYYY-MM-DD``, ``to`` is the last day (null: without end), a ``limit`` of null means without limit.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from startks.base.errors import StartksError
from startks.base.licensing import keys

FORMAT = "startks-licence-1"
FILE_NAME = "licence.json"
"""Name of the file in the data folder where no other place is set."""
FIELDS = {"format", "number", "holder", "issued", "from", "to", "grace_days", "products"}
MAX_BYTES = 100_000


class LicenceError(StartksError):
    """The licence file is unreadable, damaged, or signed by a stranger; the sentence says which and what to do."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A product with the counter it is limited by; ``limit`` None means without limit."""

    name: str
    metric: str
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    """What was bought. ``valid_to`` is the last day, None without end; ``grace_days`` follow it."""

    number: str
    holder: str
    issued: dt.date
    valid_from: dt.date
    valid_to: dt.date | None
    grace_days: int
    products: tuple[Grant, ...]

    def grant(self, product: str) -> Grant | None:
        """Return the grant of a product or None."""
        return next((grant for grant in self.products if grant.name == product), None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of looking for a licence: none at all, a good one, or a bad one with the reason."""

    licence: Licence | None = None
    problem: str | None = None
    path: Path | None = None
    key: str | None = None

    @property
    def bad(self) -> bool:
        """True where a file is there but must not be believed."""
        return self.problem is not None


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the one byte form of a document that is signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def to_document(licence: Licence) -> dict[str, Any]:
    """Return the licence as the plain document of the file."""
    return {
        "format": FORMAT,
        "number": licence.number,
        "holder": licence.holder,
        "issued": licence.issued.isoformat(),
        "from": licence.valid_from.isoformat(),
        "to": licence.valid_to.isoformat() if licence.valid_to else None,
        "grace_days": licence.grace_days,
        "products": [{"name": g.name, "metric": g.metric, "limit": g.limit} for g in licence.products],
    }


def issue(licence: Licence, key: Ed25519PrivateKey) -> str:
    """Return the text of a signed licence file, laid out for people."""
    document = to_document(licence)
    signature = base64.b64encode(key.sign(canonical(document))).decode()
    return json.dumps({"licence": document, "signature": signature}, ensure_ascii=False, indent=2) + "\n"


def read_licence(path: Path, public_keys: Iterable[Ed25519PublicKey]) -> tuple[Licence, Ed25519PublicKey]:
    """Read a file, check its signature against the trusted keys, return the licence and the key that signed it.

    Raises :class:`LicenceError`. Dates are not judged here: an expired licence is a true document.
    """
    document, signature = _open(path)
    trusted = list(public_keys)
    if not trusted:
        raise LicenceError(
            f"Подпись лицензии {path} нечем проверить: впишите открытый ключ поставщика в startks.licence_public_key."
        )
    for key in trusted:
        try:
            key.verify(signature, canonical(document))
        except InvalidSignature:
            continue
        return _licence(document, path), key
    raise LicenceError(
        f"Подпись лицензии {path} неверна: файл изменён или выдан другим поставщиком. Положите исходный файл "
        "лицензии или проверьте startks.licence_public_key."
    )


def peek_licence(path: Path) -> Licence:
    """Read what a file says without believing it (no signature is checked); raises :class:`LicenceError`."""
    document, _ = _open(path)
    return _licence(document, path)


def verdict_of(path: Path | None, public_texts: Iterable[str]) -> Verdict:
    """Look for a licence and judge it; never raises for what is wrong with the file or a key."""
    if path is None or not path.exists():
        return Verdict(path=path)
    try:
        trusted = [keys.parse_public(text) for text in public_texts]
        licence, key = read_licence(path, trusted)
    except StartksError as error:
        return Verdict(problem=error.message, path=path)
    return Verdict(licence=licence, path=path, key=keys.fingerprint(key))


def _open(path: Path) -> tuple[dict[str, Any], bytes]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise LicenceError(f"Файл {path} слишком велик для лицензии. Укажите файл, полученный от поставщика.")
        content = json.loads(path.read_text("utf-8"), object_pairs_hook=_no_doubles)
    except OSError as error:
        raise LicenceError(f"Лицензия {path} не прочитана: {error.strerror}. Проверьте путь и права.") from None
    except (ValueError, RecursionError):
        raise _unreadable(path, "это не JSON в UTF-8") from None
    if not isinstance(content, dict) or set(content) != {"licence", "signature"}:
        raise _unreadable(path, "нет частей licence и signature")
    document, signature = content["licence"], content["signature"]
    if not isinstance(document, dict) or not isinstance(signature, str):
        raise _unreadable(path, "части licence и signature не того вида")
    try:
        return document, base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise _unreadable(path, "подпись не в base64") from None


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is given twice")
    return result


def _unreadable(path: Path, reason: str) -> LicenceError:
    return LicenceError(f"Лицензия {path} не читается: {reason}. Положите исходный файл, полученный от поставщика.")


def _licence(document: dict[str, Any], path: Path) -> Licence:
    """Turn a document whose signature is good into a licence; a fault here is the issuer's."""
    if document.get("format") != FORMAT:
        raise LicenceError(
            f"Лицензия {path} другого образца ({document.get('format')}), эта версия понимает {FORMAT}. "
            "Обновите СТАРТ КС или попросите лицензию нужного образца."
        )
    try:
        if set(document) != FIELDS:
            raise ValueError("состав полей")
        licence = Licence(
            number=str(document["number"]),
            holder=str(document["holder"]),
            issued=dt.date.fromisoformat(document["issued"]),
            valid_from=dt.date.fromisoformat(document["from"]),
            valid_to=dt.date.fromisoformat(document["to"]) if document["to"] is not None else None,
            grace_days=_count(document["grace_days"]),
            products=tuple(
                Grant(str(p["name"]), str(p["metric"]), None if p["limit"] is None else _count(p["limit"]))
                for p in document["products"]
            ),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise LicenceError(
            f"Лицензия {path} составлена с ошибкой ({error}). Попросите у поставщика новую."
        ) from None
    return licence


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"не целое число: {value}")
    return value
