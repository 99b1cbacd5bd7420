"""The housing subsidy (ЖК РФ ст. 159, ПП РФ от 14.12.2005 № 761): applied for, computed with its explanation, decided.

Standards of cost, the highest share and the subsistence minimums are dated facts of the town with their acts. The subsidy
is paid apart: the bill does not know it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from startks.base.db.ranges import holds_on
from startks.base.errors import StartksError
from startks.base.periods import period_of
from startks.domain.accounts.models import Account, Residence
from startks.domain.calc.interpret import apply_trace
from startks.domain.calc.registry import rule_for
from startks.domain.calc.rules.subsidy import granted_months
from startks.domain.calc.trace import Explanation
from startks.domain.facts import services as facts
from startks.domain.reference.models import Act, Parameter
from startks.domain.security.identity import Identity
from startks.domain.support.models import Subsidy, SubsidyStandard
from startks.domain.support.rights import court_debt_on
from startks.domain.territory.models import District, House

SHARE = "subsidy.max_share"
MINIMUMS = {"working": "subsistence.working", "pensioners": "subsistence.pensioner", "children": "subsistence.child"}
GROUPS = {"working": "трудоспособных", "pensioners": "пенсионеров", "children": "детей"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an application says: whose family, its members by group, average monthly income and the month's actual expense
    (both kopecks)."""

    account_id: int
    person_id: int
    applied_on: dt.date
    working: int
    pensioners: int
    children: int
    income: int
    expense: int
    category: str = ""
    cut_digits: int = 0

    @property
    def members(self) -> int:
        """Size of the family."""
        return self.working + self.pensioners + self.children


@dataclass(frozen=True, slots=True)
class Computed:
    """The sum by the law of the day of the application. Money in kopecks a month, months as YYYYMM."""

    amount: int
    standard: int
    share: Decimal
    minimum_sum: int
    month_from: int
    month_to: int
    explanation: Explanation


def compute(session: Session, asked: Asked) -> Computed:
    """Compute what is applied for. StartksError names what lacks: a standard, a minimum, a member, an income."""
    if asked.members < 1:
        raise StartksError("В семье нет никого: укажите, сколько в ней трудоспособных, пенсионеров и детей.")
    if asked.income < 0 or asked.expense < 0:
        raise StartksError("Доход и расходы не бывают отрицательными: исправьте сумму.")
    town = session.scalar(
        select(District.municipality_id).join(House, House.district_id == District.id)
        .join(Account, Account.house_id == House.id).where(Account.id == asked.account_id)
    )
    day = asked.applied_on
    standard, act = _standard(session, town, asked, day)
    share, share_act = _parameter(session, town, SHARE, "наибольшая доля расходов в доходе", day)
    minimum_sum, words = Decimal(0), []
    for group, code in MINIMUMS.items():
        people = getattr(asked, group)
        if people:
            value, _act = _parameter(session, town, code, f"прожиточный минимум {GROUPS[group]}", day)
            minimum_sum += value * people
            words.append(f"{people} × {_say(value)}")
    explanation = apply_trace(
        rule_for("subsidy.amount", day),
        {
            "members": asked.members, "income": Fraction(asked.income, 100), "share": share, "minimum_sum": minimum_sum,
            "minimum_count": asked.members, "cut_step": 10**asked.cut_digits if asked.cut_digits else 0,
            "standard": standard, "actual_expense": Fraction(asked.expense, 100),
        },
        {"standard": act, "share": share_act, "minimum_sum": " + ".join(words), "income": "справки о доходах",
         "actual_expense": "начислено за месяц по счёту"},
    )  # fmt: skip
    first, last = granted_months(day)
    return Computed(
        int(explanation.results["subsidy"]), int(standard * 100), share, int(minimum_sum * 100), period_of(first),
        period_of(last), explanation,
    )


def explain(row: Subsidy) -> Explanation:
    """The explanation of a decided application from the numbers it was decided by."""
    members = row.working + row.pensioners + row.children
    return apply_trace(
        rule_for("subsidy.amount", row.applied_on),
        {
            "members": members, "income": Fraction(row.income, 100), "share": row.share,
            "minimum_sum": Fraction(row.minimum_sum, 100), "minimum_count": members,
            "cut_step": 10**row.cut_digits if row.cut_digits else 0, "standard": Fraction(row.standard, 100),
            "actual_expense": Fraction(row.expense, 100),
        },
    )


