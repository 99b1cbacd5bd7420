"""Facts of some houses and one month as plain dicts, by SQL of its own."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

import psycopg
from psycopg.rows import namedtuple_row

MICRO = Decimal(1_000_000)


def month_days(period: int) -> tuple[dt.date, dt.date]:
    """First day of the month YYYYMM and of the next one."""
    year, month = divmod(period, 100)
    return dt.date(year, month, 1), dt.date(year + month // 12, month % 12 + 1, 1)


def earlier(period: int) -> int:
    """The month before."""
    return period - 1 if period % 100 > 1 else period - 89


def months_between(first: dt.date, last: dt.date) -> int:
    """Calendar months from the month of ``first`` to that of ``last``."""
    return (last.year - first.year) * 12 + last.month - first.month


class Law:
    """Reference books that hold in the month: what is in force on its first day."""

    def __init__(self, connection: psycopg.Connection, period: int) -> None:
        self.period = period
        self.start, self.end = month_days(period)
        day = {"day": self.start, "end": self.end}
        ask = connection.cursor(row_factory=namedtuple_row).execute
        self.services = {row.id: row for row in ask("SELECT id, code, position FROM service")}
        self.id_of = {row.code: row.id for row in self.services.values()}
        self.tariffs = {
            (row.municipality_id, row.service_id, row.house_id, row.category): row.value
            for row in ask("SELECT * FROM tariff WHERE valid @> %(day)s::date", day)
        }
        self.norms: dict = defaultdict(list)
        for row in ask("SELECT * FROM norm WHERE valid @> %(day)s::date", day):
            self.norms[row.municipality_id, row.service_id, row.purpose, row.category].append(row)
        self.parameters = {
            (row.code, row.municipality_id): row.value
            for row in ask("SELECT code, municipality_id, value FROM parameter WHERE valid @> %(day)s::date", day)
        }
        self.heated = {
            row.municipality_id
            for row in ask(
                "SELECT municipality_id FROM heating_season WHERE valid && daterange(%(day)s, %(end)s)", day
            )
        }

        self.terms: dict = defaultdict(list)
        for row in ask("SELECT * FROM benefit_term WHERE valid @> %(day)s::date", day):
            self.terms[row.category_id, row.service_id].append(row)
        self.history: dict = defaultdict(list)
        for row in ask("""SELECT code, municipality_id, value, lower(valid) AS since, upper(valid) AS until FROM parameter
                           WHERE code IN ('key_rate', 'due_day', 'due_day_moves_from_day_off') OR code LIKE 'penalty.%'"""):
            self.history[row.code, row.municipality_id].append(row)
        self.calendar = {row.day: row.kind for row in ask("SELECT day, kind FROM calendar_day")}
        self.remembered: dict = {}
        self.calendar_years = {day.year for day in self.calendar}

    def dated(self, code: str, city: int, day: dt.date) -> Decimal:
        """A number of the law on a day: of the town, else of the country."""
        for where in (city, None):
            for row in self.history.get((code, where), []):
                if (row.since or dt.date.min) <= day < (row.until or dt.date.max):
                    return row.value
        raise LookupError(f"{code} {day}")

    def is_day_off(self, day: dt.date) -> bool:
        """By the production calendar; in years without one Saturdays and Sundays."""
        if day.year in self.calendar_years:
            return self.calendar.get(day) in ("holiday", "weekend")
        return day.weekday() >= 5

    def parameter(self, code: str, city: int, default: str | None = None) -> Decimal:
        """A number of the law: of the town, else of the country."""
        for where in (city, None):
            if (code, where) in self.parameters:
                return self.parameters[code, where]
        if default is None:
            raise LookupError(code)
        return Decimal(default)

    def tariff(self, house, line, category: str | None = None) -> Decimal | None:
        """The price of a house's own meeting, else the town's; of an account's own category where it has one."""
        for own in (house.id, None):
            value = self.tariffs.get(
                (house.city, line.service_id, own, line.tariff_category if category is None else category)
            )
            if value is not None:
                return value
        return None

    def norm(self, house, service: int, purpose: str, category: str, rooms: int = 0, people: int = 0):
        """The row of a norm; of a table by rooms and people the row for these, the largest one standing for more."""
        rows = self.norms.get((house.city, service, purpose, category))
        if not rows:
            return None
        if any(row.rooms or row.residents for row in rows):
            most = max(row.rooms for row in rows)
            rows = [row for row in rows if row.rooms == min(max(rooms, 1), most)]
            many = max(row.residents for row in rows)
            rows = [row for row in rows if row.residents == min(max(people, 1), many)]
        return rows[0]


