"""A change in the past says which calculated months it touches before it is saved: shown once, agreed to by saving again.

    made.add(agreement())                        # a hidden field of the form
    if agree(form, values, months): save(...)

Wizards say it on their last page; this is for forms of one page. Months as YYYYMM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import colander

from startks.framework.i18n import _
from startks.framework.web import fields, formats
from startks.framework.web.forms import Form

AGREED = "agreed"


def agreement() -> colander.SchemaNode:
    """Return the hidden field that carries the months which were shown."""
    return fields.hidden(name=AGREED, missing="")


def agree(form: Form, values: Mapping[str, Any], months: Sequence[int]) -> bool:
    """True where nothing calculated is touched, or the clerk has seen these very months; else the form says them."""
    word = ",".join(map(str, months))
    if not months or values.get(AGREED) == word:
        return True
    said = ", ".join(formats.period(month) for month in months)
    form.fail(_("These months are calculated already and will be computed again: ${months}. Check it and save once more.",
                mapping={"months": said}))  # fmt: skip
    form.form[AGREED].cstruct = word
    return False
