"""A licence the demonstration issues to itself.

The demonstration must run as the bought product does, with the same checks. So it makes a key of its own and signs a
licence with it: nothing in the program knows that it is a demonstration.

    issue_demo_licence(data_dir)

That is all: ``licence.json`` in the data folder is the default place, and ``licence.pub`` beside it is trusted where
neither the build nor ``startks.licence_public_key`` names a key. Who wants to be explicit uses what is returned:

    path, public_key = issue_demo_licence(data_dir)
    settings["startks.licence_file"] = str(path)
    settings["startks.licence_public_key"] = public_key
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from startks.base.errors import ConfigurationError
from startks.base.licensing import keys
from startks.base.licensing.licence import FILE_NAME, Grant, Licence, LicenceError, issue, read_licence
from startks.base.licensing.prices import products

TERM = dt.timedelta(days=366)
RENEW_BEFORE = dt.timedelta(days=31)
GRACE_DAYS = 30


def issue_demo_licence(data_dir: Path, today: dt.date | None = None) -> tuple[Path, str]:
    """Return (path of the licence file, public key as text) for the settings of a demonstration.

    The first call makes ``DATA/licence/demo-key.pem`` (mode 0600), ``DATA/licence.json`` and ``DATA/licence.pub``; later
    calls keep the key and renew the licence when less than a month is left or it cannot be read. All products, no limits. Raises
    :class:`ConfigurationError` where the folder cannot be written.
    """
    today = today or dt.date.today()
    folder, path = data_dir / "licence", data_dir / FILE_NAME
    private = folder / "demo-key.pem"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"Папка {folder} не создана: {error.strerror}. Укажите другую папку данных (--data)."
        ) from None
    if not private.exists():
        keys.write_private(keys.generate(), private)
    key = keys.read_private(private)
    public = keys.public_text(key)
    _put(path.with_suffix(keys.PUBLIC_SUFFIX), public + "\n")
    if not _still_good(path, key, today):
        licence = Licence(
            number="DEMO",
            holder="Демонстрационный город",
            issued=today,
            valid_from=today - dt.timedelta(days=1),
            valid_to=today + TERM,
            grace_days=GRACE_DAYS,
            products=tuple(Grant(product.name, product.metric) for product in products(today).values()),
        )
        _put(path, issue(licence, key))
    return path, public


def _put(path: Path, text: str) -> None:
    """Write aside and move, so that a full disk or a kill never leaves half a file."""
    half = path.with_name(path.name + ".new")
    try:
        half.write_text(text, "utf-8")
        os.replace(half, path)
    except OSError as error:
        raise ConfigurationError(
            f"Файл {path} не записан: {error.strerror}. Освободите место или укажите другую папку (--data)."
        ) from None


def _still_good(path: Path, key: keys.Ed25519PrivateKey, today: dt.date) -> bool:
    if not path.exists():
        return False
    try:
        licence, _ = read_licence(path, [key.public_key()])
    except LicenceError:
        return False
    return licence.valid_to is None or licence.valid_to - RENEW_BEFORE >= today
