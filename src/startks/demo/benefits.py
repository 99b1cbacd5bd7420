"""Who has a benefit and who has a subsidy in the seeded town; what the categories are due by law.

Rights are drawn from the registers that are there already, by the person's number, so that the rest of the town does not
shift: about every fourth account has one.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from startks.demo.data import load
from startks.domain.support import subsidy

TABLES = ("benefit_category", "benefit_term", "benefit_right", "court_debt", "subsidy_standard", "subsidy")

# (category, share of people in thousandths, who): ages by the first day of the open month; each person draws once a category.
DRAWN = (
    ("labour_veteran", 420, "age >= 60"),
    ("disabled_1_2", 90, "age >= 60"),
    ("disabled_3", 80, "age >= 60"),
    ("repair_80", 1000, "age >= 80 AND family = 1 AND owner"),
    ("repair_70", 700, "age >= 70 AND age < 80 AND family = 1 AND owner"),
    ("large_family", 800, "children >= 3 AND relation = 'holder'"),
    ("combat_veteran", 40, "age >= 25 AND age < 65 AND sex = 'm'"),
    ("disabled_1_2", 10, "age >= 18 AND age < 60"),
    ("disabled_3", 20, "age >= 18 AND age < 60"),
    ("disabled_child", 15, "age < 18"),
    ("chernobyl", 4, "age >= 40"),
    ("rehabilitated", 6, "age >= 70"),
    ("hero", 1, "age >= 60"),
)
PEOPLE = """
    SELECT r.account_id, r.person_id, r.relation, p.sex, lower(r.valid) AS since, upper(r.valid) AS until,
           extract(year FROM age(CAST(:day AS date), p.birth_date))::int AS age,
           count(*) OVER account AS family,
           count(*) FILTER (WHERE p.birth_date > CAST(:day AS date) - interval '18 years') OVER account AS children,
           EXISTS (SELECT 1 FROM account_holder h WHERE h.account_id = r.account_id AND h.person_id = r.person_id
                      AND h.tenure = 'owner') AS owner
      FROM residence r JOIN person p ON p.id = r.person_id JOIN account a ON a.id = r.account_id
     WHERE r.kind = 'permanent' AND a.kind = 'residential' AND p.birth_date IS NOT NULL
    WINDOW account AS (PARTITION BY r.account_id)"""


def terms(acts, services: dict[str, int], municipality_id: int, city: str, next_parameter: int) -> dict[str, list[dict]]:
    """Rows of the reference tables by table; ``acts`` collects the sources. What is a region's own is of its city."""
    data = load("benefits")
    rows: dict[str, list[dict]] = {"benefit_category": [], "benefit_term": [], "subsidy_standard": [], "parameter": []}

    def act_of(name: str) -> int:
        act = data["acts"][name]
        return acts.add(
            title=act["title"], number=act.get("number"), url=None, body=act.get("body"), adopted_on=act.get("adopted_on")
        )

    for category in data["categories"]:
        if category.get("city") not in (None, city):
            continue
        act, number = act_of(category["act"]), len(rows["benefit_category"]) + 1
        rows["benefit_category"].append({
            "id": number, "code": category["code"], "title": category["title"], "act_id": act,
            "paragraph": category["paragraph"], "certain": category["certain"], "note": None,
        })
        for term in category["terms"]:
            for service in (code for group in term["groups"] for code in data["groups"][group]):
                rows["benefit_term"].append({
                    "id": len(rows["benefit_term"]) + 1, "category_id": number, "service_id": services[service],
                    "municipality_id": municipality_id if "city" in category else None, "percent": term["percent"],
                    "covers": category.get("covers", "holder"), "bound": term.get("bound", "none"),
                    "form": category.get("form", "compensation"), "tenure": term.get("tenure"),
                    "valid": f"[{category['from']},)", "act_id": act,
                    "paragraph": term.get("paragraph", category["paragraph"]), "certain": category["certain"],
                    "note": term.get("note"),
                })
    for row in data["subsidy"]["standards"]:
        rows["subsidy_standard"].append({
            "id": len(rows["subsidy_standard"]) + 1, "municipality_id": municipality_id, "members": row["members"],
            "value": row["value"], "valid": f"[{row['from']},)", "act_id": act_of(row["act"]),
            "certain": row["certain"], "note": row["note"],
        })
    for row in data["subsidy"]["parameters"]:
        rows["parameter"].append({
            "id": next_parameter + len(rows["parameter"]), "code": row["code"], "municipality_id": None,
            "value": row["value"], "valid": f"[{row['from']},)", "act_id": act_of(row["act"]), "paragraph": None,
            "certain": row["certain"], "note": row["note"],
        })
    return rows


