"""Fields of forms: colander nodes that speak Russian, with the widgets of :mod:`.forms`.

    class Grant(colander.MappingSchema):
        role = choice(_("Role"), roles)
        since = date(_("From"), missing=None)
        amount = money(_("Sum"))

Each function takes ``title`` and returns a node; ``missing=`` makes it optional, ``help=`` is the line beneath it,
``validator=`` a colander validator, ``attributes=`` goes into the tag (``autocomplete``, ``inputmode``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import colander
from deform.widget import (
    CheckboxWidget,
    HiddenWidget,
    PasswordWidget,
    RadioChoiceWidget,
    SelectWidget,
    TextAreaWidget,
    TextInputWidget,
)

from startks.framework.i18n import _
from startks.framework.web import formats

REQUIRED = _("Fill in this field.")
LONGEST = 1000
"""Signs of a field whose value is parsed: what is longer is no number, date or name."""


class Parsed(colander.SchemaType):
    """A value that people write in their own way: ``parse`` reads it (ValueError with a sentence), ``show`` writes it."""

    def __init__(self, parse: Callable[[str], Any], show: Callable[[Any], str]) -> None:
        self.parse = parse
        self.show = show

    def serialize(self, node: Any, appstruct: Any) -> Any:
        """Value → what stands in the field."""
        return colander.null if appstruct in (colander.null, None) else self.show(appstruct)

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        """What was typed → value."""
        if cstruct is colander.null or not str(cstruct).strip():
            return colander.null
        if len(str(cstruct)) > LONGEST:
            raise colander.Invalid(node, _("Longer than ${longest} signs: shorten it.", mapping={"longest": LONGEST}))
        try:
            return self.parse(str(cstruct))
        except ValueError as error:
            raise colander.Invalid(node, str(error)) from error


def text(title: Any, *, longest: int = 200, shortest: int = 0, **options: Any) -> colander.SchemaNode:
    """One line of text, stripped."""
    return _node(colander.String(), title, TextInputWidget(**_widget(options)), longest, shortest, options)


def paragraph(title: Any, *, longest: int = 2000, rows: int = 4, **options: Any) -> colander.SchemaNode:
    """Some lines of text."""
    return _node(colander.String(), title, TextAreaWidget(rows=rows, **_widget(options)), longest, 0, options)


def password(title: Any, *, new: bool = False, **options: Any) -> colander.SchemaNode:
    """A password; never sent back to the page. ``new`` tells the browser's keeper of passwords."""
    options.setdefault("attributes", {"autocomplete": "new-password" if new else "current-password"})
    return _node(colander.String(), title, PasswordWidget(strip=False, **_widget(options)), 200, 0, options)


def choice(
    title: Any, values: Iterable[tuple[str, Any]], *, radio: bool = False, **options: Any
) -> colander.SchemaNode:
    """One of (value, title) pairs, as a list or as radio buttons; the value comes back as text."""
    pairs = [(str(value), name) for value, name in values]
    widget = (RadioChoiceWidget if radio else SelectWidget)(values=pairs, **_widget(options))
    allowed = {value for value, _name in pairs if value}

    def one_of(node: Any, value: str) -> None:
        if value not in allowed:
            raise colander.Invalid(node, _("Choose one from the list."))

    options.setdefault("validator", one_of)
    return _node(colander.String(), title, widget, 0, 0, options)


def flag(title: Any, **options: Any) -> colander.SchemaNode:
    """A check box; False where it is not ticked."""
    options.setdefault("missing", False)
    return _node(colander.Boolean(), title, CheckboxWidget(**_widget(options)), 0, 0, options)


def date(title: Any, **options: Any) -> colander.SchemaNode:
    """A day as ДД.ММ.ГГГГ."""
    attributes = {"inputmode": "numeric", "placeholder": _("DD.MM.YYYY"), "autocomplete": "off", "data-field": "date"}
    return _typed(title, Parsed(formats.parse_date, formats.date), attributes, options)


