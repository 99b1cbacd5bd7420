"""The verbs of an ``includeme``.

    def includeme(config):
        config.add_permissions({"clerk": ["inspections:inspection:read"]})
        config.add_mount("house", "+inspections", Inspections)
        config.add_office_view(list_view, context=Inspections, permission=Permission.READ, renderer="…:list.pt")
        config.add_menu("office.house", "inspections", "Осмотры", at="+inspections", context=Inspections)

Each is a Pyramid action with a discriminator, so that two modules that claim one name are found at start, and with an
introspectable, so that menus, tables of rights and lists are computed from what is there (:mod:`.lookup`). A wrong
argument raises :class:`ConfigurationError` with a Russian sentence; the loader adds the module's name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from startks.base.errors import ConfigurationError
from startks.base.events import Event
from startks.domain.calc.registry import take_in
from startks.framework.addons.lookup import Record, category, view_record
from startks.framework.addons.manifest import NAME, PERMISSION
from startks.framework.addons.registry import addons_of

NODE_KINDS = ("root", "district", "house", "apartment", "account")
MENUS = (
    "office.main",
    "office.district",
    "office.house",
    "office.apartment",
    "office.account",
    "office.administration",
    "portal.main",
    "portal.house",
    "portal.account",
)
"""Menus of the pages; the part before the dot is the face."""

SLOTS = ("account.cabinet", "account.office", "house.office", "house.portal", "desktop")
"""Named places on pages where modules put blocks."""

READ_ACTIONS = frozenset({"read", "list", "view", "search", "print", "export"})
"""Actions of permissions that change nothing: their views take GET only."""

SAFE_METHODS = ("GET", "HEAD")
OFFICE_ROUTE = "office"
MOUNT = re.compile(r"\+[a-z][a-z0-9-]{1,29}")
DAILY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
VIEW = re.compile(r"([a-z][a-z0-9_.-]*)?")

LATE_IMPORTS = 1000
"""Order of actions that import a module's rules into the process: after all clashes of plain actions were found."""
LATE_CHECKS = 2000
"""Order of actions that look at what others registered."""


def includeme(config) -> None:
    """Add the directives."""
    for name, directive in DIRECTIVES.items():
        config.add_directive(name, directive)


# Places in the tree


def add_mount(config, kind: str, name: str, factory: Callable[[Any, str], Any]) -> None:
    """Hang ``factory(parent, name)`` under every node of a kind; ``name`` begins with ``+``, as no slug does."""
    _one_of(kind, NODE_KINDS, "вид узла")
    if not MOUNT.fullmatch(name):
        raise ConfigurationError(f"имя «{name}» не годится для add_mount: нужно «+» и строчные латинские буквы")
    _register(config, "mount", kind, name, name, factory)


# Pages


def add_office_view(config, view: Any, *, context: type, permission: str, name: str = "", **options: Any) -> None:
    """Register a clerk's page; see :func:`_add_view`."""
    options.setdefault("route_name", OFFICE_ROUTE)
    _add_view(config, "office", view, context, permission, name, options)


def add_portal_view(config, view: Any, *, context: type, permission: str, name: str = "", **options: Any) -> None:
    """Register a public or cabinet page; see :func:`_add_view`. It has no route."""
    _add_view(config, "portal", view, context, permission, name, options)


def _add_view(
    config, face: str, view: Any, context: type, permission: str, name: str, options: dict[str, Any]
) -> None:
    """Register a view with its licence rule.

    ``context`` and ``permission`` are always said. A view whose permission only reads takes GET alone. ``writes``: None
    (default) means that every method but GET and HEAD writes, True that all do, False that none does (a search by
    POST). What writes is refused while the licence does not allow it. Other options go to Pyramid's ``add_view``.
    """
    if not isinstance(context, type) or context is object:
        raise ConfigurationError(f"страница «@@{name}» не называет context: нужен класс узла дерева")
    if not VIEW.fullmatch(name):
        raise ConfigurationError(f"имя страницы «{name}» не годится: пишется без @@, строчными латинскими буквами")
    if not permission:
        raise ConfigurationError(f"страница «@@{name}» не называет permission: для открытой есть право Public")
    methods = options.pop("request_method", None)
    methods = (methods,) if isinstance(methods, str) else methods
    if str(permission).rpartition(":")[2] in READ_ACTIONS:
        if methods is not None and not set(methods) <= set(SAFE_METHODS):
            raise ConfigurationError(f"страница «@@{name}» с правом чтения «{permission}» принимает не только GET")
        methods = SAFE_METHODS
    writes = options.get("writes")
    module = _module(config)
    predicates = {key: repr(value) for key, value in options.items() if key not in ("renderer", "decorator", "attr")}
    record = Record(
        "view", face, name, name, view, module, {
            "context": context,
            "permission": permission,
            "writes": writes,
            "methods": tuple(methods) if methods is not None else ("GET", "HEAD", "POST"),
            "renderer": options.get("renderer"),
        },
    )  # fmt: skip
    key = (face, context, name, tuple(sorted(methods or ())), tuple(sorted(predicates.items())))
    # The discriminator of the view itself is Pyramid's (context, name, route, predicates); this action only tells of it.
    config.action(None, introspectables=(_introspectable(config, record, key),))
    if methods is not None:
        options["request_method"] = tuple(methods)
    config.add_view(view, context=context, name=name, permission=permission, startks_module=module, **options)