def grant(connection: Connection, day: dt.date) -> int:
    """Give the people of the town their rights, and some a subsidy; return the number of rights."""
    draws = "\n UNION ALL ".join(
        f"SELECT '{code}' AS code, account_id, person_id, since, until, {place} AS place FROM people"
        f" WHERE ({who}) AND (person_id::int8 * 7919 + {place} * 104729) % 1000 < {share}"
        for place, (code, share, who) in enumerate(DRAWN)
    )
    rights = connection.execute(
        text(f"""
            WITH people AS MATERIALIZED ({PEOPLE}), drawn AS ({draws})
            INSERT INTO benefit_right (person_id, category_id, account_id, document, valid, recorded_at)
            SELECT d.person_id, c.id, d.account_id, 'Удостоверение № ' || (100000 + d.person_id % 900000),
                   daterange(greatest(d.since, DATE '2019-01-01' + (d.person_id * 37 % 2700)), d.until),
                   TIMESTAMPTZ '2025-08-26 05:00+00'
              FROM drawn d JOIN benefit_category c ON c.code = d.code
             WHERE greatest(d.since, DATE '2019-01-01' + (d.person_id * 37 % 2700)) < coalesce(d.until, DATE '2027-01-01')
             ORDER BY d.account_id, d.person_id, c.id"""),
        {"day": day},
    ).rowcount
    connection.execute(
        text("""INSERT INTO court_debt (account_id, act, valid, recorded_at)
                SELECT DISTINCT account_id, 'Судебный приказ № 2-' || account_id || '/2026', daterange('2026-03-01', NULL),
                       TIMESTAMPTZ '2026-03-02 05:00+00'
                  FROM benefit_right WHERE account_id % 97 = 0"""),
    )
    _subsidies(connection, day)
    return rights


def _subsidies(connection: Connection, day: dt.date) -> None:
    """Lone pensioners with small incomes: applications of the last months, most of them granted."""
    chosen = connection.execute(
        text(f"""WITH people AS ({PEOPLE})
                 SELECT account_id, person_id FROM people
                  WHERE family = 1 AND age >= 65 AND until IS NULL AND (person_id::int8 * 7919) % 100 < 20
                  ORDER BY account_id"""),
        {"day": day},
    ).all()
    if not chosen:
        return
    rows = []
    with Session(connection) as session:
        known: dict[tuple, subsidy.Computed] = {}
        for account_id, person_id in chosen:
            applied = dt.date(2026, 7 + person_id % 4, 3 + person_id % 25)
            income, expense = 1_250_000 + person_id % 9 * 45_000, 380_000 + person_id % 7 * 21_000
            key = (applied, income, expense)
            if key not in known:  # a few hundred of them at most: all of a town share standards
                known[key] = subsidy.compute(
                    session, subsidy.Asked(account_id, person_id, applied, 0, 1, 0, income, expense)
                )
            found = known[key]
            state = "applied" if person_id % 11 == 0 else "granted" if found.amount else "refused"
            rows.append({
                "account_id": account_id, "person_id": person_id, "applied_on": applied, "working": 0, "pensioners": 1,
                "children": 0, "income": income, "expense": expense, "standard": found.standard, "share": found.share,
                "minimum_sum": found.minimum_sum, "amount": found.amount, "month_from": found.month_from,
                "month_to": found.month_to, "state": state,
                "decided_on": None if state == "applied" else applied + dt.timedelta(days=9),
                "reason": "По расчёту субсидия равна нулю" if state == "refused" else None,
            })
    connection.execute(
        text("""INSERT INTO subsidy (account_id, person_id, applied_on, working, pensioners, children, income, expense,
                       standard, share, minimum_sum, amount, month_from, month_to, state, decided_on, reason)
                VALUES (:account_id, :person_id, :applied_on, :working, :pensioners, :children, :income, :expense,
                       :standard, :share, :minimum_sum, :amount, :month_from, :month_to, :state, :decided_on, :reason)"""),
        rows,
    )
