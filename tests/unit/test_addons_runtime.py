"""The door at work: where writing is refused, what menus and pages show, contracts and events."""

import dataclasses
import datetime as dt
from types import SimpleNamespace

import pytest
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy.exc import OperationalError

from startks.base.events import DISPATCHER, Event, PeriodClosed, PeriodOpened, publish
from startks.base.licensing import Counter, Grant, Licence, ModuleState, State, issue_demo_licence, keys
from startks.base.licensing.licence import issue
from startks.framework.addons import Manifest
from startks.framework.addons.exchange import attach_events, dispatcher, find_contract, request_contract
from startks.framework.addons.guard import require_task
from startks.framework.addons.licensing import LicenceDesk
from startks.framework.addons.lookup import records
from startks.framework.addons.menus import menu
from startks.framework.addons.registry import KEY, Addons, WritingRefused, addons_of
from startks.framework.addons.slots import slot

PAID = Manifest(
    name="paid", title="Платный", version="1", api=1, includeme="planted_paid:includeme", product="billing", metric="account"
)


class Desk(LicenceDesk):
    """A desk whose state a test sets."""

    state = State.ACTIVE
    read = 0

    def states(self):
        return {"paid": ModuleState(self.state, "Так решил тест.")}

    def read_counters(self, session, *, now=False):
        self.read += 1


class Node:
    """A node of the tree."""

    __name__ = ""
    __parent__ = None

    def __getitem__(self, name):
        child = Child()
        child.__name__, child.__parent__ = name, self
        return child


class Child(Node):
    """A mount."""


@pytest.fixture
def config():
    """A configuration in which the module «paid» is being included."""
    config = Configurator()
    config.registry[KEY] = Addons(order=(PAID,), desk=Desk(None), loading="paid")
    config.include("startks.framework.addons")
    config.add_route("office", "/office*traverse")
    return config


def commit(config):
    addons_of(config.registry).loading = None
    config.commit()
    return config.registry


def page(context, request):
    return Response("done")


def request_for(registry, method="GET", path="/", allowed=True, **attributes):
    request = Request.blank(path, method=method)
    request.registry = registry
    request.has_permission = lambda permission, node=None: allowed is True or permission in allowed
    request.localizer = SimpleNamespace(translate=lambda text: f"[{text}]")
    request.db = attributes.pop("db", object())
    for name, value in attributes.items():
        setattr(request, name, value)
    return request


# Writing


def answer(config, method, **options):
    config.set_root_factory(lambda request: Node())
    config.add_portal_view(page, context=Node, permission="paid:thing:do", name="page", **options)
    registry = commit(config)
    app = config.make_wsgi_app()
    desk = addons_of(registry).desk

    def ask(state):
        desk.state = state
        try:
            return Request.blank("/@@page", method=method).get_response(app).text
        except WritingRefused as error:
            return error

    return ask, desk


WRITABLE = (State.ACTIVE, State.GRACE)
ALL = tuple(State)


@pytest.mark.parametrize(
    ("method", "options", "allowed"),
    [
        ("GET", {}, ALL),
        ("HEAD", {}, ALL),
        ("POST", {}, WRITABLE),
        ("PUT", {}, WRITABLE),
        ("GET", {"writes": True}, WRITABLE),
        ("POST", {"writes": False}, ALL),
    ],
)
def test_reading_never_needs_a_licence_and_writing_does(config, method, options, allowed):
    ask, _ = answer(config, method, **options)
    for state in State:
        found = ask(state)
        assert isinstance(found, WritingRefused) == (state not in allowed), state


def test_the_refusal_names_the_module_and_says_why(config):
    ask, desk = answer(config, "POST")
    found = ask(State.READONLY)
    assert found.message == "Раздел «Платный»: изменения сейчас не принимаются. Так решил тест."
    assert found.state is State.READONLY


def test_a_plain_view_of_the_module_s_package_is_guarded_too(config):
    here = dataclasses.replace(PAID, includeme="tests.unit:includeme")  # the package this configuration stands in
    addons_of(config.registry).order = (here,)
    config.set_root_factory(lambda request: Node())
    config.add_view(page, context=Node, name="plain")
    registry = commit(config)
    addons_of(registry).desk.state = State.READONLY
    app = config.make_wsgi_app()
    assert Request.blank("/@@plain").get_response(app).text == "done"
    with pytest.raises(WritingRefused):
        Request.blank("/@@plain", method="POST").get_response(app)


def test_the_house_itself_is_never_refused(config):
    addons_of(config.registry).loading = None
    ask, _ = answer(config, "POST")
    assert ask(State.BLOCKED) == "done"


def test_counters_are_read_before_a_write_only(config):
    config.add_request_method(lambda request: object(), "db", reify=True)
    ask, desk = answer(config, "GET")
    ask(State.ACTIVE)
    assert desk.read == 0
    Request.blank("/@@page", method="POST").get_response(config.make_wsgi_app())
    assert desk.read == 1


