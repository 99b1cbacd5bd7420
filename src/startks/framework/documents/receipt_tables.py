"""Sections 2–5 of the receipt: tables that flow down the front page and, where they must, onto the next."""

from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from startks.framework.documents.pen import Pen, text_width, wrapped
from startks.framework.documents.receipt import GROUP_TITLES, Line, LineGroup, Receipt, ReceiptKind
from startks.framework.documents.receipt_sheet import (
    BLACK,
    DEBT_TITLE,
    HAIR,
    LEFT,
    RIGHT,
    SECTION_HEIGHT,
    TINT,
    TINT_STRONG,
    Density,
    Sheet,
)  # fmt: skip
from startks.framework.documents.typography import (
    NBSP,
    date_text,
    decimal_text,
    money,
    money_or_dash,
    period_text,
    roubles,
    tariff_text,
)  # fmt: skip
from startks.framework.documents.words import counted, money_in_words

PAD = 3.0  # between a column's edge and its text
GAP = 4.0  # under a table


@dataclass(frozen=True, slots=True)
class Column:
    """A column: heading in lines, width in points, set left or right."""

    title: tuple[str, ...]
    width: float
    left: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of table: name of its heading's form XObject, columns, height of the heading."""

    name: str
    columns: tuple[Column, ...]
    head: float

    def edges(self) -> tuple[float, ...]:
        """Right edge of every column."""
        edges, x = [], LEFT
        for column in self.columns:
            x += column.width
            edges.append(x)
        return tuple(edges)


LINES = Table(
    "head-lines",
    (
        Column(("Услуга",), 122.28, True), Column(("Ед.",), 26, True), Column(("Объём", "индиви-", "дуальный"), 42),
        Column(("Объём на", "общие", "нужды"), 42), Column(("Способ", "учёта"), 40), Column(("Тариф,", "₽"), 42),
        Column(("Начис-", "лено, ₽"), 45), Column(("Повыш.", "коэф."), 26), Column(("Сумма", "повыше-", "ния, ₽"), 36),
        Column(("Пере-", "расчёт, ₽"), 41), Column(("Льготы,", "₽"), 35), Column(("К оплате,", "₽"), 42),
    ),
    28,
)  # fmt: skip
READINGS = Table(
    "head-readings",
    (
        Column(("Услуга",), 140, True), Column(("№ прибора",), 72), Column(("Поверка до",), 55), Column(("Предыдущее",), 64),
        Column(("дата",), 50), Column(("Текущее",), 64), Column(("дата",), 50), Column(("Расход",), 44.28),
    ),
    11,
)  # fmt: skip
REFERENCE = Table(
    "head-reference",
    (
        Column(("Услуга",), 130, True), Column(("Ед.",), 29.28, True), Column(("Норматив", "потребления"), 56),
        Column(("Норматив на", "общие нужды"), 56), Column(("Прибор дома,", "было"), 56), Column(("Прибор дома,", "стало"), 56),
        Column(("Расход", "дома"), 52), Column(("В помещениях", "дома"), 54), Column(("На общие", "нужды"), 50),
    ),
    20,
)  # fmt: skip
INSTALMENTS = Table(
    "head-instalments",
    (
        Column(("Рассрочка по услуге",), 189.28, True), Column(("За этот период, ₽",), 80), Column(("За прошлые, ₽",), 80),
        Column(("Проценты, %",), 60), Column(("Проценты, ₽",), 60), Column(("К оплате, ₽",), 70),
    ),
    11,
)  # fmt: skip
DEBTS = Table(
    "head-debts",
    (
        Column(("Период",), 139.28, True), Column(("Начислено, ₽",), 80), Column(("Оплачено, ₽",), 80), Column(("Долг, ₽",), 80),
        Column(("Пени, ₽",), 80), Column(("К оплате, ₽",), 80),
    ),
    11,
)  # fmt: skip
TABLES = (LINES, READINGS, REFERENCE, INSTALMENTS, DEBTS)

_LINE_EDGES, _READING_EDGES = LINES.edges(), READINGS.edges()


def define_heads(canvas: Canvas) -> None:
    """Headings of all tables as form XObjects; the origin is the lower edge of the heading."""
    for table in TABLES:
        canvas.beginForm(table.name)
        pen = Pen(canvas)
        pen.ink(TINT_STRONG)
        pen.area(LEFT, 0, RIGHT - LEFT, table.head)
        pen.ink(BLACK)
        for column, edge in zip(table.columns, table.edges(), strict=True):
            y = table.head - 8
            for line in column.title:
                if column.left:
                    pen.text(edge - column.width + PAD, y, line, 6.8)
                else:
                    pen.right(edge - PAD, y, line, 6.8, width=column.width - PAD)
                y -= 8
        pen.flush()
        canvas.endForm()


