"""What a module says about itself.

``manifest.py`` of a module holds one literal ``MANIFEST = Manifest(...)`` and imports nothing else, so that it can be
read where the module's code is broken, its dependencies are missing or its licence has ended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

API = 1
"""Level of the door. It rises when a directive or contract changes in a way that old modules cannot follow."""

NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?")
PERMISSION = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z0-9_]*:[a-z][a-z0-9_]*")


class ManifestError(ValueError):
    """A field of a manifest is wrong; the text is the Russian reason without the module's name."""


@dataclass(frozen=True, slots=True)
class Migrations:
    """Where a module's migrations lie: ``branch`` names the version table ``alembic_version_<branch>``.

    ``folder`` is ``package:folder`` for an installed distribution, or a path from the project root for our own.
    """

    branch: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A module's own description.

    ``name``: short Latin name, the first part of its permissions. ``title``: what people read. ``api``: the level of
    the door it was written for. ``requires``: modules without which it does not start; ``uses``: modules it comes after
    when they are there. ``product`` and ``metric``: the line of the price list it is sold under and what is counted,
    None where no licence is needed. ``includeme``: ``package:function``. ``models``: dotted name of the module with its
    tables, None where it has none. ``permissions``: all it brings, each ``name:thing:action``.
    """

    name: str
    title: str
    version: str
    api: int
    includeme: str
    requires: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    product: str | None = None
    metric: str | None = None
    migrations: Migrations | None = None
    permissions: tuple[str, ...] = ()
    models: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not NAME.fullmatch(self.name):
            raise ManifestError(f"имя «{self.name}» не из 2–30 строчных латинских букв, цифр и подчёркиваний")
        for field in ("title", "version"):
            if not isinstance(getattr(self, field), str) or not getattr(self, field).strip():
                raise ManifestError(f"не заполнено поле {field}")
        if isinstance(self.api, bool) or not isinstance(self.api, int):
            raise ManifestError("поле api — не целое число")
        for field in ("requires", "uses", "permissions"):
            value = getattr(self, field)
            if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
                raise ManifestError(f"поле {field} — не кортеж строк")
        for field in ("includeme", "models"):
            value = getattr(self, field)
            if value is not None and not DOTTED.fullmatch(value):
                raise ManifestError(f"поле {field} — не имя вида пакет.модуль:функция")
        if (self.product is None) != (self.metric is None):
            raise ManifestError("поля product и metric заполняются вместе")
        if self.name in self.requires + self.uses:
            raise ManifestError("модуль назван в собственных requires или uses")
        for permission in self.permissions:
            if not PERMISSION.fullmatch(permission) or not permission.startswith(f"{self.name}:"):
                raise ManifestError(f"право «{permission}» не вида {self.name}:предмет:действие")

    @property
    def package(self) -> str:
        """The dotted package that holds ``includeme``; what is registered from below it belongs to the module."""
        return self.includeme.partition(":")[0]
