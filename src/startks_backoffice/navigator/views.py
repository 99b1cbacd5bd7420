"""Lists of houses, premises and accounts. Every one takes the reader's scope; counts travel with the rows."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from sqlalchemy import Row

from startks.base.db.ranges import ru_order
from startks.domain.accounts.card_queries import ACCOUNT_ORDER, ACCOUNT_SCOPE, ACCOUNTS
from startks.domain.accounts.models import Account as AccountModel
from startks.domain.parties.models import Organisation
from startks.domain.security import scope_filter
from startks.domain.security.masking import mask_name
from startks.domain.security.permissions import Permission
from startks.domain.territory.models import District as DistrictModel
from startks.domain.territory.models import House as HouseModel
from startks.domain.territory.models import Premise, PremiseArea, Street
from startks.domain.territory.passport_queries import (
    HOUSE_ORDER,
    HOUSE_SCOPE,
    HOUSES,
    PREMISE_ORDER,
    PREMISES,
    districts,
    natural,
)
from startks.framework.i18n import _
from startks.framework.tree.nodes import District, House, Root
from startks.framework.web.lists import Column, Filter, Listing
from startks_backoffice.labels import LABELS


def houses(context: Root, request: Request) -> Any:
    """Districts with their counts, and all houses."""
    listing = _houses(request, HOUSES, with_district=True)
    if listing.partial:
        return listing.answer()
    scope = scope_filter(request.identity, Permission.FUND_HOUSE_LIST, HOUSE_SCOPE)
    return listing.answer(districts=districts(request.read, scope))


def district_houses(context: District, request: Request) -> Any:
    """Houses of a district."""
    return _houses(request, HOUSES.where(HouseModel.district_id == context.id), with_district=False).answer()


def house_premises(context: House, request: Request) -> Any:
    """Flats, rooms and non-residential premises of a house."""
    frame, say = request.frame, request.say
    listing = Listing(
        request,
        "premises",
        _("Premises of the house"),
        PREMISES.where(Premise.house_id == context.id),
        scope=Premise.house_id == context.id,  # the view's permission holds at the house: all of it may be read
        columns=(
            Column(
                "number",
                _("Premise"),
                PREMISE_ORDER,
                url=lambda row: frame.path_url(row.slug, below=context),
                head=True,
            ),
            Column("kind", _("Kind"), Premise.kind, show=lambda fmt, value: say("premise.kind", value)),
            Column("entrance", _("Entrance"), numeric=True),
            Column("floor", _("Floor"), Premise.floor, numeric=True),
            Column("rooms", _("Rooms"), Premise.rooms, numeric=True),
            Column("total_area", _("Area, m²"), PremiseArea.total_area, show=_area, numeric=True),
            Column("account_number", _("Account"), url=lambda row: _premise_account(frame, context, row)),
            Column("accounts", _("Accounts"), show=_count, numeric=True),
        ),
        filters=(
            Filter("number", _("Number"), "equals", Premise.number),
            Filter("kind", _("Kind"), "choice", Premise.kind, choices=tuple(LABELS["premise.kind"].items())),
        ),
        tie=Premise.id,
        page_size=50,
        empty=_("No premises are entered. Change the filter or reset it."),
    )
    return listing.answer()


def accounts(context: Root, request: Request) -> Any:
    """All accounts of the reader's territory."""
    return _accounts(request, ACCOUNTS, with_address=True).answer()


def house_accounts(context: House, request: Request) -> Any:
    """Accounts of a house."""
    return _accounts(request, ACCOUNTS.where(AccountModel.house_id == context.id), with_address=False).answer()


def _houses(request: Request, statement: Any, *, with_district: bool) -> Listing:
    frame, say = request.frame, request.say
    district = (Column("district", _("District"), ru_order(DistrictModel.name)),) if with_district else ()
    return Listing(
        request,
        "houses",
        _("Houses"),
        statement,
        scope=scope_filter(request.identity, Permission.FUND_HOUSE_LIST, HOUSE_SCOPE),
        columns=(
            Column("street", _("Street"), HOUSE_ORDER, url=frame.house_url),
            Column("number", _("House"), natural(HouseModel.number), url=frame.house_url, head=True),
            *district,
            Column("kind", _("Kind"), HouseModel.kind, show=lambda fmt, value: say("house.kind", value)),
            Column("manager", _("Managing company"), Organisation.short_name),
            Column("year_built", _("Year built"), HouseModel.year_built, numeric=True),
            Column("storeys", _("Storeys"), HouseModel.storeys, numeric=True),
            Column("total_area", _("Area, m²"), show=_area, numeric=True),
            Column("premises", _("Premises"), show=_count, numeric=True),
            Column("accounts", _("Accounts"), show=_count, numeric=True),
        ),
        filters=(
            Filter("street", _("Street"), "contains", Street.name),
            Filter("number", _("House number"), "equals", HouseModel.number),
            Filter("kind", _("Kind"), "choice", HouseModel.kind, choices=tuple(LABELS["house.kind"].items())),
        ),
        tie=HouseModel.id,
        page_size=50,
        empty=_("There are no such houses in your territory. Change the filter or reset it."),
    )


def _accounts(request: Request, statement: Any, *, with_address: bool) -> Listing:
    frame, say = request.frame, request.say
    address = (
        Column("street", _("Street"), (ru_order(Street.name), *natural(HouseModel.number), *ACCOUNT_ORDER)),
        Column("house_number", _("House"), natural(HouseModel.number), url=frame.house_url),
    )
    return Listing(
        request,
        "accounts",
        _("Personal accounts"),
        statement.where(AccountModel.archived_on.is_(None)),
        scope=scope_filter(request.identity, Permission.ACCOUNT_CARD_LIST, ACCOUNT_SCOPE),
        columns=(
            *(() if with_address else (Column("premise_number", _("Premise"), ACCOUNT_ORDER),)),
            Column("number", _("Account"), AccountModel.number, url=frame.account_url, head=True),
            *(address if with_address else ()),
            *((Column("premise_number", _("Premise")),) if with_address else ()),
            Column("payer_pair", _("Payer"), show=_payer),
            Column("kind", _("Kind"), AccountModel.kind, show=lambda fmt, value: say("account.kind", value)),
            Column("total_area", _("Area, m²"), show=_area, numeric=True),
            Column("residents", _("Residents"), show=_count, numeric=True),
            Column("opened_on", _("Opened"), AccountModel.opened_on, show=_day),
            Column("closed_on", _("Closed"), AccountModel.closed_on, show=_day),
        ),
        filters=(
            Filter("number", _("Account number"), "contains", AccountModel.number),
            *((Filter("street", _("Street"), "contains", Street.name),) if with_address else ()),
            Filter("premise", _("Premise"), "equals", Premise.number),
            Filter("kind", _("Kind"), "choice", AccountModel.kind, choices=tuple(LABELS["account.kind"].items())),
        ),
        tie=AccountModel.id,
        sort="number" if with_address else "premise_number",
        page_size=50,
        empty=_("There are no such accounts in your territory. Change the filter or reset it."),
    )


def _premise_account(frame: Any, house: House, row: Row) -> str | None:
    if row.account_number is None or row.accounts != 1:
        return None
    return frame.path_url(row.slug, row.account_number, below=house)


def _area(fmt: Any, value: Any) -> str:
    return fmt.number(value, 2)


def _count(fmt: Any, value: Any) -> str:
    return fmt.number(value)


def _day(fmt: Any, value: Any) -> str:
    return fmt.date(value)


def _payer(fmt: Any, value: Any) -> str:
    name, person = value or (None, False)
    return mask_name(name) if person else (name or "—")
