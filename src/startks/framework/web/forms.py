"""Forms: Deform for schema → form → errors, with our own templates; none of its scripts and style sheets.

    form = Form(request, Schema(), submit=_("Save"))
    if request.method == "POST":
        values = form.validate()
        if values is not None:
            try:
                service(request.db, **values)
            except StartksError as error:
                form.fail(error.message)
            else:
                return HTTPSeeOther(...)
        request.response.status_int = 422
    return {"form": form.html()}

Errors stand beside their fields and in a summary above them that links to each. The CSRF token is always in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import colander
import deform
from markupsafe import Markup
from pyramid.csrf import get_csrf_token
from pyramid.i18n import Localizer

from startks.framework.i18n import _

TEMPLATES = Path(__file__).parent / "templates" / "deform"


class NoResources(deform.widget.ResourceRegistry):
    """Deform's widgets ask for scripts and style sheets; ours need none (the faces have their own)."""

    def __init__(self) -> None:
        super().__init__(use_defaults=False)

    def __call__(self, requirements: Any) -> dict[str, list[str]]:
        """Return nothing whatever is required."""
        return {"js": [], "css": []}


class Form:
    """One form of one request."""

    def __init__(
        self,
        request: Any,
        schema: colander.SchemaNode,
        *,
        submit: Any = None,
        action: str | None = None,
        name: str = "form",
        style: str = "btn-primary",
        buttons: tuple[deform.Button, ...] | None = None,
    ) -> None:
        self.request = request
        self.general: list[str] = []
        self._failed = False
        self._typed: dict[str, Any] | None = None
        self._initial: dict[str, Any] | None = None
        self.form = deform.Form(
            schema.bind(request=request),
            action=action or "",
            formid=name,
            buttons=buttons or (deform.Button("submit", submit or _("Save"), css_class=style),),
            renderer=_renderer(request.localizer, bool(request.registry.settings.get("pyramid.reload_templates"))),
            resource_registry=NoResources(),
            focus="off",
        )
        for field in self.form:  # readable, and different where a page has two forms
            field.oid = f"{name}-{field.name}"

    def validate(self) -> dict[str, Any] | None:
        """Return the values of the submitted form, None where something is wrong with it (then show it again)."""
        try:
            return self.form.validate(
                # PostgreSQL keeps no NUL, and no keyboard makes one
                [(name, text.replace("\0", "") if isinstance(text, str) else text)
                 for name, text in self.request.POST.items()]
            )  # fmt: skip
        except deform.ValidationFailure:
            self._failed = True
            return None

    def fail(self, sentence: Any, field: str | None = None) -> None:
        """Add what a service said, beside a field or above all of them; the values typed stay."""
        if field is None:
            self.general.append(self.request.localizer.translate(sentence))
        else:
            node = self.form[field]
            node.error = colander.Invalid(node.schema, sentence)
        self._failed = True

    def typed(self) -> dict[str, Any]:
        """Return the texts of the fields as they were typed, wrong or right: what a draft keeps."""
        return {name: text for name, text in self.form.cstruct.items() if text is not colander.null}

    def fill(self, typed: Mapping[str, Any] | None) -> None:
        """Put texts that :meth:`typed` once gave back into the fields."""
        self._typed = dict(typed) if typed is not None else None

    def begin_with(self, values: Mapping[str, Any]) -> None:
        """Fill a form nobody has typed into with values."""
        self._initial = {name: value for name, value in values.items() if value is not None}

    @property
    def failed(self) -> bool:
        """True after a failed :meth:`validate` or :meth:`fail`."""
        return self._failed

    def html(self, values: Mapping[str, Any] | None = None) -> Markup:
        """Return the markup; ``values`` fill a form that was not submitted yet."""
        extra = {
            "csrf_token": get_csrf_token(self.request),
            "general": self.general,
            "faults": self._faults(),
        }
        if self._failed:
            return Markup(self.form.widget.serialize(self.form, self.form.cstruct, **extra))
        if self._typed is not None:
            self.form.cstruct = {field.name: self._typed.get(field.name, colander.null) for field in self.form}
            return Markup(self.form.widget.serialize(self.form, self.form.cstruct, **extra))
        values = self._initial if values is None else values
        return Markup(self.form.render(dict(values) if values is not None else colander.null, **extra))

    def _faults(self) -> list[tuple[str, str, str]]:
        """(id of the field, its title, sentence) of every field with an error, in the order of the form."""
        translate = self.request.localizer.translate
        return [
            (_focused(field), translate(field.title), " ".join(translate(message) for message in field.error.messages()))
            for field in self.form
            if field.error is not None
        ]


def _focused(field: Any) -> str:
    """Return the id of what takes the focus: the first button of a group, for the group itself cannot."""
    values = getattr(field.widget, "values", ())
    if isinstance(field.widget, deform.widget.RadioChoiceWidget) and values:
        return f"{field.oid}-{values[0][0]}"
    return field.oid


@lru_cache(maxsize=16)
def _renderer(localizer: Localizer, reload: bool) -> deform.ZPTRendererFactory:
    return deform.ZPTRendererFactory((str(TEMPLATES),), auto_reload=reload, translator=localizer.translate)
