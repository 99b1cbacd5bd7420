"""Writing text and lines straight into the content stream of a ReportLab page.

ReportLab's ``drawString`` splits every text into font subsets and spends some ten microseconds on it; a receipt has
three hundred texts. Here a text is encoded and measured once per process and remembered: names of services, units
and tariffs repeat on every receipt. Units are points, the origin is the lower left corner.
"""

from collections.abc import Sequence
from functools import lru_cache

from reportlab.pdfgen.canvas import Canvas

from startks.framework.documents.fonts import BOLD, REGULAR, FormFont, form_font
from startks.framework.documents.qr_matrix import Symbol


class _OutsideAlphabet(Exception):
    """A sign without a fixed code was met."""


class _Codes(dict):
    def __missing__(self, sign: int) -> str:
        raise _OutsideAlphabet


def _literal(code: int) -> str:
    return f"\\{code:03o}" if code > 127 or code in (10, 13, 40, 41, 92) else chr(code)


class _Type:
    """One font prepared for writing."""

    def __init__(self, font: FormFont) -> None:
        self.font = font
        self._codes = _Codes({ord(sign): _literal(code) for sign, code in font.codes.items()})
        self._advances = font.advances
        self.shaped = lru_cache(16_384)(self._shape)

    def _shape(self, text: str) -> tuple[str | None, float]:
        """The text as a PDF string (None where ReportLab has to split it) and its width at size 1."""
        try:
            literal = text.translate(self._codes)
        except _OutsideAlphabet:
            return None, self.font.stringWidth(text, 1)
        return f"({literal})", sum([self._advances[sign] for sign in text]) / 1000


@lru_cache(2)
def _type(name: str) -> _Type:
    return _Type(form_font(name))


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Width in points."""
    return _type(BOLD if bold else REGULAR).shaped(text)[1] * size


@lru_cache(16_384)
def wrapped(text: str, width: float, size: float, bold: bool = False) -> tuple[str, ...]:
    """``text`` in lines no wider than ``width``; a word that is too long alone is cut where it must be."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if text_width(longer, size, bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        while text_width(word, size, bold) > width and len(word) > 1:
            fits = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or text_width(word[:n], size, bold) <= width)
            lines.append(word[:fits])
            word = word[fits:]
        line = word
    return (*lines, line) if line or not lines else tuple(lines)


@lru_cache(4_096)
def shortened(text: str, width: float, size: float) -> str:
    """``text``, or its beginning and an ellipsis, no wider than ``width``: only for labels that stand in full elsewhere."""
    if text_width(text, size) <= width:
        return text
    return next(cut for n in range(len(text) - 1, -1, -1) if text_width(cut := text[:n].rstrip(" ,") + "…", size) <= width)


Part = tuple[str, float, bool]


@lru_cache(4_096)
def block(parts: tuple[Part, ...], width: float, height: float) -> tuple[tuple[float, str, float, bool], ...]:
    """Set paragraphs (text, size, bold) under one another so that the last base line is at most ``height`` below the first.

    A paragraph slightly too long is set a little smaller, a longer one is wrapped, and where the whole is too high
    everything shrinks, at most to half: nothing is ever cut off. Returns (drop below the first base line, text, size,
    bold) of each line.
    """
    for step in range(11):
        scale = 1 - 0.05 * step
        placed, drop = [], 0.0
        for text, size, bold in parts:
            size = round(size * scale, 2)
            wide = text_width(text, size, bold)
            if width < wide <= width * 1.12:
                size = int(size * width / wide * 100) / 100
            for line in wrapped(text, width, size, bold):
                drop += size * 1.13 if placed else 0
                placed.append((drop, line, size, bold))
        if drop <= height:
            break
    return tuple(placed)


