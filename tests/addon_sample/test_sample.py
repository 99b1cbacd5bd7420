"""A partner's module at work in the whole application: tab, page, write, cabinet block, report, task, licence page."""

import datetime as dt
import logging
import pickle
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from webtest import TestApp

from startks.app import configure
from startks.base.db.session import make_engine
from startks.base.events import DISPATCHER, PeriodClosed, publish
from startks.base.settings import load
from startks.domain.accounts.models import Account, AccountBinding
from startks.domain.calc.law import differences
from startks.domain.calc.registry import all_rules, coverage_faults
from startks.domain.security.models import UserAccount
from startks.domain.territory.models import District, House, Premise
from startks.framework.addons.counting import measure
from startks.framework.addons.exchange import attach_events
from startks.framework.addons.guard import require_task
from startks.framework.addons.lookup import records
from startks.framework.addons.registry import addons_of
from startks.modules.billing.calculation import run
from startks.scripts.environment import Environment
from startks.scripts.law import law as law_command
from startks.scripts.migrate import upgrade
from startks.scripts.period import CONSUMPTION, SAVE
from tests.addon_sample.installation import SAMPLE, installed

MODULES = "billing metering inspections"
FINDING = "Трещина в отмостке <северный угол>"


@pytest.fixture(scope="module")
def partner(clone_database, town, services, tmp_path_factory):
    """The application over a copy of the town, with the foreign distribution installed, enabled and migrated."""
    town.engine.dispose()
    with (
        installed(SAMPLE, tmp_path_factory.mktemp("site")),
        clone_database("sample", town.database_url) as url,
    ):
        upgrade(url, load({"startks.modules": MODULES}, environ={}))
        config = configure(
            {
                "startks.database_url": url,
                "startks.data_dir": str(services.folder.path),
                "startks.modules": MODULES,
                "startks.secure_cookies": "false",
            }
        )
        engine = make_engine(url)
        config.engine = engine
        yield config
        engine.dispose()
        config.registry["startks.engine"].dispose()


@pytest.fixture
def session(partner):
    """A session that publishes to the application's subscribers."""
    with Session(partner.engine) as session:
        attach_events(session, partner.registry)
        yield session


