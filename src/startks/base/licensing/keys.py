"""The vendor's key pair: Ed25519, private as PEM (PKCS 8), public as one line of base64.

The public key is one line because it goes into the ini file (``startks.licence_public_key``); the private key stays
with the vendor and is written readable by its owner only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from startks.base.errors import ConfigurationError

VENDOR_KEYS: tuple[str, ...] = ()
"""Public keys a vendor's build trusts without any setting; the source tree itself names no vendor."""

RAW_LENGTH = 32
PUBLIC_SUFFIX = ".pub"


def generate() -> Ed25519PrivateKey:
    """Return a new private key from the system's random source."""
    return Ed25519PrivateKey.generate()


def public_text(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """Return the public key as one line of base64 (44 characters)."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def parse_public(text: str) -> Ed25519PublicKey:
    """Read a public key from its line; raises :class:`ConfigurationError`."""
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != RAW_LENGTH:
        raise ConfigurationError(
            f"Открытый ключ лицензии «{text.strip()[:60]}» не читается: нужна строка base64 из 44 знаков, её печатает "
            "startks licence keygen; проверьте startks.licence_public_key."
        )
    return Ed25519PublicKey.from_public_bytes(raw)


def trusted(licence_path: Path | None, setting: str = "") -> tuple[str, ...]:
    """Return the public keys (as text) an installation trusts.

    Those of the vendor's build and the one of ``startks.licence_public_key``. Where neither names any, the file beside
    the licence (``licence.pub``) does: so a demonstration's data folder carries all it needs, and a vendor's build, which
    names its own key, is not to be persuaded by a file.
    """
    named = (*VENDOR_KEYS, *([setting] if setting.strip() else []))
    if named or licence_path is None:
        return named
    beside = licence_path.with_suffix(PUBLIC_SUFFIX)
    try:
        return (beside.read_text("utf-8").strip(),)
    except (OSError, UnicodeDecodeError):
        return ()


def fingerprint(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """Return sixteen hex digits by which people compare keys aloud."""
    digest = hashlib.sha256(base64.b64decode(public_text(key))).hexdigest()[:16]
    return ":".join(digest[i : i + 4] for i in range(0, 16, 4))


def write_private(key: Ed25519PrivateKey, path: Path) -> None:
    """Write a new PEM file with mode 0600; raises :class:`ConfigurationError` where one exists or cannot be made."""
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationError(
            f"Файл {path} уже есть, ключ не перезаписан: лицензии, подписанные старым ключом, стали бы негодны. "
            "Укажите другой файл."
        ) from None
    except OSError as error:
        raise ConfigurationError(f"Файл ключа {path} не записан: {error.strerror}. Проверьте папку и права.") from None
    with os.fdopen(handle, "wb") as file:
        file.write(pem)


def read_private(path: Path) -> Ed25519PrivateKey:
    """Read a private key from PEM; raises :class:`ConfigurationError` naming the file and the reason."""
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"Закрытый ключ {path} не прочитан: {error.strerror}. Создайте ключ командой startks licence keygen."
        ) from None
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(
            f"Файл {path} — не закрытый ключ Ed25519 в формате PEM. Создайте ключ командой startks licence keygen."
        )
    return key
