"""Recalculations as bills and explanations show them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, Row, Select, func, select, text
from sqlalchemy.orm import Session

from startks.domain.accounts.models import Account
from startks.domain.calc.parameters import value
from startks.domain.ledger.models import Recalculation
from startks.domain.reference.models import Service
from startks.domain.support.models import BenefitCorrection
from startks.domain.territory.models import District, House, Premise, Street

POSTED: Select = (
    select(
        Recalculation.id, Recalculation.for_period, Recalculation.charged, Recalculation.computed, Recalculation.amount,
        Recalculation.reason, Service.title.label("service"), Account.number.label("account_number"),
        Premise.slug.label("premise_slug"), Premise.number.label("premise_number"), House.slug.label("house_slug"),
        House.number.label("house_number"), Street.name.label("street"), District.slug.label("district_slug"),
    )
    .join(Service, Service.id == Recalculation.service_id)
    .join(Account, Account.id == Recalculation.account_id)
    .join(Premise, Premise.id == Account.premise_id)
    .join(House, House.id == Account.house_id)
    .join(Street, Street.id == House.street_id)
    .join(District, District.id == House.district_id)
)
"""Differences posted into a month, a row a line and closed month; the reader's scope is added to it."""

GIVEN: Select = (
    select(func.count().label("rows"), func.coalesce(func.sum(BenefitCorrection.amount), 0).cast(BigInteger).label("amount"))
    .join(House, House.id == BenefitCorrection.house_id)
    .join(District, District.id == House.district_id)
)
"""How many corrections of benefits were posted and their sum, kopecks; the month and the reader's scope are added to it."""

_OF_LINE = text("""
    SELECT r.for_period, r.charged, r.computed, r.amount, r.reason, r.volume_charged / 1e6 AS volume_charged,
           r.volume_computed / 1e6 AS volume_computed, coalesce(n.title, '') AS rule_after, r.kind,
           r.kind = 'year' AND coalesce((
               SELECT sum(z.charge + z.recalculation) FILTER (WHERE z.period = r.period) * 100
                      > sum(z.charge + z.recalculation) FILTER (WHERE z.period = r.period - 100) * (100 + :instalment)
                 FROM statement z
                WHERE z.period IN (r.period, r.period - 100) AND z.account_id = r.account_id AND z.service_id = r.service_id),
               false) AS may_instal,
           coalesce((SELECT o.title FROM statement z JOIN law_rule o ON o.id = z.rule_id
                      WHERE z.period = r.for_period AND z.account_id = r.account_id AND z.service_id = r.service_id
                        AND z.supplier_id = r.supplier_id), '') AS rule_before
      FROM recalculation r JOIN service s ON s.id = r.service_id LEFT JOIN law_rule n ON n.id = r.rule_id
     WHERE r.account_id = :account AND r.period = :period AND s.code = :service ORDER BY r.for_period""")

_OF_HOUSE = text("""
    SELECT r.account_id, s.title AS service, min(r.for_period) AS first, max(r.for_period) AS last,
           sum(r.amount)::int8 AS amount, r.reason
      FROM recalculation r JOIN service s ON s.id = r.service_id
     WHERE r.account_id = ANY(:accounts) AND r.period = :period
     GROUP BY r.account_id, s.id, r.reason ORDER BY r.account_id, s.position, 3""")


def of_line(connection: Connection | Session, account_id: int, period: int, service: str) -> Sequence[Row]:
    """Closed months whose differences stand in a line's recalculation, the old calculation beside the new one.

    for_period, charged, computed, amount (kopecks), reason, volume_charged, volume_computed (units of the service),
    rule_before, rule_after (titles of the rules), kind, may_instal (a year's correction makes the month cost so much more than
    the same month of the last year that it may be paid in parts, ПП РФ 354 п. 72).
    """
    percent = value("instalment.rise_percent", dt.date(period // 100, period % 100, 1))
    return connection.execute(
        _OF_LINE, {"account": account_id, "period": period, "service": service, "instalment": int(percent)}
    ).all()


def of_accounts(connection: Connection, account_ids: list[int], period: int) -> Sequence[Row]:
    """Grounds of the recalculations of several accounts, a row a service and reason, with the months they are for."""
    return connection.execute(_OF_HOUSE, {"accounts": account_ids, "period": period}).all()
