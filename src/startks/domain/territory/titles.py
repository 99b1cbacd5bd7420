"""How streets, houses and premises are called on screens and bills."""

from __future__ import annotations

_SHORT = (
    ("улица ", "ул. "),
    ("проспект ", "пр-кт "),
    ("переулок ", "пер. "),
    ("бульвар ", "б-р "),
    ("площадь ", "пл. "),
    ("набережная ", "наб. "),
    ("микрорайон ", "мкр. "),
    ("посёлок ", "пос. "),
    ("проезд ", "пр-д "),
    ("шоссе ", "ш. "),
)
_PREMISE = {"flat": "кв. {}", "room": "ком. {}", "nonresidential": "пом. {}"}


def street_title(name: str) -> str:
    """«улица Гагарина» → «ул. Гагарина»; a name without a known kind stays as it is."""
    for long, short in _SHORT:
        if name.casefold().startswith(long):
            return short + name[len(long) :]
    return name


def house_title(street: str, number: str) -> str:
    """«улица Гагарина», «5А» → «ул. Гагарина, д. 5А»."""
    return f"{street_title(street)}, д. {number}"


def premise_title(kind: str, number: str) -> str:
    """«кв. 12», «ком. 3», «пом. 1»; a number that already names its kind stays as it is."""
    return number if number[:1].isalpha() else _PREMISE.get(kind, "{}").format(number)


def address_line(street: str, house: str, kind: str, premise: str) -> str:
    """«ул. Гагарина, д. 5, кв. 12»."""
    return f"{house_title(street, house)}, {premise_title(kind, premise)}"
