"""Catalogues: ours are complete; a planted fault of each kind is named."""

import warnings

import pytest
from babel.messages.catalog import Catalog
from pyramid.i18n import make_localizer

from startks.framework import catalogues
from startks.framework.i18n import _, main

WANTED = {"House", "Street", "Houses: ${count}"}
WHOLE = {"House": "Дом", "Street": "Улица", "Houses: ${count}": "Домов: ${count}"}


@pytest.fixture(scope="module")
def wanted():
    """Return every message of the sources."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lingua asks for its plug-ins in a way that setuptools calls old
        return catalogues.extracted()


def catalogue(words, fuzzy=()):
    """Build a catalogue in memory."""
    made = Catalog(locale="ru", domain="startks", fuzzy=False)
    for text, string in words.items():
        made.add(text, string, flags={"fuzzy"} if text in fuzzy else ())
    return made


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_every_message_of_the_product_is_translated(wanted, language):
    """What a reader of a screen would see in the wrong language is a fault."""
    assert len(wanted) > 700
    assert catalogues.faults(catalogues.read(language), wanted, language) == []


def test_a_whole_catalogue_has_no_faults():
    """So the faults below are those that were planted."""
    assert catalogues.faults(catalogue(WHOLE), WANTED, "ru") == []


@pytest.mark.parametrize(
    ("words", "fuzzy", "fault"),
    [
        (WHOLE | {"Street": ""}, (), "ru: нет перевода: Street"),
        ({"House": "Дом", "Houses: ${count}": "Домов: ${count}"}, (), "ru: нет перевода: Street"),
        (WHOLE, ("House",), "ru: перевод не подтверждён (fuzzy): House"),
        (WHOLE | {"Cellar": "Подвал"}, (), "ru: больше не используется: Cellar"),
        (WHOLE | {"Houses: ${count}": "Домов: ${total}"}, (), "ru: в переводе другие переменные: Houses: ${count}"),
    ],
    ids=["untranslated", "absent", "fuzzy", "unused", "placeholder"],
)
def test_a_planted_fault_is_named(words, fuzzy, fault):
    """One fault is planted, one is named."""
    assert catalogues.faults(catalogue(words, fuzzy), WANTED, "ru") == [fault]


def test_messages_of_python_and_of_templates_are_found(tmp_path):
    """Calls of ``_``, texts, named parts and attributes."""
    python, template = tmp_path / "words.py", tmp_path / "page.pt"
    python.write_text('HOUSE = _("House")\n', "utf-8")
    template.write_text(
        '<p xmlns:i18n="http://xml.zope.org/namespaces/i18n" i18n:domain="startks">'
        '<b i18n:translate="">Houses: <i i18n:name="count">${count}</i></b>'
        '<input i18n:attributes="title" title="Street"></p>',
        "utf-8",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert catalogues.extracted([python, template]) == WANTED


def test_a_catalogue_reads_back_and_has_no_dates(tmp_path):
    """Written twice it is the same file; what was written is read."""
    path = tmp_path / "startks.po"
    catalogues.write(path, catalogue(WHOLE), "ru")
    first = path.read_text("utf-8")
    catalogues.write(path, catalogue(dict(reversed(WHOLE.items()))), "ru")
    assert path.read_text("utf-8") == first
    assert "Date" not in first


def test_compiled_catalogues_speak(tmp_path, monkeypatch):
    """The ``.mo`` is what the translator of a request reads; a fuzzy guess is not in it."""
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path)
    catalogues.write(catalogues.po_path("ru"), catalogue(WHOLE, fuzzy=("Street",)), "ru")
    assert catalogues.compile_all() == 0
    localizer = make_localizer("ru", [str(tmp_path)])
    assert localizer.translate(_("House")) == "Дом"
    assert localizer.translate(_("Street")) == "Street"


@pytest.mark.parametrize("words", [[], ["translate"], ["check", "compile"]])
def test_bad_usage_is_said_in_one_sentence(words, capsys):
    """Exit code 2, no traceback."""
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1
