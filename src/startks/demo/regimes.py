"""Facts of the town that choose how a line is charged: even payment, containers, lifts, bands, acts, meters of communal flats.

Everything is drawn from what is there by the numbers of houses and accounts, so the same town gets the same facts. Figures
that nobody published are marked as estimates.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from .loading import RECORDED_AT

HISTORY = "[2025-01-01,)"

_EVEN = (
    """UPDATE house_service x SET method = 'heat.odpu.even'
         FROM (SELECT id, row_number() OVER (ORDER BY house_id) AS place FROM house_service
                WHERE method = 'heat.odpu.season' AND house_id > 1) k
        WHERE k.id = x.id AND k.place % 8 = 2""",
    """INSERT INTO house_heat (house_id, volume, valid, document, recorded_at)
       SELECT x.house_id, (a.total_area * y.gcal * 1000000)::int8, y.valid, 'Ведомость теплоснабжения за ' || y.year || ' год',
              CAST(:recorded AS timestamptz)
         FROM house_service x JOIN house_area a ON a.house_id = x.house_id AND upper_inf(a.valid)
              CROSS JOIN (VALUES (0.185, daterange('2025-01-01', '2026-01-01'), 2024),
                                 (0.178, daterange('2026-01-01', '2027-01-01'), 2025)) AS y (gcal, valid, year)
        WHERE x.method = 'heat.odpu.even' ORDER BY x.house_id, y.year""",
)
"""One of eight houses with a heat meter pays evenly, by the heat of the year before."""

_CONTAINERS = (
    """UPDATE house_service x SET method = 'waste_containers' FROM service s, house h
        WHERE s.id = x.service_id AND s.code = 'waste' AND h.id = x.house_id AND h.kind <> 'private_house' AND h.id % 23 = 7""",
    """INSERT INTO house_containers (house_id, container_volume, emptied, valid, document, recorded_at)
       SELECT x.house_id, 0.75, greatest(1, round(count(r.id) * 0.19 / 0.75)), CAST(:history AS daterange), 'Договор о раздельном сборе',
              CAST(:recorded AS timestamptz)
         FROM house_service x JOIN account a ON a.house_id = x.house_id
              LEFT JOIN residence r ON r.account_id = a.id AND upper_inf(r.valid)
        WHERE x.method = 'waste_containers' GROUP BY x.house_id ORDER BY x.house_id""",
)
"""Every twenty-third block sorts its waste and counts its containers."""

_LIFTS = (
    """INSERT INTO tariff (municipality_id, service_id, category, value, valid, act_id, paragraph, certain, note, recorded_at)
       SELECT t.municipality_id, t.service_id, t.category || ', 1 этаж без лифта', round(t.value * 0.93, 2), t.valid, t.act_id,
              t.paragraph, false, 'Без платы за лифт; ставка вымышлена.', t.recorded_at
         FROM tariff t JOIN service s ON s.id = t.service_id AND s.code = 'maintenance'
        WHERE t.house_id IS NULL ORDER BY t.id""",
    """INSERT INTO account_category (account_id, service_id, tariff_category, valid, document, recorded_at)
       SELECT a.id, s.id, x.tariff_category || ', 1 этаж без лифта', CAST(:history AS daterange), 'Протокол собрания № 4',
              CAST(:recorded AS timestamptz)
         FROM account a JOIN premise p ON p.id = a.premise_id JOIN house h ON h.id = a.house_id
              JOIN service s ON s.code = 'maintenance'
              JOIN house_service x ON x.house_id = h.id AND x.service_id = s.id AND upper_inf(x.valid)
              JOIN house_characteristic c ON c.house_id = h.id AND c.code = 'lift' AND c.value = 'Есть' AND upper_inf(c.valid)
        WHERE p.floor = 1 AND p.kind = 'flat' AND h.id > 1 AND x.tariff_category <> 'не указана'
          AND NOT EXISTS (SELECT FROM tariff own WHERE own.house_id = h.id AND own.service_id = s.id)
        ORDER BY a.id""",
)
"""The ground floors of houses with lifts do not pay for them, where the meeting set no price of its own."""

_BANDS = (
    "UPDATE service SET position = position * 10",  # room for the bands between the lines of the bill
    """INSERT INTO service (id, code, title, short_title, unit, section, resource, position) OVERRIDING SYSTEM VALUE
       SELECT (SELECT max(id) FROM service) + row_number() OVER (ORDER BY s.position, b.band), s.code || '_' || b.band,
              s.title || ', ' || b.band || '-й диапазон', s.short_title || ', ' || b.band || '-й диапазон', s.unit, s.section,
              s.resource, s.position + b.band - 1
         FROM service s CROSS JOIN (VALUES (2), (3)) AS b (band)
        WHERE s.code IN ('electricity', 'electricity_day', 'electricity_night')
          AND NOT EXISTS (SELECT FROM service old WHERE old.code = s.code || '_' || b.band)""",
    """INSERT INTO tariff (municipality_id, service_id, category, value, valid, act_id, paragraph, certain, note, recorded_at)
       SELECT t.municipality_id, n.id, t.category, round(z.value * t2.value / t.value, 2), t2.valid * z.valid * t.valid, t2.act_id,
              t2.paragraph, false, t2.note, t2.recorded_at
         FROM tariff t JOIN service s ON s.id = t.service_id AND s.code = 'electricity'
              JOIN (VALUES (2), (3)) AS b (band) ON true
              JOIN tariff t2 ON t2.service_id = s.id AND t2.municipality_id = t.municipality_id AND t2.house_id IS NULL
                   AND t2.category = t.category || ', ' || b.band || '-й диапазон' AND t2.valid && t.valid
              JOIN service zs ON zs.code IN ('electricity', 'electricity_day', 'electricity_night')
              JOIN tariff z ON z.service_id = zs.id AND z.municipality_id = t.municipality_id AND z.house_id IS NULL
                   AND z.category = t.category AND z.valid && t2.valid AND z.valid && t.valid
              JOIN service n ON n.code = zs.code || '_' || b.band
        WHERE t.house_id IS NULL AND NOT isempty(t2.valid * z.valid * t.valid)
        ORDER BY n.id, t2.valid""",
    """INSERT INTO house_service (house_id, service_id, contract_id, method, tariff_category, norm_category, valid, recorded_at)
       SELECT x.house_id, n.id, x.contract_id, 'bands', x.tariff_category, '', x.valid, CAST(:recorded AS timestamptz)
         FROM house_service x JOIN service s ON s.id = x.service_id
              JOIN service n ON n.code IN (s.code || '_2', s.code || '_3')
        WHERE s.code IN ('electricity', 'electricity_day', 'electricity_night')
          AND EXISTS (SELECT FROM tariff t WHERE t.service_id = n.id AND t.category = x.tariff_category)
        ORDER BY x.id, n.id""",
)
"""Bands of volume where the town has prices for them."""

_ACTS = (
    """INSERT INTO calculated_volume (account_id, service_id, volume, valid, document, recorded_at)
       SELECT a.id, s.id, CASE s.code WHEN 'cold_water' THEN 2400000 ELSE 180000000 END, CAST(:history AS daterange),
              'Акт поставщика № ' || a.id, CAST(:recorded AS timestamptz)
         FROM account a JOIN service s ON s.code IN ('cold_water', 'electricity')
        WHERE a.kind = 'nonresidential' AND a.id % 3 = 1
          AND NOT EXISTS (SELECT FROM meter m WHERE m.account_id = a.id AND m.service_id = s.id)
        ORDER BY a.id, s.id""",
    """DELETE FROM account_service_exclusion e USING account a, service s
        WHERE a.id = e.account_id AND s.id = e.service_id AND s.code = 'cold_water' AND a.id % 6 = 1
          AND EXISTS (SELECT FROM calculated_volume c WHERE c.account_id = a.id AND c.service_id = s.id)""",
)
"""Some shops without meters are charged by the supplier's calculation, through the house or directly."""

