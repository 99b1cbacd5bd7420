"""Wizards of premises: flat, room of a communal flat, non-residential premise; their data and areas from a date."""

from __future__ import annotations

import datetime as dt
from typing import Any

import colander

from startks.domain.facts import services as facts
from startks.domain.facts.subjects import column_title
from startks.domain.territory import checks, services
from startks.domain.territory.models import PremiseArea
from startks.domain.territory.queries import area_now, entrance_choices, premise_row, premise_slug
from startks.domain.territory.titles import premise_title
from startks.framework.i18n import _
from startks.framework.tree.nodes import Apartment, House
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.wizards import Done, FieldFault, Review, State, Step, Wizard
from startks_backoffice.labels import LABELS
from startks_backoffice.registers.house import changed_rows, ground_rows
from startks_backoffice.registers.steps import act, ground, plain


def _kinds() -> list[tuple[str, Any]]:
    return [(kind, LABELS["premise.kind"][kind]) for kind in ("flat", "nonresidential")]


def _is_room(state: State) -> bool:
    return isinstance(state.context, Apartment)


def _kind(state: State) -> str:
    return "room" if _is_room(state) else state["kind"]["kind"]


def _kind_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    if not _is_room(state):
        node.add(fields.choice(_("Kind of premise"), _kinds(), name="kind", radio=True))
    node.add(fields.checked(_("Number"), checks.premise_number, name="number",
                            help=_("As on the door: 12, 12А; a non-residential one as in the plan: Н1.")))  # fmt: skip
    return node


def _check_kind(state: State, values: dict[str, Any]) -> None:
    kind = "room" if _is_room(state) else values["kind"]
    parent = state.context.id if _is_room(state) else None
    services.refuse_second_premise(state.db, state.context.house_id, kind, values["number"], parent)


def _data_fields(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    entrances = [(row.id, str(row.number)) for row in entrance_choices(state.db, state.context.house_id)]
    node.add(fields.choice(_("Entrance"), [("", _("not stated")), *entrances], name="entrance_id", missing=None))
    node.add(fields.whole(_("Floor"), -5, 150, name="floor", missing=None))
    node.add(fields.whole(_("Rooms"), 1, 99, name="rooms", missing=None))
    node.add(fields.checked(_("Cadastral number"), checks.cadastral_number, name="cadastral_number", missing=None))
    return node


def _data(state: State) -> dict[str, Any]:
    values = dict(state["data"])
    if values.get("entrance_id"):
        values["entrance_id"] = int(values["entrance_id"])
    return values


def _area_fields() -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.number(_("Total area, m²"), places=2, name="total_area"))
    node.add(fields.number(_("Living area, m²"), places=2, name="living_area", missing=None))
    node.add(fields.flag(_("Heated by the central system"), name="heated",
                         help=_("Take the tick away only for a premise lawfully cut from the heating of the house.")))  # fmt: skip
    return node


def _check_area(state: State, values: dict[str, Any]) -> None:
    faults = checks.premise_areas(values["total_area"], values["living_area"])
    if faults:
        raise FieldFault(*faults[0])


def _new_areas(state: State) -> colander.SchemaNode:
    node = _area_fields()
    node.add(fields.date(_("From which day"), name="since"))
    node.add(fields.text(_("Document"), name="document", missing="", longest=300))
    return node


def _new_review(state: State) -> Review:
    kind, areas, data = _kind(state), state["areas"], _data(state)
    titles = {child.name: child.title for child in _data_fields(state)}
    entrances = {row.id: row.number for row in entrance_choices(state.db, state.context.house_id)}
    data["entrance_id"] = entrances.get(data.get("entrance_id"))
    notes = [_("After this open a personal account: until then nothing is charged for the premise.")]
    if kind == "room":
        notes.append(
            _("The area of the flat itself is not changed by this: correct it from the same day, so that nothing is charged twice.")
        )
    return Review(
        rows=[
            (_("Kind of premise"), state.translate(LABELS["premise.kind"][kind])),
            (_("Number"), premise_title(kind, state["kind"]["number"])),
            *((titles[name], plain(state, value)) for name, value in data.items()),
            (_("Total area, m²"), plain(state, areas["total_area"])),
            (_("Living area, m²"), plain(state, areas["living_area"])),
            (_("Heated by the central system"), plain(state, areas["heated"])),
            (_("From which day"), plain(state, areas["since"])),
        ],
        notes=notes,
    )


