"""Files inside a PDF: written as associated files of the document (ISO 32000-2, 14.13), read back with its text.

What is written shows in a reader's list of attachments; what is read comes from pdfium, a reader that shares nothing
with what draws the receipts.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from startks.base.errors import StartksError

PDF_VERSION = (1, 7)
COMPRESSION = 6


class PdfUnreadable(StartksError):
    """The file is not there or is not a PDF document."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to lie inside: its name (ASCII), the bytes, what it is in a reader's list."""

    name: str
    content: bytes
    description: str
    mime: str = "application/json"


@dataclass(frozen=True, slots=True)
class PdfContent:
    """What an independent reader finds: files by name, text page by page (lines end with ``\\n``)."""

    files: dict[str, bytes]
    pages: tuple[str, ...]


def attach(canvas: Canvas, attachments: Sequence[Attachment]) -> None:
    """Put the files into the document of ``canvas``; once a document, before it is saved."""
    if not attachments:
        return
    document = canvas._doc
    document._pdfVersion = max(document._pdfVersion, PDF_VERSION)
    names, references = [], []
    for found in sorted(attachments, key=lambda item: item.name):
        reference = document.Reference(_specification(document, found))
        names += [pdfdoc.PDFString(found.name), reference]
        references.append(reference)
    tree = pdfdoc.PDFDictionary({"EmbeddedFiles": pdfdoc.PDFDictionary({"Names": pdfdoc.PDFArray(names)})})
    catalog = document.Catalog
    catalog.Names = tree
    catalog.AF = pdfdoc.PDFArray(references)
    catalog.__NoDefault__ = [*catalog.__NoDefault__, "AF"]
    catalog.__Refs__ = catalog.__NoDefault__


def _specification(document: pdfdoc.PDFDocument, attachment: Attachment) -> pdfdoc.PDFDictionary:
    stream = pdfdoc.PDFStream(content=zlib.compress(attachment.content, COMPRESSION))
    stream.dictionary["Filter"] = pdfdoc.PDFName("FlateDecode")
    stream.dictionary["Type"] = pdfdoc.PDFName("EmbeddedFile")
    stream.dictionary["Subtype"] = pdfdoc.PDFName(attachment.mime)
    stream.dictionary["Params"] = pdfdoc.PDFDictionary({
        "Size": len(attachment.content), "ModDate": pdfdoc.PDFString(f"D:{datetime.now(UTC):%Y%m%d%H%M%S}Z"),
    })
    reference = document.Reference(stream)
    return pdfdoc.PDFDictionary({
        "Type": pdfdoc.PDFName("Filespec"), "F": pdfdoc.PDFString(attachment.name), "UF": pdfdoc.PDFString(attachment.name),
        "Desc": pdfdoc.PDFString(attachment.description), "AFRelationship": pdfdoc.PDFName("Data"),
        "EF": pdfdoc.PDFDictionary({"F": reference, "UF": reference}),
    })


def read_pdf(path: Path) -> PdfContent:
    """Files and text of a PDF. Raises :class:`PdfUnreadable`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PdfUnreadable(f"Файл {path} не прочитан: {error.strerror}. Проверьте путь.") from error
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise PdfUnreadable(f"Файл {path} не открывается как PDF: он повреждён или закрыт паролем. Скачайте его ещё раз.") from error
    try:
        files = {}
        for number in range(document.count_attachments()):
            found = document.get_attachment(number)
            files[found.get_name()] = bytes(found.get_data())
        pages = tuple(page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document)
    except pypdfium2.PdfiumError as error:
        raise PdfUnreadable(f"Файл {path} повреждён внутри ({error}). Скачайте его ещё раз.") from error
    finally:
        document.close()
    return PdfContent(files, pages)
