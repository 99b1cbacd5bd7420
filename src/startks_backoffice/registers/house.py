"""Wizards of the house: a new one, its undated data, characteristics and areas from a date, entrances."""

from __future__ import annotations

import datetime as dt
from typing import Any

import colander

from startks.base.errors import StartksError
from startks.domain.facts import services as facts
from startks.domain.facts.subjects import WORDS, column_title, say
from startks.domain.territory import checks, services
from startks.domain.territory.models import HouseArea, HouseCharacteristic
from startks.domain.territory.queries import area_now, district_choices, house_address, house_row, street_names
from startks.framework.i18n import _
from startks.framework.tree.nodes import District, House
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.wizards import Done, FieldFault, Review, State, Step, Wizard
from startks_backoffice.labels import LABELS
from startks_backoffice.registers.steps import act, ground, plain

CHARACTERISTICS: dict[str, tuple[Any, ...]] = {
    "amenities": (
        "Капитальные жилые дома со всеми удобствами", "Жилые дома без горячей воды", "Жилые дома без удобств",
    ),
    "water_supply": ("Централизованное", "Водоразборная колонка", "Нет"),
    "hot_water_system": ("Закрытая", "Открытая", "Нагрев в доме (ИТП)", "Нет"),
    "sewerage": ("Централизованное", "Выгребная яма", "Нет"),
    "heating": ("Централизованное", "Автономная котельная", "Печное", "Нет"),
    "gas_stove": ("Да", "Нет"),
    "stove": ("Газовые", "Электрические"),
    "lift": ("Есть", "Нет"),
    "rubbish_chute": ("Есть", "Нет"),
}  # fmt: skip
"""Characteristics that the wizard asks for, with the values it offers; others are entered from the card."""


# A new house


def _address_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.choice(_("Kind of object"), LABELS["house.kind"].items(), name="kind", radio=True))
    if not isinstance(state.context, District):
        rows = district_choices(state.db)
        choices = [("", _("choose")), *((row.id, f"{row.municipality}, {row.name}") for row in rows)]
        node.add(fields.choice(_("District"), choices, name="district_id"))
    node.add(
        fields.text(
            _("Street"), name="street", shortest=2, attributes={"autocomplete": "off", "list": "suggest-street"},
            help=_("With its kind: «улица Ерошевского». A street that is not in the list is entered as a new one."),
        )
    )  # fmt: skip
    node.add(fields.checked(_("House number"), checks.house_number, name="number"))
    return node


def _district_id(state: State) -> int:
    if isinstance(state.context, District):
        return state.context.id
    return int(state["address"]["district_id"])


def _check_address(state: State, values: dict[str, Any]) -> None:
    district = state.context.id if isinstance(state.context, District) else int(values["district_id"])
    services.refuse_second_house(state.db, district, values["street"], values["number"])


def _year(typed: str) -> int:
    if not typed.strip().isdecimal():
        raise ValueError("Год пишется четырьмя цифрами.")
    return checks.year_built(int(typed), dt.date.today())


class Numbers(colander.MappingSchema):
    """Basic attributes, by the brochure's second step."""

    inventory_number = fields.text(_("Inventory number"), missing=None, longest=50)
    registry_number = fields.text(_("Number in the housing register"), missing=None, longest=50)
    cadastral_number = fields.checked(_("Cadastral number"), checks.cadastral_number, missing=None)
    survey_date = fields.date(_("Survey date"), missing=None)
    note = fields.paragraph(_("Note"), missing=None, rows=3)


class Building(colander.MappingSchema):
    """What the house is built of."""

    series = fields.text(_("Series"), missing=None, longest=50)
    year_built = fields.checked(_("Year built"), _year, missing=None, attributes={"inputmode": "numeric"})
    storeys = fields.whole(_("Number of storeys"), 1, 150, missing=None)
    entrances = fields.whole(_("Entrances"), 1, 99, missing=None)
    walls = fields.text(_("Walls"), missing=None, longest=100)


def _characteristics_schema(state: State) -> colander.SchemaNode:
    node = Building()
    for code, values in CHARACTERISTICS.items():
        title = LABELS["characteristic"].get(code, code)
        node.add(
            fields.choice(title, [("", _("not stated")), *((value, value) for value in values)], name=code, missing="")
        )
    return node


def area_fields(*, missing: Any = colander.required) -> colander.SchemaNode:
    """The six areas of a house, m²."""
    node = colander.SchemaNode(colander.Mapping())
    for name, title, help_text in (
        ("total_area", _("All premises, m²"), _("Residential and non-residential together, without common property.")),
        ("residential_area", _("Residential premises, m²"), ""),
        ("nonresidential_area", _("Non-residential premises, m²"), ""),
        ("common_area", _("Common property, m²"), _("Stairs, halls, cellars: what common needs are counted by.")),
        ("heated_common_area", _("of it heated, m²"), ""),
        ("cut_off_area", _("Premises cut from heating, m²"), ""),
    ):
        node.add(fields.number(title, places=2, name=name, help=help_text, missing=missing))
    return node