def _new_finish(state: State) -> Done:
    areas = state["areas"]
    premise_id = services.create_premise(
        state.db,
        house_id=state.context.house_id,
        kind=_kind(state),
        number=state["kind"]["number"],
        parent_id=state.context.id if _is_room(state) else None,
        values=_data(state),
        total_area=areas["total_area"],
        living_area=areas["living_area"],
        heated=areas["heated"],
        since=areas["since"],
        document=areas["document"] or None,
        by=state.by,
    )
    house = state.context.__parent__ if _is_room(state) else state.context
    url = state.request.frame.path_url(premise_slug(state.db, premise_id), below=house)
    return Done(url, _("The premise was entered. Next: open its account."))


def _new_steps() -> tuple[Step, ...]:
    return (
        Step("kind", _("Kind and number"), _kind_schema, check=_check_kind, initial=lambda state: {"kind": "flat"}),
        Step("data", _("Data of the premise"), _data_fields),
        Step("areas", _("Areas"), _new_areas, check=_check_area,
             initial=lambda state: {"heated": True, "since": dt.date.today()}),
    )  # fmt: skip


def _only_flats(request: Any, context: Any) -> Any:
    if premise_row(request.db, context.id).kind != "flat":
        return _("Rooms are entered in a flat; this is another kind of premise.")
    return None


NEW_PREMISE = Wizard(
    name="new-premise", title=_("New premise"), steps=_new_steps(), review=_new_review, finish=_new_finish,
    save=_("Enter the premise"),
)  # fmt: skip
NEW_ROOM = Wizard(
    name="new-room", title=_("New room of a communal flat"), steps=_new_steps(), review=_new_review, finish=_new_finish,
    save=_("Enter the room"), allowed=_only_flats,
)  # fmt: skip


# Undated data


def _edit_initial(state: State) -> dict[str, Any]:
    row = premise_row(state.db, state.context.id)._mapping
    return {name: row[name] for name in services.PREMISE_FIELDS}


def _edit_review(state: State) -> Review:
    entrances = {row.id: row.number for row in entrance_choices(state.db, state.context.house_id)}
    before, after = _edit_initial(state), _data(state)
    for values in (before, after):
        values["entrance"] = entrances.get(values.pop("entrance_id"))
    rows = changed_rows(state, before, after, lambda name: column_title(name).capitalize())
    return Review(rows=[*rows, (_("Reason"), state["ground"]["reason"])])


def _edit_finish(state: State) -> Done:
    services.edit_premise(state.db, state.context.id, _data(state), **act(state))
    return Done(office_url(state.request, state.context), _("The premise was corrected."))


EDIT_PREMISE = Wizard(
    name="edit-premise",
    title=_("Correct the premise"),
    steps=(
        Step("data", _("Data of the premise"), _data_fields, initial=_edit_initial),
        ground(title=_("Ground"), dated=False),
    ),
    review=_edit_review,
    finish=_edit_finish,
)


# Area from a date


def _area_initial(state: State) -> dict[str, Any]:
    row = area_now(state.db, PremiseArea, "premise_id", state.context.id)
    if row is None:
        return {"heated": True}
    return {"total_area": row.total_area, "living_area": row.living_area, "heated": row.heated}


def _area_change(state: State) -> dict[str, Any]:
    before, after = _area_initial(state), dict(state["areas"])
    changed = {name: value for name, value in after.items() if name not in before or before[name] != value}
    return changed if "total_area" in before else after


def _area_review(state: State) -> Review:
    when = state["ground"]
    rows = changed_rows(
        state, _area_initial(state), dict(state["areas"]), lambda name: column_title(name).capitalize()
    )
    plan = facts.preview(
        state.db, PremiseArea, {"premise_id": state.context.id}, _area_change(state), valid_from=when["since"],
        correct=when["correct"],
    )  # fmt: skip
    return Review(
        rows=[*rows, *ground_rows(state)],
        touched=plan.touched,
        notes=[_("The areas of the house are kept on its own card: correct them too if they change with this.")],
    )


def _area_finish(state: State) -> Done:
    when = state["ground"]
    facts.change(
        state.db, PremiseArea, {"premise_id": state.context.id}, _area_change(state), valid_from=when["since"],
        correct=when["correct"], **act(state),
    )  # fmt: skip
    return Done(office_url(state.request, state.context), _("The areas were changed."))


PREMISE_AREAS = Wizard(
    name="areas",
    title=_("Change the areas"),
    steps=(
        Step("areas", _("Areas"), lambda state: _area_fields(), initial=_area_initial, check=_check_area),
        ground(correct=True),
    ),
    review=_area_review,
    finish=_area_finish,
)

WIZARDS = ((NEW_PREMISE, House), (NEW_ROOM, Apartment), (EDIT_PREMISE, Apartment), (PREMISE_AREAS, Apartment))
