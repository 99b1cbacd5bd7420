"""Payment documents of accounts and whole houses: the bill, the meters and the house's figures put on the form."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import Connection, Row, text

from startks.base.contracts.month_readings import MonthReading
from startks.base.periods import first_day, last_day
from startks.domain.security.registration import bill_code
from startks.framework.documents import receipt as form
from startks.modules.billing.bill import MICRO, Bill, BillLine, load_bills, pay_until
from startks.modules.billing.calculation.run import MONTHS
from startks.modules.billing.replay.queries import of_accounts
from startks.modules.billing.taken_off import of_accounts as taken_off_accounts

UNITS = {"m3": "м³", "kwh": "кВт·ч", "gcal": "Гкал", "m2": "м²", "person": "чел."}
GROUPS = {
    "housing": form.LineGroup.HOUSING, "common": form.LineGroup.COMMON, "utilities": form.LineGroup.UTILITIES,
    "capital_repair": form.LineGroup.CAPITAL_REPAIR,
}
BASES = (
    ("common.norm", form.Basis.NORM), ("common.", form.Basis.HOUSE_METER), ("heating.odpu", form.Basis.HOUSE_METER),
    ("waste.persons", form.Basis.PERSONS),
)
ENDINGS = {"meter": form.Basis.METER, "average": form.Basis.AVERAGE, "norm": form.Basis.NORM,
           "norm_raised": form.Basis.NORM, "broken_seal": form.Basis.NORM, "norm_season": form.Basis.NORM,
           "norm_even": form.Basis.NORM, "area": form.Basis.AREA, "sum": form.Basis.METER}

_REFERENCE = text("""
    SELECT s.title, s.unit, s.id, b.has_meter, b.house_volume, b.metered_volume + b.norm_volume AS individual,
           b.common_volume, b.total_area, b.common_area
      FROM house_balance b JOIN service s ON s.id = b.service_id
     WHERE b.period = :period AND b.house_id = :house ORDER BY s.position""")

_NORMS = text("""
    SELECT coalesce(r.id, s.id) AS service_id, n.purpose, min(n.value) AS value
      FROM house_service hs JOIN service s ON s.id = hs.service_id JOIN house h ON h.id = hs.house_id
      JOIN district d ON d.id = h.district_id
      JOIN norm n ON n.service_id = hs.service_id AND n.category = hs.norm_category
           AND n.municipality_id = d.municipality_id AND n.rooms = 0 AND n.residents = 0
           AND n.valid @> CAST(:day AS date) AND n.purpose IN ('individual', 'common')
      LEFT JOIN service r ON r.code = s.resource
     WHERE hs.house_id = :house AND hs.valid @> CAST(:day AS date) AND s.unit <> 'gcal' GROUP BY 1, 2""")

def receipts_of_house(
    connection: Connection, house_id: int, period: int, readings: Sequence[MonthReading] = (),
    accounts: list[int] | None = None, secret: bytes | None = None,
) -> list[form.Receipt]:
    """Receipts of a house's accounts for a calculated month, in the order of the flats.

    ``readings`` come from the metering contract; ``accounts`` narrows the house to some of its accounts. With the
    installation's ``secret`` each bears the code by which its account is bound to a resident's cabinet.
    """
    chosen = connection.execute(
        text("""SELECT a.id FROM account a JOIN premise p ON p.id = a.premise_id
                 WHERE a.house_id = :house AND a.opened_on <= :last AND (a.closed_on IS NULL OR a.closed_on > :first)
                   AND (CAST(:accounts AS int[]) IS NULL OR a.id = ANY(:accounts))
                 ORDER BY p.kind, nullif(regexp_replace(p.number, '[^0-9]', '', 'g'), '')::int, p.number, a.id"""),
        {"house": house_id, "first": first_day(period), "last": last_day(period), "accounts": accounts},
    ).scalars().all()
    bills = {bill.account_id: bill for bill in load_bills(connection, list(chosen), period)}
    by_account: dict[int | None, list[MonthReading]] = defaultdict(list)
    for reading in readings:
        by_account[reading.account_id].append(reading)
    titles = dict(connection.execute(text("SELECT id, short_title || '|' || unit FROM service")).all())
    reference, house = _reference(connection, house_id, period, by_account[None])
    until = pay_until(connection, period)
    grounds: dict[int, list[form.Recalculation]] = defaultdict(list)
    for row in of_accounts(connection, list(chosen), period):
        grounds[row.account_id].append(form.Recalculation(row.service, _ground(row), row.amount))
    for account, service, ground, amount in taken_off_accounts(connection, list(chosen), period):
        grounds[account].append(form.Recalculation(service, ground, amount))
    return [
        _receipt(
            bills[account], by_account[account], titles, reference, house, until, secret, tuple(grounds[account])
        )
        for account in chosen if account in bills
    ]


def _ground(row: Row) -> str:
    """Months and reason of a recalculation, as section 4 of the form wants them (ПП РФ 354 п. 69)."""
    months = month_in_words(row.first)
    if row.last != row.first:
        months = f"{months} — {month_in_words(row.last)}"
    return f"За {months}: {row.reason}."


def month_in_words(period: int) -> str:
    """YYYYMM as «май 2026»."""
    return f"{MONTHS[period % 100 - 1]} {period // 100}"


def _reference(
    connection: Connection, house_id: int, period: int, meters: list[MonthReading]
) -> tuple[tuple[form.ReferenceLine, ...], form.House]:
    norms = {
        (row.service_id, row.purpose): row.value
        for row in connection.execute(_NORMS, {"house": house_id, "day": first_day(period)})
    }
    shown = {meter.service_id: meter for meter in meters}
    lines, house = [], form.House()
    for row in connection.execute(_REFERENCE, {"house": house_id, "period": period}):
        meter = shown.get(row.id)
        lines.append(form.ReferenceLine(
            service=row.title, unit=UNITS.get(row.unit, row.unit),
            individual_norm=norms.get((row.id, "individual")), common_norm=norms.get((row.id, "common")),
            house_previous=_micro(meter.previous) if meter else None,
            house_current=_micro(meter.current) if meter else None,
            house_volume=_micro(row.house_volume) if row.has_meter else None,
            individual_volume=_micro(row.individual), common_volume=_micro(row.common_volume),
        ))
        house = form.House(Decimal(row.total_area) / 100, Decimal(row.common_area) / 100)
    return tuple(lines), house


def _receipt(
    bill: Bill, readings: list[MonthReading], titles: dict[int, str], reference: tuple[form.ReferenceLine, ...],
    house: form.House, until: dt.date, secret: bytes | None, recalculations: tuple[form.Recalculation, ...],
) -> form.Receipt:
    provider = bill.provider
    service = bill.gis_service or ""
    return form.Receipt(
        period=bill.period, issued=(bill.calculated_at or dt.datetime.now(dt.UTC)).date(), pay_until=until,
        account=bill.number, unified_account=bill.gis_account or "", service_id=service,
        document_id=f"{service}-{bill.period % 100:02d}{bill.period // 100 % 100:02d}" if service else "",
        payer=form.Payer(
            bill.payer or "Плательщик не указан", bill.address, bill.area or Decimal(0), bill.residents,
            {"owner": "собственник", "tenant": "наниматель"}.get(bill.tenure, ""),
        ),
        provider=form.Provider(
            provider.name, provider.inn, provider.address, tuple(filter(None, [provider.phone])), provider.site,
            provider.email, provider.emergency_phone, provider.working_hours,
        ),
        payee=form.Payee(
            provider.payee, provider.payee_inn, provider.settlement_account, provider.bank_name, provider.bic,
            provider.correspondent_account or "0", provider.payee_kpp,
        ),
        opening=bill.opening, paid=bill.paid, last_payment=bill.last_payment_on,
        readings=tuple(_reading(reading, titles) for reading in readings),
        lines=tuple(_line(line) for line in bill.lines if line.section in GROUPS and line.rule_key),
        penalty=bill.total("penalty"), reference=reference, house=house, recalculations=recalculations,
        cabinet_code=bill_code(secret, bill.number, bill.period) if secret else "",
    )


def _line(line: BillLine) -> form.Line:
    is_common = line.section == "common"
    coefficient = None
    if line.excess and line.charge != line.excess:
        coefficient = (Decimal(line.charge) / (line.charge - line.excess)).quantize(Decimal("0.1"))
    return form.Line(
        group=GROUPS[line.section], service=line.title, unit=UNITS.get(line.unit, line.unit),
        individual_volume=None if is_common else line.volume, common_volume=line.volume if is_common else None,
        basis=basis_of(line.rule_key), tariff=line.tariff, charge=line.charge - line.excess, coefficient=coefficient,
        excess=line.excess, recalculation=line.recalculation, benefit=line.benefit, supplier=line.supplier,
    )


def basis_of(rule_key: str) -> form.Basis:
    """What the form prints as the basis of a volume, from the key of the rule."""
    for beginning, basis in BASES:
        if rule_key.startswith(beginning):
            return basis
    return ENDINGS.get(rule_key.rpartition(".")[2], form.Basis.NONE)


def _reading(reading: MonthReading, titles: dict[int, str]) -> form.Reading:
    title, _, unit = titles.get(reading.service_id, "|").partition("|")
    zone = {1: ", день", 2: ", ночь"}.get(reading.zone, "")
    return form.Reading(
        service=title + zone, serial=reading.serial, unit=UNITS.get(unit, unit), previous=_micro(reading.previous),
        current=_micro(reading.current), volume=_micro(reading.volume), previous_date=reading.previous_on,
        current_date=reading.current_on, verify_by=reading.verify_by,
        note={"average": "по среднему", "norm": "по нормативу", "norm_raised": "по нормативу"}.get(reading.basis, ""),
    )


def _micro(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value) / MICRO
