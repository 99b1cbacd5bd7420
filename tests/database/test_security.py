"""Users, sessions, grants, the brake and the trail, on a real data base."""

import datetime as dt
from dataclasses import FrozenInstanceError

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError, IntegrityError

from startks.base.errors import StartksError
from startks.domain.accounts.models import AccountBinding
from startks.domain.ledger.models import Statement
from startks.domain.periods.models import Period
from startks.domain.security import user_queries
from startks.domain.security.audit import audit, broken_at, last_link, log_personal_read
from startks.domain.security.models import (
    AuditEvent,
    PersonalDataAccess,
    RoleGrant,
    SignInAttempt,
    UserAccount,
    UserSession,
)
from startks.domain.security.passwords import WeakPassword
from startks.domain.security.registration import BindingRefused, bill_code, bind_account, check_account
from startks.domain.security.sessions import (
    load_identity,
    my_sessions,
    open_session,
    revoke,
    revoke_all,
    token_digest,
)
from startks.domain.security.sign_in import Brake, SignInBraked, SignInRefused, authenticate
from startks.domain.security.users import (
    GrantRefused,
    LoginTaken,
    change_password,
    create_user,
    grant_role,
    reset_password,
    revoke_grant,
    set_active,
)
from tests.factories.settlement import PASSWORD, settle

BRAKE = Brake(attempts=3, pause=15)


@pytest.fixture
def place(session):
    return settle(session)


def identity_of(session, login, place):
    return load_identity(session, open_session(session, place.users[login], "10.0.0.1", "test"), ip="10.0.0.1")


# Sessions and identity


def test_the_identity_is_one_query(session, place, query_log):
    token = open_session(session, place.users["resident"], "10.0.0.1", "Firefox/1")
    with query_log(session.get_bind().engine) as statements:
        identity = load_identity(session, token)
    assert len(statements) == 1
    assert identity.login == "resident"
    (own,) = identity.accounts
    assert (own.account_id, own.number) == (place.accounts[0], "6300000001")
    assert own.address == "ул. Гагарина, д. 5, кв. 12"
    assert own.path == ("samarskiy-rayon", "gagarina-5", "12", "6300000001")
    assert [(grant.role, grant.scope_kind, grant.scope_id) for grant in identity.grants] == [
        ("resident", "account", place.accounts[0])
    ]
    with pytest.raises(FrozenInstanceError):
        identity.login = "other"


def test_the_table_keeps_only_the_hash_of_the_token(session, place):
    token = open_session(session, place.users["operator"], None, None)
    stored = session.execute(select(UserSession.token_hash)).scalar_one()
    assert stored == token_digest(token)
    assert token.encode() not in bytes(stored)


def test_grants_of_the_past_and_of_the_future_do_not_count(session, place):
    session.add(
        RoleGrant(
            user_id=place.users["past"], role="auditor", scope_kind="all", scope_id=0, valid=Range(dt.date(2090, 1, 1), None)
        )
    )
    session.flush()
    token = open_session(session, place.users["past"], None, None)
    assert load_identity(session, token).grants == ()
    assert [grant.role for grant in load_identity(session, token, today=dt.date(2020, 6, 1)).grants] == ["operator"]


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": func.now()},
        {"absolute_until": func.now() - text("interval '1 second'")},
        {"last_seen_at": func.now() - text("interval '31 minutes'")},
    ],
)
def test_an_ended_session_gives_nobody(session, place, change):
    token = open_session(session, place.users["operator"], None, None, idle_minutes=30)
    assert load_identity(session, token) is not None
    session.execute(update(UserSession).values(**change))
    assert load_identity(session, token) is None
    assert my_sessions(session, place.users["operator"]) == []


def test_a_disabled_user_and_an_unknown_token_give_nobody(session, place):
    assert load_identity(session, open_session(session, place.users["fired"], None, None)) is None
    assert load_identity(session, "no such token") is None


