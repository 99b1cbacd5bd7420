"""Logins of the demonstration: one for every role, with passwords that the command prints. Never for a real system."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, Row, text
from sqlalchemy.orm import Session

from startks.domain.security.permissions import Role
from startks.domain.security.registration import bind_account
from startks.domain.security.users import create_user, grant_role


@dataclass(frozen=True)
class DemoLogin:
    """A login that ``./startks demo`` shows."""

    role: str
    title: str
    login: str
    password: str
    full_name: str
    about: str


_STAFF = (
    (Role.ADMINISTRATOR, "Администратор", "admin", "Громова Вера Николаевна", "весь город, без закрытия месяца"),
    (Role.OPERATOR, "Оператор", "operator", "Седова Ирина Павловна", "весь город"),
    (Role.OPERATOR, "Оператор района", "operator2", "Котов Глеб Ильич", "только один район"),
    (Role.ACCOUNTANT, "Бухгалтер", "accountant", "Ершова Анна Львовна", "расчёт и репетиция месяца"),
    (Role.CHIEF_ACCOUNTANT, "Главный бухгалтер", "chief", "Орлова Тамара Юрьевна", "проверки и закрытие месяца"),
    (Role.CASHIER, "Кассир", "cashier", "Бобров Павел Олегович", "приём платежей"),
    (Role.PASSPORT_DESK, "Паспортный стол", "passport", "Ушакова Нина Фёдоровна", "жители и собственники"),
    (Role.CALL_CENTRE, "Контакт-центр", "callcentre", "Титов Марк Андреевич", "ответы жителям"),
    (Role.SUPPLIER, "Поставщик", "supplier", "Лапин Юрий Петрович", "теплоснабжающая организация"),
    (Role.EDITOR, "Редактор", "editor", "Раевская Ольга Марковна", "содержание портала"),
    (Role.AUDITOR, "Аудитор", "auditor", "Вебер Константин Эдуардович", "всё видит, ничего не меняет"),
)
_RESIDENTS = (
    ("resident1", "житель: счёт со всеми счётчиками"),
    ("resident2", "житель: два лицевых счёта"),
)

_RICH = text("""
    SELECT a.id, p.last_name, p.first_name, p.middle_name
      FROM account a
      JOIN account_holder h ON h.account_id = a.id AND h.payer AND upper_inf(h.valid)
      JOIN person p ON p.id = h.person_id
      JOIN LATERAL (SELECT count(*) AS people FROM residence r WHERE r.account_id = a.id AND upper_inf(r.valid)) r ON true
      JOIN LATERAL (SELECT count(DISTINCT m.service_id) AS kinds, count(*) AS meters, max(m.zones) AS zones,
                           bool_and(m.verified_until > :today) AS verified
                      FROM meter m WHERE m.account_id = a.id) m ON true
      JOIN premise f ON f.id = a.premise_id AND f.kind = 'flat'
      JOIN premise_area s ON s.premise_id = f.id
     WHERE a.house_id BETWEEN :low AND :high AND h.tenure = 'owner' AND r.people >= 2 AND m.verified
     ORDER BY m.kinds DESC, a.house_id, m.meters, m.zones DESC, a.id
     LIMIT 3""")


def demo_logins() -> list[DemoLogin]:
    """Every login of the demonstration, residents first; the names of residents are those of the seeded people."""
    residents = [
        DemoLogin(Role.RESIDENT, "Житель", login, _password(login), "", about) for login, about in _RESIDENTS
    ]
    return residents + [
        DemoLogin(role, title, login, _password(login), name, about) for role, title, login, name, about in _STAFF
    ]


def _password(login: str) -> str:
    return f"{login}-2026"


def create_users(connection: Connection, today: dt.date) -> None:
    """Create the users with their grants and bind the residents to accounts; the town must be there.

    The first resident lives in the first house (in Самара ул. Ерошевского, 3), the second has one account there and
    one in another house.
    """
    with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
        scopes = _scopes(session)
        for item in demo_logins():
            if item.role == Role.RESIDENT:
                continue
            user = create_user(session, item.login, item.full_name, item.password)
            kind, scope = scopes.get(item.login, ("all", 0))
            grant_role(session, user, item.role, kind, scope, valid_from=dt.date(2025, 9, 1))
        for item, accounts in zip(demo_logins(), _accounts_of_residents(session, today), strict=False):
            owner = accounts[0]
            name = " ".join(filter(None, (owner.last_name, owner.first_name, owner.middle_name)))
            user = create_user(session, item.login, name, item.password)
            for account in accounts:
                bind_account(session, user, account.id, "office")
        session.commit()


def _scopes(session: Session) -> dict[str, tuple[str, int]]:
    district = session.scalar(text("SELECT district_id FROM house ORDER BY id LIMIT 1"))
    supplier = session.scalar(text("SELECT id FROM organisation WHERE role = 'heat' ORDER BY id LIMIT 1"))
    return {"operator2": ("district", district), "supplier": ("organisation", supplier)}


def _accounts_of_residents(session: Session, today: dt.date) -> list[list[Row]]:
    houses = session.scalar(text("SELECT max(id) FROM house"))
    first = session.execute(_RICH, {"today": today, "low": 1, "high": 1}).all()
    others = session.execute(_RICH, {"today": today, "low": 2, "high": min(houses, 60)}).all()
    if not first:
        first, others = others[:2], others[2:]
    return [first[:1], [*first[1:2], *others[:1]]]
