"""``startks check-bill FILE.pdf``: a payment document recomputed from what lies in it, without data base and data folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from startks.base.errors import ConfigurationError, StartksError
from startks.base.licensing.keys import fingerprint, parse_public
from startks.base.signatures import Sealed, unseal
from startks.domain.calc.bill_check import CheckedBill, check
from startks.framework.documents.attachments import PdfContent, read_pdf
from startks.framework.documents.typography import money, roubles

NAME = re.compile(r"bill-.+\.json")
SPACES = re.compile(r"[\s\u00a0\u202f\ufffe\uffff\ufffd]+")


@click.command("check-bill")
@click.argument("file", metavar="ФАЙЛ.pdf", type=click.Path(path_type=Path))
@click.option("--key", metavar="КЛЮЧ", help="Чей ключ ждать: строка base64 или отпечаток (как на странице /@@receipt-key).")
def check_bill(file: Path, key: str | None) -> None:
    """Проверить платёжный документ: подпись, каждую строку по правилам закона, суммы, напечатанный текст.

    База данных и папка данных не нужны. Выход 1, если хоть что-то не сходится.
    """
    wanted = _pin(key) if key else None
    content = read_pdf(file)
    signed = {name: data for name, data in content.files.items() if NAME.fullmatch(name)}
    if not signed:
        raise StartksError(
            f"В файле {file.name} нет вложенного расчёта: возьмите платёжный документ в личном кабинете или в конторе "
            "(в пачке целого дома он бывает по настройке startks.receipts_calculation)."
        )
    failed = 0
    for name in sorted(signed):
        found = unseal(signed[name])
        _of_whom(found, wanted)
        failed += _report(found, content)
    if failed:
        raise StartksError(f"Не сходится документов: {failed} из {len(signed)}.")


def _pin(key: str) -> str:
    """The fingerprint that ``--key`` names, by a key or by itself."""
    if re.fullmatch(r"[0-9a-f]{4}(:[0-9a-f]{4}){3}", key.strip().lower()):
        return key.strip().lower()
    try:
        return fingerprint(parse_public(key))
    except ConfigurationError:
        raise ConfigurationError(
            f"Ключ «{key[:60]}» не читается: нужна строка base64 из 44 знаков или отпечаток вида 0123:4567:89ab:cdef; "
            "их показывает страница /@@receipt-key сайта."
        ) from None


def _of_whom(found: Sealed, wanted: str | None) -> None:
    if wanted is not None and found.fingerprint != wanted:
        raise StartksError(
            f"Документ подписан чужим ключом: {found.fingerprint} вместо {wanted}. Не платите по нему, возьмите "
            "документ на сайте своего расчётного центра."
        )
    pinned = "ключ ожидаемый" if wanted else "сверьте отпечаток со страницей /@@receipt-key сайта или назовите его в --key"
    click.echo(f"Подпись верна. Ключ {found.fingerprint} ({pinned}).")


def _report(found: Sealed, content: PdfContent) -> bool:
    """Print one bill; whether something differs."""
    bill = found.content
    checked = check(bill)
    click.echo(
        f"Лицевой счёт {bill['account']}, {bill['period'] // 100}-{bill['period'] % 100:02d}, {bill['provider'] or 'исполнитель не назван'}"
    )
    _table(checked)
    faults = [*checked.faults, *_printed(bill, content)]
    for line in checked.lines:
        faults += [f"{line.title}: {fault}" for fault in line.faults]
    for fault in faults:
        click.echo(f"  Расхождение: {fault}.")
    click.echo(f"К оплате {roubles(bill['to_pay'])}: {'не сходится' if faults else 'сходится'}.")
    return bool(faults)


def _table(checked: CheckedBill) -> None:
    rows = [("строка", "начислено", "пересчитано", "сходится")]
    rows += [
        (line.title, money(line.charge), "—" if line.computed is None else money(line.computed), "да" if line.holds else "НЕТ")
        for line in checked.lines
    ]
    wide = [max(len(row[place]) for row in rows) for place in range(4)]
    for row in rows:
        click.echo(f"  {row[0]:<{wide[0]}}  {row[1]:>{wide[1]}}  {row[2]:>{wide[2]}}  {row[3]}")


def _printed(bill: dict[str, Any], content: PdfContent) -> list[str]:
    """What the paper says otherwise than the attachment: the account, the sum to pay, the sum of each line."""
    account = str(bill["account"])
    page = next((plain for plain in map(_plain, content.pages) if f"Лицевой счёт № {account} " in plain), None)
    if page is None:
        return [f"в тексте документа нет лицевого счёта {account}: расчёт вложен от другого счёта"]
    pages = [plain for plain in map(_plain, content.pages) if account in plain]
    text = " ".join(pages)
    faults = []
    found = re.search(r"Всего к оплате (−?[\d ]+,\d\d) ₽", text)
    if found is None or found[1] != _plain(money(bill["to_pay"])):
        faults.append(
            f"напечатано к оплате {found[1] if found else 'неизвестно что'}, в расчёте {money(bill['to_pay'])}"
        )
    chain = re.search(r"К оплате (−?[\d ]+,\d\d) ₽", page)
    if bill["to_pay"] and (chain is None or chain[1] != _plain(money(bill["to_pay"]))):
        faults.append(f"крупно напечатано {chain[1] if chain else 'неизвестно что'}, в расчёте {money(bill['to_pay'])}")
    for line in bill["lines"]:
        charge = line["charge"] - line["excess"]
        if charge and not re.search(rf"(?<![\d−]){re.escape(_plain(money(charge)))}(?!\d)", text):
            faults.append(f"{line['title']}: сумма {money(charge)} не напечатана в документе")
    return faults


def _plain(text: str) -> str:
    return SPACES.sub(" ", text)