def test_seen_is_written_at_most_once_a_minute(session, place):
    token = open_session(session, place.users["operator"], None, None)
    earlier = func.now() - text("interval '5 minutes'")
    session.execute(update(UserSession).values(last_seen_at=earlier))
    load_identity(session, token)
    now, seen = session.execute(select(func.now(), UserSession.last_seen_at)).one()
    assert seen == now
    session.execute(update(UserSession).values(last_seen_at=func.now() - text("interval '30 seconds'")))
    load_identity(session, token)
    now, seen = session.execute(select(func.now(), UserSession.last_seen_at)).one()
    assert seen < now


def test_one_ends_his_own_sessions_only(session, place):
    mine = [open_session(session, place.users["operator"], "10.0.0.1", f"device {n}") for n in range(3)]
    other = open_session(session, place.users["cashier"], None, None)
    lines = my_sessions(session, place.users["operator"])
    assert len(lines) == 3
    assert not revoke(session, place.users["cashier"], lines[0].id)
    assert revoke(session, place.users["operator"], lines[0].id)
    assert not revoke(session, place.users["operator"], lines[0].id)
    kept = lines[1].id
    assert revoke_all(session, place.users["operator"], except_id=kept) == 1
    assert [line.id for line in my_sessions(session, place.users["operator"])] == [kept]
    assert sum(load_identity(session, token) is not None for token in mine) == 1
    assert load_identity(session, other) is not None


# Signing in


def attempt(session, login, password, ip="10.0.0.1"):
    return authenticate(session, login, password, ip, BRAKE)


def test_signing_in_knows_no_case_and_no_spaces(session, place):
    assert attempt(session, " OPERATOR ", PASSWORD) == place.users["operator"]


def test_a_refusal_does_not_say_who_exists(session, place):
    sentences = set()
    for login, password in (("operator", "wrong"), ("nobody at all", "wrong"), ("fired", PASSWORD)):
        with pytest.raises(SignInRefused) as refusal:
            attempt(session, login, password)
        sentences.add(refusal.value.message)
    assert len(sentences) == 1
    assert session.execute(select(func.count()).select_from(SignInAttempt)).scalar_one() == 3


def test_guessing_is_braked_for_unknown_logins_too(session, place):
    for login in ("operator", "nobody"):
        for _ in range(3):
            with pytest.raises(SignInRefused) as refusal:
                attempt(session, login, "wrong")
            assert not isinstance(refusal.value, SignInBraked)
        with pytest.raises(SignInBraked) as refusal:
            attempt(session, login, PASSWORD)
        assert 0 < refusal.value.seconds <= 15 * 60 + 1
        assert "Подождите 15 мин." in refusal.value.message


def test_a_pause_is_of_one_address_until_many_guess(session, place):
    for _ in range(3):
        with pytest.raises(SignInRefused):
            attempt(session, "operator", "wrong", "10.0.0.1")
    assert attempt(session, "operator", PASSWORD, "10.0.0.2") == place.users["operator"]
    for number in range(12):  # four times as many from anywhere
        with pytest.raises(SignInRefused):
            attempt(session, "cashier", "wrong", f"10.0.1.{number}")
    with pytest.raises(SignInBraked):
        attempt(session, "cashier", PASSWORD, "10.0.2.1")


def test_an_address_that_tries_many_logins_is_braked(session, place):
    for number in range(30):
        with pytest.raises(SignInRefused):
            attempt(session, f"login{number}", "wrong", "10.9.9.9")
    with pytest.raises(SignInBraked):
        attempt(session, "operator", PASSWORD, "10.9.9.9")


def test_the_pause_ends_and_a_success_forgets_the_mistakes(session, place):
    for _ in range(3):
        with pytest.raises(SignInRefused):
            attempt(session, "operator", "wrong")
    session.execute(update(SignInAttempt).values(at=func.now() - text("interval '16 minutes'")))
    assert attempt(session, "operator", PASSWORD) == place.users["operator"]
    session.execute(
        update(SignInAttempt).where(SignInAttempt.outcome == "success").values(at=func.now() - text("interval '1 second'"))
    )
    with pytest.raises(SignInRefused) as refusal:
        attempt(session, "operator", "wrong")
    assert not isinstance(refusal.value, SignInBraked)


