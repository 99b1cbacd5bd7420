"""Sums in words and the forms of nouns after a number, as cashiers and lawyers write them.

``num2words`` knows Russian, but its money has the wrong shape for a document ("рубль, сорок копеек"), and it would
pull a package that is only to be had as a source archive: fifty lines of grammar are the smaller burden. Plural
categories come from Babel (CLDR).
"""

from functools import cache

from babel import Locale

_UNITS = (
    "", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять", "одиннадцать",
    "двенадцать", "тринадцать", "четырнадцать", "пятнадцать", "шестнадцать", "семнадцать", "восемнадцать", "девятнадцать",
)  # fmt: skip
_FEMININE = {1: "одна", 2: "две"}
_TENS = ("", "", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто")
_HUNDREDS = ("", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот")
#: Classes above the units: forms after 1, 2, 5 and whether the noun is feminine.
_CLASSES = (
    (("", "", ""), False),
    (("тысяча", "тысячи", "тысяч"), True),
    (("миллион", "миллиона", "миллионов"), False),
    (("миллиард", "миллиарда", "миллиардов"), False),
    (("триллион", "триллиона", "триллионов"), False),
)
ROUBLE_FORMS = ("рубль", "рубля", "рублей")
KOPECK_FORMS = ("копейка", "копейки", "копеек")


@cache
def _plural_rule():  # noqa: ANN202 - Babel's own callable
    return Locale("ru").plural_form


def plural(number: int, one: str, few: str, many: str) -> str:
    """The form of a noun after a whole number: 1 рубль, 2 рубля, 5 рублей."""
    return {"one": one, "few": few}.get(_plural_rule()(abs(number)), many)


def counted(number: int, one: str, few: str, many: str) -> str:
    """Number and noun: ``counted(3, "лицо", "лица", "лиц")`` gives ``3 лица`` (no-break space)."""
    return f"{number}\u00a0{plural(number, one, few, many)}"


def number_in_words(number: int, feminine: bool = False) -> str:
    """A whole number in words, up to 999 trillion either way; ``feminine`` for одна, две."""
    if number == 0:
        return "ноль"
    if abs(number) >= 1000 ** len(_CLASSES):
        raise ValueError(f"{number} is out of the range that can be written in words")
    words = []
    rest, place = abs(number), 0
    while rest:
        rest, triple = divmod(rest, 1000)
        if triple:
            forms, is_feminine = _CLASSES[place]
            words.append(" ".join(_triple(triple, is_feminine if place else feminine) + [plural(triple, *forms)]).strip())
        place += 1
    return ("минус " if number < 0 else "") + " ".join(reversed(words))


def _triple(number: int, feminine: bool) -> list[str]:
    hundreds, rest = divmod(number, 100)
    tens, units = (0, rest) if rest < 20 else divmod(rest, 10)
    unit = _FEMININE.get(units, _UNITS[units]) if feminine else _UNITS[units]
    return [word for word in (_HUNDREDS[hundreds], _TENS[tens], unit) if word]


def money_in_words(kopecks: int) -> str:
    """``27140`` gives ``двести семьдесят один рубль 40 копеек``: roubles in words, kopecks in two digits."""
    roubles, rest = divmod(abs(kopecks), 100)
    sign = "минус " if kopecks < 0 else ""
    return f"{sign}{number_in_words(roubles)} {plural(roubles, *ROUBLE_FORMS)} {rest:02d}\u00a0{plural(rest, *KOPECK_FORMS)}"
