"""One search box: by address, account number, surname (with a slip of the pen) or telephone.

What was typed is cut into words and numbers: «гагарина 5 12» is a street, a house and a flat; digits alone are the
beginning of an account number, or the end of a telephone; words alone may be a street or a person. Every function takes
a ``scope`` (the condition made by ``scope_filter``), so that nobody finds by searching what he could not open.

Each statement first finds at most :data:`LIMIT` accounts through an index and only then reads what is shown of them: the
number of accounts in the town does not matter. Expressions are written exactly as the indexes of migration
``kernel_0009`` have them, or they are not used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    and_,
    collate,
    func,
    join,
    literal,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from startks.base.db.prefix import begins, begins_by_pattern
from startks.base.db.ranges import holds_on, ru_order
from startks.domain.accounts.card_queries import ACCOUNT_ORDER, ACCOUNTS
from startks.domain.accounts.models import Account, AccountHolder, Residence
from startks.domain.parties.models import Person, Surname
from startks.domain.territory.models import District, House, Premise, Street
from startks.domain.territory.passport_queries import natural

LIMIT = 25
SLIPS_FROM = 4
"""Letters from which a surname is also looked for with a slip: among shorter words every one is near another."""
PHONE_FROM = 6
"""Digits from which a telephone is looked for by its end."""
NATIONAL = 10
"""Digits of a Russian telephone without its +7 or 8."""
ABBREVIATIONS = frozenset(
    (
        *("ул", "улица", "пр", "просп", "проспект", "пер", "переулок", "пл", "площадь", "б-р", "бульвар", "ш", "шоссе"),
        *("наб", "набережная", "проезд", "д", "дом", "кв", "квартира", "г", "город", "лс"),
    )
)
_TOKEN = re.compile(r"[0-9]+[а-яёa-z]?(?:[/-][0-9]+[а-яё]?)?|[а-яёa-z-]+", re.IGNORECASE)
_PHONE = re.compile(r"\+?[0-9\s()-]{6,20}")
_SURNAME = literal_column("replace(lower(person.last_name), 'ё', 'е')")
_PHONE_BACKWARDS = literal_column(
    "reverse(right(regexp_replace(person.phone, '[^0-9]', '', 'g'), 10))"
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, cut up: words, house number, flat number, the digits of an account number, those of a telephone."""

    words: tuple[str, ...]
    house: str | None
    flat: str | None
    account: str | None
    phone: str | None = None

    @property
    def empty(self) -> bool:
        """True where there is nothing to search by."""
        return not (self.words or self.account or self.phone)


def cut(typed: str) -> Typed:
    """Cut what was typed. Abbreviations of streets, houses and flats are dropped; letter case does not matter."""
    tokens = [token.strip("-") for token in _TOKEN.findall(typed.lower())]
    words = tuple(token for token in tokens if token and not token[0].isdigit() and token not in ABBREVIATIONS)
    numbers = [token for token in tokens if token and token[0].isdigit()]
    digits = re.sub(r"[\s-]", "", typed)
    account = digits if digits.isascii() and digits.isdigit() and len(digits) >= 3 else None
    first, second = (*numbers, None, None)[:2]
    return Typed(words, first, second, account, _phone(typed))


def _phone(typed: str) -> str | None:
    """The national digits of a telephone, or the last ones of it, where what was typed can be one."""
    text = typed.strip()
    digits = re.sub(r"[^0-9]", "", text)
    if not text.isascii() or not _PHONE.fullmatch(text) or not PHONE_FROM <= len(digits) <= NATIONAL + 1:
        return None
    if len(digits) > NATIONAL and digits[0] not in "78":
        return None
    return digits[-NATIONAL:]


def plain(word: str) -> str:
    """The word as the book of surnames has it: small letters, «е» for «ё»."""
    return word.lower().replace("ё", "е")


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
        number = collate(Account.number, "C")
        found = (
            select(Account.id)
            .join(House, House.id == Account.house_id)
            .join(District, District.id == House.district_id)
            .where(begins(number, typed.account), scope)
            .order_by(number)
            .limit(LIMIT)
            .subquery("found")
        )
        return session.execute(ACCOUNTS.join(found, found.c.id == Account.id).order_by(Account.number)).all()
    if not (typed.words and typed.house and typed.flat):
        return []
    condition = (
        _street(typed.words)
        & (func.lower(House.number) == typed.house)
        & func.lower(Premise.number).like(f"{_like(typed.flat)}%")
    )
    return session.execute(ACCOUNTS.where(condition, scope).order_by(*ACCOUNT_ORDER).limit(LIMIT)).all()