def _areas_schema(state: State) -> colander.SchemaNode:
    node = area_fields()
    node.add(fields.date(_("From which day"), name="since"))
    node.add(fields.text(_("Document"), name="document", missing="", longest=300))
    return node


def _areas_initial(state: State) -> dict[str, Any]:
    return {"nonresidential_area": 0, "heated_common_area": 0, "cut_off_area": 0, "since": dt.date.today()}


def check_areas(state: State, values: dict[str, Any]) -> None:
    """Refuse areas that cannot be true together, each at its field."""
    faults = checks.house_areas({name: values[name] for name in services.AREA_FIELDS})
    if faults:
        raise FieldFault(*faults[0])


def _new_review(state: State) -> Review:
    address, numbers, more, areas = (state[name] for name in ("address", "numbers", "characteristics", "areas"))
    district = {row.id: row.name for row in district_choices(state.db)}[_district_id(state)]
    rows = [
        (_("Kind of object"), LABELS["house.kind"][address["kind"]]),
        (_("Address"), f"{district}, {address['street']}, {address['number']}"),
        *((Numbers()[name].title, plain(state, numbers[name])) for name in numbers),
        *((Building()[name].title, plain(state, more[name])) for name in _names(Building())),
        *((LABELS["characteristic"].get(code, code), more[code]) for code in CHARACTERISTICS if more[code]),
        *((area_fields()[name].title, plain(state, areas[name])) for name in services.AREA_FIELDS),
        (_("From which day"), plain(state, areas["since"])),
    ]
    known = {name.casefold() for name in street_names(state.db, _district_id(state))}
    new = " ".join(address["street"].split()).casefold() not in known
    return Review(
        rows=[(title, state.translate(value)) for title, value in rows],
        warnings=[_("There is no such street yet: it will be entered. Check the spelling.")] if new else [],
        notes=[_("After this enter the entrances and premises, connect the services and open the accounts.")],
    )


def _new_finish(state: State) -> Done:
    address, more, areas = state["address"], state["characteristics"], state["areas"]
    house_id = services.create_house(
        state.db,
        district_id=_district_id(state),
        street=address["street"],
        number=address["number"],
        values={"kind": address["kind"], **state["numbers"], **{name: more[name] for name in _names(Building())}},
        characteristics={code: more[code] for code in CHARACTERISTICS if more[code]},
        areas={name: areas[name] for name in services.AREA_FIELDS},
        since=areas["since"],
        document=areas["document"] or None,
        by=state.by,
    )
    row = house_address(state.db, house_id)
    url = state.request.frame.path_url(row.district_slug, row.house_slug)
    return Done(url, _("The house was entered. Next: entrances, premises, services."))


NEW_HOUSE = Wizard(
    name="new-house",
    title=_("New object of property"),
    steps=(
        Step("address", _("Kind and address"), _address_schema, check=_check_address,
             initial=lambda state: {"kind": "apartment_building"},
             suggest={"street": lambda state: street_names(state.db, getattr(state.context, "district_id", None))}),
        Step("numbers", _("Basic attributes"), Numbers,
             hint=_("What is not known yet may stay empty: it is entered later from the card.")),
        Step("characteristics", _("Additional characteristics"), _characteristics_schema,
             hint=_("By them norms and tariffs are chosen.")),
        Step("areas", _("Areas"), _areas_schema, check=check_areas, initial=_areas_initial),
    ),
    review=_new_review,
    finish=_new_finish,
    save=_("Enter the house"),
)  # fmt: skip


# Undated data of a house


def _edit_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.choice(_("Kind of object"), LABELS["house.kind"].items(), name="kind"))
    for part in (Numbers(), Building()):
        for child in part.children:
            node.add(child)
    return node


def _edit_initial(state: State) -> dict[str, Any]:
    row = house_row(state.db, state.context.id)._mapping
    return {name: row[name] for name in services.HOUSE_FIELDS}


def changed_rows(state: State, before: dict[str, Any], after: dict[str, Any], titles: Any) -> list[tuple[Any, str]]:
    """(title, «old → new») of what differs. Raises where nothing does."""
    rows = [
        (titles(name), f"{_worded(state, name, before.get(name))} → {_worded(state, name, value)}")
        for name, value in after.items()
        if before.get(name) != value
    ]
    if not rows:
        raise StartksError("Ничего не изменилось: исправьте поля или отмените.")
    return rows


def _worded(state: State, name: str, value: Any) -> str:
    return say(value, name) if name in WORDS and value else plain(state, value)


def _edit_review(state: State) -> Review:
    rows = changed_rows(state, _edit_initial(state), dict(state["data"]), lambda name: column_title(name).capitalize())
    return Review(rows=[*rows, (_("Reason"), state["ground"]["reason"])],
                  notes=[_("These data have no date: the card shows the new ones, the history keeps the old.")])  # fmt: skip


def _edit_finish(state: State) -> Done:
    services.edit_house(state.db, state.context.id, state["data"], **act(state))
    return Done(office_url(state.request, state.context), _("The passport was corrected."))


