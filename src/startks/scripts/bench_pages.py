"""CPU of the account page in process against Pyramid's hello in the same process.

The yardstick is a hello of the same framework, since a hello's own speed depends on the server in front of it. Both are
called as WSGI applications, without a socket; what PostgreSQL does in its own processes is not counted, but the number of
statements is.
"""

from __future__ import annotations

import resource
import statistics
import time

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import Engine, event, text

from startks.scripts.bench_town import SECOND, bench_database
from startks.scripts.environment import Environment, open_environment
from startks.scripts.period import calculate_month

ROUNDS = 5


def bench_pages(requests: int, accounts: int) -> dict:
    """Measure ``requests`` account pages of a town of ``accounts`` accounts.

    ``ratio``: median CPU of the page over median CPU of the hello (with pyramid_tm), ``floor_s`` and ``total_s`` their
    CPU seconds a request, ``queries`` the statements a page costs in all, identity and traversal among them. The stages
    name also the page as a resident sees it, with his meters, and the home page.
    """
    with open_environment(purpose="bench pages") as base:
        env = bench_database(base, accounts, 1, lambda message: None)
        with env.engine.connect() as connection:
            calculated = connection.scalar(text("SELECT calculated_at FROM period WHERE id = :id"), {"id": SECOND})
        if calculated is None:
            calculate_month(env, SECOND)
        app = application(env)
        paths = _paths(env.engine)
        token = token_of(env, "operator")
        own, resident = _own_path(env.engine), token_of(env, "resident1")
        hello = _hello()
        page = [lambda path=path: answer_of(app, path, token) for path in paths]
        statements = statements_of(app, paths[0], token)
        _cpu(hello, 200)
        _cycle(page, 50)
        floors, totals = [], []
        for _ in range(ROUNDS):
            floors.append(_cpu(hello, max(requests, 200)))
            totals.append(_cycle(page, max(requests // ROUNDS, 10)))
        home, meters = [lambda: answer_of(app, "/", None)], [lambda: answer_of(app, own, resident)]
        _cycle(home + meters, 20)
        anonymous = _cycle(home, max(requests // ROUNDS, 10))
        residents = _cycle(meters, max(requests // ROUNDS, 10))
        more = len(statements_of(app, own, resident))
    floor, total = statistics.median(floors), statistics.median(totals)
    return {
        "bench": "pages", "requests": requests, "accounts": accounts, "ratio": round(total / floor, 2),
        "floor_s": round(floor, 7), "total_s": round(total, 6), "queries": len(statements),
        "stages": {"hello_s": round(floor, 7), "account_s": round(total, 6), "resident_s": round(residents, 6), "home_s": round(anonymous, 6)},
        "resident_queries": more,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def application(env: Environment):
    """The whole application as the web process has it."""
    from startks import main

    return main(
        {},
        **{
            "startks.database_url": env.database_url, "startks.data_dir": str(env.data_dir),
            "startks.modules": " ".join(env.settings.modules), "startks.secure_cookies": "false",
        },
    )


def _hello():
    """Pyramid's hello with a transaction manager, as a callable of one request."""
    config = Configurator()
    config.include("pyramid_tm")
    config.add_route("hello", "/")
    config.add_view(lambda request: Response("Hello"), route_name="hello")
    app = config.make_wsgi_app()
    return lambda: _check(Request.blank("/").get_response(app))


def _paths(engine: Engine) -> list[str]:
    """Addresses of some hundred accounts of the town."""
    with engine.connect() as connection:
        rows = connection.execute(text("""
            SELECT d.slug, h.slug, p.slug, a.number FROM account a JOIN premise p ON p.id = a.premise_id
              JOIN house h ON h.id = p.house_id JOIN district d ON d.id = h.district_id
             WHERE a.kind = 'residential' AND a.closed_on IS NULL ORDER BY md5(a.number) LIMIT 200"""))
        return [f"/{'/'.join(row)}" for row in rows]


def _own_path(engine: Engine) -> str:
    """Address of the first resident's account, which has meters of every kind."""
    with engine.connect() as connection:
        row = connection.execute(text("""
            SELECT d.slug, h.slug, p.slug, a.number FROM user_account u JOIN account_binding b ON b.user_id = u.id
              JOIN account a ON a.id = b.account_id JOIN premise p ON p.id = a.premise_id
              JOIN house h ON h.id = p.house_id JOIN district d ON d.id = h.district_id
             WHERE u.login = 'resident1' ORDER BY a.id LIMIT 1""")).one()
        return f"/{'/'.join(row)}"


def token_of(env: Environment, login: str) -> str:
    """A session of a user; the operator may read every account's bill, a resident his own."""
    from startks.domain.security.sessions import open_session

    with env.sessions.begin() as session:
        user = session.scalar(text("SELECT id FROM user_account WHERE login = :login"), {"login": login})
        return open_session(session, user, "127.0.0.1", "bench")


def page_of(app, path: str, token: str | None) -> str:
    """Return the page as text; RuntimeError where it is none."""
    return answer_of(app, path, token).text


def answer_of(app, path: str, token: str | None) -> Response:
    """Return the answer; RuntimeError where it is no page."""
    request = Request.blank(path)
    if token is not None:
        request.headers["Cookie"] = f"startks={token}"
    response = request.get_response(app)
    _check(response)
    return response


def _check(response: Response) -> None:
    if response.status_code != 200:
        raise RuntimeError(f"page answered {response.status}")


def _cpu(call, count: int) -> float:
    """CPU seconds of this process for one call."""
    started = time.process_time()
    for _ in range(count):
        call()
    return (time.process_time() - started) / count


def _cycle(calls: list, count: int) -> float:
    started = time.process_time()
    for number in range(count):
        calls[number % len(calls)]()
    return (time.process_time() - started) / count


def statements_of(app, path: str, token: str) -> list[str]:
    """Statements that one warm page runs."""
    page_of(app, path, token)
    seen: list[str] = []

    def remember(connection, cursor, statement, *rest) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        page_of(app, path, token)
    finally:
        event.remove(Engine, "before_cursor_execute", remember)
    return seen