_FLATS = (
    """INSERT INTO meter (house_id, premise_id, service_id, serial, model, installed_on, verified_until, place, recorded_at)
       SELECT f.house_id, f.id, s.id, 'КВ' || f.id || '-' || s.id, 'СВ-15', '2022-03-01', '2032-03-01', 'места общего пользования',
              CAST(:recorded AS timestamptz)
         FROM premise f JOIN service s ON s.code IN ('cold_water', 'electricity')
        WHERE f.id % 2 = 0 AND EXISTS (SELECT FROM premise room WHERE room.parent_id = f.id)
          AND EXISTS (SELECT FROM house_service x WHERE x.house_id = f.house_id AND x.service_id = s.id)
        ORDER BY f.id, s.id""",
    """INSERT INTO reading (meter_id, zone, day, value, recorded_at)
       SELECT m.id, 0, d::date, ((100 + row_number() OVER (PARTITION BY m.id ORDER BY d))
                                  * CASE s.code WHEN 'cold_water' THEN 16000000 ELSE 310000000 END)::int8,
              (d::date + time '17:00') AT TIME ZONE 'UTC'
         FROM meter m JOIN service s ON s.id = m.service_id
              CROSS JOIN generate_series(date '2025-08-20', date '2026-11-20', interval '1 month') AS d
        WHERE m.premise_id IS NOT NULL""",
)
"""Half of the communal flats have common meters of water and electricity."""


def record(connection: Connection) -> int:
    """Write the facts into a town that has its houses, accounts, meters and tariffs; return the number of new readings."""
    given = {"history": HISTORY, "recorded": RECORDED_AT}
    for statement in (*_EVEN, *_CONTAINERS, *_LIFTS, *_BANDS, *_ACTS, *_FLATS):
        values = {name: value for name, value in given.items() if f":{name}" in statement}
        written = connection.execute(text(statement), values).rowcount
    return written  # of the last one, which writes readings
