"""Geometry and common marks of the receipt: A4 upright, points from the lower left corner.

Ink is chosen for an office laser: black text, one dark accent that turns into a dark grey, light tints that survive
a copier. Numbers of the tables are never below 7 points; what a payer looks for first is 11 and more.
"""

from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from startks.framework.documents.pen import Pen, shortened
from startks.framework.documents.receipt import Receipt
from startks.framework.documents.typography import period_text

WIDTH, HEIGHT = 595.28, 841.89
LEFT, RIGHT = 28.0, 567.28
TOP = 822.0
#: Upper edge of the payment slip: the line to cut along. Tables of the first page end above it.
CUT = 152.0
BOTTOM = 34.0

BLACK, WHITE, LABEL, HAIR = "0", "1", "0.32", "0.7"
ACCENT, TINT, TINT_STRONG = "0.07 0.22 0.4", "0.945 0.957 0.972", "0.87 0.9 0.935"


@dataclass(frozen=True, slots=True)
class Density:
    """How close table rows stand: ``row`` height, ``size`` of type, ``leading`` of a wrapped name."""

    row: float
    size: float
    leading: float


#: From comfortable to close; the first at which everything fits the front page is taken.
DENSITIES = (
    Density(13.0, 8.2, 8.8),
    Density(12.0, 8.0, 8.4),
    Density(11.0, 7.7, 8.0),
    Density(10.2, 7.4, 7.6),
    Density(9.6, 7.2, 7.4),
)

SECTION_HEIGHT = 16.0
SECTION_TITLES = {
    1: "Сведения о плательщике и исполнителе услуг",
    2: "Показания индивидуальных приборов учёта",
    3: "Расчёт платы за содержание жилого помещения, коммунальные услуги и взноса на капитальный ремонт",
    4: "Справочная информация",
    5: "Сумма к оплате с учётом рассрочки платежа",
}
DEBT_TITLE = "Расчёт задолженности по периодам"


def section_mark(pen: Pen, number: int, y: float, right: float = RIGHT, title: str = "") -> None:
    """Number in a square, title and rule; ``y`` is the base line of the title."""
    pen.ink(ACCENT)
    pen.area(LEFT, y - 2.6, 11, 11)
    pen.line(LEFT, y - 2.9, right, y - 2.9, 0.7)
    pen.text(LEFT + 15, y, title or SECTION_TITLES[number], 8.6, bold=True)
    pen.ink(WHITE)
    pen.centre(LEFT + 5.5, y, str(number), 8.6, bold=True)
    pen.ink(BLACK)


class Sheet:
    """The page being filled: ``y`` runs down to ``bottom``; a new page opens where a block does not fit."""

    def __init__(self, canvas: Canvas, pen: Pen, receipt: Receipt, y: float, bottom: float) -> None:
        self.pen = pen
        self.receipt = receipt
        self.y = y
        self.bottom = bottom
        self.page = 1

    def fits(self, height: float) -> bool:
        return self.y - height >= self.bottom

    def new_page(self) -> None:
        """Close the page and open a continuation: who and when on top, the number of the page below."""
        self._page_number()
        self.pen.end_page()
        self.page += 1
        self.y, self.bottom = TOP - 26, BOTTOM
        pen, receipt = self.pen, self.receipt
        pen.text(LEFT, TOP - 10, f"Лицевой счёт № {receipt.account}", 11, bold=True)
        pen.right(RIGHT, TOP - 10, f"{period_text(receipt.period)}, продолжение", 9)
        pen.text(LEFT + 175, TOP - 10, shortened(receipt.payer.address, 240, 8), 8)

    def close(self) -> None:
        """Close the last page of the receipt."""
        if self.page > 1:
            self._page_number()
        self.pen.end_page()

    def _page_number(self) -> None:
        self.pen.ink(LABEL)
        self.pen.right(RIGHT, 14, f"л/с {self.receipt.account}, страница {self.page}", 6.8)
        self.pen.ink(BLACK)

    def section(self, number: int, title: str = "", needed: float = 0) -> None:
        """Heading of a section, on a new page if less than ``needed`` points are left under it."""
        if not self.fits(SECTION_HEIGHT + needed):
            self.new_page()
        section_mark(self.pen, number, self.y - 11, title=title)
        self.y -= SECTION_HEIGHT
