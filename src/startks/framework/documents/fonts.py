"""PT Sans for printed forms: found at run time, subset once per process, shared by every PDF.

No font file lies in the repository; set-up brings the npm package ``@expo-google-fonts/pt-sans`` (OFL 1.1), which
has ₽ and №. All signs a Russian form needs fit one subset of 255 codes with codes fixed beforehand, so text can be
written straight into a page (:mod:`.pen`) and the subset's bytes, compressed too, are the same in every document:
ReportLab would otherwise spend five milliseconds on them per file. Rare signs still work, through ReportLab's own
dynamic subsets.
"""

import zlib
from functools import cache, lru_cache
from pathlib import Path

from reportlab import rl_config
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, TTFontFace

import startks
from startks.base.errors import ConfigurationError

# Streams go into the file as bytes; as ASCII85, ReportLab's default, they are a quarter larger and half the CPU time.
rl_config.useA85 = 0

REGULAR = "PTSans"
BOLD = "PTSans-Bold"
_FILES = {REGULAR: "400Regular/PTSans_400Regular.ttf", BOLD: "700Bold/PTSans_700Bold.ttf"}
_PACKAGE = "@expo-google-fonts/pt-sans"

_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
#: Most frequent first: the first hundred or so get codes that take one byte in a page, the rest an octal escape.
ALPHABET = (
    _CYRILLIC + "0123456789,.−—:/-№₽«»%²³" + _CYRILLIC.upper() + "()+*=;'\"&@!?|#_$\\<>[]{}~^`"
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ–·×°…½§’“”„©•≤≥±"
)
#: Codes that stand for themselves in a PDF string and are one byte in UTF-8: no CR, LF, parentheses, backslash.
_PLAIN_CODES = [code for code in (*range(33, 127), *range(1, 32), 127) if code not in (10, 13, 40, 41, 92)]
_CODES = _PLAIN_CODES + [code for code in range(1, 256) if code != 32 and code not in _PLAIN_CODES]


def font_path(name: str) -> Path:
    """File of :data:`REGULAR` or :data:`BOLD`: from the built static files, else from ``node_modules``.

    Raises :class:`ConfigurationError` where the set-up has not brought it yet.
    """
    file = Path(_FILES[name])
    source = Path(startks.__file__).resolve().parents[1]
    built = sorted(source.glob(f"*/static/dist/**/{file.name}"))
    candidates = [*built, *(parent / "node_modules" / _PACKAGE / file for parent in (source, *source.parents))]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise ConfigurationError(f"Нет шрифта {file.name} для печатных форм: запустите команду через ./startks, он собирает недостающее сам.")
    return found


class _CompressedOnce:
    """Flate filter that remembers what it made of the (few, large, equal) font files."""

    pdfname = pdfdoc.PDFZCompress.pdfname

    @staticmethod
    @lru_cache(8)
    def encode(content: bytes) -> bytes:
        return zlib.compress(content, 9)


class _Face(TTFontFace):
    """A face that makes a given subset once."""

    def __init__(self, filename: str) -> None:
        super().__init__(filename)
        self._subsets: dict[tuple[int, ...], bytes] = {}

    def makeSubset(self, subset: list[int]) -> bytes:  # noqa: N802 - ReportLab's name
        key = tuple(subset)
        if key not in self._subsets:
            if len(self._subsets) > 16:
                self._subsets.clear()
            self._subsets[key] = super().makeSubset(subset)
        return self._subsets[key]

    def addSubsetObjects(self, doc, fontname, subset):  # noqa: ANN001, ANN201, N802 - ReportLab's signature
        reference = super().addSubsetObjects(doc, fontname, subset)
        doc.idToObject[f"fontFile:{self.filename}({fontname})"].filters = [_CompressedOnce]
        return reference


class FormFont(TTFont):
    """A TrueType font whose first subset is :data:`ALPHABET` with fixed codes."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, str(path))
        self.face = _Face(str(path))
        signs = [sign for sign in ALPHABET if ord(sign) in self.face.charToGlyph]
        self.codes = dict(zip(signs, _CODES, strict=False)) | {" ": 32, "\u00a0": 32}
        self._subset = [0] * 256
        for sign, code in self.codes.items():
            self._subset[code] = ord(sign)
        self._subset[32] = 32
        #: Advance of a sign in thousandths of the size.
        self.advances = {sign: self.face.getCharWidth(ord(" " if sign == "\u00a0" else sign)) for sign in self.codes}

    def open_document(self, doc: pdfdoc.PDFDocument) -> str:
        """Prepare the fixed subset in ``doc``; returns its resource name, ``/F2+0``."""
        if doc not in self.state:
            state = self._assignState(doc)
            state.assignments.update({ord(sign): code for sign, code in self.codes.items()})
            state.subsets[0] = list(self._subset)
            state.nextCode = 256  # signs outside the alphabet go to subsets of their own
        return super().getSubsetInternalName(0, doc)

    def splitString(self, text, doc, encoding="utf-8"):  # noqa: ANN001, ANN201, N802 - ReportLab's signature
        self.open_document(doc)
        return super().splitString(text, doc, encoding)


@cache
def form_font(name: str) -> FormFont:
    """The registered font (:data:`REGULAR` or :data:`BOLD`); ReportLab's own drawing may name it too."""
    font = FormFont(name, font_path(name))
    pdfmetrics.registerFont(font)
    return font