def _standard(session: Session, town: int, asked: Asked, day: dt.date) -> tuple[Decimal, str]:
    """The row of the largest family not above this one."""
    found = session.execute(
        select(SubsidyStandard.value, SubsidyStandard.certain, Act.title, Act.number)
        .join(Act, Act.id == SubsidyStandard.act_id)
        .where(
            SubsidyStandard.municipality_id == town, SubsidyStandard.members <= asked.members,
            SubsidyStandard.category == asked.category, holds_on(SubsidyStandard.valid, day),
        )
        .order_by(SubsidyStandard.members.desc()).limit(1)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise StartksError(
            f"Нет стандарта стоимости на {day:%d.%m.%Y} для семьи из {asked.members}: внесите его (subsidy_standards)."
        )
    return found.value, _act(found)


def _parameter(session: Session, town: int, code: str, title: str, day: dt.date) -> tuple[Decimal, str]:
    found = session.execute(
        select(Parameter.value, Parameter.certain, Act.title, Act.number).join(Act, Act.id == Parameter.act_id)
        .where(Parameter.code == code, holds_on(Parameter.valid, day),
               or_(Parameter.municipality_id == town, Parameter.municipality_id.is_(None)))
        .order_by(Parameter.municipality_id.nulls_last()).limit(1)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise StartksError(f"Не задано на {day:%d.%m.%Y}: {title}. Внесите параметр {code} в справочник.")
    return found.value, _act(found)


def _act(row: Any) -> str:
    number = f" № {row.number}" if row.number else ""
    return f"{row.title}{number}{'' if row.certain else ' (оценка: документ города не найден)'}"


def _say(value: Decimal) -> str:
    return f"{value:.2f}".replace(".", ",")


def apply(session: Session, asked: Asked, *, reason: str, document: str | None = None, by: Identity | None) -> int:
    """Keep an application with what it computes; return its id. The applicant has to live at the account."""
    lives = session.scalar(
        select(func.count()).select_from(Residence).where(
            Residence.account_id == asked.account_id, Residence.person_id == asked.person_id,
            holds_on(Residence.valid, asked.applied_on),
        )
    )
    if not lives:
        raise StartksError("Заявитель по этому счёту не живёт: внесите его проживание или выберите другого.")
    found = compute(session, asked)
    row = Subsidy(
        account_id=asked.account_id, person_id=asked.person_id, applied_on=asked.applied_on, working=asked.working,
        pensioners=asked.pensioners, children=asked.children, income=asked.income, expense=asked.expense,
        standard=found.standard, share=found.share, minimum_sum=found.minimum_sum, cut_digits=asked.cut_digits,
        amount=found.amount, month_from=found.month_from, month_to=found.month_to, state="applied", document=document,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _record(session, row, None, {"state": "applied", "amount": row.amount}, reason, document, by)
    return row.id


def decide(
    session: Session, subsidy_id: int, *, granted: bool, on: dt.date, reason: str, document: str | None = None,
    by: Identity | None,
) -> None:
    """Grant or refuse. Refused where the subsidy is nought, another one covers its months, or a court confirmed a debt."""
    row = session.get_one(Subsidy, subsidy_id, with_for_update=True)
    if row.state != "applied":
        raise StartksError("По этому заявлению решение уже принято: подайте новое.")
    if granted:
        _check_grant(session, row)
    row.state = "granted" if granted else "refused"
    row.decided_on, row.decided_by = on, by.user_id if by else None
    row.reason = None if granted else reason
    row.document = document or row.document
    session.flush()
    _record(session, row, {"state": "applied"}, {"state": row.state, "amount": row.amount}, reason, document, by)


def _check_grant(session: Session, row: Subsidy) -> None:
    if row.amount == 0:
        raise StartksError("Субсидия по расчёту равна нулю: откажите в ней с этой причиной.")
    standing = court_debt_on(session, row.account_id, row.applied_on)
    if standing is not None:
        raise StartksError(
            f"По счёту есть долг, подтверждённый судом ({standing.act}): субсидия не даётся (ЖК РФ ст. 159 ч. 5). "
            "Откажите или отметьте погашение."
        )
    other = session.scalar(
        select(Subsidy).where(
            Subsidy.account_id == row.account_id, Subsidy.state.in_(("granted", "stopped")),
            Subsidy.month_from <= row.month_to, Subsidy.month_to >= row.month_from,
        ).limit(1)
    )
    if other is not None:
        raise StartksError(
            f"На эти месяцы субсидия уже дана: с {_month(other.month_from)} по {_month(other.month_to)}. "
            f"Новая просит с {_month(row.month_from)}: остановите прежнюю или откажите."
        )


def stop(
    session: Session, subsidy_id: int, *, last_month: int, reason: str, document: str | None = None, by: Identity | None
) -> None:
    """Stop a granted subsidy: ``last_month`` (YYYYMM) is the last one that is paid."""
    row = session.get_one(Subsidy, subsidy_id, with_for_update=True)
    if row.state != "granted" or not row.month_from <= last_month < row.month_to:
        raise StartksError("Остановить можно данную субсидию, не раньше её первого месяца и раньше последнего.")
    before = {"state": row.state, "month_to": row.month_to}
    row.state, row.month_to, row.reason = "stopped", last_month, reason
    session.flush()
    _record(session, row, before, {"state": "stopped", "month_to": last_month}, reason, document, by)


def _record(
    session: Session, row: Subsidy, before: Mapping[str, Any] | None, after: Mapping[str, Any], reason: str,
    document: str | None, by: Identity | None,
) -> None:
    """Keep what was said on the account's card; no month of the bill is touched by it."""
    facts.record(
        session, "account", row.account_id, "subsidy", before, dict(after), reason=reason, document=document, by=by,
        account_id=row.account_id, keys={"subsidy_id": row.id},
    )  # fmt: skip


def of_account(session: Session, account_id: int) -> list[Row]:
    """Applications of an account, newest first."""
    return list(session.scalars(select(Subsidy).where(Subsidy.account_id == account_id).order_by(Subsidy.id.desc())))


def _month(period: int) -> str:
    return f"{period % 100:02d}.{period // 100}"
