"""Where the files of a set come from: a folder, or a zip that is looked at before anything of it is expanded."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from startks.base.errors import StartksError
from startks.framework.exchange.town.scratch import scratch

MOST_FILES = 200
MOST_BYTES = 4 * 2**30
"""Most bytes of a set once expanded; a town of a million accounts needs three gigabytes."""
MOST_RATIO = 300
"""Most times that a file may shrink in an archive; tables of figures shrink ten to forty times."""
SMALL = 10 * 2**20
"""Files up to this size may shrink as they like."""
PIECE = 2**20


@contextlib.contextmanager
def open_source(path: Path) -> Iterator[Path]:
    """Yield the folder with the files: ``path`` itself, or what its zip holds, removed at the end.

    Raises StartksError for what is neither, and for an archive that is damaged, encrypted, too large or not flat.
    """
    if path.is_dir():
        yield path
        return
    if not path.is_file():
        raise StartksError(f"Нет ни папки, ни файла {path}: проверьте путь.")
    if not zipfile.is_zipfile(path):
        raise StartksError(f"{path.name} — не архив zip: укажите папку с файлами набора или её архив.")
    with scratch("startks-scratch-town-") as folder:
        expand(path, folder)
        yield folder


def expand(path: Path, folder: Path) -> None:
    """Expand a flat archive of CSV files into a folder. Raises StartksError; what was expanded till then stays."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _look(path.name, entries)
            left = MOST_BYTES
            for entry in entries:
                left = _copy(archive, entry, folder / _plain_name(entry.filename), left, path.name)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as fault:
        raise StartksError(f"Архив {path.name} повреждён ({fault}): соберите его заново.") from fault


def _look(name: str, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse by what the archive says of itself, before a byte of it is expanded."""
    if len(entries) > MOST_FILES:
        raise StartksError(f"В архиве {name} {len(entries)} файлов, допускается {MOST_FILES}: оставьте файлы набора.")
    total = sum(entry.file_size for entry in entries)
    if total > MOST_BYTES:
        raise StartksError(
            f"Архив {name} развернётся в {total / 2**30:.1f} ГБ, допускается {MOST_BYTES / 2**30:.0f} ГБ: "
            "загрузите набор папкой на сервере (startks import town)."
        )
    seen: set[str] = set()
    for entry in entries:
        plain = _plain_name(entry.filename)
        if entry.flag_bits & 1:
            raise StartksError(f"Файл {entry.filename} архива {name} зашифрован: соберите архив без пароля.")
        if plain in seen:
            raise StartksError(f"Файл {plain} лежит в архиве {name} дважды: оставьте один.")
        if entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(1, entry.compress_size):
            raise StartksError(
                f"Файл {plain} архива {name} сжат в {entry.file_size // max(1, entry.compress_size)} раз, так сжимаются "
                "только подделки: соберите архив заново из файлов набора."
            )
        seen.add(plain)


def _plain_name(name: str) -> str:
    """Name without the one folder that archivers put around; deeper paths and odd names are refused."""
    parts = [part for part in name.replace("\\", "/").split("/") if part]
    if not parts or len(parts) > 2 or ".." in parts or name.startswith(("/", "\\")) or ":" in name:
        raise StartksError(f"Имя «{name[:80]}» в архиве не годится: файлы набора лежат в нём без папок.")
    return parts[-1]


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int, name: str) -> int:
    """Expand one file, never more bytes than it announced; return what is left of the limit."""
    most = min(left, entry.file_size)
    written = 0
    with archive.open(entry) as source, target.open("wb") as output:
        while piece := source.read(PIECE):
            written += len(piece)
            if written > most:
                raise StartksError(f"Файл {entry.filename} архива {name} больше, чем заявлено: соберите архив заново.")
            output.write(piece)
    return left - written