# -- heights: what the choice of density needs ----------------------------------------------------------------


def height_of_tables(receipt: Receipt, density: Density) -> float:
    """Points that sections 2–5 take at ``density``, on one page."""
    height = readings_height(receipt, density) + main_height(receipt, density)
    return height + reference_height(receipt, density) + totals_height(receipt, density)


def readings_height(receipt: Receipt, density: Density) -> float:
    rows = sum([density.row + density.leading * (len(_name(reading.service, 140, density)) - 1) for reading in receipt.readings])
    return SECTION_HEIGHT + (READINGS.head + rows if receipt.readings else density.row) + GAP


def main_height(receipt: Receipt, density: Density) -> float:
    if receipt.kind is ReceiptKind.DEBT:
        return SECTION_HEIGHT + DEBTS.head + density.row * (len(receipt.debts) + 1) + GAP
    rows = sum([density.row + density.leading * (len(_line_name(line, density)) - 1) for line in receipt.lines])
    groups = sum([_has_heading(group, lines) for group, lines in receipt.grouped_lines()])
    return SECTION_HEIGHT + LINES.head + rows + density.row * (groups + 2) + GAP


def reference_height(receipt: Receipt, density: Density) -> float:
    height = SECTION_HEIGHT + GAP
    if receipt.reference:
        height += REFERENCE.head
        height += sum([density.row + density.leading * (len(_name(row.service, 130, density)) - 1) for row in receipt.reference])
    return height + density.leading * len(_remarks(receipt, density.size)) + 2


def totals_height(receipt: Receipt, density: Density) -> float:
    rows = INSTALMENTS.head + density.row * len(receipt.instalments) if receipt.instalments else 0
    return SECTION_HEIGHT + rows + density.row + 3 + density.leading * len(_notice(receipt))


def _name(text: str, width: float, density: Density) -> tuple[str, ...]:
    return wrapped(text, width - 2 * PAD, density.size)


def _line_name(line: Line, density: Density) -> tuple[str, ...]:
    text = f"{line.service} · {line.supplier}" if line.supplier else line.service
    return wrapped(text, LINES.columns[0].width - 2 * PAD, density.size)


# -- drawing --------------------------------------------------------------------------------------------------


def draw_readings(sheet: Sheet, density: Density) -> None:
    """Section 2."""
    readings = sheet.receipt.readings
    sheet.section(2, needed=READINGS.head + density.row)
    if not readings:
        text = "Индивидуальных приборов учёта нет, или их показания за период не переданы."
        sheet.pen.text(LEFT + PAD, sheet.y - density.row + 3.5, text, density.size)
        sheet.y -= density.row + GAP
        return
    _head(sheet, READINGS)
    pen, size = sheet.pen, density.size
    for reading in readings:
        y = _row(sheet, READINGS, density, _name(reading.service, 140, density))
        edges = _READING_EDGES
        values = (
            reading.serial, date_text(reading.verify_by), decimal_text(reading.previous), date_text(reading.previous_date),
            decimal_text(reading.current) or "нет", date_text(reading.current_date), decimal_text(reading.volume) or "—",
        )  # fmt: skip
        for edge, column, value in zip(edges[1:], READINGS.columns[1:], values, strict=True):
            pen.right(edge - PAD, y, value, size, width=column.width - PAD)
        if reading.note:
            pen.text(edges[4] + PAD, y, reading.note, 6.6)
    sheet.y -= GAP


def draw_lines(sheet: Sheet, density: Density) -> None:
    """Section 3 of a month's document."""
    receipt = sheet.receipt
    sheet.section(3, needed=LINES.head + 2 * density.row)
    _head(sheet, LINES)
    pen, size = sheet.pen, density.size
    for group, lines in receipt.grouped_lines():
        if _has_heading(group, lines):
            first = density.row + density.leading * (len(_line_name(lines[0], density)) - 1)
            _group_row(sheet, group, sum([line.to_pay for line in lines]), density, keep_with=first)
        for line in lines:
            _draw_line(pen, _row(sheet, LINES, density, _line_name(line, density)), line, size)
    excess, recalculation, benefit = (
        sum([line.excess for line in receipt.lines]),
        sum([line.recalculation for line in receipt.lines]),
        sum([line.benefit for line in receipt.lines]),
    )
    charge = sum([line.charge for line in receipt.lines])
    y = _row(sheet, LINES, density, ("Пени за просрочку платежа",), strong=True)
    pen.right(RIGHT - PAD, y, money_or_dash(receipt.penalty), size, bold=True)
    y = _row(sheet, LINES, density, (f"Всего за {period_text(receipt.period)}",), strong=True, tint=TINT_STRONG)
    edges = _LINE_EDGES
    for number, value in ((6, charge), (8, excess), (9, recalculation), (10, benefit)):
        pen.right(edges[number] - PAD, y, money_or_dash(value), size, bold=True, width=LINES.columns[number].width - PAD)
    pen.right(RIGHT - PAD, y, money(receipt.accrued + receipt.penalty), size + 0.4, bold=True, width=39)
    sheet.y -= GAP


