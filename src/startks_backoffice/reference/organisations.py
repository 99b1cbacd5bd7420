"""Organisations with their contracts and settlement accounts."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from sqlalchemy import func, true

from startks.base.db.ranges import ru_order
from startks.domain.facts.queries import history
from startks.domain.parties.models import Organisation
from startks.domain.reference.list_queries import ORGANISATIONS, bank_details, contracts
from startks.framework.i18n import _
from startks.framework.tree.urls import office_url
from startks.framework.web.lists import Column, Filter, Listing
from startks_backoffice.labels import LABELS
from startks_backoffice.reference.nodes import OrganisationNode, Organisations


def listing(context: Organisations, request: Request) -> Any:
    """All organisations: they belong to no territory, and nothing here is personal."""
    say = request.say
    here = office_url(request, context)
    return Listing(
        request,
        "organisations",
        _("Organisations"),
        ORGANISATIONS,
        scope=true(),
        columns=(
            Column(
                "short_name",
                _("Organisation"),
                ru_order(Organisation.short_name),
                url=lambda row: f"{here}/{row.id}",
                head=True,
            ),
            Column("role", _("Role"), Organisation.role, show=lambda fmt, value: say("organisation.role", value)),
            Column("inn", _("INN"), Organisation.inn),
            Column("phone", _("Telephone")),
            Column("contracts", _("Contracts"), show=lambda fmt, value: fmt.number(value), numeric=True),
        ),
        filters=(
            Filter("q", _("Name or INN"), "contains", (Organisation.name, func.coalesce(Organisation.inn, ""))),
            Filter("role", _("Role"), "choice", Organisation.role, tuple(LABELS["organisation.role"].items())),
        ),
        tie=Organisation.id,
        page_size=50,
    ).answer()


def card(context: OrganisationNode, request: Request) -> dict[str, Any]:
    """Details of an organisation, its contracts and settlement accounts by date."""
    return {
        "organisation": context.row,
        "contracts": contracts(request.read, context.id),
        "accounts": bank_details(request.read, context.id),
        "entries": history(request.read, "organisation", context.id),
    }