def test_what_is_asked_in_a_pause_does_not_prolong_it(session, place):
    for _ in range(3):
        with pytest.raises(SignInRefused):
            attempt(session, "operator", "wrong")
    session.execute(update(SignInAttempt).values(at=func.now() - text("interval '10 minutes'")))
    for _ in range(5):
        with pytest.raises(SignInBraked) as refusal:
            attempt(session, "operator", "wrong")
    assert refusal.value.seconds <= 5 * 60 + 1


# Users and grants


def test_a_login_is_taken_whatever_its_case(session, place):
    create_user(session, "Ivanov", "Иванов  Иван", "несколько слов")
    assert session.execute(select(UserAccount.full_name).where(UserAccount.login == "IVANOV")).scalar_one() == "Иванов Иван"
    with pytest.raises(LoginTaken):
        create_user(session, "iVANOV", "Другой", "несколько слов")
    with pytest.raises(WeakPassword):
        create_user(session, "petrov", "Петров", "12345678")
    with pytest.raises(StartksError, match="Логин"):
        create_user(session, "a b", "Имя", "несколько слов")


def test_changing_the_password_ends_the_other_sessions(session, place):
    here = identity_of(session, "operator", place)
    there = open_session(session, place.users["operator"], None, None)
    with pytest.raises(StartksError, match="не подходит"):
        change_password(session, here, "wrong", "совсем другое слово")
    with pytest.raises(StartksError, match="совпадает"):
        change_password(session, here, PASSWORD, PASSWORD)
    change_password(session, here, PASSWORD, "совсем другое слово")
    assert load_identity(session, there) is None
    assert [line.id for line in my_sessions(session, here.user_id)] == [here.session_id]
    assert attempt(session, "operator", "совсем другое слово") == here.user_id


def test_a_given_password_must_be_changed_and_dismissal_ends_sessions(session, place):
    admin = identity_of(session, "administrator", place)
    token = open_session(session, place.users["operator"], None, None)
    reset_password(session, place.users["operator"], "выданный пароль", by=admin)
    assert load_identity(session, token) is None
    token = open_session(session, place.users["operator"], None, None)
    assert load_identity(session, token).must_change
    set_active(session, place.users["operator"], False, by=admin)
    assert load_identity(session, token) is None
    set_active(session, place.users["operator"], True, by=admin)
    assert load_identity(session, token) is None, "a session once ended stays ended"
    with pytest.raises(StartksError, match="самого себя"):
        set_active(session, admin.user_id, False, by=admin)


def test_grants_with_dates(session, place):
    admin = identity_of(session, "administrator", place)
    user = place.users["past"]
    today = dt.date.today()
    grant_id = grant_role(session, user, "cashier", "district", place.districts[1], by=admin)
    token = open_session(session, user, None, None)
    assert [(g.role, g.scope_id) for g in load_identity(session, token).grants] == [("cashier", place.districts[1])]
    with pytest.raises(GrantRefused, match="уже выдана"):
        grant_role(session, user, "cashier", "district", place.districts[1], by=admin)
    revoke_grant(session, grant_id, by=admin)
    assert load_identity(session, token).grants == (), "works at the next request"
    grant_id = grant_role(session, user, "cashier", valid_from=today - dt.timedelta(days=10), by=admin)
    revoke_grant(session, grant_id, by=admin)
    assert session.get(RoleGrant, grant_id).valid.upper == today
    with pytest.raises(GrantRefused, match="уже отозвана"):
        revoke_grant(session, grant_id, by=admin)


@pytest.mark.parametrize(
    ("role", "kind", "scope", "extra"),
    [
        ("ghost", "all", 0, {}),
        ("cashier", "street", 1, {}),
        ("cashier", "all", 5, {}),
        ("cashier", "district", 0, {}),
        ("cashier", "all", 0, {"valid_from": dt.date(2026, 5, 1), "valid_to": dt.date(2026, 5, 1)}),
    ],
)
def test_grants_that_are_refused(session, place, role, kind, scope, extra):
    with pytest.raises(GrantRefused):
        grant_role(session, place.users["past"], role, kind, scope, **extra)