def _has_heading(group: LineGroup, lines: list[Line]) -> bool:
    """A lone line that says itself what it is needs no heading and no subtotal."""
    return len(lines) > 1 or group in (LineGroup.COMMON, LineGroup.UTILITIES)


def _group_row(sheet: Sheet, group: LineGroup, subtotal: int, density: Density, keep_with: float) -> None:
    if not sheet.fits(density.row + keep_with):
        _continue(sheet, LINES, 3)
    y = _row(sheet, LINES, density, (GROUP_TITLES[group],), strong=True, tint=TINT)
    sheet.pen.right(RIGHT - PAD, y, money(subtotal), density.size, bold=True)


def _draw_line(pen: Pen, y: float, line: Line, size: float) -> None:
    edges = _LINE_EDGES
    pen.text(edges[0] + PAD, y, line.unit, size)
    right = pen.right
    right(edges[2] - PAD, y, decimal_text(line.individual_volume) or "—", size, width=39)
    right(edges[3] - PAD, y, decimal_text(line.common_volume) or "—", size, width=39)
    right(edges[4] - PAD, y, str(line.basis) or "—", size, width=37)
    right(edges[5] - PAD, y, tariff_text(line.tariff) or "—", size, width=38)
    right(edges[6] - PAD, y, money(line.charge), size, width=42)
    right(edges[7] - PAD, y, decimal_text(line.coefficient) or "—", size, width=22)
    right(edges[8] - PAD, y, money_or_dash(line.excess), size, width=32)
    right(edges[9] - PAD, y, money_or_dash(line.recalculation), size, width=37)
    right(edges[10] - PAD, y, money_or_dash(line.benefit), size, width=31)
    right(RIGHT - PAD, y, money(line.to_pay), size, bold=True, width=38)


def draw_debts(sheet: Sheet, density: Density) -> None:
    """Section 3 of a debt bill: a row a period."""
    receipt, pen, size = sheet.receipt, sheet.pen, density.size
    sheet.section(3, DEBT_TITLE, needed=DEBTS.head + 2 * density.row)
    _head(sheet, DEBTS)
    edges = DEBTS.edges()
    totals = [0, 0, 0, 0, 0]
    for row in receipt.debts:
        y = _row(sheet, DEBTS, density, (period_text(row.period),), title=DEBT_TITLE)
        values = (row.charged, row.paid, row.debt, row.penalty, row.to_pay)
        totals = [total + value for total, value in zip(totals, values, strict=True)]
        for edge, value in zip(edges[1:], values, strict=True):
            pen.right(edge - PAD, y, money_or_dash(value), size)
    y = _row(sheet, DEBTS, density, ("Итого",), strong=True, tint=TINT_STRONG, title=DEBT_TITLE)
    for edge, value in zip(edges[1:], totals, strict=True):
        pen.right(edge - PAD, y, money(value), size, bold=True)
    sheet.y -= GAP


def draw_reference(sheet: Sheet, density: Density) -> None:
    """Section 4: norms and the house, what was recalculated and why, debt."""
    receipt, pen, size = sheet.receipt, sheet.pen, density.size
    whole = reference_height(receipt, density)
    sheet.section(4, needed=min(whole - SECTION_HEIGHT, 200))
    if receipt.reference:
        _head(sheet, REFERENCE)
    edges = REFERENCE.edges()
    for row in receipt.reference:
        y = _row(sheet, REFERENCE, density, _name(row.service, 130, density), number=4)
        pen.text(edges[0] + PAD, y, row.unit, size)
        values = (
            row.individual_norm, row.common_norm, row.house_previous, row.house_current, row.house_volume,
            row.individual_volume, row.common_volume,
        )  # fmt: skip
        for edge, column, value in zip(edges[2:], REFERENCE.columns[2:], values, strict=True):
            pen.right(edge - PAD, y, decimal_text(value) or "—", size, width=column.width - PAD)
    sheet.y -= 2
    for bold, line in _remarks(receipt, size):
        if not sheet.fits(density.leading):
            sheet.new_page()
        pen.text(LEFT + PAD, sheet.y - size, line, size, bold=bold)
        sheet.y -= density.leading
    sheet.y -= GAP


