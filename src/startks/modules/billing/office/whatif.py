"""«What if»: ask the month with another tariff or norm, watch the answer come, read it. Nothing of it is kept in the month."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request

from startks.base.contracts.consumption import MonthlyConsumption
from startks.base.errors import StartksError
from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.jobs import progress, ring_after_commit
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.web.forms import Form
from startks.modules.billing.office.life import month_of
from startks.modules.billing.rehearsal import queries
from startks.modules.billing.rehearsal.whatif import STEPS, Change, start_whatif

WHAT = (("tariff", _("Tariff")), ("norm", _("Norm")))
HOW = (("percent", _("change by per cent")), ("value", _("new value")))


def ask(context: Any, request: Request) -> Any:
    """The form of the question."""
    month = month_of(request)
    schema = _schema(queries.services(request.read), queries.districts(request.read))
    form = Form(request, schema, submit=_("Calculate what if"))
    if request.method == "POST":
        values = form.validate()
        if values is not None:
            number = format(values["number"], "f")
            change = Change(values["what"], values["service"], **{values["how"]: number})
            consumption = request.contract(MonthlyConsumption)
            try:
                job = start_whatif(
                    request.db, month.id, (change,),
                    consumption=consumption.dotted if consumption is not None else None,
                    districts=[int(values["district"])] if values["district"] else None,
                    created_by=request.identity.user_id,
                )
            except StartksError as error:
                form.fail(error.message)
            else:
                ring_after_commit(request.tm, job)
                return HTTPSeeOther(office_url(request, context, "whatif-answer", period=month.id, job=job))
        request.response.status_int = 422
    return {"month": month, "period": month.id, "form": form.html({"what": "tariff", "how": "percent"})}


def _schema(services: Any, districts: Any) -> colander.SchemaNode:
    schema = colander.MappingSchema()
    nodes = (
        ("what", fields.choice(_("What changes"), WHAT)),
        ("service", fields.choice(_("Service"), [(row.code, row.title) for row in services])),
        ("how", fields.choice(_("How"), HOW)),
        ("number", fields.number(_("Value or per cent"), places=6, help=_("Per cent, roubles a unit, or units of the norm."))),
        ("district", fields.choice(
            _("Where"), [("", _("The whole town")), *((row.id, row.name) for row in districts)], missing="")),
    )
    for name, node in nodes:
        node.name = name
        schema.add(node)
    return schema


def answer(context: Any, request: Request) -> dict[str, Any]:
    """The answer of one question, or how far it is."""
    month = month_of(request)
    typed = request.params.get("job", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 15):
        raise HTTPNotFound(request.localizer.translate(_("There is no such question.")))
    job = int(typed)
    question = queries.question(request.read, job)
    if question is None:
        raise HTTPNotFound(request.localizer.translate(_("There is no such question.")))
    state = progress(request.read, job)
    result = state["result"] if state["state"] == "done" else None
    services = {row.id: row for row in queries.services(request.read)}
    places = queries.places(request.read, [row["account_id"] for row in result["largest"]]) if result else {}
    return {
        "month": month,
        "period": month.id,
        "job": job,
        "progress": state,
        "job_url": office_url(request, context.__parent__["+jobs"]) + f"/{job}",
        "may_stop": request.has_permission(Permission.JOBS_JOB_RUN, context),
        "changes": [Change(**item) for item in question["changes"]],
        "titles": {row.code: row.title for row in services.values()},
        "result": result,
        "services": services,
        "districts": {row.id: row.name for row in queries.districts(request.read)},
        "places": places,
        "sizes": _sizes(result) if result else (),
    }


def _sizes(result: dict[str, Any]) -> list[tuple[int, int | None, int, int]]:
    """(over kopecks, up to kopecks or None, bills that grow, bills that fall) by the size of a bill's change."""
    found: dict[int, dict[bool, int]] = {}
    for row in result["sizes"]:
        found.setdefault(row["size"], {})[row["more"]] = row["accounts"]
    return [
        (STEPS[size - 1], STEPS[size] if size < len(STEPS) else None, found[size].get(True, 0), found[size].get(False, 0))
        for size in sorted(found) if size > 0
    ]