def find_by_person(session: Session | Connection, typed: Typed, scope: ColumnElement[bool]) -> Sequence[Row]:
    """Return accounts whose holder or resident has this surname, or nearly; names come unmasked.

    The first word is the surname or its beginning, the next ones begin the given name and the patronymic. Column
    ``nearness``: 0 the surname itself, 1 it begins so, 2 one slip away; nearest first.
    """
    if not typed.words or typed.house:
        return []
    word, *names = (plain(one) for one in typed.words[:3])
    given = [
        func.replace(func.lower(column), "ё", "е").like(f"{_like(name)}%")
        for column, name in zip((Person.first_name, Person.middle_name), names, strict=False)
    ]
    longer = begins_by_pattern(_SURNAME, word) & (word != _SURNAME)
    parts = [_people(0, word == _SURNAME, given, scope), _people(1, longer, given, scope)]
    if len(word) >= SLIPS_FROM:
        near = (
            select(Surname.name)
            .where(Surname.keys.op("&&", is_comparison=True)(func.surname_keys(word)), Surname.name.not_like(f"{_like(word)}%"))
            .subquery("near")
        )
        # word by word through the index: OFFSET keeps the planner from reading all persons for the sake of the limit
        namesakes = select(Person.id).where(near.c.name == _SURNAME, *given).offset(0).correlate(near).lateral("namesakes")
        parts.append(_people(2, Person.id == namesakes.c.id, [], scope, (near, namesakes)))
    return _shown(session, union_all(*parts).subquery("people"))


def find_by_phone(session: Session | Connection, typed: Typed, scope: ColumnElement[bool]) -> Sequence[Row]:
    """Return accounts whose holder or resident has the telephone that ends with these digits; names come unmasked."""
    if not typed.phone:
        return []
    ends = begins_by_pattern(_PHONE_BACKWARDS, typed.phone[::-1]) & Person.phone.is_not(None)
    return _shown(session, _people(0, ends, [], scope).subquery("people"))


def _people(
    nearness: int,
    condition: ColumnElement[bool],
    more: Sequence[ColumnElement[bool]],
    scope: ColumnElement[bool],
    first: tuple[Any, ...] = (),
) -> Select:
    """Accounts of persons in no order, so that the reading of the index ends with the limit."""
    today = func.current_date()
    theirs = (
        select(AccountHolder.account_id)
        .where(AccountHolder.person_id == Person.id, holds_on(AccountHolder.valid, today))
        .union_all(
            select(Residence.account_id).where(Residence.person_id == Person.id, holds_on(Residence.valid, today))
        )
        .lateral("theirs")
    )
    start = Person.__table__
    if first:
        words, namesakes = first
        start = join(join(words, namesakes, true()), Person, condition)
    found = (
        select(Account.id.label("account_id"), literal(nearness, Integer).label("nearness"))
        .select_from(start)
        .join(theirs, true())
        .join(Account, Account.id == theirs.c.account_id)
        .join(House, House.id == Account.house_id)
        .join(District, District.id == House.district_id)
        .where(scope, *(() if first else (condition, *more)))
        .limit(2 * LIMIT)  # a family of one name is one account
        .subquery()
    )
    return select(found.c.account_id, found.c.nearness)


def _shown(session: Session | Connection, people: Any) -> Sequence[Row]:
    nearest = (
        select(people.c.account_id, func.min(people.c.nearness).label("nearness"))
        .group_by(people.c.account_id)
        .order_by(func.min(people.c.nearness), people.c.account_id)
        .limit(LIMIT)
        .subquery("nearest")
    )
    statement = ACCOUNTS.add_columns(nearest.c.nearness).join(nearest, nearest.c.account_id == Account.id)
    return session.execute(statement.order_by(nearest.c.nearness, *ACCOUNT_ORDER)).all()