def draw_totals(sheet: Sheet, density: Density) -> None:
    """Section 5: instalments and the sum to pay."""
    receipt, pen, size = sheet.receipt, sheet.pen, density.size
    sheet.section(5, needed=totals_height(receipt, density) - SECTION_HEIGHT)
    if receipt.instalments:
        _head(sheet, INSTALMENTS)
    edges = INSTALMENTS.edges()
    for row in receipt.instalments:
        y = _row(sheet, INSTALMENTS, density, wrapped(row.service, 183, size), number=5)
        values = (
            money(row.current), money(row.previous), decimal_text(row.interest_percent), money(row.interest), money(row.to_pay),
        )  # fmt: skip
        for edge, value in zip(edges[1:], values, strict=True):
            pen.right(edge - PAD, y, value, size)
    total = f"Всего к оплате {roubles(receipt.amount_due)}"
    pen.text(LEFT + PAD, sheet.y - 10, total, size + 1.4, bold=True)
    words = money_in_words(receipt.amount_due)
    words = f"({words})" if receipt.instalments else f"({words}). Рассрочка не предоставлялась."
    pen.text(LEFT + PAD + 6 + text_width(total, size + 1.4, bold=True), sheet.y - 10, words, size)
    sheet.y -= density.row + 3
    for line in _notice(receipt):
        pen.text(LEFT + PAD, sheet.y - 7.5, line, 7.6)
        sheet.y -= density.leading


def _remarks(receipt: Receipt, size: float) -> list[tuple[bool, str]]:
    """Sentences of section 4 in lines: (bold, text)."""
    house, facts = receipt.house, []
    if house.premises_area is not None:
        facts.append(f"площадь помещений {decimal_text(house.premises_area, 2)}{NBSP}м²")
    if house.common_area is not None:
        facts.append(f"общего имущества {decimal_text(house.common_area, 2)}{NBSP}м²")
    if house.residents is not None:
        facts.append(f"проживают {counted(house.residents, 'человек', 'человека', 'человек')}")
    remarks = []
    for row in receipt.recalculations:
        remarks += _sentence(f"Перерасчёт, {row.service}: {roubles(row.amount)}. {row.ground}", size)
    about = [f"Дом: {', '.join(facts)}."] if facts else []
    if receipt.kind is ReceiptKind.MONTHLY and not receipt.overdue:
        about.append("Долга за прошлые периоды нет.")
    if about:
        remarks += _sentence(" ".join(about), size)
    if receipt.kind is ReceiptKind.MONTHLY and receipt.overdue:
        remarks += _sentence(f"Долг за прошлые периоды: {roubles(receipt.overdue)}.", size, bold=True)
    return remarks


def _sentence(text: str, size: float, bold: bool = False) -> list[tuple[bool, str]]:
    return [(bold, line) for line in wrapped(text, RIGHT - LEFT - 2 * PAD, size, bold)]


def _notice(receipt: Receipt) -> tuple[str, ...]:
    return wrapped(receipt.notice, RIGHT - LEFT - 2 * PAD, 7.6) if receipt.notice else ()


# -- rows -----------------------------------------------------------------------------------------------------


def _head(sheet: Sheet, table: Table) -> None:
    sheet.y -= table.head
    sheet.pen.form(table.name, sheet.y)


def _continue(sheet: Sheet, table: Table, number: int, title: str = "") -> None:
    sheet.new_page()
    sheet.section(number, title)
    _head(sheet, table)


def _row(
    sheet: Sheet,
    table: Table,
    density: Density,
    name: tuple[str, ...],
    strong: bool = False,
    tint: str = "",
    number: int = 0,
    title: str = "",
) -> float:
    """Open a row with its first column and rule; returns the base line for the other columns."""
    height = density.row + density.leading * (len(name) - 1)
    if not sheet.fits(height):
        _continue(sheet, table, number or (2 if table is READINGS else 3), title)
    pen = sheet.pen
    sheet.y -= height
    if tint:
        pen.ink(tint)
        pen.area(LEFT, sheet.y, RIGHT - LEFT, height)
    else:
        pen.ink(HAIR)
        pen.line(LEFT, sheet.y, RIGHT, sheet.y, 0.35)
    pen.ink(BLACK)
    y = sheet.y + height - density.row + (density.row - density.size) / 2 + 1.1
    pen.lines(LEFT + PAD, y, name, density.size, density.leading, bold=strong)
    return y
