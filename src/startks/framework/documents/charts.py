"""Diagrams for pages and for paper from the same data: bars, grouped bars, lines, a threshold.

A :class:`Chart` is data and words only. :mod:`.charts` lays it out once into a few marks (rectangles, lines, dots,
texts) which become SVG for the page (title, description, tooltips; colours by CSS variables with a default, no style
attributes, so a strict content policy lets it through) or a ReportLab drawing for the PDF. Series differ by more than
colour: outlined bars, dashed lines, other dots. :func:`chart_figure` adds the table of the same numbers, without which
a diagram is closed to a part of the readers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from zlib import crc32

from markupsafe import Markup, escape
from reportlab.graphics import shapes
from reportlab.lib.colors import HexColor

from startks.framework.documents.fonts import REGULAR, form_font
from startks.framework.documents.typography import decimal_text

Value = Decimal | int | None

#: Default inks; pages override them by ``--st-chart-1`` … ``--st-chart-5``.
COLOURS = ("#1a4fd6", "#e2571e", "#0d7a48", "#8a4bd0", "#b07700")
_DASHES = ((), (6, 4), (2, 3), (9, 3, 2, 3), (1, 2))
_INK, _GRID, _THRESHOLD = "#10203a", "#d9e0eb", "#bb2417"
_SIZE = 12.0
_SIGN_WIDTH = 0.56  # mean advance of a sign in ems: the page's font is not known here


class ChartKind(StrEnum):
    BARS = "bars"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Series:
    """One row of values, one for each category; None where nothing is known."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A level to compare with: a norm, a mean, a limit."""

    name: str
    value: Decimal | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What to show. ``description`` says in a sentence what is to be seen; ``unit`` is that of the values.

    Several series of :attr:`ChartKind.BARS` stand side by side. ``text_of`` writes a value without its unit.
    Raises ``ValueError`` where a series has another length than the categories, or there are more than five.
    """

    title: str
    description: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    kind: ChartKind = ChartKind.BARS
    threshold: Threshold | None = None
    category_title: str = "Период"
    empty_text: str = "Нет данных"
    text_of: Callable[[Decimal], str] = decimal_text

    def __post_init__(self) -> None:
        if len(self.series) > len(COLOURS):
            raise ValueError(f"a chart of {len(self.series)} series cannot be read; {len(COLOURS)} are the most")
        for series in self.series:
            if len(series.values) != len(self.categories):
                raise ValueError(f"series {series.name!r} has {len(series.values)} values for {len(self.categories)} categories")

    def value_text(self, value: Value) -> str:
        """A value with its unit, a dash where it is not known."""
        if value is None:
            return "—"
        text = self.text_of(Decimal(value))
        return f"{text}\u00a0{self.unit}" if self.unit else text


@dataclass(frozen=True, slots=True)
class ChartTable:
    """The numbers of a chart: ``headings`` of the columns, ``rows`` whose first cell is the row's heading."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def chart_table(chart: Chart) -> ChartTable:
    """The same data as a table; the threshold is a column of its own."""
    headings = [chart.category_title, *(series.name for series in chart.series)]
    columns = [series.values for series in chart.series]
    if chart.threshold is not None:
        headings.append(chart.threshold.name)
        columns.append((chart.threshold.value,) * len(chart.categories))
    rows = [(category, *(chart.value_text(column[n]) for column in columns)) for n, category in enumerate(chart.categories)]
    return ChartTable(chart.title, tuple(headings), tuple(rows))


# -- layout: y grows downwards, as in SVG ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing to draw. ``tone`` is a series number, or ``ink``, ``grid``, ``threshold``; ``hint`` a tooltip."""

    shape: str  # rect, line, dot, text
    x: float
    y: float
    x2: float = 0
    y2: float = 0
    tone: str = "ink"
    text: str = ""
    anchor: str = "middle"
    hint: str = ""


