"""Wizards: work in steps that may be gone back without loss, with everything shown before it is saved.

A wizard is data, the machine is one for all:

    class Numbers(colander.MappingSchema):
        number = fields.text(_("Number"))

    NEW_ENTRANCE = Wizard(
        name="new-entrance",                       # the page: …/@@new-entrance
        title=_("New entrance"),
        steps=(Step("numbers", _("Number"), Numbers),),
        review=lambda state: Review(rows=[(_("Number"), state["numbers"]["number"])]),
        finish=lambda state: Done(office_url(...), _("The entrance was entered.")),
    )

    config.include("startks.framework.wizards")
    add_wizard(config, NEW_ENTRANCE, context=House, permission=Permission.FUND_HOUSE_WRITE)

* A step's ``schema`` is a colander class or a function of the state that returns a node; ``check`` may refuse what the
  schema cannot know (``raise FieldFault("number", sentence)``, or any StartksError for the step as a whole);
  ``applies`` leaves a step out; ``hint`` is a sentence above the fields, or a function of the state.
* ``state["step"]["field"]`` are checked values; ``state.request.db`` is the session.
* ``review`` says what will be saved (rows), what it leads to (notes), and which calculated months it touches. What it
  raises is shown there, and nothing can be saved.
* ``finish`` calls the service; what it raises is shown and undone.

What was typed is kept on the server after every step, wrong or right, under the user who typed it, until the wizard is
finished or cancelled, or for thirty days.
"""

from startks.framework.wizards.declare import Done, FieldFault, Review, State, Step, Wizard
from startks.framework.wizards.view import add_wizard

__all__ = ["Done", "FieldFault", "Review", "State", "Step", "Wizard", "add_wizard"]
