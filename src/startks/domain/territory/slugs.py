"""Slugs: the names of districts, houses and premises in an address (URL).

Latin letters, digits, ``-``, ``.`` and ``_`` only; never ``+`` or ``@``, which belong to mounts and views, so that a module
of the future cannot collide with a stored slug.
"""

from __future__ import annotations

import re
from collections.abc import Container

_LETTERS = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
        "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
        "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
        "я": "ya",
    }
)  # fmt: skip
_NOISE = frozenset({"ул", "улица", "д", "дом", "кв", "квартира", "ком", "комната"})
_RESERVED = frozenset({"office", "static", "health", "robots.txt", "favicon.ico"})
LONGEST = 80


def slugify(title: str) -> str:
    """«ул. Ерошевского, 3» → ``eroshevskogo-3``.

    The words for street, house and flat are left out; other kinds stay («проспект Ленина, 1» → ``prospekt-lenina-1``),
    since a town may have both. Raises ValueError where nothing is left to make a slug of.
    """
    words = re.findall(r"[a-zа-яё0-9]+", title.casefold())
    kept = [word for word in words if word not in _NOISE] or words
    slug = "-".join(filter(None, (word.translate(_LETTERS) for word in kept)))[:LONGEST].strip("-")
    if not slug:
        raise ValueError(f"no slug can be made of {title!r}")
    return f"{slug}-1" if slug in _RESERVED else slug


def unique_slug(title: str, taken: Container[str]) -> str:
    """Return a slug that is not ``taken`` among the same parent's children: the plain one, else with -2, -3 …"""
    plain = slugify(title)
    slug, number = plain, 1
    while slug in taken:
        number += 1
        slug = f"{plain}-{number}"
    return slug