@pytest.fixture
def sign_in(partner):
    application = partner.make_wsgi_app()

    def browser(login):
        app = TestApp(application, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"})
        form = app.get("/@@sign-in").forms["sign-in"]
        form["login"], form["password"] = login, f"{login}-2026"
        assert form.submit("submit").status_int == 303
        return app

    return browser


@pytest.fixture
def house(session):
    """Address of the house of a resident's account, and its id."""
    row = session.execute(
        select(District.slug, House.slug, House.id)
        .select_from(Account)
        .join(Premise, Premise.id == Account.premise_id)
        .join(House, House.id == Premise.house_id)
        .join(District, District.id == House.district_id)
        .order_by(Account.id)
    ).first()
    return f"/office/{row[0]}/{row[1]}", row[2]


def test_from_the_tab_to_the_residents_cabinet(sign_in, house, session):
    path, house_id = house
    clerk = sign_in("operator")
    card = clerk.get(path)
    tab = card.html.find("a", href=f"{path}/+inspections")
    assert tab is not None
    assert "Осмотры" in tab.text
    journal = clerk.get(tab["href"])
    assert "Осмотров ещё не было." in journal.text
    form = next(form for form in journal.forms.values() if "finding" in form.fields)
    form["inspected_on"], form["finding"] = dt.date.today().isoformat(), FINDING
    answer = form.submit()
    assert answer.status_int in (302, 303)
    page = answer.follow()
    assert "Трещина в отмостке &lt;северный угол&gt;" in page.text
    form["finding"] = " "
    refused = form.submit(expect_errors=True)
    assert refused.status_int == 422
    assert "от 1 до 500 знаков" in refused.text
    # the report, the task and a subscriber see the same row
    registry = clerk.app.registry
    (report,) = [record for record in records(registry, "report") if record.module == "inspections"]
    assert report.value(session, dt.date.today()) == [{"house_id": house_id, "inspections": 1}]
    assert require_task(registry, "inspections_remind", session).value(session) == 1


def test_the_report_is_asked_for_in_the_office(sign_in, session):
    from addon_sample import services as inspections

    house_id = session.execute(select(House.id).order_by(House.id.desc())).scalars().first()
    inspections.enter(session, house_id, dt.date(2026, 3, 1), FINDING)
    session.commit()
    clerk = sign_in("operator")
    listing = clerk.get("/office/+reports")
    page = clerk.get(listing.html.find("a", string="Осмотры по домам")["href"])
    form = next(form for form in page.forms.values() if "since" in form.fields)
    assert page.html.find("label", {"for": "report-since"}).text == "Осмотры с"
    form["since"] = "01.03.2026"
    rows = [[cell.text for cell in row.find_all("td")] for row in form.submit().html.select("tbody tr")]
    assert [str(house_id), "1"] in rows
    form["since"] = "31.12.2099"
    assert not form.submit().html.select("tbody tr")
    # who may not read inspections neither sees nor opens it
    accountant = sign_in("accountant")
    assert "Осмотры по домам" not in accountant.get("/office/+reports").text
    accountant.get(page.request.path, status=403)


def test_the_block_in_the_cabinet(sign_in, session):
    from addon_sample import services as inspections

    resident = sign_in("resident1")
    place = _own_account(session)
    inspections.enter(session, place.house_id, dt.date.today(), FINDING)
    session.commit()
    page = resident.get(place.path)
    assert "Осмотры дома" in page.text
    assert "Трещина в отмостке &lt;северный угол&gt;" in page.text


def test_who_has_no_right_sees_neither_tab_nor_page(sign_in, house):
    path, _ = house
    editor = sign_in("editor")
    assert "+inspections" not in editor.get(path).text
    assert editor.get(f"{path}/+inspections", expect_errors=True).status_int == 403
    administrator = sign_in("admin")
    assert administrator.get(f"{path}/+inspections").status_int == 200
    token = administrator.get(f"{path}/+inspections").html.find("input", {"name": "csrf_token"})["value"]
    answer = administrator.post(f"{path}/+inspections/@@enter", {"csrf_token": token}, expect_errors=True)
    assert answer.status_int == 403


def test_an_event_reaches_the_partner(session, caplog):
    with caplog.at_level(logging.INFO, logger="addon_sample"):
        publish(session, PeriodClosed(period=202609, fingerprint="abc"))
    assert "месяц 202609 закрыт, хеш abc" in caplog.text


def test_a_month_opened_and_closed_by_a_command_is_told_to_the_partner(partner, services, caplog):
    url = partner.engine.url.render_as_string(hide_password=False)
    settings = load({"startks.modules": MODULES, "startks.secure_cookies": "false"}, environ={})
    command = Environment(services.folder.path, url, "", settings, owner=False)
    with caplog.at_level(logging.INFO, logger="addon_sample"):
        with command.sessions() as session:
            publish(session, PeriodClosed(period=202608, fingerprint="abc"))
        with Session(partner.engine, info={DISPATCHER: pickle.loads(pickle.dumps(command.events))}) as session:  # in a child
            publish(session, PeriodClosed(period=202609, fingerprint="def"))
    assert "месяц 202608 закрыт, хеш abc" in caplog.text
    assert "месяц 202609 закрыт, хеш def" in caplog.text
    command.engine.dispose()


def test_a_partners_dated_rule_is_found_by_the_law_the_coverage_and_the_month(partner, session):
    keys = {entry.id: entry for entry in all_rules() if entry.key == "patrol.area"}
    assert sorted(keys) == [30001, 30002]
    assert coverage_faults(dt.date(2019, 1, 1), dt.date(2027, 12, 31)) == []
    change = next(item for item in differences(dt.date(2025, 9, 30), dt.date(2025, 10, 1), "maintenance") if item.name == "patrol.area")
    assert (change.before.id, change.after.id, change.after.act) == (30001, 30002, "Договор осмотров № 7")
    assert not [item for item in differences(dt.date(2025, 9, 30), dt.date(2025, 10, 1), "gas") if item.name == "patrol.area"]
    answer = CliRunner().invoke(law_command, ["show", "2025-11-01", "maintenance", "--federal"], catch_exceptions=False)
    assert "Осмотры: по площади и дням [patrol.area]" in answer.output and "Договор осмотров № 7" in answer.output
    # the month: one house is connected by the partner's rule
    house, period = session.execute(text("""
        SELECT x.house_id, max(p.id) FROM house_service x JOIN service s ON s.id = x.service_id AND s.code = 'maintenance'
          JOIN house h ON h.id = x.house_id AND h.kind = 'apartment_building', period p WHERE p.calculated_at IS NOT NULL
         GROUP BY 1 ORDER BY 1 LIMIT 1""")).one()
    session.execute(text("""
        UPDATE house_service x SET method = 'rule:patrol.area' FROM service s
         WHERE s.id = x.service_id AND s.code = 'maintenance' AND x.house_id = :house"""), {"house": house})
    session.commit()
    with partner.engine.begin() as connection:
        url = partner.engine.url.render_as_string(hide_password=False)
        run.recalculate_house(connection, url, period, house, CONSUMPTION, SAVE)
        lines = connection.execute(text("""
            SELECT z.charge, z.volume, z.tariff FROM statement z
             WHERE z.period = :period AND z.house_id = :house AND z.rule_id = 30002"""), {"period": period, "house": house}).all()
    assert len(lines) > 5
    assert all(abs(line.charge - line.volume * line.tariff / 10**10) <= 1 for line in lines)


def test_the_page_of_licences(sign_in, session, partner):
    administrator = sign_in("admin")
    first = administrator.get("/office/@@licences")
    values = measure(session)
    session.commit()
    assert values["installation"] == 1
    assert values["account"] > 100
    page = administrator.get("/office/@@licences")
    for words in ("Журнал осмотров", "addon-sample 1.0.0", "Расчёты и начисления", "Демонстрационный город", "Биллинг"):
        assert words in page.text
    amount = f"{values['account'] * 35:,}".replace(",", "\xa0") + ",00"
    assert amount in page.text.replace("\u202f", "\xa0").replace("&nbsp;", "\xa0")
    assert first.status_int == 200
    assert sign_in("operator").get("/office/@@licences", expect_errors=True).status_int == 403
    assert [line.name for line in addons_of(partner.registry).statuses()][-1:] == ["inspections"]


def _own_account(session):
    """Path and house of the account the first demonstration resident is bound to."""
    row = session.execute(
        select(District.slug, House.slug, Premise.slug, Account.number, House.id)
        .select_from(AccountBinding)
        .join(UserAccount, UserAccount.id == AccountBinding.user_id)
        .join(Account, Account.id == AccountBinding.account_id)
        .join(Premise, Premise.id == Account.premise_id)
        .join(House, House.id == Premise.house_id)
        .join(District, District.id == House.district_id)
        .where(UserAccount.login == "resident1")
    ).first()
    return SimpleNamespace(path="/" + "/".join(row[:4]), house_id=row[4])
