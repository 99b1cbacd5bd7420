"""A small document of plain JSON signed with Ed25519: one that carries its text, its signature and the key to check it.

    sealed = seal({"sum": 100}, signing_key(secret))
    opened = unseal(sealed)            # raises SealError
    opened.content, opened.fingerprint

The signature is over the bytes of :func:`canonical`, so that a reader in another language can repeat it: keys in order,
no spaces, UTF-8, whole numbers and texts only. A signature says who made the text; whether the key is the right one
is the reader's to decide, by its fingerprint.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from startks.base.errors import ConfigurationError, StartksError
from startks.base.licensing.keys import RAW_LENGTH, fingerprint, parse_public, public_text

ALGORITHM = "ed25519"
_PURPOSE = b"startks: signature of payment documents"


class SealError(StartksError):
    """The document is not one of ours or was changed. ``code``: ``broken``, ``tampered``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Sealed:
    """A document whose signature holds: what it says, the public key (a line of base64) and its fingerprint."""

    content: dict[str, Any]
    public_key: str
    fingerprint: str


def signing_key(secret: bytes) -> Ed25519PrivateKey:
    """The installation's key for documents, drawn from its secret (HKDF, RFC 5869): all its processes have the same.

    Nothing more is to be kept or copied than the secret itself; a new secret makes a new key, and documents signed
    before then show the old fingerprint.
    """
    raw = HKDF(algorithm=hashes.SHA256(), length=RAW_LENGTH, salt=None, info=_PURPOSE).derive(secret)
    return Ed25519PrivateKey.from_private_bytes(raw)


def canonical(content: Any) -> bytes:
    """The bytes that are signed. Raises TypeError for a float: it has no one way of writing."""
    _refuse_floats(content)
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _refuse_floats(content: Any) -> None:
    if isinstance(content, float):
        raise TypeError(f"a signed document holds whole numbers and texts only, not {content!r}")
    for part in content.values() if isinstance(content, dict) else content if isinstance(content, (list, tuple)) else ():
        _refuse_floats(part)


def seal(content: dict[str, Any], key: Ed25519PrivateKey) -> bytes:
    """The document as a file: the content, the algorithm, the public key and the signature."""
    text = canonical(content)
    envelope = {
        "algorithm": ALGORITHM, "fingerprint": fingerprint(key), "public_key": public_text(key),
        "signature": base64.b64encode(key.sign(text)).decode(),
    }
    return b'{"content":' + text + b"," + canonical(envelope)[1:]


def unseal(document: bytes) -> Sealed:
    """Check the signature by the key the document carries. Raises :class:`SealError`."""
    try:
        envelope = json.loads(document)
        content, algorithm = envelope["content"], envelope["algorithm"]
        public = parse_public(envelope["public_key"])
        signature = base64.b64decode(envelope["signature"], validate=True)
        text = canonical(content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error, ConfigurationError) as error:
        raise SealError("broken", "Вложение повреждено: это не подписанный документ. Скачайте файл ещё раз.") from error
    if algorithm != ALGORITHM or not isinstance(content, dict):
        raise SealError("broken", f"Вложение подписано неизвестным способом «{algorithm}»: обновите программу.")
    try:
        public.verify(signature, text)
    except InvalidSignature:
        raise SealError(
            "tampered", "Подпись вложения не сходится: его содержание изменено после выпуска. Не платите по этому файлу, "
            "возьмите платёжный документ в личном кабинете."
        ) from None
    return Sealed(content, public_text(public), fingerprint(public))