def test_an_administrator_does_not_shut_himself_out(session, place):
    admin = identity_of(session, "administrator", place)
    own = session.execute(select(RoleGrant.id).where(RoleGrant.user_id == admin.user_id)).scalar_one()
    with pytest.raises(GrantRefused, match="у себя"):
        revoke_grant(session, own, by=admin)


# The trail


def test_the_trail_is_a_chain_without_gaps(session, place):
    admin = identity_of(session, "administrator", place)
    first = audit(session, admin, "test:thing:done", ("account", 5), {"why": "проба"})
    second = audit(session, None, "test:thing:done", ip="10.1.1.1")
    assert second == first + 1
    rows = session.execute(select(AuditEvent.previous_hash, AuditEvent.hash).order_by(AuditEvent.position)).all()
    assert all(later.previous_hash == earlier.hash for earlier, later in zip(rows, rows[1:], strict=False))
    assert broken_at(session) is None
    assert last_link(session) == (second, rows[-1].hash.hex())
    event = session.get(AuditEvent, first)
    assert (event.user_id, event.ip, event.subject_kind, event.subject_id) == (admin.user_id, "10.0.0.1", "account", 5)


def test_an_empty_trail_is_whole(session):
    assert broken_at(session) is None
    assert last_link(session) is None


def test_the_writer_cannot_choose_position_or_hash(session):
    session.execute(
        insert(AuditEvent.__table__).values(action="test:thing:done", position=77, hash=b"x" * 32, previous_hash=b"y")
    )
    assert last_link(session)[0] == 1
    assert broken_at(session) is None


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_event SET action = 'other:thing:done' WHERE position = 2",
        "UPDATE audit_event SET detail = '{\"n\": 20}' WHERE position = 2",
        "UPDATE audit_event SET user_id = NULL, at = at + interval '1 microsecond' WHERE position = 2",
        "DELETE FROM audit_event WHERE position = 2",
        "UPDATE audit_event SET hash = sha256('forged') WHERE position = 2",
    ],
)
def test_tampering_past_the_triggers_is_found(session, tampering):
    for number in range(4):
        audit(session, None, "test:thing:done", detail={"n": number})
    session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
    session.execute(text(tampering))
    session.execute(text("ALTER TABLE audit_event ENABLE TRIGGER USER"))
    assert broken_at(session) in (2, 3)


def test_a_forged_row_with_a_right_hash_breaks_the_next_link(session):
    for number in range(3):
        audit(session, None, "test:thing:done", detail={"n": number})
    session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
    session.execute(text("UPDATE audit_event SET action = 'forged:thing:done' WHERE position = 2"))
    session.execute(text("UPDATE audit_event e SET hash = audit_event_hash(e) WHERE position = 2"))
    assert broken_at(session) == 3


@pytest.mark.parametrize("table", [AuditEvent, PersonalDataAccess])
@pytest.mark.parametrize("change", ["update", "delete", "truncate"])
def test_both_tables_only_grow(session, place, table, change):
    reader = identity_of(session, "operator", place)
    audit(session, reader, "test:thing:done")
    log_personal_read(session, reader, "звонок жителя", "person", [1], ["phone"])
    statement = {
        "update": update(table).values(ip="0.0.0.0"),
        "delete": delete(table),
        "truncate": text(f"TRUNCATE {table.__tablename__}"),
    }[change]
    with pytest.raises(DBAPIError, match="only grows") as refusal, session.begin_nested():
        session.execute(statement)
    assert refusal.value.orig.sqlstate == "23001"


def test_reading_of_personal_data_is_one_row_a_page(session, place):
    reader = identity_of(session, "operator", place)
    log_personal_read(session, reader, "сверка", "person", [5, 3, 3], ["phone", "name", "name"])
    log_personal_read(session, reader, "сверка", "person", [], ["phone"])
    (row,) = session.scalars(select(PersonalDataAccess)).all()
    assert (row.subject_ids, row.fields, row.user_id, row.session_id) == (
        [3, 5],
        ["name", "phone"],
        reader.user_id,
        reader.session_id,
    )
    with pytest.raises(IntegrityError), session.begin_nested():
        log_personal_read(session, reader, "", "person", [1], ["phone"])


