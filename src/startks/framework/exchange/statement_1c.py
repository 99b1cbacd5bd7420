"""Bank statement in the exchange format of 1C, ``1CClientBankExchange`` 1.02 and 1.03. Sums are kopecks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .errors import ExchangeError
from .texts import day_of, signed_kopecks, unsigned_kopecks

_HEADER, _END = "1CClientBankExchange", "КонецФайла"


@dataclass(frozen=True)
class Document:
    """One payment order; ``direction`` is ``income``, ``expense`` or None where no side is the own account."""

    number: str | None
    day: date | None
    amount: int
    direction: str | None
    purpose: str | None


@dataclass(frozen=True)
class Turnover:
    """Sums of the account section."""

    opening: int
    income: int
    expense: int
    closing: int


@dataclass(frozen=True)
class Statement:
    """A statement: documents in order, and the turnover where the file has an account section."""

    documents: tuple[Document, ...]
    turnover: Turnover | None


def parse_statement(text: str) -> Statement:
    """Read a statement.

    Raises ExchangeError ``bad_header``, ``missing_end_of_file``, ``bad_amount``, and ``total_mismatch`` where
    opening + received - written off is not the closing balance or the documents do not make up the two sums.
    """
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    if not rows or rows[0] != _HEADER:
        raise ExchangeError("bad_header", f"Первая строка выписки не «{_HEADER}»: это файл другого вида.")
    if rows[-1] != _END:
        raise ExchangeError("missing_end_of_file", f"В выписке нет строки «{_END}»: файл обрезан, запросите его заново.")
    own, sections, documents = _sections(rows[1:-1])
    found = tuple(_document(fields, own) for fields in documents)
    return Statement(found, _turnover(sections, found) if sections else None)


def _sections(rows: list[str]) -> tuple[set[str], list[dict[str, str]], list[dict[str, str]]]:
    """Own accounts, fields of account sections, fields of documents."""
    own: set[str] = set()
    accounts: list[dict[str, str]] = []
    documents: list[dict[str, str]] = []
    current: dict[str, str] | None = None
    for row in rows:
        key, _, value = row.partition("=")
        if key == "СекцияРасчСчет":
            current = {}
            accounts.append(current)
        elif key == "СекцияДокумент":
            current = {}
            documents.append(current)
        elif key in ("КонецРасчСчет", "КонецДокумента"):
            current = None
        elif current is not None:
            current[key] = value.strip()
        elif key == "РасчСчет":
            own.add(value.strip())
    own |= {section["РасчСчет"] for section in accounts if "РасчСчет" in section}
    return own, accounts, documents


def _amount(fields: dict[str, str], key: str, signed: bool = False) -> int:
    text = fields.get(key, "0" if key != "Сумма" else "")
    amount = signed_kopecks(text) if signed else unsigned_kopecks(text)
    if amount is None:
        raise ExchangeError("bad_amount", f"В выписке сумма «{text}» поля {key} не является числом.")
    return amount


def _document(fields: dict[str, str], own: set[str]) -> Document:
    direction = None
    if fields.get("ПлательщикСчет", fields.get("ПлательщикРасчСчет")) in own:
        direction = "expense"
    elif fields.get("ПолучательСчет", fields.get("ПолучательРасчСчет")) in own:
        direction = "income"
    return Document(
        fields.get("Номер") or None, day_of(fields.get("ДатаПоступило") or fields.get("Дата", ""), "."),
        _amount(fields, "Сумма"), direction, fields.get("НазначениеПлатежа") or None,
    )


def _turnover(sections: list[dict[str, str]], documents: tuple[Document, ...]) -> Turnover:
    """Turnover of all sections together; each must balance, and the documents must make up the sums."""
    parts = [
        Turnover(
            _amount(section, "НачальныйОстаток", True), _amount(section, "ВсегоПоступило"),
            _amount(section, "ВсегоСписано"), _amount(section, "КонечныйОстаток", True),
        )
        for section in sections
    ]
    whole = Turnover(
        parts[0].opening, sum(part.income for part in parts), sum(part.expense for part in parts), parts[-1].closing
    )
    sums = {way: sum(document.amount for document in documents if document.direction == way) for way in ("income", "expense")}
    balanced = all(part.opening + part.income - part.expense == part.closing for part in parts)
    if not balanced or sums["income"] != whole.income or sums["expense"] != whole.expense:
        raise ExchangeError(
            "total_mismatch", "Остатки и обороты выписки не сходятся с её документами: файл неполный, запросите его заново."
        )
    return whole
