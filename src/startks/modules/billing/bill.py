"""The bill of one account and month, read by one statement: for the cabinet, the office and the receipt.

The data base builds the whole bill as one JSON value: the page costs one round trip whatever stands on it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import Connection, text

MICRO = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line; money in kopecks, ``volume`` in the unit, ``tariff`` in roubles. ``charge`` includes ``excess``."""

    service_id: int
    service_code: str
    title: str
    unit: str
    section: str
    supplier_id: int
    supplier: str
    volume: Decimal
    tariff: Decimal
    opening: int
    charge: int
    excess: int
    recalculation: int
    benefit: int
    penalty: int
    paid: int
    closing: int
    rule_key: str
    basis: str

    @property
    def to_pay(self) -> int:
        """Kopecks charged for the month after recalculation and benefit."""
        return self.charge + self.recalculation + self.penalty - self.benefit


@dataclass(frozen=True, slots=True)
class Provider:
    """The organisation whose name stands on the bill, with the account the money goes to."""

    name: str = ""
    inn: str = ""
    kpp: str = ""
    address: str = ""
    phone: str = ""
    emergency_phone: str = ""
    site: str = ""
    email: str = ""
    working_hours: str = ""
    payee: str = ""
    payee_inn: str = ""
    payee_kpp: str = ""
    bank_name: str = ""
    bic: str = ""
    correspondent_account: str = ""
    settlement_account: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """Everything a page or a receipt says of one account in one month. Money in kopecks, areas in m²."""

    period: int
    account_id: int
    house_id: int
    number: str
    gis_account: str | None
    gis_service: str | None
    address: str
    payer: str
    tenure: str
    area: Decimal | None
    living_area: Decimal | None
    residents: int
    provider: Provider
    calculated_at: dt.datetime | None
    last_payment_on: dt.date | None
    lines: tuple[BillLine, ...]
    periods: tuple[int, ...]
    totals: dict[str, int] = field(default_factory=dict)

    def total(self, name: str) -> int:
        """Sum of a money column over all lines, kopecks."""
        return self.totals.get(name, 0)

    @property
    def opening(self) -> int:
        return self.total("opening")

    @property
    def charged(self) -> int:
        return self.total("charge")

    @property
    def paid(self) -> int:
        return self.total("paid")

    @property
    def to_pay(self) -> int:
        """What the account owes at the end of the month; negative is an advance."""
        return self.total("closing")


MONEY = ("opening", "charge", "excess", "recalculation", "benefit", "penalty", "paid", "closing")

_BILL = text("""
WITH chosen AS (
    SELECT a.id, a.number, a.house_id, a.premise_id, a.gis_account, a.gis_service,
           coalesce(CAST(:period AS int), (SELECT max(id) FROM period WHERE calculated_at IS NOT NULL)) AS period
      FROM account a WHERE a.id = ANY(:accounts)),
moment AS (
    SELECT c.*, (make_date(c.period / 100, c.period % 100, 1) + interval '1 month' - interval '1 day')::date AS last_day
      FROM chosen c)
SELECT json_build_object(
    'period', m.period, 'account_id', m.id, 'house_id', m.house_id, 'number', m.number,
    'gis_account', m.gis_account, 'gis_service', m.gis_service,
    'address', t.name || ', ' || s.name || ', д. ' || h.number
        || CASE p.kind WHEN 'nonresidential' THEN ', пом. ' WHEN 'room' THEN ', комн. ' ELSE ', кв. ' END || p.number,
    'area', pa.total_area::text, 'living_area', pa.living_area::text,
    'residents', (SELECT count(*) FROM residence r WHERE r.account_id = m.id AND r.valid @> m.last_day),
    'holder', (SELECT json_build_object('name', coalesce(
                        concat_ws(' ', q.last_name, q.first_name, q.middle_name), o.name, ''), 'tenure', x.tenure)
                 FROM account_holder x LEFT JOIN person q ON q.id = x.person_id
                      LEFT JOIN organisation o ON o.id = x.organisation_id
                WHERE x.account_id = m.id AND x.valid @> m.last_day ORDER BY x.payer DESC, x.id LIMIT 1),
    'manager', (SELECT row_to_json(o) FROM house_manager g JOIN organisation o ON o.id = g.organisation_id
                 WHERE g.house_id = m.house_id AND g.valid @> m.last_day LIMIT 1),
    'payee', (SELECT json_build_object('name', o.name, 'inn', o.inn, 'kpp', o.kpp, 'bank_name', b.bank_name,
                        'bic', b.bic, 'correspondent_account', b.correspondent_account,
                        'settlement_account', b.settlement_account)
                FROM organisation o JOIN bank_details b ON b.organisation_id = o.id AND b.valid @> m.last_day
               ORDER BY (o.role = 'settlement_centre') DESC, o.id LIMIT 1),
    'calculated_at', (SELECT calculated_at FROM period WHERE id = m.period),
    'last_payment_on', (SELECT max(paid_on) FROM payment WHERE account_id = m.id AND paid_on <= m.last_day),
    'periods', (SELECT json_agg(id ORDER BY id DESC) FROM period WHERE calculated_at IS NOT NULL),
    'lines', (SELECT json_agg(json_build_array(z.service_id, v.code, v.title, v.unit, v.section, z.supplier_id,
                        o.short_name, z.volume, z.tariff, z.opening, z.charge, z.excess, z.recalculation, z.benefit,
                        z.penalty, z.paid, z.closing, l.key, l.title) ORDER BY v.position, z.supplier_id)
                FROM statement z JOIN service v ON v.id = z.service_id JOIN organisation o ON o.id = z.supplier_id
                     LEFT JOIN law_rule l ON l.id = z.rule_id
               WHERE z.period = m.period AND z.account_id = m.id))
  FROM moment m
  JOIN premise p ON p.id = m.premise_id
  JOIN house h ON h.id = m.house_id
  JOIN street s ON s.id = h.street_id
  JOIN district d ON d.id = h.district_id
  JOIN municipality t ON t.id = d.municipality_id
  LEFT JOIN premise_area pa ON pa.premise_id = m.premise_id AND pa.valid @> m.last_day
 ORDER BY m.id
""")


