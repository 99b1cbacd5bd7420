"""Charts: the same numbers as picture, table and print."""

import re
from decimal import Decimal
from io import BytesIO

import pypdfium2
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from reportlab.graphics import renderPDF
from reportlab.pdfgen.canvas import Canvas

from startks.framework.documents.charts import (
    Chart,
    ChartKind,
    Series,
    Threshold,
    chart_drawing,
    chart_figure,
    chart_svg,
    chart_table,
    layout,
    nice_ticks,
)

MONTHS = ("янв", "фев", "мар")


def chart(**changes):
    given = {
        "title": "Вода",
        "description": "Больше всего в марте.",
        "categories": MONTHS,
        "series": (Series("2026", (Decimal("1.5"), None, 4)), Series("2025", (2, 3, Decimal("-1")))),
        "unit": "м³",
        "threshold": Threshold("Норматив", Decimal("2.5")),
    }
    return Chart(**given | changes)


@pytest.mark.parametrize("kind", ChartKind)
def test_the_picture_names_itself_and_every_value(kind):
    svg = BeautifulSoup(chart_svg(chart(kind=kind)), "html.parser").svg
    assert svg["role"] == "img"
    assert [svg.find(id=part).get_text() for part in svg["aria-labelledby"].split()] == ["Вода", "Больше всего в марте."]
    hints = [title.get_text() for title in svg.find_all("title")]
    assert "2026, янв: 1,5\u00a0м³" in hints and "2025, мар: −1\u00a0м³" in hints
    assert not [hint for hint in hints if hint.startswith("2026, фев")]
    assert "Норматив: 2,5\u00a0м³" in hints


def test_the_table_holds_the_same_numbers():
    table = chart_table(chart())
    assert table.headings == ("Период", "2026", "2025", "Норматив")
    assert table.rows[1] == ("фев", "—", "3\u00a0м³", "2,5\u00a0м³")
    figure = BeautifulSoup(chart_figure(chart()), "html.parser")
    assert [cell.get_text() for cell in figure.table.tbody.tr] == list(table.rows[0])
    assert figure.table.caption.get_text() == "Вода"


def test_texts_are_escaped_and_no_style_is_inline():
    html = chart_figure(chart(title="<script>x</script>", categories=("<i>", "б", "в")))
    assert "<script" not in html and "<i>" not in html
    assert not re.search(r"\sstyle=|\son\w+=", html)


def test_no_data_is_said():
    assert "Нет данных" in chart_svg(chart(series=(Series("x", (None, None, None)),)))


def test_the_threshold_alone_stretches_the_scale():
    marks = layout(chart(series=(Series("x", (1, 1, 1)),), threshold=Threshold("Предел", 100)), 720, 300)
    assert all(0 <= mark.y <= 300 for mark in marks)


def test_crowded_categories_are_thinned_out():
    many = tuple(f"декабрь {year}" for year in range(1990, 2050))
    marks = layout(chart(categories=many, series=(Series("x", (1,) * 60),), threshold=None), 720, 300)
    assert 3 < sum(mark.text.startswith("декабрь") for mark in marks) < 12


def test_series_and_categories_must_match():
    with pytest.raises(ValueError, match="values for"):
        chart(series=(Series("x", (1,)),))
    with pytest.raises(ValueError, match="cannot be read"):
        chart(series=(Series("x", (1, 2, 3)),) * 6)


@given(st.decimals(-(10**9), 10**9, places=3), st.decimals(0, 10**9, places=3))
def test_ticks_are_few_and_span_the_values(lowest, spread):
    ticks = nice_ticks(lowest, lowest + spread)
    assert 2 <= len(ticks) <= 8
    assert ticks[0] <= lowest and ticks[-1] >= lowest + spread


@pytest.mark.parametrize("kind", ChartKind)
def test_print_shows_the_same_words(kind):
    output = BytesIO()
    canvas = Canvas(output)
    renderPDF.draw(chart_drawing(chart(kind=kind)), canvas, 20, 200)
    canvas.save()
    document = pypdfium2.PdfDocument(output.getvalue())
    text = document[0].get_textpage().get_text_range()
    document.close()
    for word in (*MONTHS, "2026", "2025", "Норматив: 2,5", "м³"):
        assert word in text
