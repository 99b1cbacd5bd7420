"""Registry of payments from a bank (реестр): semicolon lines, the last one starts with ``=`` and holds the totals.

The order of the columns is by contract with the bank, so it is given by the caller. Any fault refuses the whole
file. Sums are kopecks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from .errors import ExchangeError
from .texts import amount_kopecks, day_of, period_of, unsigned_kopecks

DEFAULT_COLUMNS = "date;time;branch;cashier;operation;account;payer;address;period;paid;transferred;commission"
_TOTAL_CELLS = 6


@dataclass(frozen=True)
class RegistryLine:
    """One payment: what the payer gave (``paid``), what the bank passes on, its commission."""

    day: date | None
    time: str
    branch: str
    operation: str
    account: str
    period: str | None
    paid: int
    transferred: int
    commission: int

    @property
    def key(self) -> tuple:
        """What makes the payment one: its operation number, else day, time, branch, account and sum."""
        if self.operation:
            return (self.operation,)
        return (self.day, self.time, self.branch, self.account, self.paid)


@dataclass(frozen=True)
class Registry:
    """A registry whose totals agree with its lines."""

    lines: tuple[RegistryLine, ...]
    paid: int
    transferred: int
    commission: int
    payment_order: str


def parse_registry(text: str, columns: str = DEFAULT_COLUMNS) -> Registry:
    """Read a registry.

    ``columns``: names by ``;`` (at least ``account`` and ``paid``). Checked in this order, each with its
    ExchangeError: ``no_total_line``; ``bad_line`` (number of cells, day); ``bad_amount``; ``count_mismatch``;
    ``total_mismatch``.
    """
    names = columns.split(";")
    rows = [row for row in text.splitlines() if row.strip()]
    if not rows or not rows[-1].startswith("="):
        raise ExchangeError("no_total_line", "Последняя строка реестра не начинается с «=»: файл обрезан или не реестр.")
    cells = [row.split(";") for row in rows[:-1]]
    total = rows[-1][1:].split(";")
    for number, line in enumerate(cells, 1):
        if len(line) != len(names):
            raise ExchangeError(
                "bad_line", f"Строка {number} реестра: {len(line)} полей вместо {len(names)}. Проверьте состав полей."
            )
    if len(total) != _TOTAL_CELLS:
        raise ExchangeError("bad_line", f"Итоговая строка реестра: {len(total)} полей вместо {_TOTAL_CELLS}.")
    lines = tuple(_line(number, dict(zip(names, line, strict=True))) for number, line in enumerate(cells, 1))
    if total[0].strip() != str(len(lines)):
        raise ExchangeError("count_mismatch", f"В реестре {len(lines)} платежей, в итоговой строке {total[0]}.")
    sums = {name: sum(getattr(line, name) for line in lines) for name in ("paid", "transferred", "commission")}
    for position, (name, found) in enumerate(sums.items(), 1):
        if name in names and unsigned_kopecks(total[position]) != found:
            raise ExchangeError(
                "total_mismatch", f"Сумма строк реестра {found / 100:.2f} не равна итогу {total[position]} ({name})."
            )
    return Registry(lines, **sums, payment_order=total[4].strip())


def _line(number: int, cells: dict[str, str]) -> RegistryLine:
    paid = amount_kopecks(cells["paid"])
    parts = {name: unsigned_kopecks(cells.get(name, "0")) for name in ("transferred", "commission")}
    if paid is None or None in parts.values():
        raise ExchangeError("bad_amount", f"Строка {number} реестра: сумма «{cells['paid']}» не является числом больше нуля.")
    day = day_of(cells["date"], "-") if "date" in cells else None
    if "date" in cells and day is None:
        raise ExchangeError("bad_line", f"Строка {number} реестра: дата «{cells['date']}» не в виде ДД-ММ-ГГГГ.")
    return RegistryLine(
        day, cells.get("time", "").strip(), cells.get("branch", "").strip(), cells.get("operation", "").strip(),
        cells["account"].strip(), period_of(cells.get("period", "")), paid, parts["transferred"], parts["commission"],
    )


@dataclass
class Loaded:
    """Payments of several registries: credited to accounts, kept as unclassified, skipped as met before."""

    credited: list[RegistryLine] = field(default_factory=list)
    unclassified: list[RegistryLine] = field(default_factory=list)
    skipped: list[RegistryLine] = field(default_factory=list)


def load_registries(registries: Iterable[Registry], known_accounts: Collection[str], met: Iterable[tuple] = ()) -> Loaded:
    """Take payments once each; an unknown account keeps its payment as unclassified (невыясненный).

    ``met``: keys (:attr:`RegistryLine.key`) of payments taken before.
    """
    result, seen = Loaded(), set(met)
    for registry in registries:
        for line in registry.lines:
            if line.key in seen:
                result.skipped.append(line)
                continue
            seen.add(line.key)
            (result.credited if line.account in known_accounts else result.unclassified).append(line)
    return result
