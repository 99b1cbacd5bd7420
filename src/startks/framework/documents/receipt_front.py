"""The fixed front of the receipt: head, section 1, the chain of sums, the payment slip under the cut line."""

from reportlab.pdfgen.canvas import Canvas

from startks.framework.documents.payment_codes import BarcodeError, QrCode, barcode_digits, code128_modules
from startks.framework.documents.pen import Pen, block, shortened, text_width, wrapped
from startks.framework.documents.receipt import Payee, Reading, Receipt, ReceiptKind
from startks.framework.documents.receipt_sheet import (
    ACCENT,
    BLACK,
    CUT,
    LABEL,
    LEFT,
    RIGHT,
    TINT,
    TINT_STRONG,
    TOP,
    section_mark,
)  # fmt: skip
from startks.framework.documents.typography import NBSP, date_text, decimal_text, money, period_text, roubles
from startks.framework.documents.words import counted, money_in_words

HERO_LEFT, HERO_BOTTOM, HERO_HEIGHT = 386.0, 722.0, 100.0
LEFT_EDGE = HERO_LEFT - 14  # where the left column ends
PARTIES_TOP = 714.0
PAYEE_LEFT = 322.0
CHAIN_TOP, CHAIN_HEIGHT = 652.0, 31.0
#: Where the tables of the first page begin; a debt bill has no chain of sums.
FLOW_TOP = {ReceiptKind.MONTHLY: CHAIN_TOP - CHAIN_HEIGHT - 4, ReceiptKind.DEBT: CHAIN_TOP - 4}

QR_SIDE = 108.0
QR_X, QR_Y = LEFT + 6, 32.0
SLIP_TEXT, SLIP_SUM = LEFT + QR_SIDE + 26, 424.0

_CHAIN = (LEFT, 132.0, 246.0, 360.0, 452.0)
_CHAIN_SIGNS = ("", "−", "+", "+", "=")
_TITLES = {ReceiptKind.MONTHLY: "ПЛАТЁЖНЫЙ ДОКУМЕНТ", ReceiptKind.DEBT: "ДОЛГОВОЙ ПЛАТЁЖНЫЙ ДОКУМЕНТ"}


def form_name(kind: ReceiptKind) -> str:
    """Name of the form XObject with the fixed part of the front page."""
    return f"front-{kind}"


def define_front(canvas: Canvas, kind: ReceiptKind) -> None:
    """Draw what is the same on every receipt, once a file."""
    canvas.beginForm(form_name(kind))
    pen = Pen(canvas)
    pen.ink(ACCENT)
    pen.text(LEFT, TOP - 12, _TITLES[kind], 13, bold=True)
    pen.ink(LABEL)
    pen.text(LEFT, TOP - 22, "для внесения платы за содержание жилого помещения, коммунальные услуги и капитальный ремонт", 7.2)
    section_mark(pen, 1, TOP - 38, right=LEFT_EDGE)
    pen.ink(LABEL)
    labels = ("Лицевой счёт", "Единый лицевой счёт", "Идентификатор ЖКУ", "Идентификатор документа")
    for x, label in zip((LEFT, 134, 206, 284), labels, strict=True):
        pen.text(x, TOP - 51, label, 6.8)
    pen.ink(ACCENT)
    pen.text(LEFT, PARTIES_TOP - 8, "Исполнитель услуг", 7.4, bold=True)
    pen.text(PAYEE_LEFT, PARTIES_TOP - 8, "Получатель платежа", 7.4, bold=True)
    pen.line(PAYEE_LEFT - 10, PARTIES_TOP, PAYEE_LEFT - 10, CHAIN_TOP + 5, 0.4)
    pen.frame(HERO_LEFT, HERO_BOTTOM, RIGHT - HERO_LEFT, HERO_HEIGHT, 1.6, radius=6)
    _fixed_chain(pen, kind)
    _fixed_slip(pen)
    pen.flush()
    canvas.endForm()


def _fixed_chain(pen: Pen, kind: ReceiptKind) -> None:
    if kind is ReceiptKind.DEBT:
        return
    y = CHAIN_TOP - CHAIN_HEIGHT
    pen.ink(TINT)
    pen.area(LEFT, y, RIGHT - LEFT, CHAIN_HEIGHT)
    pen.ink(TINT_STRONG)
    pen.area(_CHAIN[-1] - 14, y, RIGHT - _CHAIN[-1] + 14, CHAIN_HEIGHT)
    pen.ink(ACCENT)
    for x, sign in zip(_CHAIN, _CHAIN_SIGNS, strict=True):
        pen.text(x - 11, y + 7, sign, 12, bold=True)