class Pen:
    """Collects the operators of one page or form; :meth:`flush` hands them to the canvas."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._types = (_type(REGULAR), _type(BOLD))
        self._names = tuple(kind.font.open_document(canvas._doc) for kind in self._types)
        self._out: list[str] = []
        self._in_text = False
        self._font: tuple[bool, float] | None = None
        self._ink: str = ""

    # -- text --------------------------------------------------------------------------------------------------

    def text(self, x: float, y: float, text: str, size: float, bold: bool = False) -> None:
        """Text starting at ``x``."""
        if text:
            literal, _ = self._types[bold].shaped(text)
            self._write(x, y, text, literal, size, bold)

    def right(self, x: float, y: float, text: str, size: float, bold: bool = False, width: float = 0) -> None:
        """Text ending at ``x``; set smaller where it would be wider than ``width``."""
        if text:
            literal, advance = self._types[bold].shaped(text)
            if width and advance * size > width:
                size = int(width / advance * 100) / 100
            self._write(x - advance * size, y, text, literal, size, bold)

    def centre(self, x: float, y: float, text: str, size: float, bold: bool = False, width: float = 0) -> None:
        """Text centred on ``x``; set smaller where it would be wider than ``width``."""
        if text:
            literal, advance = self._types[bold].shaped(text)
            if width and advance * size > width:
                size = int(width / advance * 100) / 100
            self._write(x - advance * size / 2, y, text, literal, size, bold)

    def lines(self, x: float, y: float, lines: Sequence[str], size: float, leading: float, bold: bool = False) -> float:
        """Several lines, the first on ``y``; returns the base line after the last."""
        for line in lines:
            self.text(x, y, line, size, bold)
            y -= leading
        return y

    def block(self, x: float, y: float, parts: Sequence[Part], width: float, height: float) -> float:
        """Paragraphs by :func:`block`, the first base line on ``y``; returns the last base line."""
        lines = block(tuple(parts), width, height)
        for drop, text, size, bold in lines:
            self.text(x, y - drop, text, size, bold)
        return y - lines[-1][0]

    def _write(self, x: float, y: float, text: str, literal: str | None, size: float, bold: bool) -> None:
        out = self._out
        if not self._in_text:
            out.append("BT")
            self._in_text = True
        if literal is None:
            self._write_split(x, y, text, size, bold)
            return
        if self._font != (bold, size):
            self._font = (bold, size)
            out.append(f"{self._names[bold]} {size:g} Tf")
        out.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm {literal} Tj")

    def _write_split(self, x: float, y: float, text: str, size: float, bold: bool) -> None:
        font, doc = self._types[bold].font, self._canvas._doc
        self._out.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm")
        for subset, codes in font.splitString(text, doc):
            literal = "".join([_literal(code) for code in codes])
            self._out.append(f"{font.getSubsetInternalName(subset, doc)} {size:g} Tf ({literal}) Tj")
        self._font = None

    # -- lines and areas ---------------------------------------------------------------------------------------

    def ink(self, colour: str) -> None:
        """Colour of what follows, lines and areas alike: ``"0"`` black … ``"1"`` white, or ``"0.1 0.2 0.4"``."""
        if colour != self._ink:
            self._ink = colour
            fill, stroke = ("g", "G") if " " not in colour else ("rg", "RG")
            self._out.append(f"{colour} {fill} {colour} {stroke}")

    def line(self, x1: float, y1: float, x2: float, y2: float, width: float = 0.4, dash: str = "") -> None:
        self._end_text()
        pattern = f"[{dash}] 0 d " if dash else ""
        self._out.append(f"{width:g} w {pattern}{x1:.2f} {y1:.2f} m {x2:.2f} {y2:.2f} l S{' [] 0 d' if dash else ''}")

    def area(self, x: float, y: float, width: float, height: float) -> None:
        """A filled rectangle."""
        self._end_text()
        self._out.append(f"{x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")

    def frame(self, x: float, y: float, width: float, height: float, line: float = 0.6, radius: float = 0) -> None:
        """A rectangle's border, its corners rounded by ``radius``."""
        self._end_text()
        if not radius:
            self._out.append(f"{line:g} w {x:.2f} {y:.2f} {width:.2f} {height:.2f} re S")
            return
        r, k = radius, radius * 0.4477  # control points of a quarter circle
        x2, y2 = x + width, y + height
        self._out.append(
            f"{line:g} w {x + r:.2f} {y:.2f} m {x2 - r:.2f} {y:.2f} l "
            f"{x2 - k:.2f} {y:.2f} {x2:.2f} {y + k:.2f} {x2:.2f} {y + r:.2f} c {x2:.2f} {y2 - r:.2f} l "
            f"{x2:.2f} {y2 - k:.2f} {x2 - k:.2f} {y2:.2f} {x2 - r:.2f} {y2:.2f} c {x + r:.2f} {y2:.2f} l "
            f"{x + k:.2f} {y2:.2f} {x:.2f} {y2 - k:.2f} {x:.2f} {y2 - r:.2f} c {x:.2f} {y + r:.2f} l "
            f"{x:.2f} {y + k:.2f} {x + k:.2f} {y:.2f} {x + r:.2f} {y:.2f} c s"
        )

    def symbol(self, x: float, y: float, side: float, symbol: Symbol) -> None:
        """A QR symbol as an image mask, ``side`` points wide; the caller leaves four modules of white around."""
        self._end_text()
        across = side * 8 * symbol.stride / symbol.size  # rows are padded to whole bytes with light modules
        self._out.append(
            f"q {across:.3f} 0 0 {side:.3f} {x:.2f} {y:.2f} cm BI /W {8 * symbol.stride} /H {symbol.size} /IM true "
            f"/BPC 1 /D [1 0] /F /AHx ID\n{symbol.rows.hex()}>\nEI Q"
        )

    def bars(self, x: float, y: float, module: float, height: float, modules: Sequence[bool]) -> None:
        """A linear bar code: one flag a module, True = dark."""
        self._end_text()
        start = None
        for position, dark in enumerate((*modules, False)):
            if dark and start is None:
                start = position
            elif not dark and start is not None:
                self._out.append(f"{x + start * module:.3f} {y:.2f} {(position - start) * module:.3f} {height:.2f} re f")
                start = None

    def form(self, name: str, y: float = 0) -> None:
        """Place a form XObject, moved up by ``y``."""
        self.flush()
        if y:
            self._canvas.addLiteral(f"q 1 0 0 1 0 {y:.2f} cm")
            self._canvas.doForm(name)
            self._canvas.addLiteral("Q")
        else:
            self._canvas.doForm(name)

    # -- ending ------------------------------------------------------------------------------------------------

    def _end_text(self) -> None:
        if self._in_text:
            self._out.append("ET")
            self._in_text = False

    def flush(self) -> None:
        """Hand everything written so far to the canvas."""
        self._end_text()
        if self._out:
            self._canvas.addLiteral("\n".join(self._out))
            self._out = []

    def end_page(self) -> None:
        """Finish the page; the next one starts with a clean graphics state."""
        self.flush()
        self._canvas.showPage()
        self._font, self._ink = None, ""