def layout(chart: Chart, width: float, height: float) -> list[Mark]:
    """Marks of the chart in a field of ``width`` × ``height``."""
    known = [Decimal(value) for series in chart.series for value in series.values if value is not None]
    if not known:
        return [Mark("text", width / 2, height / 2, text=chart.empty_text)]
    levels = [*known, Decimal(0)]
    if chart.threshold is not None:
        levels.append(Decimal(chart.threshold.value))
    ticks = nice_ticks(min(levels), max(levels))
    labels = [chart.text_of(tick) for tick in ticks]
    left = max(len(label) for label in labels) * _SIZE * _SIGN_WIDTH + 12
    top = 26.0 + (20 if len(chart.series) > 1 or chart.threshold else 0)
    frame = _Frame(left, top, width - 8, height - 24, ticks[0], ticks[-1], len(chart.categories))
    marks = list(_axes(chart, frame, ticks, labels))
    marks += _bars(chart, frame) if chart.kind is ChartKind.BARS else _lines(chart, frame)
    if chart.threshold is not None:
        y = frame.y(Decimal(chart.threshold.value))
        hint = f"{chart.threshold.name}: {chart.value_text(chart.threshold.value)}"
        marks.append(Mark("line", frame.left, y, frame.right, y, tone="threshold", hint=hint))
    return marks + list(_legend(chart, left))


def nice_ticks(lowest: Decimal, highest: Decimal, most: int = 6) -> list[Decimal]:
    """Round numbers, at most ``most`` + 1, from at or below ``lowest`` to at or above ``highest``."""
    if lowest == highest:
        highest = lowest + 1
    raw = (highest - lowest) / (most - 1)
    power = Decimal(1).scaleb(raw.adjusted())
    step = next(
        factor * power for factor in (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10)) if factor * power >= raw
    )
    first = (lowest / step).to_integral_value(ROUND_FLOOR)
    last = (highest / step).to_integral_value(ROUND_CEILING)
    return [step * (first + n) for n in range(int(last - first) + 1)]


@dataclass(frozen=True, slots=True)
class _Frame:
    left: float
    top: float
    right: float
    bottom: float
    lowest: Decimal
    highest: Decimal
    count: int

    def y(self, value: Decimal) -> float:
        share = float((value - self.lowest) / (self.highest - self.lowest))
        return self.bottom - share * (self.bottom - self.top)

    @property
    def slot(self) -> float:
        return (self.right - self.left) / self.count

    def middle(self, number: int) -> float:
        return self.left + self.slot * (number + 0.5)