def test_acts_of_the_services_are_in_the_trail(session, place):
    admin = identity_of(session, "administrator", place)
    user = create_user(session, "novikov", "Новиков", "несколько слов", by=admin)
    grant_role(session, user, "editor", by=admin)
    acts = [row.action for row in session.execute(user_queries.TRAIL.order_by(AuditEvent.position))]
    assert acts == ["administration:user:create", "administration:grant:create"]
    assert broken_at(session) is None


# Binding of accounts


@pytest.fixture
def bills(session, place):
    """Two calculated months of account 0: 1 234,56 and 2 000,00 to be paid."""
    for period, closing in ((202609, 123456), (202610, 200000)):
        session.execute(insert(Period).values(id=period, calculated_at=func.now()))
        session.execute(
            text(f"CREATE TABLE IF NOT EXISTS statement_{period} PARTITION OF statement FOR VALUES IN ({period})")
        )
        session.execute(
            insert(Statement).values(
                period=period, account_id=place.accounts[0], service_id=1, supplier_id=1, house_id=place.houses[0],
                rule_id=0, volume=0, tariff=0, opening=0, charge=closing, excess=0, recalculation=0, benefit=0, penalty=0,
                paid=0, closing=closing,
            )
        )  # fmt: skip
    return place


def check(session, number, secret):
    return check_account(session, number, secret, "10.0.0.1", code_key=b"key", brake=BRAKE)


@pytest.mark.parametrize("secret", ["1 234,56", "1234.56 ₽", "2000", "2 000,00", bill_code(b"key", "6300000001", 202610)])
def test_a_bill_proves_its_account(session, bills, secret):
    assert check(session, "63 0000 0001", secret) == bills.accounts[0]


@pytest.mark.parametrize(
    ("number", "secret"),
    [
        ("6300000001", "1234,57"),
        ("6300000001", "abc"),
        ("6300000001", ""),
        ("6300000001", "0"),
        ("6300000002", "2000"),
        ("9999999999", "2000"),
        ("6300000001", bill_code(b"other", "6300000001", 202610)),
    ],
)
def test_a_wrong_bill_proves_nothing_and_says_no_more(session, bills, number, secret):
    with pytest.raises(BindingRefused, match="не подходят друг к другу"):
        check(session, number, secret)


def test_sums_are_not_tried_without_end(session, bills):
    for kopecks in range(3):
        with pytest.raises(BindingRefused):
            check(session, "6300000001", f"1,{kopecks:02d}")
    with pytest.raises(SignInBraked):
        check(session, "6300000001", "2000")


def test_an_account_is_bound_once(session, place):
    bind_account(session, place.users["resident"], place.accounts[1], "office")
    with pytest.raises(BindingRefused, match="уже есть"):
        bind_account(session, place.users["resident"], place.accounts[1], "office")
    assert session.execute(select(func.count()).select_from(AccountBinding)).scalar_one() == 2
    assert len(identity_of(session, "resident", place).accounts) == 2


# What the administration reads


def test_lists_of_the_administration(session, place):
    today = dt.date.today()
    rows = {row.login: row for row in session.execute(user_queries.users(today))}
    assert rows["operator"].roles == ["operator"]
    assert rows["past"].roles is None
    assert not rows["fired"].active
    grants = user_queries.grants(session, place.users["house"])
    assert [(row.scope_kind, row.scope_title) for row in grants] == [("house", "улица Гагарина, 5")]
    assert [row.kind for row in user_queries.places(session)] == ["municipality", "district", "district"]
    assert user_queries.user(session, 10**6) is None


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("6300000001", ("account", 0)),
        ("/office/samarskiy-rayon/gagarina-5", ("house", 0)),
        ("oktyabrskiy-rayon/mira-1/", ("house", 2)),
        ("999", None),
        ("samarskiy-rayon", None),
        ("samarskiy-rayon/nowhere", None),
        ("", None),
    ],
)
def test_a_place_is_found_by_what_a_clerk_types(session, place, typed, found):
    expected = found and (found[0], (place.accounts if found[0] == "account" else place.houses)[found[1]])
    assert user_queries.find_place(session, typed) == expected
