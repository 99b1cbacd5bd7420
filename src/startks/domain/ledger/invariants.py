"""What must hold in a month before it is closed: each invariant is a query that returns no row.

A query gets the month (``:period``), the one before it (``:before``) and a range of houses (``:low``, ``:high``), so a town
is asked in pieces, and returns ``house_id, account_id, service_id, detail`` of every place where it does not hold. The
detail is what an accountant needs to find it, money in roubles.
"""

from __future__ import annotations

from dataclasses import dataclass

MUST, SIGNED = "must", "signed"
"""A broken invariant keeps the month open; or somebody may sign for it with a reason."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """A name for the trail, a title for people, what to do, and the query.

    ``condition``: for those that look at one line at a time; all of them are counted in one pass over the month, and
    only what is broken is asked for its places. ``quick``: a cheap SELECT of one boolean, true where it surely holds.
    """

    name: str
    severity: str
    title: str
    way_out: str
    sql: str
    condition: str | None = None
    quick: str | None = None


_ROUBLES = "to_char({} / 100.0, 'FM999999999990.00')"


def _roubles(column: str) -> str:
    return _ROUBLES.format(column)


_LINE = """statement z LEFT JOIN law_rule r ON r.id = z.rule_id LEFT JOIN account a ON a.id = z.account_id
             WHERE z.period = :period AND z.house_id BETWEEN :low AND :high"""
_LINES = "statement z LEFT JOIN law_rule r ON r.id = z.rule_id WHERE z.period = :period AND z.house_id BETWEEN :low AND :high"
_CREDIT = "(r.key LIKE 'common.%credit%' OR r.key LIKE '%.year_correction')"

# Equal sums of the rows' hashes: the same rows, whatever their order. Asked before the join, which costs ten times more.
_SET = """SELECT (count(*), coalesce(sum(hash_record_extended(ROW(account_id, service_id, supplier_id, {column}), 0)), 0))
            FROM statement WHERE period = :{month} AND house_id BETWEEN :low AND :high AND {column} <> 0"""


def _line(name: str, severity: str, title: str, way_out: str, condition: str, detail: str) -> Invariant:
    """An invariant of single lines: ``z`` the line, ``r`` its rule, ``a`` its account."""
    sql = f"SELECT z.house_id, z.account_id, z.service_id, {detail} AS detail FROM {_LINE} AND ({condition})"
    return Invariant(name, severity, title, way_out, sql, condition)


INVARIANTS: tuple[Invariant, ...] = (
    _line(
        "closing_formula", MUST, "Исходящее сальдо равно сумме строки",
        "Рассчитайте месяц заново.",
        "z.closing <> z.opening + z.charge + z.recalculation + z.penalty - z.benefit - z.paid",
        f"""{_roubles("z.closing")} || ' вместо ' ||
            {_roubles("(z.opening + z.charge + z.recalculation + z.penalty - z.benefit - z.paid)")}""",
    ),
    Invariant(
        "opening_chain", MUST, "Входящее сальдо равно исходящему прошлого месяца",
        "Прошлый месяц пересчитан позже этого: рассчитайте этот месяц заново.",
        f"""SELECT coalesce(n.house_id, b.house_id) AS house_id, account_id, service_id,
                   {_roubles("coalesce(n.opening, 0)")} || ' вместо ' || {_roubles("coalesce(b.closing, 0)")} AS detail
              FROM (SELECT account_id, service_id, supplier_id, house_id, opening FROM statement
                     WHERE period = :period AND house_id BETWEEN :low AND :high AND opening <> 0) n
              FULL JOIN (SELECT account_id, service_id, supplier_id, house_id, closing FROM statement
                          WHERE period = :before AND house_id BETWEEN :low AND :high AND closing <> 0) b
                USING (account_id, service_id, supplier_id)
             WHERE coalesce(n.opening, 0) <> coalesce(b.closing, 0)""",
        quick=f"SELECT ({_SET.format(month='period', column='opening')}) = ({_SET.format(month='before', column='closing')})",
    ),
    Invariant(
        "payments", MUST, "Оплаченное в строках равно поступившим деньгам",
        "Платежи внесены или изменены после расчёта: рассчитайте месяц заново.",
        f"""SELECT coalesce(z.house_id, m.house_id) AS house_id, account_id, NULL::int AS service_id,
                   'в строках ' || {_roubles("coalesce(z.paid, 0)")} || ', поступило '
                   || {_roubles("coalesce(m.received, 0)")} AS detail
              FROM (SELECT account_id, min(house_id) AS house_id, sum(paid)::int8 AS paid FROM statement
                     WHERE period = :period AND house_id BETWEEN :low AND :high AND paid <> 0 GROUP BY 1) z
              FULL JOIN (SELECT p.account_id, min(a.house_id) AS house_id, sum(p.amount)::int8 AS received
                           FROM payment p JOIN account a ON a.id = p.account_id
                          WHERE p.period = :period AND a.house_id BETWEEN :low AND :high GROUP BY 1) m
                USING (account_id)
             WHERE coalesce(z.paid, 0) <> coalesce(m.received, 0)""",
    ),
    _line(
        "known_accounts", MUST, "Строка принадлежит счёту своего дома",
        "Счёт перенесён или удалён после расчёта: рассчитайте месяц заново.",
        "a.house_id IS DISTINCT FROM z.house_id",
        "coalesce('счёт дома ' || a.house_id, 'счёта нет')",
    ),
    Invariant(
        "every_account", MUST, "У каждого открытого счёта есть строка или названная ошибка",
        "Подключите дому услуги или закройте счёт, затем рассчитайте месяц заново.",
        """SELECT a.house_id, a.id AS account_id, NULL::int AS service_id, 'нет ни строк, ни ошибок' AS detail
             FROM account a
            WHERE a.house_id BETWEEN :low AND :high AND a.opened_on < CAST(:following AS date)
              AND (a.closed_on IS NULL OR a.closed_on > CAST(:first AS date))
              AND NOT EXISTS (SELECT 1 FROM statement z WHERE z.period = :period AND z.account_id = a.id)
              AND NOT EXISTS (SELECT 1 FROM calculation_error e
                               WHERE e.period = :period AND e.house_id = a.house_id
                                 AND (e.account_id = a.id OR e.account_id IS NULL))""",
    ),
    _line(
        "not_after_end", MUST, "Закрытому или ещё не открытому счёту не начислено",
        "Даты счёта изменены после расчёта: рассчитайте месяц заново.",
        "z.charge <> 0 AND (a.opened_on >= CAST(:following AS date) OR a.closed_on <= CAST(:first AS date))",
        _roubles("z.charge"),
    ),
    _line(
        "known_rule", MUST, "Начисленное названо правилом, действовавшим в этом месяце",
        "Рассчитайте месяц заново.",
        "z.charge <> 0 AND (r.id IS NULL OR NOT r.valid @> CAST(:first AS date))",
        "coalesce(r.key, 'без правила')",
    ),
    _line(
        "negative", SIGNED, "Отрицательное только там, где его допускает правило",
        "Проверьте показания и площади дома, рассчитайте дом заново.",
        f"(z.volume < 0 OR z.charge < 0) AND NOT coalesce({_CREDIT}, false)",
        f"{_roubles('z.charge')} || ', объём ' || round(z.volume / 1000000.0, 6)",
    ),
    _line(
        "excess", MUST, "Повышающий коэффициент не больше самого начисления",
        "Рассчитайте месяц заново.",
        "z.charge >= 0 AND (z.excess < 0 OR z.excess > z.charge)",
        f"{_roubles('z.excess')} || ' из ' || {_roubles('z.charge')}",
    ),
    Invariant(
        "shares", MUST, "Доли дома сложены из его строк",
        "Рассчитайте дом заново.",
        f"""SELECT h.house_id, NULL::int AS account_id, h.service_id,
                   {_roubles("h.lines_amount")} || ' вместо ' || {_roubles("coalesce(s.charge, 0)")} AS detail
              FROM house_rounding h
              LEFT JOIN (SELECT z.house_id, z.service_id, sum(z.charge)::int8 AS charge FROM {_LINES}
                            AND (r.key LIKE 'common.share%' OR r.key LIKE 'heating.odpu%') GROUP BY 1, 2) s
                USING (house_id, service_id)
             WHERE h.period = :period AND h.house_id BETWEEN :low AND :high
               AND h.lines_amount <> coalesce(s.charge, 0)""",
    ),
    Invariant(
        "house_volumes", MUST, "Объём дома равен сумме квартир, нежилых и общих нужд",
        "Рассчитайте дом заново.",
        """SELECT b.house_id, NULL::int AS account_id, b.service_id, 'разница ' ||
                  (b.house_volume - b.metered_volume - b.norm_volume - b.nonresidential_volume - b.common_volume) / 1000000.0
                  AS detail
             FROM house_balance b JOIN service s ON s.id = b.service_id
            WHERE b.period = :period AND b.house_id BETWEEN :low AND :high AND b.has_meter AND s.code <> 'heating'
              AND b.house_volume <> b.metered_volume + b.norm_volume + b.nonresidential_volume + b.common_volume""",
    ),
    Invariant(
        "recalculations", MUST, "Перерасчёт строки равен проведённым перерасчётам и снижениям по актам и заявлениям",
        "Рассчитайте месяц заново.",
        f"""SELECT coalesce(z.house_id, c.house_id) AS house_id, account_id, service_id,
                   {_roubles("coalesce(z.recalculation, 0)")} || ' вместо ' || {_roubles("coalesce(c.amount, 0)")} AS detail
              FROM (SELECT account_id, service_id, supplier_id, house_id, recalculation FROM statement
                     WHERE period = :period AND house_id BETWEEN :low AND :high AND recalculation <> 0) z
              FULL JOIN (SELECT account_id, service_id, supplier_id, min(house_id) AS house_id, sum(amount)::int8 AS amount
                           FROM (SELECT account_id, service_id, supplier_id, house_id, amount FROM recalculation
                                  WHERE period = :period AND house_id BETWEEN :low AND :high
                                 UNION ALL
                                 SELECT account_id, service_id, supplier_id, house_id, amount FROM reduction
                                  WHERE period = :period AND house_id BETWEEN :low AND :high) posted
                          GROUP BY 1, 2, 3 HAVING sum(amount) <> 0) c USING (account_id, service_id, supplier_id)
             WHERE coalesce(z.recalculation, 0) <> coalesce(c.amount, 0)""",
    ),
    Invariant(
        "reductions", MUST, "Снижение по актам и заявлениям не больше начисленного",
        "Рассчитайте месяц заново.",
        f"""SELECT d.house_id, account_id, service_id,
                   'снижено на ' || {_roubles("d.amount")} || ', начислено ' || {_roubles("coalesce(z.charge, 0)")} AS detail
              FROM (SELECT account_id, service_id, supplier_id, min(house_id) AS house_id, -sum(amount)::int8 AS amount
                      FROM reduction WHERE period = :period AND house_id BETWEEN :low AND :high GROUP BY 1, 2, 3) d
              LEFT JOIN (SELECT account_id, service_id, supplier_id, charge FROM statement
                          WHERE period = :period AND house_id BETWEEN :low AND :high) z
                USING (account_id, service_id, supplier_id)
             WHERE d.amount > coalesce(z.charge, 0)""",
    ),
    Invariant(
        "benefits", MUST, "Льгота строки равна данным в месяце скидкам",
        "Рассчитайте месяц заново.",
        f"""SELECT coalesce(z.house_id, c.house_id) AS house_id, account_id, service_id,
                   {_roubles("coalesce(z.benefit, 0)")} || ' вместо ' || {_roubles("coalesce(c.amount, 0)")} AS detail
              FROM (SELECT account_id, service_id, supplier_id, house_id, benefit FROM statement
                     WHERE period = :period AND house_id BETWEEN :low AND :high AND benefit <> 0) z
              FULL JOIN (SELECT account_id, service_id, supplier_id, min(house_id) AS house_id, sum(amount)::int8 AS amount
                           FROM benefit_amount
                          WHERE period = :period AND house_id BETWEEN :low AND :high AND is_discount
                          GROUP BY 1, 2, 3) c USING (account_id, service_id, supplier_id)
             WHERE coalesce(z.benefit, 0) <> coalesce(c.amount, 0)""",
    ),
    Invariant(
        "month_debts", MUST, "Долги прошлых месяцев не больше долга строки",
        "Рассчитайте месяц заново.",
        f"""SELECT d.house_id, account_id, service_id,
                   'по месяцам ' || {_roubles("d.amount")} || ', в строке ' || {_roubles("coalesce(z.closing, 0)")} AS detail
              FROM (SELECT account_id, service_id, supplier_id, min(house_id) AS house_id, sum(amount)::int8 AS amount
                      FROM month_debt WHERE period = :period AND house_id BETWEEN :low AND :high GROUP BY 1, 2, 3) d
              LEFT JOIN (SELECT account_id, service_id, supplier_id, closing FROM statement
                          WHERE period = :period AND house_id BETWEEN :low AND :high AND closing > 0) z
                USING (account_id, service_id, supplier_id)
             WHERE d.amount > coalesce(z.closing, 0)""",
    ),
    Invariant(
        "replayed", SIGNED, "Изменения прошлого пересчитаны",
        "Проведите перерасчёт закрытых месяцев, которых коснулись изменения, и рассчитайте месяц заново.",
        """SELECT coalesce(m.house_id, a.house_id) AS house_id, m.account_id, NULL::int AS service_id,
                  f.field || ': ' || f.reason AS detail
             FROM recalculation_mark m JOIN fact_change f ON f.id = m.fact_change_id
             LEFT JOIN account a ON a.id = m.account_id
            WHERE m.done_at IS NULL AND m.period_from < :period
              AND coalesce(m.house_id, a.house_id) BETWEEN :low AND :high
              AND EXISTS (SELECT 1 FROM period p WHERE p.state = 'closed' AND p.id >= m.period_from
                             AND (m.period_to IS NULL OR p.id <= m.period_to))""",
    ),
    Invariant(
        "remainder", SIGNED, "Дом разделён без остатка сверх округления",
        "Не всем площадям дома открыты счета: проверьте площади дома и его счета.",
        f"""SELECT h.house_id, NULL::int AS account_id, h.service_id,
                   'дому ' || {_roubles("h.house_amount")} || ', в строках ' || {_roubles("h.lines_amount")} AS detail
              FROM house_rounding h
              LEFT JOIN (SELECT z.house_id, z.service_id, count(*) AS lines FROM {_LINES}
                            AND (r.key LIKE 'common.share%' OR r.key LIKE 'heating.odpu%') GROUP BY 1, 2) s
                USING (house_id, service_id)
             WHERE h.period = :period AND h.house_id BETWEEN :low AND :high
               AND abs(h.remainder) * 2 > coalesce(s.lines, 0) + 1""",
    ),
    Invariant(
        "errors", SIGNED, "Все строки рассчитаны",
        "Исправьте названное в ошибках и рассчитайте месяц заново.",
        """SELECT house_id, account_id, service_id, detail FROM calculation_error
            WHERE period = :period AND house_id BETWEEN :low AND :high AND severity = 'error'""",
    ),
    Invariant(
        "jumps", SIGNED, "Нет скачков расхода, похожих на лишнюю цифру",
        "Проверьте показание, исправьте его и рассчитайте дом заново.",
        f"""SELECT house_id, account_id, service_id, 'было ' || {_roubles("before")} || ', стало ' || {_roubles("after")} AS detail
              FROM {{rehearsal}} WHERE period = :period AND cause = 1 AND house_id BETWEEN :low AND :high""",
    ),
    Invariant(
        "unexplained", SIGNED, "У каждого изменения есть причина",
        "Посмотрите счета группы «Причина не названа».",
        f"""SELECT house_id, account_id, service_id, 'было ' || {_roubles("before")} || ', стало ' || {_roubles("after")} AS detail
              FROM {{rehearsal}} WHERE period = :period AND cause = 99 AND house_id BETWEEN :low AND :high
               AND abs(change) >= 10000""",
    ),
    _line(
        "benefit", SIGNED, "Льгота не больше начисленного",
        "Проверьте льготы счёта.",
        "z.benefit > 0 AND z.benefit > z.charge + greatest(z.recalculation, 0)",
        f"{_roubles('z.benefit')} || ' из ' || {_roubles('z.charge')}",
    ),
    _line(
        "penalty", SIGNED, "Пени не отрицательны",
        "Пени возвращаются перерасчётом, а не отрицательной пеней.",
        "z.penalty < 0",
        _roubles("z.penalty"),
    ),
    Invariant(
        "late_facts", SIGNED, "После расчёта не внесено фактов этого месяца",
        "Рассчитайте заново дом или месяц, чтобы учесть внесённое.",
        """SELECT coalesce(f.house_id, a.house_id) AS house_id, f.account_id, NULL::int AS service_id,
                  f.field || ': ' || f.reason AS detail
             FROM fact_change f LEFT JOIN account a ON a.id = f.account_id
            WHERE f.recorded_at > (SELECT max(started_at) FROM calculation_run
                                    WHERE period = :period AND state = 'done')
              AND f.valid_from < CAST(:following AS date)
              AND (f.valid_to IS NULL OR f.valid_to > CAST(:first AS date))
              AND EXISTS (SELECT FROM house h
                            LEFT JOIN house_calculation c ON c.period = :period AND c.house_id = h.id
                           WHERE h.id BETWEEN :low AND :high
                             AND (h.id = coalesce(f.house_id, a.house_id)
                                  OR f.kind = 'district' AND h.district_id = f.subject_id)
                             AND (c.began_at IS NULL OR f.recorded_at >= c.began_at))""",
    ),
)
"""Asked house by house. ``jumps`` and ``unexplained`` read what the rehearsal has found (causes 1 and 99)."""

LINES = tuple(item for item in INVARIANTS if item.condition is not None)
COUNT_LINES = f"""
    SELECT {", ".join(f"count(*) FILTER (WHERE {item.condition}) AS {item.name}" for item in LINES)} FROM {_LINE}"""
"""How often each invariant of single lines is broken in a range of houses: one pass."""

WHOLE: tuple[Invariant, ...] = (
    Invariant(
        "previous_closed", MUST, "Прошлый месяц закрыт",
        "Закройте сначала прошлый месяц.",
        """SELECT NULL::int AS house_id, NULL::int AS account_id, NULL::int AS service_id, 'период ' || id AS detail
             FROM period WHERE id = :before AND state <> 'closed'
              AND EXISTS (SELECT 1 FROM statement WHERE period = :before)""",
    ),
    Invariant(
        "one_run", MUST, "Месяц рассчитан до конца, другого расчёта не идёт",
        "Дождитесь конца расчёта или остановите его, затем повторите репетицию.",
        """SELECT NULL::int AS house_id, NULL::int AS account_id, NULL::int AS service_id, 'запуск ' || id AS detail
             FROM calculation_run WHERE period = :period AND state = 'running'
           UNION ALL
           SELECT NULL, NULL, NULL, 'месяц не рассчитан' FROM period WHERE id = :period AND calculated_at IS NULL""",
    ),
    Invariant(
        "partition", MUST, "Таблицы месяца на своих местах",
        "Рассчитайте месяц заново; если не помогло, восстановите копию.",
        """SELECT NULL::int AS house_id, NULL::int AS account_id, NULL::int AS service_id, m.name AS detail
             FROM month_table m JOIN pg_class parent ON parent.oid = to_regclass(m.name) AND parent.relkind = 'p'
            WHERE NOT EXISTS (SELECT 1 FROM pg_inherits
                               WHERE inhparent = parent.oid AND inhrelid = to_regclass(m.name || '_' || :period))""",
    ),
    Invariant(
        "known_houses", MUST, "Строки принадлежат домам реестра",
        "Рассчитайте месяц заново.",
        """SELECT NULL::int AS house_id, NULL::int AS account_id, NULL::int AS service_id, 'дом ' || house_id AS detail
             FROM (SELECT DISTINCT house_id FROM statement WHERE period = :period) z
            WHERE NOT EXISTS (SELECT 1 FROM house h WHERE h.id = z.house_id)""",
    ),
)
"""Asked once for the whole month."""

TITLES = {item.name: item for item in (*INVARIANTS, *WHOLE)}