EDIT_HOUSE = Wizard(
    name="edit-house",
    title=_("Correct the passport"),
    steps=(
        Step("data", _("Passport"), _edit_schema, initial=_edit_initial),
        ground(title=_("Ground"), dated=False),
    ),
    review=_edit_review,
    finish=_edit_finish,
)


# A characteristic from a date


def _one_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    titles = LABELS["characteristic"]
    codes = [("", _("choose")), *((code, titles[code]) for code in (*CHARACTERISTICS, "floors", "bath"))]
    node.add(fields.choice(_("Characteristic"), codes, name="code"))
    node.add(fields.text(_("Value"), name="value", longest=200, attributes={"list": "suggest-value"},
                         help=_("As in the technical passport, for instance «Централизованное» or «Нет».")))  # fmt: skip
    return node


def _one_review(state: State) -> Review:
    what, when = state["what"], state["ground"]
    plan = facts.preview(
        state.db, HouseCharacteristic, {"house_id": state.context.id, "code": what["code"]}, {"value": what["value"]},
        valid_from=when["since"], correct=when["correct"],
    )  # fmt: skip
    before = plan.before[0][2]["value"] if plan.before else None
    return Review(
        rows=[
            (LABELS["characteristic"][what["code"]], f"{plain(state, before)} → {what['value']}"),
            *ground_rows(state),
        ],
        touched=plan.touched,
    )


def ground_rows(state: State) -> list[tuple[Any, str]]:
    """Day, reason and document for the last page."""
    values = state["ground"]
    rows = [(_("From which day"), plain(state, values["since"]))] if "since" in values else []
    return [*rows, (_("Reason"), values["reason"]), (_("Document"), plain(state, values["document"]))]


def _one_finish(state: State) -> Done:
    what, when = state["what"], state["ground"]
    facts.change(
        state.db, HouseCharacteristic, {"house_id": state.context.id, "code": what["code"]}, {"value": what["value"]},
        valid_from=when["since"], correct=when["correct"], **act(state),
    )  # fmt: skip
    return Done(office_url(state.request, state.context), _("The characteristic was changed."))


HOUSE_CHARACTERISTIC = Wizard(
    name="characteristic",
    title=_("Change a characteristic"),
    steps=(
        Step("what", _("Characteristic"), _one_schema,
             suggest={"value": lambda state: sorted({value for values in CHARACTERISTICS.values() for value in values})}),
        ground(correct=True),
    ),
    review=_one_review,
    finish=_one_finish,
)  # fmt: skip


# Areas from a date


def _area_initial(state: State) -> dict[str, Any]:
    row = area_now(state.db, HouseArea, "house_id", state.context.id)
    return {name: getattr(row, name) for name in services.AREA_FIELDS} if row is not None else {}


def _area_review(state: State) -> Review:
    when, after = state["ground"], dict(state["areas"])
    plan = facts.preview(
        state.db, HouseArea, {"house_id": state.context.id}, _changed(_area_initial(state), after),
        valid_from=when["since"], correct=when["correct"],
    )  # fmt: skip
    rows = changed_rows(state, _area_initial(state), after, lambda name: area_fields()[name].title)
    return Review(rows=[*rows, *ground_rows(state)], touched=plan.touched)


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What differs from today's row: what is not said stays as it was on each day."""
    return {name: value for name, value in after.items() if name not in before or before[name] != value} or after


def _area_finish(state: State) -> Done:
    when = state["ground"]
    facts.change(
        state.db, HouseArea, {"house_id": state.context.id}, _changed(_area_initial(state), dict(state["areas"])),
        valid_from=when["since"], correct=when["correct"], **act(state),
    )  # fmt: skip
    return Done(office_url(state.request, state.context), _("The areas were changed."))


HOUSE_AREAS = Wizard(
    name="areas",
    title=_("Change the areas"),
    steps=(
        Step("areas", _("Areas"), lambda state: area_fields(), initial=_area_initial, check=check_areas),
        ground(correct=True),
    ),
    review=_area_review,
    finish=_area_finish,
)


# An entrance


def _entrance_finish(state: State) -> Done:
    services.create_entrance(state.db, state.context.id, state["entrance"]["number"], by=state.by)
    return Done(office_url(state.request, state.context), _("The entrance was entered."))


class EntranceNumber(colander.MappingSchema):
    """Its number."""

    number = fields.whole(_("Number of the entrance"), 1, 99)


NEW_ENTRANCE = Wizard(
    name="new-entrance",
    title=_("New entrance"),
    steps=(Step("entrance", _("Entrance"), EntranceNumber),),
    review=lambda state: Review(rows=[(_("Number of the entrance"), state["entrance"]["number"])]),
    finish=_entrance_finish,
)

WIZARDS = (
    (NEW_HOUSE, District),
    (EDIT_HOUSE, House),
    (HOUSE_CHARACTERISTIC, House),
    (HOUSE_AREAS, House),
    (NEW_ENTRANCE, House),
)
"""With the node each belongs to; :data:`NEW_HOUSE` also begins at the root."""


def _names(node: colander.SchemaNode) -> list[str]:
    return [child.name for child in node.children]

