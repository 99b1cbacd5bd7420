"""Work on the message catalogues: extract, compile, check. See :mod:`startks.framework.i18n`.

The source of truth is the code: :func:`extracted` reads every template and Python file of the three packages. ``extract``
takes new messages over into the .po files and drops those nobody asks for any more, ``check`` finds what a reader would see
untranslated. Extraction needs the extra ``test`` (lingua); compiling does not.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import startks
from startks.base.errors import StartksError

DOMAIN = "startks"
LOCALE = Path(startks.__file__).parent / "locale"
PACKAGES = ("startks", "startks_portal", "startks_backoffice")
LANGUAGES = ("ru", "en")
SOURCE_LANGUAGE = "en"
"""The language of the message ids: a new message of it is its own translation."""
HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: startks\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""
"""Without the dates that Babel would write: a catalogue changes only where its messages do."""
VARIABLE = re.compile(r"\$\{(\w+)\}")


def main(arguments: list[str] | None = None) -> int:
    """Run ``extract``, ``compile`` or ``check``; return the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    commands = {"extract": extract, "compile": compile_all, "check": check}
    if len(words) != 1 or words[0] not in commands:
        print("Укажите одно из: " + ", ".join(commands) + ".", file=sys.stderr)
        return 2
    try:
        return commands[words[0]]()
    except StartksError as error:
        print(error.message, file=sys.stderr)
        return error.exit_code


def po_path(language: str) -> Path:
    """Return where a language's catalogue lies."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Read a catalogue; an empty one where there is no file yet."""
    path = po_path(language)
    if not path.is_file():
        return Catalog(locale=language, domain=DOMAIN, project="startks")
    with path.open("rb") as source:
        return read_po(source, locale=language, domain=DOMAIN)


def compile_all() -> int:
    """Write .mo beside each .po."""
    for language in LANGUAGES:
        buffer = BytesIO()
        write_mo(buffer, read(language))
        target = po_path(language).with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        # readers may have the old file open: it is replaced, never rewritten
        draft = target.with_suffix(".mo.new")
        draft.write_bytes(buffer.getvalue())
        draft.replace(target)
    return 0


def extract() -> int:
    """Take the messages of the code over into the catalogues, in alphabetical order and without line numbers."""
    wanted = extracted()
    for language in LANGUAGES:
        old = read(language)
        new = Catalog(locale=language, domain=DOMAIN, project="startks", fuzzy=False)
        for msgid in sorted(wanted):
            known = old.get(msgid)
            own = msgid if language == SOURCE_LANGUAGE else ""
            new.add(msgid, (known.string if known else "") or own, flags=known.flags if known else ())
        write(po_path(language), new, language)
        lost = sorted(str(message.id) for message in old if message.id and message.id not in wanted)
        print(
            f"{language}: {len(wanted)} сообщений, новых {sum(old.get(m) is None for m in wanted)}, снято {len(lost)}"
        )
    return 0


def write(path: Path, catalogue: Catalog, language: str) -> None:
    """Write a catalogue sorted, one message a line, with a header that never changes by itself."""
    body = BytesIO()
    write_po(body, catalogue, width=10_000, omit_header=True, no_location=True, sort_output=True)
    header = HEADER.format(language=language, plural=catalogue.plural_forms)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + body.getvalue().decode("utf-8").strip() + "\n", encoding="utf-8")


def check() -> int:
    """Name what is missing; exit code 1 where anything is."""
    wanted = extracted()
    found = [sentence for language in LANGUAGES for sentence in faults(read(language), wanted, language)]
    for sentence in found:
        print(sentence, file=sys.stderr)
    return 1 if found else 0


def faults(catalogue: Catalog, wanted: Iterable[str], language: str) -> list[str]:
    """Return a sentence for each message that is untranslated, fuzzy, not used, or lost or invented a variable."""
    sentences = []
    wanted = set(wanted)
    unused = sorted(str(message.id) for message in catalogue if message.id and message.id not in wanted)
    sentences += [f"{language}: больше не используется: {msgid}" for msgid in unused]
    for msgid in sorted(wanted):
        message: Message | None = catalogue.get(msgid)
        if message is None or not message.string:
            sentences.append(f"{language}: нет перевода: {msgid}")
        elif message.fuzzy:
            sentences.append(f"{language}: перевод не подтверждён (fuzzy): {msgid}")
        elif set(VARIABLE.findall(msgid)) != set(VARIABLE.findall(message.string)):
            sentences.append(f"{language}: в переводе другие переменные: {msgid}")
    return sentences


def extracted(files: Iterable[Path] | None = None) -> set[str]:
    """Return every message id of the code (of ``files``, where given)."""
    try:
        from lingua.extract import ExtractorOptions
        from lingua.extractors import get_extractor, register_extractors
    except ImportError as error:
        raise StartksError("Для извлечения сообщений нужен пакет lingua: установите зависимости test.") from error
    register_extractors()
    options = ExtractorOptions(comment_tag=True, domain=DOMAIN, keywords=[])
    wanted: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # lingua leaves its files for the collector to close
        for path in sources() if files is None else files:
            wanted.update(message.msgid for message in get_extractor(str(path))(str(path), options) if message.msgid)
    return wanted


def sources() -> list[Path]:
    """Return every template and Python file of our packages."""
    root = LOCALE.parents[1]
    return [path for name in PACKAGES for kind in ("*.py", "*.pt") for path in sorted((root / name).rglob(kind))]
