"""A file that came with a form: read within a bound, its temporary files closed at the end of the request."""

from __future__ import annotations

from typing import Any

from startks.base.errors import StartksError


def uploaded(request: Any, field: str, *, most: int) -> tuple[str, bytes]:
    """Return name (without folders) and bytes of the file in a field. Raises StartksError where there is none or it is too big."""
    sent = request.POST.get(field)
    request.add_finished_callback(_close)
    if sent is None or not hasattr(sent, "file"):
        raise StartksError("Выберите файл: csv или xlsx.")
    with sent.file as source:
        content = source.read(most + 1)
    if len(content) > most:
        raise StartksError(f"Файл больше {most // 2**20} МБ: разделите его на части.")
    return str(sent.filename).replace("\\", "/").rpartition("/")[2] or "file", content


def _close(request: Any) -> None:
    """A large body lies in a temporary file, which nobody else closes."""
    request.body_file_raw.close()