def test_tasks_that_write_are_refused(config):
    config.add_task("write", print, title="Пишет")
    config.add_task("read", print, title="Читает", writes=False)
    registry = commit(config)
    assert require_task(registry, "write").value is print
    addons_of(registry).desk.state = State.READONLY
    assert require_task(registry, "read", object()).name == "read"
    with pytest.raises(WritingRefused):
        require_task(registry, "write", object())
    with pytest.raises(KeyError):
        require_task(registry, "missing")


def test_an_unknown_module_is_absent(config):
    addons = addons_of(config.registry)
    assert addons.state("nobody").state is State.ABSENT
    with pytest.raises(WritingRefused, match="nobody"):
        addons.require_writable("nobody")


# Menus


def with_menu(config):
    config.add_office_view(page, context=Node, permission="paid:thing:read", name="first")
    config.add_office_view(page, context=Child, permission="paid:thing:list")
    config.add_menu("office.house", "second", "Второй", context=Child, at="+mount", order=20, icon="list")
    config.add_menu("office.house", "first", "Первый", context=Node, view="first", order=10)
    return commit(config)


@pytest.fixture
def addresses(monkeypatch):
    def url(request, node, view="", **query):
        steps = [f"@@{view}"] if view else []
        while node is not None:
            steps.insert(0, node.__name__)
            node = node.__parent__
        return "/office" + "".join(f"/{step}" for step in steps if step)

    monkeypatch.setattr("startks.framework.tree.urls.office_url", url)


def test_a_menu_shows_what_the_reader_may_open(config, addresses):
    registry = with_menu(config)
    lines = menu(request_for(registry, path="/office/+mount/deeper"), "office.house", Node())
    assert [(line.name, line.title, line.url, line.icon, line.current) for line in lines] == [
        ("first", "Первый", "/office/@@first", None, False),
        ("second", "Второй", "/office/+mount", "list", True),
    ]
    some = menu(request_for(registry, allowed={"paid:thing:read"}), "office.house", Node())
    assert [line.name for line in some] == ["first"]
    assert menu(request_for(registry, allowed=set()), "office.house", Node()) == []


@pytest.mark.parametrize(("state", "shown"), [(State.READONLY, 2), (State.ABSENT, 0), (State.BLOCKED, 0)])
def test_menus_of_unlicensed_modules_are_empty(config, addresses, state, shown):
    registry = with_menu(config)
    addons_of(registry).desk.state = state
    assert len(menu(request_for(registry), "office.house", Node())) == shown


# Blocks


def with_slots(config):
    config.include("pyramid_chameleon")
    config.add_slot("desktop", "text", lambda context, request: "<b>", permission="paid:a:read", title="Текст", order=3)
    config.add_slot("desktop", "none", lambda context, request: None, permission="paid:a:read")
    config.add_slot("desktop", "broken", lambda context, request: 1 / 0, permission="paid:a:read", order=1)
    config.add_slot("desktop", "other", lambda context, request: "x", permission="paid:b:read")
    return commit(config)


def test_a_broken_block_does_not_take_the_page_with_it(config, caplog):
    blocks = slot(request_for(with_slots(config), allowed={"paid:a:read"}), "desktop", Node())
    assert [(block.name, block.failed) for block in blocks] == [("broken", True), ("text", False)]
    assert "сейчас недоступен" in blocks[0].html
    assert "ZeroDivisionError" in caplog.text


def test_text_is_escaped_and_none_is_no_block(config):
    blocks = slot(request_for(with_slots(config), allowed={"paid:a:read"}), "desktop", Node())
    assert blocks[1].html == "&lt;b&gt;"
    assert (blocks[1].title, blocks[1].module) == ("Текст", "paid")


def test_a_lost_transaction_goes_up(config):
    def lost(context, request):
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    config.add_slot("desktop", "lost", lost, permission="paid:a:read")
    with pytest.raises(OperationalError):
        slot(request_for(commit(config)), "desktop", Node())


def test_a_block_by_template(config, tmp_path):
    template = tmp_path / "block.pt"
    template.write_text("<p>${word}</p>")
    config.include("pyramid_chameleon")
    config.add_slot("desktop", "page", lambda c, r: {"word": "<&>"}, permission="paid:a:read", renderer=str(template))
    (block,) = slot(request_for(commit(config)), "desktop", Node())
    assert block.html.strip() == "<p>&lt;&amp;&gt;</p>"


# Contracts and events


class Thing:
    """An interface."""


def test_a_contract_is_found_while_its_module_is_licensed(config):
    config.provide(Thing, lambda session: ("thing", session))
    registry = commit(config)
    assert find_contract(registry, Thing, 7) == ("thing", 7)
    assert request_contract(request_for(registry, db=8), Thing) == ("thing", 8)
    assert find_contract(registry, Node, 7) is None
    addons_of(registry).desk.state = State.ABSENT
    assert find_contract(registry, Thing, 7) is None


def test_events_reach_the_subscribers_of_modules_that_may_write(config):
    heard = []
    config.add_event_subscriber(PeriodClosed, lambda session, event: heard.append((session, event)))
    registry = commit(config)
    session = SimpleNamespace(info={DISPATCHER: dispatcher(registry)})
    closed = PeriodClosed(period=202610, fingerprint="x")
    publish(session, closed)
    publish(session, PeriodOpened(period=202611))
    assert heard == [(session, closed)]
    addons_of(registry).desk.state = State.READONLY
    publish(session, closed)
    assert len(heard) == 1


