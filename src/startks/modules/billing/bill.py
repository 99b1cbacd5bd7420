"""The bill of one account and month, read by one statement: for the cabinet, the office and the receipt.

The data base builds the whole bill as one JSON value: the page costs one round trip whatever stands on it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection

from startks.base.db.hot import Hot
from startks.base.periods import first_day, shift

MICRO = Decimal(1_000_000)

# The due day of the month that begins on {day}, moved on to a working day (ЖК ст. 155, ГК ст. 193).
PAY_UNTIL = """(
    SELECT min(until.day)::date
      FROM (SELECT coalesce((SELECT value::int FROM parameter WHERE code = 'due_day' AND valid @> ({day})::date
                              ORDER BY municipality_id NULLS LAST LIMIT 1), 15) - 1 AS days) AS due,
           generate_series(({day})::date + due.days, ({day})::date + due.days + 45, interval '1 day') AS until(day)
     WHERE NOT EXISTS (SELECT FROM calendar_day c WHERE c.day = until.day::date AND c.kind IN ('holiday', 'weekend')))"""
_PAY_UNTIL = Hot("SELECT to_json({})".format(PAY_UNTIL.format(day="CAST(:day AS date)")))


def pay_until(connection: Connection, period: int) -> dt.date:
    """Last day to pay for a month: the due day of the next one, moved on to a working day."""
    return dt.date.fromisoformat(_PAY_UNTIL.one(connection, day=first_day(shift(period, 1))))


class BillLine(NamedTuple):
    """One line; money in kopecks, ``charge`` includes ``excess``. In the order in which the data base gives them."""

    service_id: int
    service_code: str
    title: str
    unit: str
    section: str
    supplier_id: int
    supplier: str
    volume_micro: int
    """millionths of the unit"""
    tariff_micro: int
    """millionths of a rouble"""
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
    def volume(self) -> Decimal:
        """In the unit of the service."""
        return Decimal(self.volume_micro) / MICRO

    @property
    def tariff(self) -> Decimal:
        """In roubles."""
        return Decimal(self.tariff_micro) / MICRO

    @property
    def to_pay(self) -> int:
        """Kopecks charged for the month after recalculation and benefit."""
        return self.charge + self.recalculation + self.penalty - self.benefit


MONEY = ("opening", "charge", "excess", "recalculation", "benefit", "penalty", "paid", "closing")
_COLUMNS = slice(BillLine._fields.index(MONEY[0]), BillLine._fields.index(MONEY[-1]) + 1)


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


NOBODY = Provider()


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
    totals: dict[str, int]
    """sums of the money columns over all lines; empty for a bill without lines"""

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


# The account and the month are found once; each field then is one lookup by key, so the plan stays good for one account
# and for a house of them, and PostgreSQL may keep it.
_FOUND = """
WITH chosen AS MATERIALIZED (
    SELECT a.id, a.number, a.house_id, a.premise_id, a.gis_account, a.gis_service,
           coalesce({period}, (SELECT max(id) FROM period WHERE calculated_at IS NOT NULL)) AS period
      FROM account a WHERE {chosen}),
moment AS MATERIALIZED (
    SELECT c.*, (make_date(c.period / 100, c.period % 100, 1) + interval '1 month' - interval '1 day')::date AS last_day
      FROM chosen c)
