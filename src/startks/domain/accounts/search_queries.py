"""One search box: by address, account number or surname.

What was typed is cut into words and numbers: «гагарина 5 12» is a street, a house and a flat; digits alone are the
beginning of an account number; words alone may be a street or a person. Every function takes a ``scope`` (the condition
made by ``scope_filter``), so that nobody finds by searching what he could not open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select, text
from sqlalchemy.orm import Session

from startks.base.db.ranges import holds_on, ru_order
from startks.domain.accounts.card_queries import ACCOUNT_ORDER, ACCOUNTS
from startks.domain.accounts.models import Account, AccountHolder, Residence
from startks.domain.parties.models import Person
from startks.domain.territory.models import District, House, Premise, Street
from startks.domain.territory.passport_queries import natural

LIMIT = 25
ABBREVIATIONS = frozenset(
    "ул улица пр просп проспект пер переулок пл площадь б-р бульвар ш шоссе наб набережная проезд д дом кв квартира г "
    "город лс".split()
)
_TOKEN = re.compile(r"[0-9]+[а-яёa-z]?(?:[/-][0-9]+[а-яё]?)?|[а-яёa-z-]+", re.IGNORECASE)
# written exactly as the trigram index of table person is, or the index is not used
_NAME = text("(person.last_name || ' ' || person.first_name || ' ' || coalesce(person.middle_name, '')) ILIKE :pattern")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, cut up: words, house number, flat number, and the digits of an account number."""

    words: tuple[str, ...]
    house: str | None
    flat: str | None
    account: str | None

    @property
    def empty(self) -> bool:
        """True where there is nothing to search by."""
        return not (self.words or self.account)


def cut(typed: str) -> Typed:
    """Cut what was typed. Abbreviations of streets, houses and flats are dropped; letter case does not matter."""
    tokens = [token.strip("-") for token in _TOKEN.findall(typed.lower())]
    words = tuple(token for token in tokens if token and not token[0].isdigit() and token not in ABBREVIATIONS)
    numbers = [token for token in tokens if token and token[0].isdigit()]
    digits = re.sub(r"[\s-]", "", typed)
    account = digits if digits.isascii() and digits.isdigit() and len(digits) >= 3 else None
    first, second = (*numbers, None, None)[:2]
    return Typed(words, first, second, account)


def _like(value: str) -> str:
    return value.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _street(words: Sequence[str]) -> ColumnElement[bool]:
    name = func.replace(func.lower(Street.name), "ё", "е")
    return and_(*(name.like(f"%{_like(word.replace('ё', 'е'))}%") for word in words))


_HOUSES: Select = (
    select(
        House.id,
        House.slug.label("house_slug"),
        House.number,
        House.kind,
        District.slug.label("district_slug"),
        District.name.label("district"),
        Street.name.label("street"),
        select(func.count())
        .where(Account.house_id == House.id, Account.closed_on.is_(None))
        .scalar_subquery()
        .label("accounts"),
    )
    .join(Street, Street.id == House.street_id)
    .join(District, District.id == House.district_id)
    .order_by(ru_order(Street.name), *natural(House.number))
    .limit(LIMIT)
)


def find_houses(session: Session | Connection, typed: Typed, scope: ColumnElement[bool]) -> Sequence[Row]:
    """Return houses on a street with these words, with this number where one was typed; at most :data:`LIMIT`."""
    if not typed.words:
        return []
    statement = _HOUSES.where(_street(typed.words), scope)
    if typed.house:
        statement = statement.where(func.lower(House.number).like(f"{_like(typed.house)}%"))
    return session.execute(statement).all()


def find_accounts(session: Session | Connection, typed: Typed, scope: ColumnElement[bool]) -> Sequence[Row]:
    """Return accounts by the beginning of their number, or by a full address (street, house, flat)."""
    if typed.account:
        condition = Account.number.like(f"{_like(typed.account)}%")
    elif typed.words and typed.house and typed.flat:
        condition = (
            _street(typed.words)
            & (func.lower(House.number) == typed.house)
            & func.lower(Premise.number).like(f"{_like(typed.flat)}%")
        )
    else:
        return []
    return session.execute(ACCOUNTS.where(condition, scope).order_by(*ACCOUNT_ORDER).limit(LIMIT)).all()


def find_by_person(session: Session | Connection, typed: Typed, scope: ColumnElement[bool]) -> Sequence[Row]:
    """Return accounts whose holder or resident has a name that begins with the words; names come unmasked."""
    if not typed.words or typed.house:
        return []
    people = select(Person.id).where(_NAME.bindparams(pattern=f"{_like(' '.join(typed.words))}%"))
    holders = select(AccountHolder.account_id).where(
        AccountHolder.person_id.in_(people), holds_on(AccountHolder.valid, func.current_date())
    )
    residents = select(Residence.account_id).where(
        Residence.person_id.in_(people), holds_on(Residence.valid, func.current_date())
    )
    statement = ACCOUNTS.where(Account.id.in_(holders.union(residents)), scope)
    return session.execute(statement.order_by(*ACCOUNT_ORDER).limit(LIMIT)).all()
