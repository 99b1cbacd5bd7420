"""Going through a wizard in WebTest."""


def fill(page, **values):
    """Return the form of the step with the values filled in."""
    forms = [form for name, form in page.forms.items() if isinstance(name, str) and "next" in form.fields]
    form = forms[0]
    for name, value in values.items():
        form[name] = value
    return form


def go(page, button="next", **values):
    """Fill the step and press a button; follow where it leads (a refused step is shown as it is)."""
    answer = fill(page, **values).submit(button, expect_errors=True)
    return answer.follow() if answer.status_int == 303 else answer


def save(page, button="save"):
    """Press the button of the last page."""
    return page.forms["save"].submit(button, expect_errors=True)


def saved(page):
    """Save and return the page it leads to."""
    answer = save(page)
    assert answer.status_int == 303, answer.html.select_one("main").text
    return answer.follow()
