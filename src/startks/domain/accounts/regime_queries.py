"""Facts that choose how a line is charged, as the cards of a house and of an account show them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, text
from sqlalchemy.orm import Session

_DATES = "lower(x.valid) AS since, upper(x.valid) AS until, x.document"

_OF_HOUSE = text(f"""
    SELECT 'heat' AS kind, NULL AS service, x.volume / 1e6 AS number, NULL::int AS emptied, NULL AS tariff, NULL AS norm, {_DATES}
      FROM house_heat x WHERE x.house_id = :house
    UNION ALL
    SELECT 'containers', NULL, x.container_volume, x.emptied, NULL, NULL, {_DATES}
      FROM house_containers x WHERE x.house_id = :house
     ORDER BY kind, since DESC""")

_OF_ACCOUNT = text(f"""
    SELECT 'category' AS kind, s.title AS service, NULL::numeric AS number, NULL::int AS emptied, x.tariff_category AS tariff,
           x.norm_category AS norm, {_DATES}
      FROM account_category x JOIN service s ON s.id = x.service_id WHERE x.account_id = :account
    UNION ALL
    SELECT 'volume', s.title, x.volume / 1e6, NULL, NULL, NULL, {_DATES}
      FROM calculated_volume x JOIN service s ON s.id = x.service_id WHERE x.account_id = :account
    UNION ALL
    SELECT 'heat', NULL, x.volume / 1e6, NULL, NULL, NULL, {_DATES}
      FROM account_heat x WHERE x.account_id = :account
     ORDER BY kind, service, since DESC""")


def house_regime_facts(session: Session | Connection, house_id: int) -> Sequence[Row]:
    """Rows kind (heat | containers), number (Gcal, m³), emptied, since, until, document; newest first."""
    return session.execute(_OF_HOUSE, {"house": house_id}).all()


def account_regime_facts(session: Session | Connection, account_id: int) -> Sequence[Row]:
    """Rows kind (category | volume | heat), service, number, tariff, norm, since, until, document; newest first."""
    return session.execute(_OF_ACCOUNT, {"account": account_id}).all()
