"""The frame of every office page: side menu, breadcrumbs, heading and tabs of the card, month, look.

Everything is computed from what is registered and what the reader may open; nothing is asked before a template asks.
Templates see it as ``frame``; it is there on error pages too, where no node was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pyramid.config import Configurator
from pyramid.events import BeforeRender
from pyramid.request import Request

from startks.domain.security.permissions import Permission
from startks.framework.addons.menus import MenuLine, menu
from startks.framework.addons.slots import Block, slot
from startks.framework.i18n import _
from startks.framework.tree.chain import Found
from startks.framework.tree.crumbs import Crumb, breadcrumbs
from startks.framework.tree.nodes import Account, Apartment, District, House, Node, Root, node_at
from startks.framework.tree.urls import face_of, office_url
from startks.framework.web import preferences
from startks.framework.wizards.view import wizards_at
from startks_backoffice.labels import TONES, sayer
from startks_backoffice.period import current_period, office_periods

LOOK_TITLES: dict[str, tuple[Any, dict[str, Any]]] = {
    "theme": (_("Theme"), {"auto": _("As on the device"), "light": _("Light"), "dark": _("Dark")}),
    "size": (_("Letters"), {"normal": _("Ordinary"), "large": _("Large"), "huge": _("Very large")}),
    "contrast": (_("Contrast"), {"usual": _("Ordinary"), "high": _("High")}),
}
MENU_KEYS = {"desktop": "d", "houses": "h", "month": "m", "reference": "r", "organisations": "o", "jobs": "j"}
"""Letters that lead to sections after «g»; the help lists them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One radio button of the look panel."""

    word: str
    title: Any
    chosen: bool
    default: bool


def values_of(row: Any) -> Mapping[str, Any]:
    """Return a row of a query or a dictionary as a mapping."""
    return getattr(row, "_mapping", row)


def duration(seconds: Any) -> str:
    """Seconds → «1:05» or «2:03:04» for people."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


