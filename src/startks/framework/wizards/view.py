"""The machine behind every wizard: one view, a page a step, a last page before saving."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import colander
import deform
from pyramid.httpexceptions import HTTPSeeOther

from startks.base.errors import StartksError
from startks.framework.i18n import _
from startks.framework.tree.urls import office_url
from startks.framework.web.flash import flash
from startks.framework.web.forms import Form
from startks.framework.wizards import drafts
from startks.framework.wizards.declare import FieldFault, Review, State, Step, Wizard

REVIEW = "review"
TEMPLATE = "startks_backoffice:templates/wizard.pt"


def add_wizard(config: Any, wizard: Wizard, *, context: type, permission: str, renderer: str = TEMPLATE) -> None:
    """Register the wizard's page at nodes of ``context``."""

    def page(context: Any, request: Any) -> Any:
        return Pages(wizard, context, request).answer()

    wizards_of(config.registry).append((wizard, context, permission))
    page.__name__ = page.__qualname__ = wizard.name.replace("-", "_")
    page.__module__ = _home(wizard, __name__)
    config.add_office_view(
        page,
        context=context,
        name=wizard.name,
        permission=permission,
        request_method=("GET", "HEAD", "POST"),
        renderer=renderer,
    )


def wizards_of(registry: Any) -> list[tuple[Wizard, type, str]]:
    """Return (wizard, context, permission) of every wizard registered, in that order."""
    return registry.setdefault("startks.wizards", [])


def unfinished_work(request: Any) -> list[dict[str, Any]]:
    """Return what the reader began and did not finish, newest first: title, address, place and time."""
    titles = {wizard.name: wizard.title for wizard, _context, _permission in wizards_of(request.registry)}
    return [
        {
            "title": request.localizer.translate(titles[row.wizard]),
            "url": f"{row.place}?draft={row.token}",
            "at": row.changed_at,
        }
        for row in drafts.of_user(request.read, request.identity.user_id)
        if row.wizard in titles
    ]


def wizards_at(request: Any, node: Any) -> list[tuple[str, str]]:
    """Return (title, address) of the wizards the reader may begin at the node, for the menu of its card."""
    return [
        (request.localizer.translate(wizard.title), office_url(request, node, wizard.name))
        for wizard, context, permission in wizards_of(request.registry)
        if wizard.listed and isinstance(node, context) and request.has_permission(permission, node)
    ]