def add_menu(
    config,
    menu: str,
    name: str,
    title: Any,
    *,
    context: type,
    view: str = "",
    at: str | None = None,
    order: int = 100,
    icon: str | None = None,
) -> None:
    """Add a line to a menu.

    It leads to page ``view`` of the node the menu belongs to, or of its mount ``at``. ``context`` is the class on which
    that page is registered. The line is shown to whoever may open the page; its permission is the page's own. A line
    that leads nowhere is an error at start.
    """
    _one_of(menu, MENUS, "меню")
    _name(name)
    options = {"view": view, "context": context, "at": at, "order": order, "icon": icon}
    _register(config, "menu", menu, name, title, None, options)
    registry, face = config.registry, menu.partition(".")[0]

    def leads_somewhere() -> None:
        if view_record(registry, face, context, view) is None:
            raise ConfigurationError(
                f"строка меню «{name}» ведёт на страницу «@@{view}» узла {context.__name__}, которой нет"
            )

    config.action(("startks menu target", menu, name), leads_somewhere, order=LATE_CHECKS)


def add_slot(
    config,
    slot: str,
    name: str,
    block: Callable[[Any, Any], Any],
    *,
    permission: str,
    title: Any = None,
    renderer: str | None = None,
    order: int = 100,
) -> None:
    """Put a block on a page.

    ``block(context, request)`` returns markup, or the values for ``renderer``, or None for nothing today. It is called
    for whoever has ``permission`` on the page's node.
    """
    _one_of(slot, SLOTS, "место блока")
    _name(name)
    if not permission:
        raise ConfigurationError(f"блок «{name}» не называет permission")
    _register(
        config, "slot", slot, name, title, block, {"permission": permission, "renderer": renderer, "order": order}
    )


# Rights


def add_permissions(config, grants: Mapping[str, Iterable[str]]) -> None:
    """Give permissions to roles: ``{"clerk": ["billing:bill:read", …]}``. A module grants its own permissions only."""
    module = _module(config)
    manifest = addons_of(config.registry).manifest(module) if module else None
    for role, permissions in grants.items():
        for permission in permissions:
            text = str(permission)
            if not PERMISSION.fullmatch(text):
                raise ConfigurationError(f"право «{text}» не вида модуль:предмет:действие")
            if manifest is not None and text not in manifest.permissions:
                raise ConfigurationError(f"право «{text}» роли «{role}» не названо в манифесте модуля")
            _register(config, "permission", str(role), text, text, permission)


# Work


def add_report(config, name: str, report: Any, *, title: Any, permission: str, **options: Any) -> None:
    """Register a report; what ``report`` must be is said by :mod:`startks.framework.reporting`."""
    _name(name)
    _register(config, "report", "", name, title, report, {"permission": permission, **options})


def add_task(
    config, name: str, function: Callable[..., Any], *, title: Any, writes: bool = True, **options: Any
) -> None:
    """Register background work; what ``function`` takes is said by :mod:`startks.framework.jobs`.

    A task that writes (the default) is refused while the licence does not allow it: the job runner asks
    :func:`startks.framework.addons.guard.require_task`.
    """
    _name(name)
    _register(config, "task", "", name, title, function, {"writes": writes, **options})


def add_periodic(config, name: str, schedule: Any, task: str) -> None:
    """Run a registered task by the clock; ``schedule`` is ``"ЧЧ:ММ"``, seconds, or a Celery schedule."""
    _name(name)
    _schedule(schedule)
    _register(config, "periodic", "", name, name, schedule, {"task": task})
    registry = config.registry

    def task_is_there() -> None:
        known = {
            item["introspectable"]["record"].name for item in registry.introspector.get_category(category("task"), ())
        }
        if task not in known:
            raise ConfigurationError(f"расписание «{name}» запускает задание «{task}», которого нет")

    config.action(("startks periodic target", name), task_is_there, order=LATE_CHECKS)


def add_reference(config, name: str, book: Any, *, title: Any, permission: str, **options: Any) -> None:
    """Register a reference book (НСИ) for the office's list of books."""
    _name(name)
    _register(config, "reference", "", name, title, book, {"permission": permission, **options})


