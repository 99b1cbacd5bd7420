"""Pieces of hot pages: what is filled in is escaped, what is around it is left alone; and the one class of requests."""

import pytest
from markupsafe import Markup
from pyramid.config import Configurator
from pyramid.interfaces import IRequestExtensions, IRequestFactory
from pyramid.request import Request, apply_request_extensions

from startks.framework.web.pieces import Html, Piece, joined
from startks.framework.web.requests import settle


def test_values_are_escaped_in_text_and_in_attributes():
    piece = Piece('<a href="{{url}}">{{title}}</a>')
    assert piece.holes == {"url", "title"}
    drawn = piece(url='/x"onclick="alert(1)', title="<b>ООО «Дом» & Ко</b>")
    assert drawn == '<a href="/x&#34;onclick=&#34;alert(1)">&lt;b&gt;ООО «Дом» &amp; Ко&lt;/b&gt;</a>'


def test_markup_is_put_in_as_it_is_and_anything_else_as_text():
    piece = Piece("<p>{{value}}</p>")
    inner = piece(value="1 < 2")
    assert piece(value=inner) == "<p><p>1 &lt; 2</p></p>"
    assert piece(value=Markup("<i>x</i>")) == "<p><i>x</i></p>"
    assert piece(value=202610) == "<p>202610</p>"
    assert piece(value=["<"]) == "<p>[&#39;&lt;&#39;]</p>"
    assert Markup("{}").format(inner) == inner, "others take it for markup too"


def test_per_cents_and_braces_around_holes_stay():
    assert Piece("100 % {a} %(b)s {{hole}}%")(hole="50 %") == "100 % {a} %(b)s 50 %%"


def test_a_forgotten_hole_is_an_error():
    with pytest.raises(KeyError, match="title"):
        Piece("{{title}}")(name="x")


def test_what_many_pages_share_is_filled_in_once_and_escaped_then():
    row = Piece("<li title='{{title}}'>{{title}}: {{sum}}</li>").begun(title="A & {{sum}}")
    assert row.holes == {"sum"}, "what was filled in has no holes of its own"
    assert row(sum="1 < 2") == "<li title='A &amp; {{sum}}'>A &amp; {{sum}}: 1 &lt; 2</li>"
    assert "".join(row.parts(sum="3")) == row.plain(sum="3")
    assert Piece("{{icon}}!").begun(icon=Markup("<svg/>"))() == "<svg/>!"


def test_joined():
    assert joined(Piece("<li>{{n}}</li>")(n=n) for n in range(2)) == "<li>0</li><li>1</li>"
    assert isinstance(joined(()), Html)


def test_requests_are_of_one_class_with_what_was_added():
    config = Configurator()
    made = []
    config.add_request_method(lambda request: made.append(request) or "value", "kept", reify=True)
    config.add_request_method(lambda request, more: f"{request.path}{more}", "called")
    config.commit()
    settle(config.registry)
    factory = config.registry.getUtility(IRequestFactory)
    first, second = factory({"PATH_INFO": "/a"}), factory({"PATH_INFO": "/b"})
    for request in (first, second):
        apply_request_extensions(request, config.registry.getUtility(IRequestExtensions))
    assert type(first) is type(second) is factory and issubclass(factory, Request)
    assert (first.kept, first.kept, second.called("!")) == ("value", "value", "/b!")
    assert made == [first], "made once a request"
    config.add_request_method(lambda request: "late", "late", property=True)
    config.commit()
    apply_request_extensions(second, config.registry.getUtility(IRequestExtensions))
    assert second.late == "late", "what is added after the start still works"
