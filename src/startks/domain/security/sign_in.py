"""Signing in, with a brake on guessing.

Three counters of wrong passwords, each since the last success, within a day: of one login from one address (limit L),
of one login from anywhere (4 L) and of one address for any login (10 L: a whole office may sit behind it). At a limit
the pause begins; each further round of L mistakes doubles it, up to sixteen times. During the pause nothing is checked,
and what is asked is not counted, so a neighbour cannot prolong it. All attempts are stored, also for unknown logins.

The caller must commit also when :class:`SignInRefused` is raised, else the mistake is not counted.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.domain.security.models import SignInAttempt, UserAccount
from startks.domain.security.passwords import hash_password, needs_rehash, password_matches

LOGIN_FACTOR = 4
ADDRESS_FACTOR = 10
LONGEST = 16


class SignInRefused(StartksError):
    """The login or the password is wrong; which of them is not said."""


class SignInBraked(SignInRefused):
    """Too many mistakes; ``seconds`` until the next attempt is looked at."""

    def __init__(self, seconds: int) -> None:
        minutes = max(1, -(-seconds // 60))
        super().__init__(
            f"Слишком много неверных паролей. Подождите {minutes} мин. и попробуйте снова "
            "или восстановите доступ в офисе расчётного центра."
        )
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Brake:
    """``attempts`` mistakes in a row are free, then ``pause`` minutes, growing."""

    attempts: int = 5
    pause: int = 15


BRAKE = Brake()


_MISTAKES = text(
    """
    WITH recent AS (
        SELECT login, ip, outcome, at FROM sign_in_attempt
        WHERE (login = :login OR ip = :ip) AND at > now() - interval '1 day' AND outcome <> 'braked'
    ), last_success AS (
        SELECT coalesce(max(at) FILTER (WHERE login = :login), '-infinity') AS of_login FROM recent
        WHERE outcome = 'success'
    )
    SELECT count(*) FILTER (WHERE login = :login AND ip = :ip AND at > of_login) AS pair,
           max(at)  FILTER (WHERE login = :login AND ip = :ip AND at > of_login) AS pair_at,
           count(*) FILTER (WHERE login = :login AND at > of_login) AS login,
           max(at)  FILTER (WHERE login = :login AND at > of_login) AS login_at,
           count(*) FILTER (WHERE ip = :ip) AS address,
           max(at)  FILTER (WHERE ip = :ip) AS address_at,
           clock_timestamp() AS now
    FROM recent, last_success WHERE outcome = 'refused'
    """
)


def authenticate(session: Session, login: str, password: str, ip: str, brake: Brake = BRAKE) -> int:
    """Return the id of the user; raise :class:`SignInRefused` or :class:`SignInBraked`.

    Attempts for one login stand in line (an advisory lock until commit), so that a hundred parallel guesses are not
    all looked at before the first is counted.
    """
    login = login.strip()[:100]
    guard(session, login, ip, brake)
    user = session.execute(
        select(UserAccount.id, UserAccount.password_hash, UserAccount.active).where(UserAccount.login == login)
    ).one_or_none()
    matches = password_matches(user.password_hash if user else None, password)
    if user is None or not matches or not user.active:
        remember(session, login, ip, "refused")
        raise SignInRefused("Логин или пароль не подходят. Проверьте раскладку клавиатуры и попробуйте ещё раз.")
    if needs_rehash(user.password_hash):
        session.execute(
            update(UserAccount).where(UserAccount.id == user.id).values(password_hash=hash_password(password))
        )
    remember(session, login, ip, "success")
    return user.id


def guard(session: Session, login: str, ip: str, brake: Brake) -> None:
    """Take the login's place in the line, and raise :class:`SignInBraked` while a pause lasts."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("sign_in:" + login.casefold(), 0))))
    wait = _pause_left(session, login, ip, brake)
    if wait > 0:
        remember(session, login, ip, "braked")
        raise SignInBraked(wait)


def remember(session: Session, login: str, ip: str, outcome: str) -> None:
    """Store an attempt: ``success``, ``refused`` or ``braked``."""
    session.add(SignInAttempt(login=login, ip=ip, outcome=outcome))
    session.flush()  # the next attempt in the same transaction must see it


def pause_minutes(mistakes: int, limit: int, base: int) -> int:
    """Return how long the pause after so many mistakes is: 0 below the limit, then doubled for each further round."""
    if mistakes < limit:
        return 0
    return base * min(2 ** (mistakes // limit - 1), LONGEST)


def _pause_left(session: Session, login: str, ip: str, brake: Brake) -> int:
    row = session.execute(_MISTAKES, {"login": login, "ip": ip}).one()
    longest = 0
    for count, last, factor in (
        (row.pair, row.pair_at, 1),
        (row.login, row.login_at, LOGIN_FACTOR),
        (row.address, row.address_at, ADDRESS_FACTOR),
    ):
        minutes = pause_minutes(count, brake.attempts * factor, brake.pause)
        if minutes:
            until = last + dt.timedelta(minutes=minutes)
            longest = max(longest, int((until - row.now).total_seconds()) + 1)
    return longest