class Frame:
    """What the layout asks for, made lazily for one request."""

    def __init__(self, request: Request) -> None:
        self.request = request
        context = getattr(request, "context", None)
        self.root = getattr(request, "root", None)
        if not isinstance(self.root, Root):
            self.root = Root(request, "office")
        # on an error page the context is the exception: the frame then stands at the root
        self.node: Any = context if hasattr(context, "__parent__") and hasattr(context, "__name__") else self.root

    @cached_property
    def card(self) -> Node | None:
        """The tree's node whose card this page belongs to; None on pages of the root."""
        node = node_at(self.node, (Account, Apartment, House, District))  # type: ignore[arg-type]
        return node

    @cached_property
    def main_menu(self) -> list[MenuLine]:
        """Sections the reader may open."""
        return menu(self.request, "office.main", self.root) if self.request.identity else []

    @cached_property
    def administration(self) -> list[MenuLine]:
        """Pages of the administration the reader may open."""
        return menu(self.request, "office.administration", self.root) if self.request.identity else []

    @cached_property
    def tabs(self) -> list[MenuLine]:
        """Tabs of the card: those of the house and of every module, as far as the reader may open them."""
        return menu(self.request, f"office.{self.card.kind}", self.card) if self.card is not None else []

    @cached_property
    def tab(self) -> MenuLine | None:
        """The tab that is open: the longest of those whose address this page lies under."""
        return max((line for line in self.tabs if line.current), key=lambda line: len(line.url), default=None)

    @cached_property
    def wizards(self) -> list[tuple[str, str]]:
        """(title, address) of the wizards the reader may begin on this card, or on a page of the root."""
        if self.request.identity is None:
            return []
        own = wizards_at(self.request, self.node)
        return own if own or self.card is None else wizards_at(self.request, self.card)

    @cached_property
    def crumbs(self) -> list[Crumb]:
        """Steps from the desktop to this page."""
        return breadcrumbs(self.request, self.node)

    @cached_property
    def heading(self) -> str:
        """Heading of a page that gives none itself."""
        translate = self.request.localizer.translate
        card = self.card
        if isinstance(card, Account):
            return translate(_("Account ${number}", mapping={"number": card.title}))
        if isinstance(card, Apartment):
            return f"{card.__parent__.title}, {card.title}"
        if card is not None:
            return card.title
        line = next((line for line in (*self.main_menu, *self.administration) if line.current), None)
        return line.title if line is not None else translate(_("Desktop"))

    @cached_property
    def place(self) -> str:
        """What stands under the heading of a card: where it lies."""
        card = self.card
        if isinstance(card, Account):
            return f"{card.__parent__.__parent__.title}, {card.__parent__.title}"
        if isinstance(card, Apartment | House):
            return node_at(card, District).title
        return ""

    @cached_property
    def title(self) -> str:
        """Title of the browser's window: narrowest first."""
        parts = [self.heading, self.place]
        if self.tab is not None and len(self.tabs) > 1:
            parts.insert(0, self.tab.title)
        return " · ".join(part for part in parts if part)

    @property
    def period(self) -> Any:
        """The month people work in: row with ``id`` and ``state``, None before the first one was opened."""
        return self.request.office_current_period

    @cached_property
    def period_url(self) -> str | None:
        """Page of the month, where a module has one and the reader may open it."""
        return next((line.url for line in self.main_menu if line.name == "month"), None)

    @property
    def looks(self) -> list[tuple[str, Any, list[Choice]]]:
        """Fields of the look panel with what is chosen now."""
        groups = []
        for name, (title, titles) in LOOK_TITLES.items():
            words = preferences.CHOICES[name]
            now = getattr(self.request.look, name)
            groups.append((name, title, [Choice(word, titles[word], word == now, word == words[0]) for word in words]))
        return groups

    def key(self, line: MenuLine) -> str | None:
        """Letter that leads to the menu line after «g»."""
        return MENU_KEYS.get(line.name)

    def url(self, node: Any, view: str = "", **query: Any) -> str:
        """Address of a node's page in the office."""
        return office_url(self.request, node, view, **query)

    def path_url(self, *names: str, view: str = "", below: Any = None, **query: Any) -> str:
        """Address from the names of a row (district, house, premise, account), without looking the nodes up."""
        node = self.root if below is None else below
        for name in names:
            node = node.adopt(name, Found(0, ""))
        return office_url(self.request, node, view, **query)

    def house_url(self, row: Any, view: str = "", **query: Any) -> str | None:
        """Address of a house from a row with ``district_slug`` and ``house_slug``.

        None where the reader opens no house anywhere (a supplier lists the houses he serves): then it is plain text.
        """
        if not self.request.identity.holds(Permission.FUND_HOUSE_READ):
            return None
        values = values_of(row)
        return self.path_url(values["district_slug"], values["house_slug"], view=view, **query)

    def account_url(self, row: Any, view: str = "", **query: Any) -> str:
        """Address of an account from a row with the slugs of its chain and ``number`` or ``account_number``."""
        values = values_of(row)
        number = values["account_number"] if "account_number" in values else values["number"]
        names = (values["district_slug"], values["house_slug"], values["premise_slug"], number)
        return self.path_url(*names, view=view, **query)

    def slot(self, place: str) -> list[Block]:
        """Blocks that modules put on this page."""
        return slot(self.request, place, self.node)


def _globals(event: Any) -> None:
    request = event.get("request")
    if request is None or face_of(request) != "office":
        return
    event.setdefault("frame", request.frame)
    event.setdefault("say", request.say)
    event.setdefault("tones", TONES)
    event.setdefault("duration", duration)


def includeme(config: Configurator) -> None:
    """Give templates of the office ``frame``, ``say``, ``tones`` and ``duration``, requests their periods.

    Views of modules, which must not import this package, find the same as ``request.frame`` and ``request.say``.
    """
    config.add_subscriber(_globals, BeforeRender)
    config.add_request_method(Frame, "frame", reify=True)
    config.add_request_method(sayer, "say", reify=True)
    config.add_request_method(office_periods, "office_periods", reify=True)
    config.add_request_method(current_period, "office_current_period", reify=True)