def _axes(chart: Chart, frame: _Frame, ticks: Sequence[Decimal], labels: Sequence[str]) -> Iterator[Mark]:
    for tick, label in zip(ticks, labels, strict=True):
        y = frame.y(tick)
        yield Mark("line", frame.left, y, frame.right, y, tone="ink" if tick == 0 else "grid")
        yield Mark("text", frame.left - 6, y + 4, text=label, anchor="end")
    if chart.unit:
        yield Mark("text", frame.left - 6, frame.top - 12, text=chart.unit, anchor="end")
    widest = max(len(category) for category in chart.categories) * _SIZE * _SIGN_WIDTH + 8
    every = max(1, -int(-widest // frame.slot))
    for number, category in enumerate(chart.categories):
        if number % every == 0:
            yield Mark("text", frame.middle(number), frame.bottom + 17, text=category)


def _bars(chart: Chart, frame: _Frame) -> Iterator[Mark]:
    zero = frame.y(Decimal(0))
    thick = min(frame.slot * 0.76 / len(chart.series), 48)
    for order, series in enumerate(chart.series):
        shift = (order - len(chart.series) / 2) * thick
        for number, value in enumerate(series.values):
            if value is None:
                continue
            x, y = frame.middle(number) + shift, frame.y(Decimal(value))
            hint = f"{series.name}, {chart.categories[number]}: {chart.value_text(value)}"
            yield Mark("rect", x + 0.5, min(y, zero), x + thick - 0.5, max(y, zero), tone=str(order), hint=hint)
            label = chart.text_of(Decimal(value))
            if len(chart.series) == 1 and len(label) * _SIZE * _SIGN_WIDTH < frame.slot:
                yield Mark("text", frame.middle(number), y - 5 if value >= 0 else y + 14, text=label)


def _lines(chart: Chart, frame: _Frame) -> Iterator[Mark]:
    for order, series in enumerate(chart.series):
        before: tuple[float, float] | None = None
        dots = []
        for number, value in enumerate(series.values):
            if value is None:
                before = None
                continue
            point = frame.middle(number), frame.y(Decimal(value))
            if before is not None:
                yield Mark("line", *before, *point, tone=str(order))
            hint = f"{series.name}, {chart.categories[number]}: {chart.value_text(value)}"
            dots.append(Mark("dot", *point, tone=str(order), hint=hint))
            before = point
        yield from dots


def _legend(chart: Chart, left: float) -> Iterator[Mark]:
    if len(chart.series) < 2 and chart.threshold is None:
        return
    x = left
    entries = [(str(number), series.name) for number, series in enumerate(chart.series)]
    if chart.threshold is not None:
        entries.append(("threshold", f"{chart.threshold.name}: {chart.value_text(chart.threshold.value)}"))
    for tone, name in entries:
        if tone != "threshold" and chart.kind is ChartKind.BARS:
            yield Mark("rect", x, 4, x + 14, 16, tone=tone)
        else:
            yield Mark("line", x, 10, x + 18, 10, tone=tone)
        yield Mark("text", x + 23, 14, text=name, anchor="start")
        x += 23 + len(name) * _SIZE * _SIGN_WIDTH + 20


# -- SVG ------------------------------------------------------------------------------------------------------


def chart_svg(chart: Chart, width: int = 720, height: int = 300) -> Markup:
    """The chart as an SVG element that scales with its box."""
    key = f"chart-{crc32(repr((chart.title, chart.description, chart.series)).encode()):08x}"
    body = "".join([_svg_mark(mark) for mark in layout(chart, width, height)])
    return Markup(  # noqa: S704 - numbers, and texts escaped one by one
        f'<svg class="st-chart-picture" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="{key}-t {key}-d" font-size="{_SIZE:g}"><title id="{key}-t">{escape(chart.title)}</title>'
        f'<desc id="{key}-d">{escape(chart.description)}</desc>{body}</svg>'
    )


def chart_figure(chart: Chart, table_title: str = "Числа таблицей", width: int = 720, height: int = 300) -> Markup:
    """``<figure>``: picture, caption, and the table of the same numbers to unfold."""
    table = chart_table(chart)
    head = "".join([f'<th scope="col">{escape(heading)}</th>' for heading in table.headings])
    rows = "".join(
        [
            f'<tr><th scope="row">{escape(first)}</th>' + "".join([f"<td>{escape(cell)}</td>" for cell in cells]) + "</tr>"
            for first, *cells in table.rows
        ]
    )
    return Markup(  # noqa: S704 - texts escaped one by one
        f'<figure class="st-chart">{chart_svg(chart, width, height)}<figcaption>{escape(chart.title)}</figcaption>'
        f'<details class="st-details st-chart-table"><summary>{escape(table_title)}</summary><table class="table">'
        f'<caption class="visually-hidden">{escape(table.caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></details></figure>"
    )


def _svg_colour(tone: str) -> str:
    if tone.isdigit():
        return f"var(--st-chart-{int(tone) + 1}, {COLOURS[int(tone)]})"
    return {"grid": f"var(--st-line, {_GRID})", "threshold": f"var(--st-bad, {_THRESHOLD})"}.get(tone, "currentColor")


def _svg_mark(mark: Mark) -> str:
    colour, name = _svg_colour(mark.tone), f"st-chart-{int(mark.tone) + 1 if mark.tone.isdigit() else mark.tone}"
    hint = f"<title>{escape(mark.hint)}</title>" if mark.hint else ""
    match mark.shape:
        case "text":
            return (
                f'<text class="st-chart-text" x="{mark.x:.1f}" y="{mark.y:.1f}" text-anchor="{mark.anchor}" '
                f'fill="currentColor">{escape(mark.text)}</text>'
            )
        case "rect":
            look = f'fill="{colour}"' if mark.tone == "0" else f'fill="{colour}" fill-opacity=".35" stroke="{colour}"'
            return (
                f'<rect class="{name}" x="{mark.x:.1f}" y="{mark.y:.1f}" width="{max(mark.x2 - mark.x, 0):.1f}" '
                f'height="{mark.y2 - mark.y:.1f}" {look}>{hint}</rect>'
            )
        case "dot":
            look = f'fill="{colour}"' if mark.tone == "0" else f'fill="var(--st-card, #fff)" stroke="{colour}" stroke-width="2"'
            return f'<circle class="{name}" cx="{mark.x:.1f}" cy="{mark.y:.1f}" r="4" {look}>{hint}</circle>'
        case _:
            dash = _dash(mark.tone)
            dashed = f' stroke-dasharray="{" ".join(map(str, dash))}"' if dash else ""
            return (
                f'<line class="{name}" x1="{mark.x:.1f}" y1="{mark.y:.1f}" x2="{mark.x2:.1f}" y2="{mark.y2:.1f}" '
                f'stroke="{colour}" stroke-width="{_stroke(mark.tone):g}"{dashed}>{hint}</line>'
            )


def _dash(tone: str) -> tuple[int, ...]:
    if tone == "threshold":
        return (7, 5)
    return _DASHES[int(tone)] if tone.isdigit() else ()


def _stroke(tone: str) -> float:
    return 2.0 if tone.isdigit() or tone == "threshold" else 1.0


# -- PDF ------------------------------------------------------------------------------------------------------


def chart_drawing(chart: Chart, width: float = 500, height: float = 210) -> shapes.Drawing:
    """The chart as a ReportLab drawing of ``width`` × ``height`` points, for ``renderPDF.draw`` or a flowable."""
    form_font(REGULAR)
    drawing = shapes.Drawing(width, height)
    for mark in layout(chart, width, height):
        drawing.add(_pdf_mark(mark, height))
    return drawing


def _pdf_mark(mark: Mark, height: float) -> shapes.Shape:
    if mark.tone.isdigit():
        colour = HexColor(COLOURS[int(mark.tone)])
    else:
        colour = HexColor({"grid": _GRID, "threshold": _THRESHOLD}.get(mark.tone, _INK))
    match mark.shape:
        case "text":
            return shapes.String(
                mark.x,
                height - mark.y,
                mark.text,
                fontName=REGULAR,
                fontSize=_SIZE * 0.8,
                textAnchor=mark.anchor,
                fillColor=colour,
            )
        case "rect":
            solid = mark.tone == "0"
            return shapes.Rect(
                mark.x, height - mark.y2, max(mark.x2 - mark.x, 0), mark.y2 - mark.y, fillColor=colour,
                fillOpacity=1 if solid else 0.35, strokeColor=None if solid else colour,
            )  # fmt: skip
        case "dot":
            fill = colour if mark.tone == "0" else HexColor("#ffffff")
            return shapes.Circle(mark.x, height - mark.y, 3, fillColor=fill, strokeColor=colour, strokeWidth=1.4)
        case _:
            dash = list(_dash(mark.tone)) or None
            return shapes.Line(
                mark.x, height - mark.y, mark.x2, height - mark.y2, strokeColor=colour, strokeWidth=_stroke(mark.tone) * 0.7,
                strokeDashArray=dash,
            )  # fmt: skip