def _fixed_slip(pen: Pen) -> None:
    pen.ink(LABEL)
    pen.line(LEFT - 14, CUT, RIGHT + 14, CUT, 0.6, dash="4 3")
    pen.centre((LEFT + RIGHT) / 2, CUT + 2.5, "линия отреза", 5.8)
    pen.text(LEFT + 4, 20, "Наведите камеру в приложении банка", 6.6)
    pen.ink(ACCENT)
    pen.text(SLIP_TEXT, CUT - 14, "КВИТАНЦИЯ", 9.5, bold=True)
    pen.frame(SLIP_SUM - 10, 68, RIGHT - SLIP_SUM + 10, CUT - 76, 1.2, radius=5)
    pen.ink(BLACK)
    pen.line(SLIP_SUM + 40, 46, RIGHT, 46, 0.4)
    pen.line(SLIP_SUM + 40, 25, RIGHT, 25, 0.4)
    pen.text(SLIP_SUM - 10, 47, "Плательщик", 7)
    pen.text(SLIP_SUM - 10, 26, "Дата", 7)


def draw_front(pen: Pen, receipt: Receipt, qr: QrCode, barcode: bool) -> None:
    """Fill in the front page: everything above the tables, and the slip."""
    pen.form(form_name(receipt.kind))
    pen.ink(BLACK)
    title = _TITLES[receipt.kind]
    x = LEFT + text_width(title, 13, bold=True) + 6
    period = _period(receipt)
    pen.text(x, TOP - 12, period, min(13, (LEFT_EDGE - x) / text_width(period, 1, bold=True)), bold=True)
    _draw_payer(pen, receipt)
    _draw_hero(pen, receipt)
    _draw_parties(pen, receipt)
    if receipt.kind is ReceiptKind.MONTHLY:
        _draw_chain(pen, receipt)
    _draw_slip(pen, receipt, qr, barcode)


def _period(receipt: Receipt) -> str:
    """``за май 2026``, or the span of a debt bill."""
    if receipt.kind is ReceiptKind.DEBT and receipt.debts:
        first, last = receipt.debts[0].period, receipt.debts[-1].period
        return f"за {period_text(first)}" + (f" – {period_text(last)}" if last != first else "")
    return f"за {period_text(receipt.period)}"


def _draw_payer(pen: Pen, receipt: Receipt) -> None:
    payer = receipt.payer
    pen.text(LEFT, TOP - 66, receipt.account, 14 if len(receipt.account) < 13 else 9, bold=True)
    for x, value in ((134, receipt.unified_account), (206, receipt.service_id), (284, receipt.document_id)):
        pen.text(x, TOP - 62, value or "не присвоен", 8.8)
    facts = [f"Общая площадь {decimal_text(payer.total_area, 2)}{NBSP}м²"]
    if payer.heated_area is not None:
        facts.append(f"отапливаемая {decimal_text(payer.heated_area, 2)}{NBSP}м²")
    facts.append(f"проживают {counted(payer.residents, 'человек', 'человека', 'человек')}")
    if payer.tenure:
        facts.append(payer.tenure)
    if receipt.cabinet_code:
        facts.append(f"код для личного кабинета {receipt.cabinet_code}".replace(" ", NBSP))
    parts = ((payer.name, 10.5, True), (payer.address, 9.2, False), (" · ".join(facts), 8.6, False))
    pen.block(LEFT, TOP - 80.5, parts, LEFT_EDGE - LEFT, 23)


def _draw_hero(pen: Pen, receipt: Receipt) -> None:
    centre, inner = (HERO_LEFT + RIGHT) / 2, RIGHT - HERO_LEFT - 16
    top = HERO_BOTTOM + HERO_HEIGHT
    if receipt.amount_due:
        pen.centre(centre, top - 18, "К оплате", 10)
        pen.centre(centre, top - 49, roubles(receipt.amount_due), 29, bold=True, width=inner)
        pen.centre(centre, top - 69, f"до {date_text(receipt.pay_until)}", 12, bold=True)
        note = "без долга прошлых периодов"
        if receipt.kind is ReceiptKind.DEBT:
            note = f"за {counted(len(receipt.debts), 'период', 'периода', 'периодов')}"
        elif receipt.overdue:
            note = f"в том числе долг {roubles(receipt.overdue)}"
    else:
        pen.centre(centre, top - 28, "Платить не нужно", 16, bold=True, width=inner)
        note = "начисления оплачены полностью"
        if receipt.balance < 0:
            pen.centre(centre, top - 46, "на счёте остаётся", 9)
            pen.centre(centre, top - 67, roubles(-receipt.balance), 18, bold=True, width=inner)
            note = "переплата зачтётся в следующем месяце"
    pen.ink(LABEL)
    pen.centre(centre, top - 82, note, 7.6, width=inner)
    pen.centre(centre, top - 92, f"документ от {date_text(receipt.issued)}", 7)
    pen.ink(BLACK)


def _draw_parties(pen: Pen, receipt: Receipt) -> None:
    provider, payee = receipt.provider, receipt.payee
    height = PARTIES_TOP - 19 - CHAIN_TOP - 4
    contacts = ", ".join(filter(None, (f"ИНН {provider.inn}", provider.address)))
    reach = ", ".join(filter(None, (", ".join(provider.phones), provider.site, provider.email, provider.office_hours)))
    parts = [(provider.name, 8.8, True), (contacts, 7.8, False), (reach, 7.8, False)]
    if provider.emergency_service:
        parts.append((f"Аварийная служба: {provider.emergency_service}", 8.4, True))
    pen.block(LEFT, PARTIES_TOP - 19, [part for part in parts if part[0]], PAYEE_LEFT - 22 - LEFT, height)
    parts = [(payee.name, 8.8, True), *[(text, 7.8, False) for text in _requisites(payee)]]
    pen.block(PAYEE_LEFT, PARTIES_TOP - 19, parts, RIGHT - PAYEE_LEFT, height)


