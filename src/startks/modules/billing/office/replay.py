"""The replay in the office: what is marked, the order to replay, what was posted into the open month."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from startks.base.contracts.consumption import MonthlyConsumption
from startks.base.errors import StartksError
from startks.domain.accounts.models import Account
from startks.domain.ledger.models import Recalculation
from startks.domain.security import scope_filter
from startks.domain.security.audit import audit
from startks.domain.security.permissions import Permission
from startks.domain.support.models import BenefitCorrection
from startks.domain.territory.passport_queries import HOUSE_SCOPE
from startks.framework.i18n import _
from startks.framework.jobs import ring_after_commit
from startks.framework.tree.urls import office_url
from startks.framework.web.flash import flash
from startks.framework.web.lists import Column, Filter, Listing
from startks.modules.billing.office.life import month_of
from startks.modules.billing.replay.marks import waiting
from startks.modules.billing.replay.queries import GIVEN, POSTED
from startks.modules.billing.replay.tasks import start_replay


def desk(context: Any, request: Request) -> Any:
    """Differences posted into the month, and what still waits."""
    month = month_of(request)
    frame = request.frame
    listing = Listing(
        request,
        "posted",
        _("Recalculations of closed months"),
        POSTED.where(Recalculation.period == month.id),
        scope=scope_filter(request.identity, Permission.PERIOD_MONTH_READ, HOUSE_SCOPE),
        columns=(
            Column("account_number", _("Account"), Account.number,
                   url=lambda row: frame.account_url(row, "bill", period=month.id), head=True),
            Column("street", _("Street"), url=frame.house_url),
            Column("house_number", _("House")),
            Column("premise_number", _("Premise")),
            Column("service", _("Service")),
            Column("for_period", _("For the month"), Recalculation.for_period,
                   show=lambda fmt, value: fmt.period(value)),
            Column("charged", _("Was"), show=lambda fmt, value: fmt.money(value), numeric=True),
            Column("computed", _("By today’s facts"), show=lambda fmt, value: fmt.money(value), numeric=True),
            Column("amount", _("Difference"), Recalculation.amount, show=lambda fmt, value: fmt.money(value),
                   numeric=True),
            Column("reason", _("Reason")),
        ),
        filters=(Filter("q", _("Account or reason"), "contains", (Account.number, Recalculation.reason)),),
        kept={"period": month.id},
        tie=Recalculation.id,
        empty=_("Nothing has been posted into this month."),
    )
    return listing.answer(
        period=month.id,
        waiting=waiting(request.read),
        benefits=request.read.execute(
            GIVEN.where(
                BenefitCorrection.period == month.id,
                scope_filter(request.identity, Permission.PERIOD_MONTH_READ, HOUSE_SCOPE),
            )
        ).one(),
        may_start=request.has_permission(Permission.PERIOD_MONTH_CALCULATE, context) and month.state != "closed",
    )


def start(context: Any, request: Request) -> HTTPSeeOther:
    """Order the replay of everything marked as a job."""
    consumption = request.contract(MonthlyConsumption)
    try:
        job = start_replay(
            request.db, consumption=consumption.dotted if consumption is not None else None,
            created_by=request.identity.user_id,
        )
    except StartksError as error:
        flash(request, error.message, "danger")
    else:
        audit(request.db, request.identity, "period:month:replay", ("job", job), {})
        ring_after_commit(request.tm, job)
        flash(request, _("The recalculation has been started. Calculate the month when it is done."))
    return HTTPSeeOther(office_url(request, context, "replay", period=month_of(request).id))
