"""What went wrong in the seeded town and who was away: a few acts and applications, so that every page has something real.

Taken from the registers that are there already, in the order of ids, so that the rest of the town does not shift.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

# (place, the how-manieth of its kind, service, kind, since, until, measured, planned, feeds, dead end, supplier's fault, number,
#  drawn up, document, cancelled)
ACTS = (
    ("house", 1, "cold_water", "break", "2026-10-03 08:00", "2026-10-04 20:30", None, None, 1, False, 100, "311",
     "2026-10-05", "Журнал АДС, запись 2114; акт о восстановлении от 04.10.2026", False),
    ("house", 1, "heating", "temperature", "2026-10-12 00:00", "2026-10-13 18:00", 16, 18, 1, False, 60, "287", "2026-10-12",
     "Протокол замера температуры воздуха, кв. 1", False),
    ("house", 2, "hot_water", "temperature", "2026-10-10 06:00", "2026-10-12 22:00", 51, None, 1, False, 100, "318",
     "2026-10-10", "Протокол замера № 44", False),
    ("house", 3, "electricity", "break", "2026-10-07 02:00", "2026-10-08 09:00", None, None, 1, False, 100, "314",
     "2026-10-08", "Авария на ТП-17", False),
    ("house", 4, "waste", "break", "2026-10-01 00:00", "2026-10-06 12:00", None, None, 1, False, 100, "309", "2026-10-06",
     "Жалоба совета дома", False),
    ("house", 5, "cold_water", "break", "2026-11-24 06:00", None, None, None, 1, True, 100, "329", "2026-11-24",
     "Авария на тупиковой магистрали", False),
    ("house", 2, "cold_water", "break", "2026-10-15 10:00", "2026-10-15 23:00", None, None, 1, False, 100, "321",
     "2026-10-16", "Составлен на чужой дом", True),
    ("entrance", 1, "cold_water", "pressure", "2026-10-17 07:00", "2026-10-18 23:00", 0.025, None, 1, False, 30, "323",
     "2026-10-18", "Протокол замера давления", False),
    ("district", 1, "cold_water", "repair", "2026-10-20 09:00", "2026-10-20 21:00", None, None, 1, False, 0, "290",
     "2026-10-20", "План ремонтов Водоканала", False),
    ("premise", 3, "hot_water", "temperature", "2026-10-11 08:00", "2026-10-11 20:00", 38, None, 1, False, 100, "319",
     "2026-10-11", "Протокол замера № 45", False),
)  # fmt: skip
PLACES = {
    "house": "SELECT id FROM house WHERE kind = 'apartment_building' ORDER BY id",
    "entrance": "SELECT id FROM entrance ORDER BY id",
    "district": "SELECT h.district_id AS id FROM house h ORDER BY h.id",
    "premise": "SELECT p.id FROM premise p JOIN account a ON a.premise_id = p.id WHERE p.kind = 'flat' ORDER BY p.id",
}
_STAMP = "TIMESTAMPTZ '2026-11-24 05:00+00'"
_ABSENCES = text(f"""
    WITH people AS (
        SELECT DISTINCT ON (r.account_id) r.account_id, r.person_id
          FROM residence r JOIN account a ON a.id = r.account_id JOIN meter_infeasibility m ON m.account_id = r.account_id
         WHERE r.kind = 'permanent' AND a.closed_on IS NULL AND upper_inf(r.valid) AND lower(r.valid) < DATE '2026-09-01'
         ORDER BY r.account_id, r.person_id),
    numbered AS (SELECT *, row_number() OVER (ORDER BY account_id) AS place FROM people)
    INSERT INTO temporary_absence (account_id, person_id, left_on, returned_on, applied_on, papers, decision, grounds, recorded_at)
    SELECT account_id, person_id, days.left_on, days.returned_on, days.applied_on, days.papers, days.decision, days.grounds, {_STAMP}
      FROM numbered JOIN (VALUES
           (1, DATE '2026-10-02', DATE '2026-10-20', DATE '2026-10-22', 'Командировочное удостоверение № 4', 'granted', NULL),
           (2, DATE '2026-10-28', DATE '2026-11-16', DATE '2026-11-17', 'Выписка из стационара от 16.11.2026', 'granted', NULL),
           (3, DATE '2026-11-05', NULL, DATE '2026-11-03', 'Договор дачного посёлка, справка правления', 'granted', NULL),
           (4, DATE '2026-11-10', DATE '2026-11-14', DATE '2026-11-16', 'Железнодорожные билеты', 'refused',
            'Полных дней отсутствия меньше шести (ПП 354 п. 86)'),
           (5, DATE '2026-08-01', DATE '2026-08-20', DATE '2026-11-12', 'Путёвка', 'refused',
            'Заявление подано позже 30 дней после возвращения (ПП 354 п. 91)'))
           AS days (place, left_on, returned_on, applied_on, papers, decision, grounds) USING (place)""")


def record(connection: Connection) -> int:
    """Enter the acts and applications; return how many there are. A town too small for a place goes without its act."""
    services = dict(connection.execute(text("SELECT code, id FROM service")).all())
    places = {kind: connection.execute(text(f"{statement} LIMIT 10")).scalars().all() for kind, statement in PLACES.items()}
    rows = []
    for (kind, place, service, what, since, until, measured, planned, feeds, dead_end, percent, number, drawn_on, document,
         cancelled) in ACTS:  # fmt: skip
        if place > len(places[kind]):
            continue
        rows.append({
            **{f"{name}_id": places[kind][place - 1] if name == kind else None for name in PLACES}, "service": services[service],
            "kind": what, "since": since, "until": until, "measured": measured, "planned": planned, "feeds": feeds,
            "dead_end": dead_end, "percent": percent, "number": number, "drawn_on": drawn_on, "document": document,
            "cancelled": cancelled,
        })
    connection.execute(
        text(f"""INSERT INTO quality_act (district_id, house_id, entrance_id, premise_id, service_id, kind, since, until, measured,
                    planned, feeds, dead_end, supplier_percent, number, drawn_on, document, cancelled, recorded_at)
                 VALUES (:district_id, :house_id, :entrance_id, :premise_id, :service, :kind, CAST(:since AS timestamp),
                    CAST(:until AS timestamp), :measured, :planned, :feeds, :dead_end, :percent, :number, CAST(:drawn_on AS date),
                    :document, :cancelled, {_STAMP})"""),
        rows,
    )
    return len(rows) + connection.execute(_ABSENCES).rowcount