def _requisites(payee: Payee) -> tuple[str, ...]:
    kpp = f", КПП {payee.kpp}" if payee.kpp else ""
    return (
        f"ИНН {payee.inn}{kpp}, БИК {payee.bic}",
        f"р/с {payee.account}",
        f"{payee.bank}, к/с {payee.correspondent_account}",
    )


def _draw_chain(pen: Pen, receipt: Receipt) -> None:
    """Opening − paid + charged + penalty = to pay, as one line of sums that can be followed with a finger."""
    y = CHAIN_TOP - CHAIN_HEIGHT
    spread = sum([row.to_pay for row in receipt.instalments])
    paid = f"Оплачено ({date_text(receipt.last_payment)})" if receipt.last_payment else "Оплачено"
    charged = f"Начислено за {period_text(receipt.period)}"
    cells = (
        ("Переплата на начало" if receipt.opening < 0 else "Долг на начало периода", receipt.opening),
        (paid, receipt.paid),
        (charged, receipt.accrued),
        ("Пени и рассрочка" if spread else "Пени", receipt.penalty + spread),
        ("Итого", receipt.balance),
    )
    pen.ink(LABEL)
    for x, (label, _) in zip(_CHAIN, cells, strict=True):
        pen.text(x + 4, y + 21.5, label, 7)
    pen.ink(BLACK)
    for x, (_, value) in zip(_CHAIN, cells, strict=True):
        pen.text(x + 4, y + 7, money(value), 12.5, bold=True)


def _draw_slip(pen: Pen, receipt: Receipt, qr: QrCode, barcode: bool) -> None:
    payee = receipt.payee
    if qr.symbol is not None:
        pen.symbol(QR_X, QR_Y, QR_SIDE, qr.symbol)
    else:
        pen.lines(QR_X, QR_Y + 88, wrapped(f"QR-код не составлен: {qr.problem}", QR_SIDE, 7), 7, 8.2)
    pen.text(SLIP_TEXT + 62, CUT - 14, _period(receipt), 9.5, bold=True)
    pen.text(SLIP_TEXT, CUT - 28, f"Лицевой счёт № {receipt.account}", 10.5, bold=True)
    width = SLIP_SUM - SLIP_TEXT - 18
    parts = [(receipt.payer.name, 8, False), (receipt.payer.address, 8, False), (payee.name, 7.4, True)]
    parts += [(text, 7.2, False) for text in _requisites(payee)]
    if receipt.document_id:
        parts.append((f"Идентификатор платёжного документа {receipt.document_id}", 7.2, False))
    fields = () if barcode else receipt.readings[:4]
    pen.block(SLIP_TEXT, CUT - 39, parts, width, CUT - 39 - (56 if fields or barcode else 20))
    _draw_reading_fields(pen, fields)
    centre, inner = (SLIP_SUM - 10 + RIGHT) / 2, RIGHT - SLIP_SUM - 4
    pen.centre(centre, CUT - 22, f"К оплате до {date_text(receipt.pay_until)}", 8.4)
    pen.centre(centre, CUT - 46, roubles(receipt.amount_due), 22, bold=True, width=inner)
    in_words = money_in_words(receipt.amount_due)
    for drop, line, size, _ in block(((in_words[0].upper() + in_words[1:], 7.6, False),), inner, 18):
        pen.centre(centre, CUT - 60 - drop, line, size)
    if barcode:
        _draw_barcode(pen, receipt)


def _draw_reading_fields(pen: Pen, readings: tuple[Reading, ...]) -> None:
    """Where to write: the payer may hand in readings with the slip."""
    if not readings:
        return
    pen.ink(LABEL)
    pen.text(SLIP_TEXT, 48, "Показания приборов на день оплаты", 6.4)
    pen.ink(BLACK)
    for number, reading in enumerate(readings):
        x, y = SLIP_TEXT + 128 * (number % 2), 35.0 - 17 * (number // 2)
        pen.text(x, y + 4.5, shortened(reading.service, 72, 6), 6)
        pen.text(x, y - 2, f"№ {reading.serial}", 6)
        pen.line(x + 75, y - 2.5, x + 118, y - 2.5, 0.4)


def _draw_barcode(pen: Pen, receipt: Receipt) -> None:
    try:
        digits = barcode_digits(receipt)
    except BarcodeError as error:
        pen.text(SLIP_TEXT, 24, error.message, 6)
        return
    modules = code128_modules(digits)
    module = min(1.1, (SLIP_SUM - 24 - SLIP_TEXT) / len(modules))
    pen.bars(SLIP_TEXT, 28, module, 24, modules)
    pen.centre(SLIP_TEXT + module * len(modules) / 2, 21, digits, 6.6)