class Pages:
    """One request to a wizard."""

    def __init__(self, wizard: Wizard, context: Any, request: Any) -> None:
        self.wizard = wizard
        self.request = request
        self.context = context
        self.place = request.path
        self.token = request.GET.get("draft", "")
        self.typed: dict[str, Any] = {}
        self.state = State(request, context, {})
        self.faults: dict[str, tuple[Form, StartksError | None]] = {}

    def answer(self) -> Any:
        """Show a step, take one, or save."""
        posted = self.request.method == "POST"
        if posted and "cancel" in self.request.POST:
            return self._cancel()
        refusal = self.wizard.allowed(self.request, self.context) if self.wizard.allowed else None
        if refusal is not None:
            return self._page(None, refusal=self.state.translate(refusal))
        if self.token:
            typed = drafts.load(
                self.request.db, self.token, self.request.identity.user_id, self.wizard.name, self.place
            )
            if typed is None:
                flash(self.request, _("This was saved or cancelled already. You can begin anew."), "info")
                return HTTPSeeOther(self._back_url())
            self.typed = typed
        wanted = self.request.GET.get("step", "")
        if posted:
            return self._save() if wanted == REVIEW else self._take(wanted)
        return self._show(wanted)

    # The road: which steps apply, and how far it is passed

    def _road(self, until: str | None = None) -> tuple[list[Step], Step | None]:
        """Return the steps that apply and the first that is not filled rightly (None: all are); values go to the state.

        ``until`` stops before a step: those after it are not looked at.
        """
        steps: list[Step] = []
        stuck: Step | None = None
        for step in self.wizard.steps:
            if step.applies is not None and not step.applies(self.state):
                continue
            steps.append(step)
            if stuck is not None or step.name == until:
                stuck = stuck or step
                continue
            if not self._check(step):
                stuck = step
        return steps, stuck

    def _check(self, step: Step) -> bool:
        if step.name not in self.typed:
            return False
        try:
            values = self._schema(step).bind(request=self.request).deserialize(self.typed[step.name])
            if step.check is not None:
                step.check(self.state, values)
        except (colander.Invalid, StartksError):
            return False
        self.state.values[step.name] = values
        return True

    def _schema(self, step: Step) -> colander.SchemaNode:
        made = step.schema
        return made() if isinstance(made, type) else made(self.state)

    # Showing

    def _show(self, wanted: str) -> Any:
        steps, stuck = self._road()
        if self.token and not wanted:  # somebody comes back to what he began
            return HTTPSeeOther(self._url(REVIEW if stuck is None else stuck.name))
        if wanted == REVIEW and stuck is None:
            return self._page(None, steps=steps, stuck=stuck, review=self._review())
        step = next((step for step in steps if step.name == wanted), None)
        reachable = steps if stuck is None else steps[: steps.index(stuck) + 1]
        if step is None or step not in reachable:
            step = stuck or steps[0]
            if self.token and wanted and wanted != step.name:
                return HTTPSeeOther(self._url(step.name))
        return self._page(step, steps=steps, stuck=stuck, form=self._form(step, fill=True))

    def _form(self, step: Step, *, fill: bool = False) -> Form:
        first = step is self.wizard.steps[0]
        buttons = [deform.Button("next", title=self._translate(_("Next")), css_class="btn-primary")]
        if not first:
            buttons.append(deform.Button("back", title=self._translate(_("Back")), css_class="btn-outline-secondary"))
        buttons.append(deform.Button("cancel", title=self._translate(_("Cancel")), css_class="btn-link"))
        form = Form(
            self.request, self._schema(step), action=self._url(step.name), name=step.name, buttons=tuple(buttons)
        )
        if fill:
            form.fill(self.typed.get(step.name))
            if step.name not in self.typed and step.initial is not None:
                form.begin_with(step.initial(self.state))
        return form

    # Taking a step

    def _take(self, wanted: str) -> Any:
        steps, stuck = self._road(until=wanted)
        step = next((step for step in steps if step.name == wanted), None)
        if step is None or (stuck is not None and stuck is not step):
            return HTTPSeeOther(self._url((stuck or steps[0]).name))
        form = self._form(step)
        values = form.validate()
        if not self.token:
            self.token = drafts.begin(
                self.request.db, self.request.identity.user_id, self.wizard.name, self.place
            )
            form.form.action = self._url(step.name)
        self.typed = {**self.typed, step.name: form.typed()}
        drafts.keep(self.request.db, self.token, step.name, self.typed[step.name])
        if "back" in self.request.POST:
            before = steps[: steps.index(step)]
            return HTTPSeeOther(self._url((before or steps)[-1].name))
        if values is not None and step.check is not None:
            try:
                step.check(self.state, values)
            except FieldFault as fault:
                form.fail(fault.message, fault.field)
                values = None
            except StartksError as fault:
                form.fail(fault.message)
                values = None
        if values is None:
            self.request.response.status_int = 422
            return self._page(step, steps=steps, stuck=step, form=form)
        self.state.values[step.name] = values
        steps, _stuck = self._road()
        after = steps[[one.name for one in steps].index(step.name) + 1 :]
        return HTTPSeeOther(self._url(after[0].name if after else REVIEW))

    # The last page

    def _review(self) -> Review | str:
        try:
            return self.wizard.review(self.state)
        except StartksError as refusal:
            return self.state.translate(refusal.message)

    def _save(self) -> Any:
        steps, stuck = self._road()
        if not self.token or stuck is not None:
            return HTTPSeeOther(self._url((stuck or steps[0]).name))
        if "back" in self.request.POST:
            return HTTPSeeOther(self._url(steps[-1].name))
        review = self._review()
        if isinstance(review, str) or self.request.POST.get("seen") != self._fingerprint(review):
            self.request.response.status_int = 422
            moved = not isinstance(review, str)
            return self._page(None, steps=steps, stuck=None, review=review, moved=moved)
        inside = self.request.db.begin_nested()
        if not drafts.forget(self.request.db, self.token):  # the button was pressed twice: the first one saves
            inside.rollback()
            return HTTPSeeOther(self._back_url())
        try:
            done = self.wizard.finish(self.state)
            self.request.db.flush()
        except StartksError as refusal:
            inside.rollback()  # what the service had written goes, the draft stays
            self.request.response.status_int = 422
            return self._page(None, steps=steps, stuck=None, review=self.state.translate(refusal.message))
        inside.commit()
        flash(self.request, done.sentence)
        return HTTPSeeOther(done.url)

    def _cancel(self) -> Any:
        if self.token and drafts.load(
            self.request.db, self.token, self.request.identity.user_id, self.wizard.name, self.place
        ) is not None:
            drafts.forget(self.request.db, self.token)
        flash(self.request, _("Cancelled: nothing was changed."), "info")
        return HTTPSeeOther(self._back_url())

    # The page

    def _page(
        self,
        step: Step | None,
        *,
        steps: Iterable[Step] = (),
        stuck: Step | None = None,
        form: Form | None = None,
        review: Review | str | None = None,
        refusal: str | None = None,
        moved: bool = False,
    ) -> dict[str, Any]:
        steps = list(steps)
        reachable = [one.name for one in (steps if stuck is None else steps[: steps.index(stuck) + 1])]
        here = step.name if step is not None else REVIEW
        line = [
            {
                "title": self._translate(one.title),
                "url": self._url(one.name) if one.name in reachable and one.name != here and self.token else None,
                "state": "here" if one.name == here else "done" if one.name in self.state.values else "",
            }
            for one in steps
        ]
        line.append({"title": self._translate(_("Check and save")), "url": None, "state": "here" if here == REVIEW else ""})
        self.request.response.cache_control.no_store = True
        fault = review if isinstance(review, str) else None
        hint = step.hint(self.state) if step is not None and callable(step.hint) else step.hint if step else None
        old = None
        if step is not None and not self.token and self.request.method != "POST":
            old = drafts.unfinished(
                self.request.db, self.request.identity.user_id, self.wizard.name, self.place
            )
        return {
            "wizard": self.wizard,
            "wizard_title": self._translate(self.wizard.title),
            "line": line,
            "number": next((at for at, one in enumerate(line, 1) if one["state"] == "here"), 0),
            "step_title": self._translate(step.title) if step is not None else self._translate(_("Check and save")),
            "failed": bool(form is not None and form.failed) or fault is not None,
            "hint": self._translate(hint) if hint else None,
            "suggest": {name: words(self.state) for name, words in step.suggest.items()} if step is not None else {},
            "form": form.html() if form is not None else None,
            "review": review if isinstance(review, Review) else None,
            "fault": fault,
            "moved": moved,
            "refusal": refusal,
            "seen": self._fingerprint(review) if isinstance(review, Review) else "",
            "action": self._url(REVIEW),
            "back_url": self._back_url(),
            "save_title": self._translate(self.wizard.save or _("Save")),
            "old": {"at": old[1], "url": self._url("", token=old[0])} if old else None,
        }

    def _fingerprint(self, review: Review) -> str:
        """Hash of all that the last page says: it is saved only if it still says the same."""
        shown = [
            [[self._say(part) for part in row] for row in review.rows],
            [self._say(sentence) for sentence in (*review.notes, *review.warnings)],
            [list(map(str, review.touched)), str(review.tables)],
        ]
        return hashlib.sha256(json.dumps(shown, ensure_ascii=False).encode()).hexdigest()[:24]

    def _say(self, part: Any) -> str:
        return self._translate(part) if isinstance(part, str) else str(part)

    def _url(self, step: str, token: str | None = None) -> str:
        token = token or self.token
        return office_url(self.request, self.context, self.wizard.name, draft=token or None, step=step or None)

    def _back_url(self) -> str:
        if self.wizard.back_to is not None:
            return self.wizard.back_to(self.request, self.context)
        return office_url(self.request, self.context)

    def _translate(self, message: Any) -> str:
        return self.request.localizer.translate(message)


def _home(wizard: Wizard, default: str) -> str:
    return getattr(wizard.finish, "__module__", default)