def load_bill(connection: Connection, account_id: int, period: int | None = None) -> Bill | None:
    """The bill of an account for ``period`` (the last calculated month where None); None for an unknown account."""
    bills = load_bills(connection, [account_id], period)
    return bills[0] if bills else None


def load_bills(connection: Connection, account_ids: list[int], period: int | None = None) -> list[Bill]:
    """The bills of several accounts by one statement, in the order of their ids; unknown accounts are left out."""
    rows = connection.execute(_BILL, {"accounts": account_ids, "period": period}).scalars()
    return [bill_of(data) for data in rows if data["period"] is not None]


def bill_of(data: dict) -> Bill:
    """Build the bill from the JSON of the data base."""
    lines = tuple(_line(row) for row in data["lines"] or ())
    holder, manager, payee = data["holder"] or {}, data["manager"] or {}, data["payee"] or {}
    return Bill(
        period=data["period"], account_id=data["account_id"], house_id=data["house_id"], number=data["number"],
        gis_account=data["gis_account"], gis_service=data["gis_service"], address=data["address"],
        payer=holder.get("name", ""), tenure=holder.get("tenure", ""), area=_decimal(data["area"]),
        living_area=_decimal(data["living_area"]), residents=data["residents"],
        provider=_provider(manager, payee),
        calculated_at=dt.datetime.fromisoformat(data["calculated_at"]) if data["calculated_at"] else None,
        last_payment_on=dt.date.fromisoformat(data["last_payment_on"]) if data["last_payment_on"] else None,
        lines=lines, periods=tuple(data["periods"] or ()),
        totals={name: sum(getattr(line, name) for line in lines) for name in MONEY},
    )


def _line(row: list) -> BillLine:
    (service_id, code, title, unit, section, supplier_id, supplier, volume, tariff, *money, key, basis) = row
    return BillLine(
        service_id, code, title, unit, section, supplier_id, supplier, Decimal(volume) / MICRO,
        Decimal(tariff) / MICRO, *money, key or "", basis or "",
    )


def _provider(manager: dict, payee: dict) -> Provider:
    return Provider(
        name=manager.get("name") or payee.get("name") or "", inn=manager.get("inn") or "",
        kpp=manager.get("kpp") or "", address=manager.get("address") or "", phone=manager.get("phone") or "",
        emergency_phone=manager.get("emergency_phone") or "", site=manager.get("site") or "",
        email=manager.get("email") or "", working_hours=manager.get("working_hours") or "",
        payee=payee.get("name") or "", payee_inn=payee.get("inn") or "", payee_kpp=payee.get("kpp") or "",
        bank_name=payee.get("bank_name") or "", bic=payee.get("bic") or "",
        correspondent_account=payee.get("correspondent_account") or "",
        settlement_account=payee.get("settlement_account") or "",
    )


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
