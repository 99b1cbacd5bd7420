"""The HTML twin of the printed receipt: the same five sections for browsers and screen readers.

A fragment (``<article class="st-receipt">``) without styles or scripts; the face that shows it owns the CSS. Real
tables with captions and row headings; the code is an inline SVG with a title. Texts are escaped by the template.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chameleon import PageTemplateFile
from markupsafe import Markup, escape

from startks.framework.documents.payment_codes import qr_code
from startks.framework.documents.qr_matrix import Symbol
from startks.framework.documents.receipt import GROUP_TITLES, Line, Receipt, ReceiptKind
from startks.framework.documents.receipt_sheet import DEBT_TITLE, SECTION_TITLES
from startks.framework.documents.typography import (
    date_text,
    decimal_text,
    money,
    money_or_dash,
    period_text,
    roubles,
    tariff_text,
)
from startks.framework.documents.words import counted, money_in_words

#: Light modules around a symbol (ISO/IEC 18004).
QUIET_ZONE = 4

_LINE_COLUMNS = (
    "Услуга", "Единица", "Объём индивидуальный", "Объём на общие нужды", "Способ учёта", "Тариф, ₽", "Начислено, ₽",
    "Повышающий коэффициент", "Сумма повышения, ₽", "Перерасчёт, ₽", "Льготы, ₽", "К оплате, ₽",
)  # fmt: skip
_READING_COLUMNS = (
    "Услуга", "Номер прибора", "Поверка до", "Предыдущее показание", "Дата предыдущего", "Текущее показание",
    "Дата текущего", "Расход", "Единица",
)  # fmt: skip
_REFERENCE_COLUMNS = (
    "Услуга", "Единица", "Норматив потребления", "Норматив на общие нужды", "Прибор дома, было", "Прибор дома, стало",
    "Расход дома", "В помещениях дома", "На общие нужды",
)  # fmt: skip
_DEBT_COLUMNS = ("Период", "Начислено, ₽", "Оплачено, ₽", "Долг, ₽", "Пени, ₽", "К оплате, ₽")
_INSTALMENT_COLUMNS = ("Услуга", "За этот период, ₽", "За прошлые периоды, ₽", "Проценты, %", "Проценты, ₽", "К оплате, ₽")


@dataclass(frozen=True, slots=True)
class Row:
    """A table row: its heading, over how many columns it goes, the other cells."""

    name: str
    cells: tuple[str, ...]
    css: str = ""
    span: int = 1


@dataclass(frozen=True, slots=True)
class Section:
    """One numbered section: a table, sentences under it, or both."""

    number: int
    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = ()


@cache
def _template() -> PageTemplateFile:
    return PageTemplateFile(str(Path(__file__).parent / "templates" / "receipt.pt"), auto_reload=False)


def receipt_html(receipt: Receipt, *, with_code: bool = True) -> Markup:
    """The receipt as a fragment of HTML, to be put into a page as it is. ``with_code`` False leaves the QR out."""
    code = qr_code(receipt) if with_code else None
    words = money_in_words(receipt.amount_due)
    is_debt = receipt.kind is ReceiptKind.DEBT
    return Markup(  # noqa: S704 - the template escapes every text
        _template().render(
            receipt=receipt,
            key=f"receipt-{receipt.period}-{''.join(sign for sign in receipt.account if sign.isalnum())}",
            title="Долговой платёжный документ" if is_debt else "Платёжный документ",
            span=_span(receipt),
            words=words[0].upper() + words[1:],
            titles=SECTION_TITLES,
            payer_facts=tuple(_payer_facts(receipt)),
            provider_facts=tuple(_provider_facts(receipt)),
            payee_facts=tuple(_payee_facts(receipt)),
            chain=() if is_debt else tuple(_chain(receipt)),
            sections=(_readings(receipt), _debts(receipt) if is_debt else _lines(receipt), _reference(receipt), _totals(receipt)),
            picture=symbol_svg(code.symbol, f"QR-код для оплаты, лицевой счёт {receipt.account}") if code and code.symbol else "",
            problem=code.problem if code else "",
            roubles=roubles,
            date=date_text,
        )
    )


def symbol_svg(symbol: Symbol, title: str) -> Markup:
    """A QR symbol as SVG, one path, dark on white whatever the theme: readers need it so."""
    side = symbol.size + 2 * QUIET_ZONE
    runs = []
    for y, row in enumerate(symbol.matrix().tolist(), QUIET_ZONE):
        start = None
        for x, dark in enumerate((*row, False), QUIET_ZONE):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                runs.append(f"M{start} {y}h{x - start}v1h{start - x}z")
                start = None
    return Markup(  # noqa: S704 - numbers, and the title escaped
        f'<svg class="st-receipt-symbol" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" '
        f'shape-rendering="crispEdges"><title>{escape(title)}</title>'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path fill="#000" d="{"".join(runs)}"/></svg>'
    )


def _span(receipt: Receipt) -> str:
    if receipt.kind is ReceiptKind.DEBT and receipt.debts:
        first, last = receipt.debts[0].period, receipt.debts[-1].period
        return f"за {period_text(first)}" + (f" – {period_text(last)}" if last != first else "")
    return f"за {period_text(receipt.period)}"


def _payer_facts(receipt: Receipt) -> Iterator[tuple[str, str]]:
    payer = receipt.payer
    yield "Лицевой счёт", receipt.account
    yield "Единый лицевой счёт", receipt.unified_account or "не присвоен"
    yield "Идентификатор ЖКУ", receipt.service_id or "не присвоен"
    yield "Идентификатор платёжного документа", receipt.document_id or "не присвоен"
    yield "Плательщик", payer.name
    yield "Адрес", payer.address
    yield "Общая площадь", f"{decimal_text(payer.total_area, 2)}\u00a0м²"
    if payer.heated_area is not None:
        yield "Отапливаемая площадь", f"{decimal_text(payer.heated_area, 2)}\u00a0м²"
    yield "Проживают", counted(payer.residents, "человек", "человека", "человек")
    if payer.tenure:
        yield "Право", payer.tenure
    if receipt.cabinet_code:
        yield "Код для личного кабинета", receipt.cabinet_code


def _provider_facts(receipt: Receipt) -> Iterator[tuple[str, str]]:
    provider = receipt.provider
    facts = (
        ("Исполнитель услуг", provider.name), ("ИНН", provider.inn), ("Адрес", provider.address),
        ("Телефоны", ", ".join(provider.phones)), ("Сайт", provider.site), ("Почта", provider.email),
        ("Часы приёма", provider.office_hours), ("Аварийная служба", provider.emergency_service),
    )  # fmt: skip
    yield from (fact for fact in facts if fact[1])


def _payee_facts(receipt: Receipt) -> Iterator[tuple[str, str]]:
    payee = receipt.payee
    facts = (
        ("Получатель платежа", payee.name), ("ИНН", payee.inn), ("КПП", payee.kpp), ("Расчётный счёт", payee.account),
        ("Банк", payee.bank), ("БИК", payee.bic), ("Корреспондентский счёт", payee.correspondent_account),
    )  # fmt: skip
    yield from (fact for fact in facts if fact[1])


def _chain(receipt: Receipt) -> Iterator[tuple[str, str]]:
    yield "Переплата на начало" if receipt.opening < 0 else "Долг на начало периода", money(receipt.opening)
    paid = f" (последний платёж {date_text(receipt.last_payment)})" if receipt.last_payment else ""
    yield f"Оплачено{paid}", money(receipt.paid)
    yield f"Начислено за {period_text(receipt.period)}", money(receipt.accrued)
    yield "Пени", money(receipt.penalty)
    if receipt.instalments:
        yield "Рассрочка", money(sum([row.to_pay for row in receipt.instalments]))
    yield "Итого", money(receipt.balance)


def _readings(receipt: Receipt) -> Section:
    rows = tuple(
        Row(
            reading.service,
            (
                reading.serial, date_text(reading.verify_by), decimal_text(reading.previous), date_text(reading.previous_date),
                decimal_text(reading.current) or "не передано", date_text(reading.current_date),
                decimal_text(reading.volume) or "—", reading.unit,
            ),
        )
        for reading in receipt.readings
    )  # fmt: skip
    remarks = () if rows else ("Индивидуальных приборов учёта нет, или их показания за период не переданы.",)
    notes = tuple(f"{reading.service}: {reading.note}" for reading in receipt.readings if reading.note)
    return Section(2, SECTION_TITLES[2], "Приборы учёта квартиры и их показания", _READING_COLUMNS, rows, remarks + notes)


def _lines(receipt: Receipt) -> Section:
    rows: list[Row] = []
    for group, lines in receipt.grouped_lines():
        subtotal = sum([line.to_pay for line in lines])
        rows.append(Row(GROUP_TITLES[group], (money(subtotal),), "st-receipt-group", len(_LINE_COLUMNS) - 1))
        rows += [_line(line) for line in lines]
    across = len(_LINE_COLUMNS) - 1
    rows.append(Row("Пени за просрочку платежа", (money(receipt.penalty),), "st-receipt-group", across))
    total = money(receipt.accrued + receipt.penalty)
    rows.append(Row(f"Всего за {period_text(receipt.period)}", (total,), "st-receipt-total", across))
    return Section(3, SECTION_TITLES[3], f"Начисления по услугам за {period_text(receipt.period)}", _LINE_COLUMNS, tuple(rows))


def _line(line: Line) -> Row:
    cells = (
        line.unit, decimal_text(line.individual_volume) or "—", decimal_text(line.common_volume) or "—", str(line.basis) or "—",
        tariff_text(line.tariff) or "—", money(line.charge), decimal_text(line.coefficient) or "—", money_or_dash(line.excess),
        money_or_dash(line.recalculation), money_or_dash(line.benefit), money(line.to_pay),
    )  # fmt: skip
    return Row(f"{line.service} · {line.supplier}" if line.supplier else line.service, cells)


def _debts(receipt: Receipt) -> Section:
    rows = [
        Row(
            period_text(row.period), (money(row.charged), money(row.paid), money(row.debt), money(row.penalty), money(row.to_pay))
        )
        for row in receipt.debts
    ]
    rows.append(Row("Итого", (money(receipt.balance),), "st-receipt-total", len(_DEBT_COLUMNS) - 1))
    return Section(3, DEBT_TITLE, "Долг по месяцам", _DEBT_COLUMNS, tuple(rows))


def _reference(receipt: Receipt) -> Section:
    rows = tuple(
        Row(
            row.service,
            (
                row.unit,
                *(
                    decimal_text(value) or "—"
                    for value in (
                        row.individual_norm, row.common_norm, row.house_previous, row.house_current, row.house_volume,
                        row.individual_volume, row.common_volume,
                    )
                ),
            ),
        )
        for row in receipt.reference
    )  # fmt: skip
    return Section(4, SECTION_TITLES[4], "Нормативы и потребление дома", _REFERENCE_COLUMNS, rows, tuple(_remarks(receipt)))


def _remarks(receipt: Receipt) -> Iterator[str]:
    for row in receipt.recalculations:
        yield f"Перерасчёт, {row.service}: {roubles(row.amount)}. {row.ground}"
    house = receipt.house
    if house.premises_area is not None:
        yield f"Площадь помещений дома {decimal_text(house.premises_area, 2)}\u00a0м²."
    if house.common_area is not None:
        yield f"Площадь общего имущества {decimal_text(house.common_area, 2)}\u00a0м²."
    if house.residents is not None:
        yield f"В доме проживают {counted(house.residents, 'человек', 'человека', 'человек')}."
    if receipt.kind is ReceiptKind.MONTHLY:
        yield f"Долг за прошлые периоды: {roubles(receipt.overdue)}." if receipt.overdue else "Долга за прошлые периоды нет."


def _totals(receipt: Receipt) -> Section:
    rows = tuple(
        Row(
            row.service,
            (
                money(row.current), money(row.previous), decimal_text(row.interest_percent), money(row.interest),
                money(row.to_pay),
            ),
        )
        for row in receipt.instalments
    )  # fmt: skip
    remarks = (f"Всего к оплате {roubles(receipt.amount_due)} ({money_in_words(receipt.amount_due)}).",)
    if not rows:
        remarks += ("Рассрочка не предоставлялась.",)
    return Section(5, SECTION_TITLES[5], "Платежи в рассрочку", _INSTALMENT_COLUMNS, rows, remarks)