"""

_LINES = """(SELECT json_agg(json_build_array(z.service_id, v.code, v.title, v.unit, v.section, z.supplier_id,
                        o.short_name, z.volume, z.tariff, z.opening, z.charge, z.excess, z.recalculation, z.benefit,
                        z.penalty, z.paid, z.closing, coalesce(l.key, ''), {basis})
                        ORDER BY v.position, z.supplier_id)
                FROM statement z JOIN service v ON v.id = z.service_id JOIN organisation o ON o.id = z.supplier_id
                     LEFT JOIN law_rule l ON l.id = z.rule_id
               WHERE z.period = m.period AND z.account_id = m.id)"""

_FIELDS = {
    "period": "m.period", "account_id": "m.id", "house_id": "m.house_id", "number": "m.number",
    "gis_account": "m.gis_account", "gis_service": "m.gis_service",
    "address": """(SELECT t.name || ', ' || s.name || ', д. ' || h.number || CASE p.kind
                WHEN 'nonresidential' THEN ', пом. ' WHEN 'room' THEN ', комн. ' ELSE ', кв. ' END || p.number
           FROM premise p JOIN house h ON h.id = p.house_id JOIN street s ON s.id = h.street_id
                JOIN district d ON d.id = h.district_id JOIN municipality t ON t.id = d.municipality_id
          WHERE p.id = m.premise_id)""",
    "areas": """(SELECT json_build_array(total_area::text, living_area::text) FROM premise_area
                  WHERE premise_id = m.premise_id AND valid @> m.last_day)""",
    "residents": "(SELECT count(*) FROM residence r WHERE r.account_id = m.id AND r.valid @> m.last_day)",
    "holder": """(SELECT json_build_array(coalesce(
                        concat_ws(' ', q.last_name, q.first_name, q.middle_name), o.name, ''), x.tenure)
                 FROM account_holder x LEFT JOIN person q ON q.id = x.person_id
                      LEFT JOIN organisation o ON o.id = x.organisation_id
                WHERE x.account_id = m.id AND x.valid @> m.last_day ORDER BY x.payer DESC, x.id LIMIT 1)""",
    "manager": """(SELECT row_to_json(o) FROM house_manager g JOIN organisation o ON o.id = g.organisation_id
                 WHERE g.house_id = m.house_id AND g.valid @> m.last_day LIMIT 1)""",
    "payee": """(SELECT json_build_object('name', o.name, 'inn', o.inn, 'kpp', o.kpp, 'bank_name', b.bank_name,
                        'bic', b.bic, 'correspondent_account', b.correspondent_account,
                        'settlement_account', b.settlement_account)
                FROM organisation o JOIN bank_details b ON b.organisation_id = o.id AND b.valid @> m.last_day
               ORDER BY (o.role = 'settlement_centre') DESC, o.id LIMIT 1)""",
    "calculated_at": "(SELECT calculated_at FROM period WHERE id = m.period)",
    "last_payment_on": "(SELECT max(paid_on) FROM payment WHERE account_id = m.id AND paid_on <= m.last_day)",
    "periods": "(SELECT json_agg(id ORDER BY id DESC) FROM period WHERE calculated_at IS NOT NULL)",
    "lines": _LINES.format(basis="coalesce(l.title, '')"),
    # without the words of the rule, which a page of sums does not show
    "sums": _LINES.format(basis="''"),
    "pay_until": PAY_UNTIL.format(day="m.last_day + 1"),
}


def bill_statement(chosen: str, *fields: str, period: str = "CAST(:period AS int)") -> Hot:
    """Return the statement that gives a JSON object of these fields in ``:period`` for each account that is ``chosen``."""
    pairs = ", ".join(f"'{name}', {_FIELDS[name]}" for name in fields)
    return Hot(f"{_FOUND.format(chosen=chosen, period=period)} SELECT json_build_object({pairs}) FROM moment m ORDER BY m.id")


_BILLS = bill_statement("a.id = ANY(CAST(:accounts AS int[]))", *sorted(_FIELDS.keys() - {"sums", "pay_until"}))


def load_bill(connection: Connection, account_id: int, period: int | None = None) -> Bill | None:
    """The bill of an account for ``period`` (the last calculated month where None); None for an unknown account."""
    bills = load_bills(connection, [account_id], period)
    return bills[0] if bills else None


def load_bills(connection: Connection, account_ids: list[int], period: int | None = None) -> list[Bill]:
    """The bills of several accounts by one statement, in the order of their ids; unknown accounts are left out."""
    rows = _BILLS.all(connection, accounts=account_ids, period=period)
    return [bill_of(data) for data in rows if data["period"] is not None]


def bill_of(data: dict) -> Bill:
    """Build the bill from the JSON of the data base; fields that the statement left out stay empty."""
    lines = tuple(map(BillLine._make, data.get("lines") or data.get("sums") or ()))
    holder, areas = data["holder"] or ("", ""), data.get("areas") or (None, None)
    calculated_at, last_payment_on = data.get("calculated_at"), data.get("last_payment_on")
    manager, payee = data.get("manager"), data.get("payee")
    return Bill(
        period=data["period"], account_id=data["account_id"], house_id=data["house_id"], number=data["number"],
        gis_account=data.get("gis_account"), gis_service=data.get("gis_service"), address=data["address"],
        payer=holder[0], tenure=holder[1], area=_decimal(areas[0]), living_area=_decimal(areas[1]),
        residents=data.get("residents", 0),
        provider=_provider(manager or {}, payee or {}) if manager or payee else NOBODY,
        calculated_at=dt.datetime.fromisoformat(calculated_at) if calculated_at else None,
        last_payment_on=dt.date.fromisoformat(last_payment_on) if last_payment_on else None,
        lines=lines, periods=tuple(data["periods"] or ()),
        totals=dict(zip(MONEY, map(sum, zip(*(line[_COLUMNS] for line in lines), strict=True)), strict=False)),
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