def add_exchange(
    config, name: str, handler: Any, *, title: Any, direction: str, permission: str, **options: Any
) -> None:
    """Register an exchange of files or messages; ``direction`` is ``in`` or ``out``."""
    _name(name)
    _one_of(direction, ("in", "out"), "направление обмена")
    _register(
        config, "exchange", "", name, title, handler, {"direction": direction, "permission": permission, **options}
    )


def add_town_register(config, register: Any) -> None:
    """Add a register to the town's set of files: one CSV with its columns, checks, loading and export.

    ``register`` is a :class:`startks.framework.exchange.town.registers.Register`; its ``order`` puts it after the
    registers that it refers to.
    """
    _register(config, "town_register", "", register.name, register.title, register)


def add_search(
    config, name: str, find: Callable[..., Any], *, title: Any, permission: str, order: int = 100
) -> None:
    """Let the office's search box find a module's things; what ``find`` is said by :mod:`startks.framework.addons.search`."""
    _name(name)
    if not permission:
        raise ConfigurationError(f"поиск «{name}» не называет permission")
    _register(config, "search", "", name, title, find, {"permission": permission, "order": order})


def add_rules(config, dotted: str, *, title: Any) -> None:
    """Take in the calculation rules of a Python module: importing it enters them into the engine's register.

    It is imported after all clashes were found, so a module that is thrown away has usually not entered any rule.
    """

    def enter() -> None:
        take_in(dotted)

    module = _module(config)
    record = Record("rules", "", dotted, title, dotted, module, {})
    config.action(
        ("startks rules", dotted),
        enter,
        order=LATE_IMPORTS,
        introspectables=(_introspectable(config, record, dotted),),
    )


# Other modules


def provide(config, interface: type, factory: Callable[[Any], Any]) -> None:
    """Offer a contract: ``factory(session)`` returns an object with the interface's methods. One module offers it."""
    if not isinstance(interface, type):
        raise ConfigurationError(f"provide ждёт класс интерфейса, а не {interface!r}")
    _register(config, "contract", interface, interface.__name__, interface.__name__, factory)


def add_event_subscriber(config, event: type[Event], function: Callable[[Any, Event], None]) -> None:
    """Call ``function(session, event)`` for each published event of this class, in the publisher's transaction.

    Called only while the module may write. Pyramid's own ``add_subscriber`` (for its own events) keeps its name.
    """
    if not (isinstance(event, type) and issubclass(event, Event)):
        raise ConfigurationError(f"подписка на {event!r}: это не событие из startks.base.events")
    name = f"{function.__module__}.{getattr(function, '__qualname__', function)}"
    _register(config, "subscriber", event, name, name, function)


DIRECTIVES: dict[str, Callable[..., None]] = {
    "add_mount": add_mount,
    "add_office_view": add_office_view,
    "add_portal_view": add_portal_view,
    "add_menu": add_menu,
    "add_slot": add_slot,
    "add_permissions": add_permissions,
    "add_report": add_report,
    "add_task": add_task,
    "add_periodic": add_periodic,
    "add_reference": add_reference,
    "add_exchange": add_exchange,
    "add_town_register": add_town_register,
    "add_search": add_search,
    "add_rules": add_rules,
    "provide": provide,
    "add_event_subscriber": add_event_subscriber,
}


# Shared pieces


def _module(config) -> str | None:
    addons = addons_of(config.registry)
    return addons.loading or addons.owner(getattr(config.package, "__name__", None))


def _register(
    config, kind: str, place: Any, name: str, title: Any, value: Any, options: Mapping[str, Any] | None = None
) -> None:
    record = Record(kind, place, name, title, value, _module(config), dict(options or {}))
    key = (place, name)
    config.action((category(kind), place, name), introspectables=(_introspectable(config, record, key),))


def _introspectable(config, record: Record, key: Any):
    found = config.introspectable(category(record.kind), key, str(record.title or record.name), f"startks {record.kind}")
    found["record"] = record
    return found


def _one_of(value: str, allowed: tuple[str, ...], what: str) -> None:
    if value not in allowed:
        near = difflib.get_close_matches(str(value), allowed, n=1)
        hint = f"Ближайшее: «{near[0]}»" if near else "Есть: " + ", ".join(allowed)
        raise ConfigurationError(f"{what} «{value}» неизвестно. {hint}")


def _schedule(schedule: Any) -> None:
    if isinstance(schedule, str) and not DAILY.fullmatch(schedule):
        raise ConfigurationError(f"расписание «{schedule}» не вида ЧЧ:ММ")
    if isinstance(schedule, int | float) and (isinstance(schedule, bool) or schedule <= 0):
        raise ConfigurationError(f"расписание {schedule} — не положительное число секунд")


def _name(name: str) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ConfigurationError(f"имя «{name}» не годится: нужны строчные латинские буквы, цифры и подчёркивания")