def period(title: Any, **options: Any) -> colander.SchemaNode:
    """A month as ММ.ГГГГ; the value is YYYYMM."""
    attributes = {"inputmode": "numeric", "placeholder": _("MM.YYYY"), "autocomplete": "off", "data-field": "period"}
    return _typed(title, Parsed(formats.parse_period, _month), attributes, options)


def money(title: Any, **options: Any) -> colander.SchemaNode:
    """Roubles with kopecks after a comma; the value is whole kopecks."""
    attributes = {"inputmode": "decimal", "autocomplete": "off", "data-field": "money"}
    return _typed(
        title, Parsed(formats.parse_money, lambda value: formats.money(value, sign=False)), attributes, options
    )


def number(title: Any, *, places: int = 3, **options: Any) -> colander.SchemaNode:
    """A number with at most so many digits after the comma; the value is a Decimal."""
    attributes = {"inputmode": "decimal", "autocomplete": "off", "data-field": "number"}
    return _typed(
        title, Parsed(lambda typed: formats.parse_number(typed, places=places), formats.number), attributes, options
    )


def whole(title: Any, low: int, high: int, **options: Any) -> colander.SchemaNode:
    """A whole number from ``low`` to ``high``."""

    def parse(typed: str) -> int:
        plain = typed.strip()
        if not plain.lstrip("-").isdecimal() or not low <= int(plain) <= high:
            raise ValueError(f"Целое число от {low} до {high}: исправьте значение.")
        return int(plain)

    attributes = {"inputmode": "numeric", "autocomplete": "off"}
    return _typed(title, Parsed(parse, str), attributes, options)


def checked(title: Any, check: Callable[[str], Any], show: Callable[[Any], str] = str, **options: Any) -> colander.SchemaNode:
    """One line that a check of the domain reads: it returns the value or raises ValueError with a sentence."""
    return _typed(title, Parsed(check, show), {"autocomplete": "off"}, options)


def hidden(**options: Any) -> colander.SchemaNode:
    """A value the page carries for itself."""
    return _node(colander.String(), "", HiddenWidget(), 500, 0, options)


def at_least(lowest: Any, sentence: Any) -> Callable[[Any, Any], None]:
    """Validator: the value is not below ``lowest``, else the sentence."""

    def check(node: Any, value: Any) -> None:
        if value < lowest:
            raise colander.Invalid(node, sentence)

    return check


def _month(period: int) -> str:
    return f"{period % 100:02d}.{period // 100}"


def _typed(title: Any, kind: Parsed, attributes: dict[str, Any], options: dict[str, Any]) -> colander.SchemaNode:
    options["attributes"] = {**attributes, **options.get("attributes", {})}
    return _node(kind, title, TextInputWidget(**_widget(options)), 0, 0, options)


def _widget(options: dict[str, Any]) -> dict[str, Any]:
    return {"attributes": options.pop("attributes", {})}


def _node(
    kind: Any, title: Any, widget: Any, longest: int, shortest: int, options: dict[str, Any]
) -> colander.SchemaNode:
    validators = [options.pop("validator")] if options.get("validator") else []
    if longest or shortest:
        validators.insert(0, _length(shortest, longest))
    node = colander.SchemaNode(
        kind,
        title=title,
        description=options.pop("help", ""),
        widget=widget,
        missing_msg=REQUIRED,
        validator=colander.All(*validators) if validators else None,
        **options,
    )
    return node


def _length(shortest: int, longest: int) -> Callable[[Any, str], None]:
    def check(node: Any, value: str) -> None:
        if longest and len(value) > longest:
            raise colander.Invalid(node, _("Longer than ${longest} signs: shorten it.", mapping={"longest": longest}))
        if len(value) < shortest:
            raise colander.Invalid(node, _("Shorter than ${shortest} signs.", mapping={"shortest": shortest}))

    return check
