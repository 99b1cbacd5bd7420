"""Terms that run from an event: emergencies, quality checks, appeals, limitation of debtors. All are parameters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from .errors import CalculationError
from .parameters import value


def _count(name: str, day: date) -> int:
    return int(value(name, day))


@dataclass(frozen=True)
class Emergency:
    """When a registered emergency must be localised and cleared."""

    localise_by: datetime
    clear_by: datetime


def emergency(event: str, registered: datetime) -> Emergency:
    """Terms of the emergency service (ПП 416, пункт 13).

    ``event``: ``sewer_blockage``, ``chute_blockage`` or ``accident``; else CalculationError ``unknown_event``.
    """
    day = registered.date()
    try:
        hours = _count(f"deadline.clear_hours.{event}", day)
    except KeyError:
        raise CalculationError("unknown_event", f"Для события «{event}» закон не устанавливает срока.") from None
    minutes = _count("deadline.localise_minutes", day)
    return Emergency(registered + timedelta(minutes=minutes), registered + timedelta(hours=hours))


def quality_check(message: datetime, agreed: datetime | None = None) -> datetime:
    """When the quality must be checked: the agreed time, else two hours after the message (ПП 354, пункт 108)."""
    return agreed or message + timedelta(hours=_count("deadline.quality_check_hours", message.date()))


@dataclass(frozen=True)
class Appeal:
    """Last days to register, to answer, and to answer when extended."""

    register_by: date
    answer_by: date
    extended_by: date


def appeal(received: date, registered: date) -> Appeal:
    """Terms of an appeal to a body of power (59-ФЗ, статьи 8, 12), calendar days."""
    answer_by = registered + timedelta(days=_count("deadline.appeal_answer_days", registered))
    return Appeal(
        received + timedelta(days=_count("deadline.appeal_register_days", received)), answer_by,
        answer_by + timedelta(days=_count("deadline.appeal_extension_days", registered)),
    )


@dataclass(frozen=True)
class Limitation:
    """First days on which a debtor's service may be limited and suspended."""

    limit_not_before: date
    suspend_not_before: date


def limitation(warning_delivered: date) -> Limitation:
    """Full days pass after the warning; the day of limitation is the first of the next term (ПП 354, пункт 119)."""
    limit = warning_delivered + timedelta(days=_count("debtor.warning_days", warning_delivered) + 1)
    return Limitation(limit, limit + timedelta(days=_count("debtor.suspension_days", warning_delivered)))


def restored_by(paid: date) -> date:
    """Last day to restore the service after payment (ПП 354, пункт 120)."""
    return paid + timedelta(days=_count("debtor.restore_days", paid))


def may_warn(debt: Fraction, monthly_by_norm: Fraction, day: date) -> bool:
    """Whether a debt (roubles) is above the monthly charges of p.118."""
    return debt > value("debtor.monthly_charges", day) * monthly_by_norm


def court_order(debt: Fraction, day: date) -> bool:
    """Whether a claim (roubles) may be brought for a court order (ГПК, статья 121)."""
    return debt <= value("debtor.court_order_limit", day)