class Facts:
    """What is known of the houses ``[first, last]``: rows by house, account, meter.

    Convention of the product: areas, connections and exclusions as of the last day of the month, the rest by days.
    """

    def __init__(self, connection: psycopg.Connection, law: Law, first: int, last: int) -> None:
        keys = {"a": first, "z": last, "start": law.start, "end": law.end,
                "last": law.end - dt.timedelta(days=1), "period": law.period,
                "before": earlier(law.period)}
        cursor = connection.cursor(row_factory=namedtuple_row)

        def ask(sql: str):
            return cursor.execute(sql, keys).fetchall()

        def group(sql: str, *names: str) -> dict:
            result = defaultdict(list)
            for row in ask(sql):
                key = tuple(getattr(row, name) for name in names)
                result[key if len(names) > 1 else key[0]].append(row)
            return result

        self.houses = ask("""
            SELECT h.id, h.district_id, d.municipality_id AS city, h.kind, r.total_area, r.common_area, r.heated_common_area,
                   r.cut_off_area
              FROM house h JOIN district d ON d.id = h.district_id
              LEFT JOIN house_area r ON r.house_id = h.id AND r.valid @> %(last)s::date
             WHERE h.id BETWEEN %(a)s AND %(z)s ORDER BY h.id""")
        self.accounts = group("""
            SELECT a.*, p.kind AS premise_kind, p.parent_id, p.entrance_id, f.total_area AS flat_area,
                   coalesce(p.rooms, 1) AS rooms, r.total_area AS area, r.living_area, coalesce(r.heated, true) AS heated
              FROM account a JOIN premise p ON p.id = a.premise_id
              LEFT JOIN premise_area r ON r.premise_id = p.id AND r.valid @> %(last)s::date
              LEFT JOIN premise_area f ON f.premise_id = p.parent_id AND f.valid @> %(last)s::date
             WHERE a.house_id BETWEEN %(a)s AND %(z)s AND a.opened_on < %(end)s
               AND (a.closed_on IS NULL OR a.closed_on > %(start)s)
             ORDER BY a.id""", "house_id")
        own = "FROM account a JOIN {0} x ON x.account_id = a.id WHERE a.house_id BETWEEN %(a)s AND %(z)s"
        month = " AND x.valid && daterange(%(start)s, %(end)s)"
        dates = ", lower(x.valid) AS since, upper(x.valid) AS until "
        self.residence = group("SELECT x.account_id, x.person_id" + dates + own.format("residence") + month, "account_id")
        self.holders = group(
            "SELECT x.account_id, x.person_id, x.tenure, x.payer, x.share_part, x.share_whole" + dates
            + own.format("account_holder") + month, "account_id")
        self.excluded = group(
            "SELECT x.account_id, x.service_id" + dates + own.format("account_service_exclusion") + month,
            "account_id", "service_id")
        self.seals = group("SELECT x.account_id, x.service_id" + dates + own.format("broken_seal") + month,
                           "account_id", "service_id")
        self.infeasible = group(
            "SELECT x.account_id, x.service_id" + dates + own.format("meter_infeasibility")
            + " AND x.valid @> %(last)s::date", "account_id", "service_id")
        self.lines = group("""
            SELECT x.house_id, x.service_id, x.method, x.tariff_category, x.norm_category,
                   c.organisation_id AS supplier_id
              FROM house_service x JOIN contract c ON c.id = x.contract_id
             WHERE x.house_id BETWEEN %(a)s AND %(z)s AND x.valid @> %(last)s::date""", "house_id")
        self.meters = group("""
            SELECT m.* FROM meter m WHERE m.house_id BETWEEN %(a)s AND %(z)s AND m.installed_on < %(end)s
               AND (m.removed_on IS NULL OR m.removed_on >= %(start)s) AND m.premise_id IS NULL ORDER BY m.id""",
            "house_id", "account_id", "service_id")
        self.flat_meters = group("""
            SELECT m.* FROM meter m WHERE m.house_id BETWEEN %(a)s AND %(z)s AND m.installed_on < %(end)s
               AND (m.removed_on IS NULL OR m.removed_on >= %(start)s) AND m.premise_id IS NOT NULL ORDER BY m.id""",
            "premise_id", "service_id")
        last, first = " AND x.valid @> %(last)s::date", " AND x.valid @> %(start)s::date"
        self.categories = group("SELECT x.* " + own.format("account_category") + last, "account_id", "service_id")
        self.calculated = group("SELECT x.* " + own.format("calculated_volume") + last, "account_id", "service_id")
        self.flat_heat = group("SELECT x.* " + own.format("account_heat") + first, "account_id")
        of_house = "SELECT x.* FROM {0} x WHERE x.house_id BETWEEN %(a)s AND %(z)s"
        self.house_heat = group(of_house.format("house_heat") + first, "house_id")
        self.containers = group(of_house.format("house_containers") + last, "house_id")
        where = "JOIN meter m ON m.id = x.meter_id WHERE m.house_id BETWEEN %(a)s AND %(z)s"
        self.readings = group(
            f"SELECT x.meter_id, x.zone, x.day, x.value, x.source FROM reading x {where} AND x.day < %(end)s ORDER BY x.day",
            "meter_id", "zone")
        self.turns = group(f"SELECT x.* FROM meter_turn x {where}", "meter_id", "zone")
        self.verified = group(f"SELECT x.* FROM meter_verification x {where} ORDER BY verified_on", "meter_id")
        self.estimates = group(
            f"SELECT x.* FROM meter_estimate x {where} AND x.period < %(period)s ORDER BY x.period", "meter_id", "zone")
        self.opening = {
            (row.account_id, row.service_id, row.supplier_id): row.closing
            for row in ask("""SELECT account_id, service_id, supplier_id, closing FROM statement
                               WHERE period = %(before)s AND house_id BETWEEN %(a)s AND %(z)s""")
        }
        # The months of a balance that the town brought with it are told of once, for the first month calculated here.
        self.debts = group("""
            SELECT account_id, service_id, supplier_id, origin, amount FROM month_debt
             WHERE period = %(before)s AND house_id BETWEEN %(a)s AND %(z)s
             UNION ALL
            SELECT d.account_id, d.service_id, d.supplier_id, d.origin, d.amount
              FROM debt_origin d JOIN account a ON a.id = d.account_id
             WHERE a.house_id BETWEEN %(a)s AND %(z)s AND %(before)s = (SELECT min(period) FROM statement)
             ORDER BY origin""", "account_id", "service_id", "supplier_id")
        self.left = group("""SELECT account_id, service_id, supplier_id, origin, amount FROM month_debt
                              WHERE period = %(period)s AND house_id BETWEEN %(a)s AND %(z)s""",
                          "account_id", "service_id", "supplier_id")
        self.statement = {
            (row.account_id, row.service_id, row.supplier_id): row
            for row in ask("SELECT * FROM statement WHERE period = %(period)s AND house_id BETWEEN %(a)s AND %(z)s")
        }
        self.payments = group("""SELECT p.account_id, p.paid_on, p.amount FROM payment p JOIN account a ON a.id = p.account_id
                                  WHERE p.period = %(period)s AND a.house_id BETWEEN %(a)s AND %(z)s
                                  ORDER BY p.paid_on, p.id""", "account_id")
        self.absences = group("SELECT x.* " + own.format("temporary_absence") + " AND x.decision = 'granted'", "account_id")
        self.acts = ask("""
            SELECT x.* FROM quality_act x
             WHERE NOT x.cancelled AND x.since < %(end)s AND (x.until IS NULL OR x.until > %(start)s)""")
        self.rights = group("SELECT x.*, lower(x.valid) AS since, upper(x.valid) AS until "
                            + own.format("benefit_right") + month, "account_id")
        self.court = group("SELECT x.* " + own.format("court_debt") + last, "account_id")
        self.corrected = {
            (row.account_id, row.service_id, row.supplier_id): int(row.amount)
            for row in ask("""SELECT account_id, service_id, supplier_id, sum(amount) AS amount FROM benefit_correction
                               WHERE period = %(period)s AND is_discount AND house_id BETWEEN %(a)s AND %(z)s
                               GROUP BY 1, 2, 3""")
        }
        self.posted = {
            (row.account_id, row.service_id, row.supplier_id): int(row.amount)
            for row in ask("""SELECT account_id, service_id, supplier_id, sum(amount) AS amount FROM recalculation
                               WHERE period = %(period)s AND house_id BETWEEN %(a)s AND %(z)s GROUP BY 1, 2, 3""")
        }
