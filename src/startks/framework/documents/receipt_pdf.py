"""Receipts as PDF: one file per house, drawn straight on the canvas, some thousand receipts a second and core.

The fixed part of the front page and the headings of the tables are form XObjects, fonts are one shared subset
(:mod:`.fonts`), the QR symbol is an image mask (:mod:`.qr_matrix`). Nothing here is shared between threads but caches.
"""

from collections.abc import Iterable, Sequence
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from startks.framework.documents.attachments import Attachment, attach
from startks.framework.documents.payment_codes import QrCode, qr_code
from startks.framework.documents.pen import Pen
from startks.framework.documents.receipt import Receipt, ReceiptKind
from startks.framework.documents.receipt_front import FLOW_TOP, define_front, draw_front
from startks.framework.documents.receipt_sheet import CUT, DENSITIES, HEIGHT, WIDTH, Density, Sheet
from startks.framework.documents.receipt_tables import (
    define_heads,
    draw_debts,
    draw_lines,
    draw_readings,
    draw_reference,
    draw_totals,
    height_of_tables,
)  # fmt: skip
from startks.framework.documents.typography import period_text

_FLOW_BOTTOM = CUT + 10
#: For receipts that go over to a second page anyway.
_TWO_PAGES = DENSITIES[1]


def render_one(receipt: Receipt, *, barcode: bool = False, attachments: Sequence[Attachment] = ()) -> bytes:
    """One receipt as a PDF file. ``barcode`` adds the linear Code 128 some banks ask for."""
    return render_house([receipt], barcode=barcode, attachments=attachments)


def render_house(
    receipts: Iterable[Receipt], *, barcode: bool = False, attachments: Sequence[Attachment] = ()
) -> bytes:
    """Receipts of one house as one PDF file, in the order given, each from a new page, with a bookmark each.

    ``attachments`` are files that lie inside it.

    An empty house is an error of the caller: ``ValueError``.
    """
    output = BytesIO()
    canvas = new_canvas(output)
    pen = Pen(canvas)
    kinds: set[ReceiptKind] = set()
    first: Receipt | None = None
    for number, receipt in enumerate(receipts):
        first = first or receipt
        if receipt.kind not in kinds:
            define_front(canvas, receipt.kind)
            kinds.add(receipt.kind)
        _bookmark(canvas, number, receipt)
        draw_receipt(canvas, pen, receipt, qr_code(receipt), barcode)
    if first is None:
        raise ValueError("a PDF of no receipts was asked for")
    canvas.setTitle(f"Платёжные документы, {period_text(first.period)}, {first.payer.address}".replace("\u00a0", " "))
    canvas.setAuthor(first.provider.name)
    attach(canvas, attachments)
    canvas.save()
    return output.getvalue()


def new_canvas(output: BytesIO) -> Canvas:
    """A compressed canvas that knows the headings of the tables."""
    canvas = Canvas(output, pagesize=(WIDTH, HEIGHT), pageCompression=1, lang="ru-RU")
    canvas.setCreator("СТАРТ КС")
    define_heads(canvas)
    return canvas


def draw_receipt(canvas: Canvas, pen: Pen, receipt: Receipt, qr: QrCode, barcode: bool = False) -> None:
    """Draw one receipt from a new page and close its last page."""
    draw_front(pen, receipt, qr, barcode)
    sheet = Sheet(canvas, pen, receipt, FLOW_TOP[receipt.kind], _FLOW_BOTTOM)
    density = _density(receipt)
    draw_readings(sheet, density)
    if receipt.kind is ReceiptKind.DEBT:
        draw_debts(sheet, density)
    else:
        draw_lines(sheet, density)
    draw_reference(sheet, density)
    draw_totals(sheet, density)
    sheet.close()


def _density(receipt: Receipt) -> Density:
    """The most comfortable rows at which everything stays on the front page."""
    room = FLOW_TOP[receipt.kind] - _FLOW_BOTTOM
    return next((density for density in DENSITIES if height_of_tables(receipt, density) <= room), _TWO_PAGES)


def _bookmark(canvas: Canvas, number: int, receipt: Receipt) -> None:
    key = f"receipt-{number}"
    canvas.bookmarkPage(key)
    canvas.addOutlineEntry(f"{receipt.account} · {receipt.payer.address}", key, level=0)
