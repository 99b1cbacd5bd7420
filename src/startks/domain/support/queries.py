"""What the cards show of benefits and subsidies, and the rows of the files for the social office."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, Row, text
from sqlalchemy.orm import Session

_PERSON = "concat_ws(' ', p.last_name, p.first_name, p.middle_name)"

_RIGHTS = text(f"""
    SELECT r.id, r.person_id, {_PERSON} AS person_name, c.title, c.paragraph, act.title AS act, act.number AS act_number,
           c.certain, r.document, lower(r.valid) AS since, upper(r.valid) AS until, r.valid @> CAST(:day AS date) AS holds,
           a.number AS account, (
             SELECT string_agg(DISTINCT replace(trim_scale(t.percent)::text, '.', ',') || ' %', ', ') FROM benefit_term t
              WHERE t.category_id = c.id AND t.valid @> CAST(:day AS date)) AS percents, (
             SELECT string_agg(DISTINCT t.form, ',') FROM benefit_term t
              WHERE t.category_id = c.id AND t.valid @> CAST(:day AS date)) AS forms
      FROM benefit_right r JOIN person p ON p.id = r.person_id JOIN benefit_category c ON c.id = r.category_id
      JOIN act ON act.id = c.act_id JOIN account a ON a.id = r.account_id
     WHERE (r.account_id = :account OR (CAST(:account AS int) IS NULL AND r.person_id = :person))
     ORDER BY r.valid @> CAST(:day AS date) DESC, lower(r.valid) DESC, r.id""")

_DEBTS = text("""
    SELECT act, lower(valid) AS since, upper(valid) AS until, valid @> CAST(:day AS date) AS holds FROM court_debt
     WHERE account_id = :account ORDER BY lower(valid) DESC""")

_AMOUNTS = text(f"""
    SELECT b.period, b.for_period, c.title, {_PERSON} AS person_name, b.is_discount, sum(b.amount)::int8 AS amount,
           count(*) AS lines
      FROM benefit_amount b JOIN benefit_category c ON c.id = b.category_id JOIN person p ON p.id = b.person_id
     WHERE b.account_id = :account AND b.period IN (
       SELECT id FROM period WHERE calculated_at IS NOT NULL ORDER BY id DESC LIMIT 12)
     GROUP BY b.period, b.for_period, c.title, p.id, b.is_discount
     ORDER BY b.period DESC, b.for_period DESC, 4, 3""")

_SUBSIDIES = text(f"""
    SELECT s.*, {_PERSON} AS person_name FROM subsidy s JOIN person p ON p.id = s.person_id
     WHERE s.account_id = :account ORDER BY s.id DESC""")

BENEFIT_FILE = f"""
    SELECT to_char(make_date(b.for_period / 100, b.for_period % 100, 1), 'YYYY-MM') AS month, a.number AS account,
           t.name || ', ' || s.name || ', д. ' || h.number || CASE q.kind
             WHEN 'nonresidential' THEN ', пом. ' WHEN 'room' THEN ', комн. ' ELSE ', кв. ' END || q.number AS address,
           p.id AS person, {_PERSON} AS name, p.birth_date, p.snils, c.code AS category, c.title AS category_title, (
             SELECT string_agg(DISTINCT r.document, '; ') FROM benefit_right r
              WHERE r.person_id = b.person_id AND r.category_id = b.category_id AND r.account_id = b.account_id) AS document,
           v.code AS service, o.inn AS supplier_inn, o.short_name AS supplier,
           CASE WHEN b.is_discount THEN 'discount' ELSE 'compensation' END AS form, b.days,
           trim_scale(round(b.percent / 1000000.0, 6)) AS percent, round(b.base / 100.0, 2) AS charged,
           round(b.amount / 100.0, 2) AS amount, round(coalesce(z.paid, 0) / 100.0, 2) AS paid
      FROM benefit_amount b JOIN account a ON a.id = b.account_id JOIN premise q ON q.id = a.premise_id
      JOIN house h ON h.id = b.house_id JOIN street s ON s.id = h.street_id JOIN district d ON d.id = h.district_id
      JOIN municipality t ON t.id = d.municipality_id
      JOIN person p ON p.id = b.person_id JOIN benefit_category c ON c.id = b.category_id
      JOIN service v ON v.id = b.service_id JOIN organisation o ON o.id = b.supplier_id
      LEFT JOIN statement z ON z.period = b.period AND z.account_id = b.account_id AND z.service_id = b.service_id
           AND z.supplier_id = b.supplier_id
     WHERE b.period = {{period}} AND {{condition}}
     ORDER BY a.number, p.id, c.code, v.position, b.supplier_id, b.for_period"""
"""One row a right, line and month: what the office compares and pays."""

SUBSIDY_FILE = f"""
    SELECT '{{month}}' AS month, s.id AS application, a.number AS account, p.id AS person, {_PERSON} AS name, p.birth_date,
           p.snils, s.working + s.pensioners + s.children AS members, round(s.income / 100.0, 2) AS income,
           round(s.standard / 100.0, 2) AS standard, trim_scale(s.share) AS share,
           round(s.minimum_sum / 100.0, 2) AS minimum_sum, round(s.expense / 100.0, 2) AS expense,
           to_char(make_date(s.month_from / 100, s.month_from % 100, 1), 'YYYY-MM') AS month_from,
           to_char(make_date(s.month_to / 100, s.month_to % 100, 1), 'YYYY-MM') AS month_to, s.document AS decision,
           round(s.amount / 100.0, 2) AS amount
      FROM subsidy s JOIN account a ON a.id = s.account_id JOIN person p ON p.id = s.person_id
      JOIN house h ON h.id = a.house_id JOIN district d ON d.id = h.district_id
     WHERE s.state IN ('granted', 'stopped') AND {{period}} BETWEEN s.month_from AND s.month_to AND {{condition}}
     ORDER BY a.number, s.id"""
"""One row a subsidy granted for the month."""


def account_rights(connection: Connection | Session, account_id: int, day: dt.date) -> Sequence[Row]:
    """Rights to benefits at an account, those that hold on the day first."""
    return connection.execute(_RIGHTS, {"account": account_id, "person": None, "day": day}).all()


def person_rights(connection: Connection | Session, person_id: int, day: dt.date) -> Sequence[Row]:
    """Rights of a person at any account."""
    return connection.execute(_RIGHTS, {"account": None, "person": person_id, "day": day}).all()


def account_court_debts(connection: Connection | Session, account_id: int, day: dt.date) -> Sequence[Row]:
    """Debts of the account that a court confirmed."""
    return connection.execute(_DEBTS, {"account": account_id, "day": day}).all()


def account_amounts(connection: Connection | Session, account_id: int) -> Sequence[Row]:
    """What the last twelve calculated months gave, by month, right and form; kopecks."""
    return connection.execute(_AMOUNTS, {"account": account_id}).all()


def account_subsidies(connection: Connection | Session, account_id: int) -> Sequence[Row]:
    """Applications for the subsidy, newest first; money in kopecks."""
    return connection.execute(_SUBSIDIES, {"account": account_id}).all()


_TERMS = text("""
    SELECT c.title AS category, string_agg(s.short_title, ', ' ORDER BY s.position) AS service, coalesce(m.name, 'вся страна') AS place,
           replace(trim_scale(t.percent)::text, '.', ',') AS percent, t.covers, t.bound, t.form, coalesce(t.tenure, '') AS tenure,
           lower(t.valid) AS since, upper(t.valid) - 1 AS last, a.title || coalesce(' № ' || a.number, '') AS act, t.paragraph,
           t.certain, t.note
      FROM benefit_term t JOIN benefit_category c ON c.id = t.category_id JOIN service s ON s.id = t.service_id
      JOIN act a ON a.id = t.act_id LEFT JOIN municipality m ON m.id = t.municipality_id
     WHERE t.valid @> CAST(:day AS date)
     GROUP BY c.id, m.id, t.percent, t.covers, t.bound, t.form, t.tenure, t.valid, a.id, t.paragraph, t.certain, t.note
     ORDER BY c.id, min(s.position), m.id NULLS FIRST""")


def terms_on(connection: Connection | Session, day: dt.date) -> Sequence[Row]:
    """What every category is due on a day: services of the same terms stand in one row."""
    return connection.execute(_TERMS, {"day": day}).all()
