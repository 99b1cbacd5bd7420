"""Under which account a service runs and which folders it can reach.

PostgreSQL refuses to run as root. Then it runs as an existing unprivileged account, and what it needs lies where
that account can go: a clone under ``/root`` (mode 0700) hides both the programs and the data from it.
"""

import os
import pwd
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from startks.base.errors import ConfigurationError

SHARED_ROOT = Path("/var/lib/startks")
CANDIDATES = ("startks", "nobody", "daemon")


@dataclass(frozen=True, slots=True)
class Account:
    """An operating system account that a service is switched to."""

    name: str
    uid: int
    gid: int

    def can_enter(self, folder: Path) -> bool:
        """Tell whether every folder from the root down to this one may be passed by the account."""
        return all(self._may_pass(part.stat()) for part in (folder, *folder.parents))

    def _may_pass(self, info: os.stat_result) -> bool:
        if info.st_uid == self.uid:
            return bool(info.st_mode & stat.S_IXUSR)
        if info.st_gid == self.gid:
            return bool(info.st_mode & stat.S_IXGRP)
        return bool(info.st_mode & stat.S_IXOTH)


def service_account(existing: Path | None = None) -> Account | None:
    """Return the account for services, or None where the process itself is an ordinary one.

    ``existing`` is a cluster's folder: whoever owns it goes on owning it, so that a folder filled by an ordinary
    user also starts as root. The other way round is refused with the way out.
    """
    owner = existing.stat().st_uid if existing is not None and existing.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner != os.geteuid():
            raise ConfigurationError(
                f"Данные в {existing} принадлежат другому пользователю ({_user_name(owner)}): "
                "запустите команду от его имени (или от root) либо укажите другую папку данных."
            )
        return None
    if owner:
        entry = pwd.getpwuid(owner)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    wanted = os.environ.get("STARTKS_SERVICE_USER")
    for name in (wanted,) if wanted else CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "PostgreSQL не запускается от имени root, а непривилегированной учётной записи "
        f"({wanted or ', '.join(CANDIDATES)}) нет: назовите существующую в STARTKS_SERVICE_USER."
    )


def service_folder(data_dir: Path, account: Account | None) -> Path:
    """Return the folder of the services' data: ``data_dir/services``, or where that points to.

    Where the account cannot pass a parent of ``data_dir``, the folder lies under ``/var/lib/startks`` and
    ``data_dir/services`` is a link to it.
    """
    folder = data_dir / "services"
    if not folder.is_symlink() and not folder.exists():
        if account is None or account.can_enter(data_dir):
            folder.mkdir()
        else:
            SHARED_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
            target = SHARED_ROOT / f"{data_dir.name}-{secrets.token_hex(4)}"
            target.mkdir(mode=0o755)
            folder.symlink_to(target, target_is_directory=True)
    if not folder.exists():
        raise ConfigurationError(
            f"Ссылка {folder} ведёт в пустоту ({os.readlink(folder)}): верните эту папку или удалите ссылку, "
            "чтобы начать с пустой базы."
        )
    return folder.resolve()


def own_folder(path: Path, account: Account | None, mode: int = 0o700) -> Path:
    """Make the folder if it is missing and give it to the account."""
    path.mkdir(mode=mode, exist_ok=True)
    if account is not None:
        os.chown(path, account.uid, account.gid)
    return path


def reachable_program(tree: Path, parts: tuple[str, ...], account: Account | None, label: str) -> Path:
    """Return a folder with the same ``parts`` (sub-folders and files of ``tree``) that the account can read.

    It is ``tree`` itself where that is reachable, else a copy under ``/var/lib/startks/bin/<label>``, made once.
    """
    if account is None or account.can_enter(tree):
        return tree
    target = SHARED_ROOT / "bin" / label
    if target.exists():
        return target
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = target.with_name(f"{label}.{secrets.token_hex(4)}")
    try:
        draft.mkdir(mode=0o755)
        for part in parts:
            if (tree / part).is_dir():
                shutil.copytree(tree / part, draft / part, symlinks=True)
            elif (tree / part).exists():
                shutil.copy2(tree / part, draft / part)
        for path in draft.rglob("*"):
            if not path.is_symlink():
                readable = path.stat().st_mode | 0o444
                path.chmod(readable | 0o111 if path.is_dir() or readable & 0o100 else readable)
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not target.exists():  # another start may have made the same copy
            raise
    return target


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