def test_a_subscriber_s_error_goes_up(config):
    def refuse(session, event):
        raise ValueError("no")

    config.add_event_subscriber(PeriodClosed, refuse)
    session = SimpleNamespace(info={DISPATCHER: dispatcher(commit(config))})
    with pytest.raises(ValueError, match="no"):
        publish(session, PeriodClosed(period=202610, fingerprint="x"))


def test_only_events_are_published_and_nobody_need_listen():
    session = SimpleNamespace(info={})
    publish(session, PeriodOpened(period=202611))
    with pytest.raises(TypeError, match="not str"):
        publish(session, "PeriodOpened")
    with pytest.raises(AttributeError):
        PeriodOpened(period=1).period = 2
    assert issubclass(PeriodOpened, Event)


def test_sessions_of_a_factory_publish():
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session, sessionmaker

    engine = create_engine("postgresql+psycopg://nobody@localhost/nowhere")
    factory = sessionmaker(engine, info={"mine": 1})
    registry = Configurator().registry
    attach_events(factory, registry)
    assert set(factory().info) == {"mine", DISPATCHER}
    session = Session(engine)
    attach_events(session, registry)
    assert DISPATCHER in session.info


# The licence desk


def test_a_new_licence_file_works_without_a_restart(tmp_path):
    desk = LicenceDesk(tmp_path / "licence.json", demands={"paid": "billing"}, clock=lambda: dt.date(2026, 6, 1))
    assert desk.states()["paid"].state is State.ABSENT
    issue_demo_licence(tmp_path, dt.date(2026, 1, 1))
    assert desk.states()["paid"].state is State.ABSENT  # looked at a moment ago
    desk._looked_at -= 2
    assert desk.states()["paid"].state is State.ACTIVE
    desk.path.write_text("damaged")
    desk._looked_at -= 2
    assert desk.states()["paid"].state is State.BLOCKED
    desk.path.unlink()
    desk._looked_at -= 2
    assert desk.states()["paid"].state is State.ABSENT


def test_counters_are_read_every_ten_minutes_at_most(monkeypatch, tmp_path):
    day = dt.date(2026, 6, 1)
    asked = []

    def counters(session, today):
        asked.append(session)
        return {"account": Counter("account", ((day, 5),))}

    monkeypatch.setattr("startks.framework.addons.licensing.counters", counters)
    key = keys.generate()
    path = tmp_path / "licence.json"
    licence = Licence("1", "МУП", day, day, None, 0, (Grant("billing", "account", 4),))
    path.write_text(issue(licence, key))
    desk = LicenceDesk(path, keys.public_text(key), {"paid": "billing"}, clock=lambda: day + dt.timedelta(days=1))
    assert desk.states()["paid"].state is State.ACTIVE
    desk.read_counters("first")
    desk.read_counters("second")
    assert asked == ["first"]
    assert desk.states()["paid"].state is State.READONLY
    assert desk.counters["account"].value == 5
    desk.read_counters("third", now=True)
    desk._counted_at -= 601
    desk.read_counters("fourth")
    assert asked == ["first", "third", "fourth"]


def test_a_licence_path_that_cannot_be_looked_at(tmp_path):
    assert LicenceDesk(None, demands={"paid": "billing"}).states()["paid"].state is State.ABSENT
    assert LicenceDesk(tmp_path / "a" / "b", demands={"paid": "billing"}).states()["paid"].state is State.ABSENT


# Work by the clock


def test_periodic_work_is_registered_for_the_clock(config):
    config.add_task("remind", print, title="Напомнить")
    config.add_periodic("nightly", "03:05", "remind")
    config.add_periodic("often", 30, "remind")
    found = {record.name: (record.value, record["task"]) for record in records(commit(config), "periodic")}
    assert found == {
        "licence_measure": ("03:15", "licence_measure"),
        "nightly": ("03:05", "remind"),
        "often": (30, "remind"),
    }


@pytest.mark.parametrize("schedule", ["3:05", "24:00", "ночью", 0, -1, True])
def test_a_wrong_schedule(config, schedule):
    with pytest.raises(Exception, match="расписание"):
        config.add_periodic("nightly", schedule, "remind")


def test_every_directive_leaves_a_record(config):
    config.add_report("report", print, title="Отчёт", permission="paid:a:read")
    config.add_reference("book", print, title="Книга", permission="paid:a:read")
    config.add_exchange("registry", print, title="Реестр", direction="in", permission="paid:a:write")
    config.add_rules("startks.domain.calc.numbers", title="Правила")
    registry = commit(config)
    for kind, name in (("report", "report"), ("reference", "book"), ("exchange", "registry")):
        (record,) = [record for record in records(registry, kind) if record.module == "paid"]
        assert (record.name, record.value) == (name, print)
        assert record["permission"].startswith("paid:a:")
        assert record.get("missing", 5) == 5
    assert [record.name for record in records(registry, "rules")] == ["startks.domain.calc.numbers"]
