"""Plausible Russian names: given names by year of birth, patronymics, surnames that agree with the sex.

The lists are our own (``data/names.json``). :class:`Names` draws whole arrays of indices; the words themselves are
taken once at the end, so that a million people cost no Python object each.
"""

from __future__ import annotations

import numpy as np

from startks.demo.data import load

PATRONYMICS = {
    "Лев": "Львович",
    "Пётр": "Петрович",
    "Павел": "Павлович",
    "Михаил": "Михайлович",
    "Яков": "Яковлевич",
    "Илья": "Ильич",
    "Никита": "Никитич",
    "Василий": "Васильевич",
    "Юрий": "Юрьевич",
    "Анатолий": "Анатольевич",
    "Валерий": "Валерьевич",
    "Геннадий": "Геннадьевич",
    "Григорий": "Григорьевич",
    "Арсений": "Арсеньевич",
    "Аркадий": "Аркадьевич",
    "Виталий": "Витальевич",
    "Евгений": "Евгеньевич",
    "Дмитрий": "Дмитриевич",
}
GENERATIONS = (1900, 1960, 1995)


def patronymic(father: str, sex: str) -> str:
    """Return the patronymic («m» or «f») of a child of ``father``."""
    if father in PATRONYMICS:
        male = PATRONYMICS[father]
    elif father.endswith(("й", "ь")):
        male = father[:-1] + "евич"
    else:
        male = father + "ович"
    if sex == "m":
        return male
    if male.endswith(("ович", "евич")):
        return male[:-2] + "на"
    return male + "на" if male.endswith("тич") else male[:-1] + "нична"


def feminine(surname: str) -> str:
    """Return the surname of a woman; surnames that do not bend stay as they are."""
    if surname.endswith(("ский", "цкий")):
        return surname[:-2] + "ая"
    if surname.endswith(("ный", "вой")):
        return surname[:-2] + "ая"
    if surname.endswith(("ов", "ев", "ёв", "ин", "ын")):
        return surname + "а"
    return surname


class Names:
    """Word tables and vectorised draws. Sex is 0 for a man, 1 for a woman; a name is an index into ``first[sex]``."""

    def __init__(self) -> None:
        lists = load("names")
        self.first: list[np.ndarray] = []
        self._choices: list[list[np.ndarray]] = []
        for key in ("male", "female"):
            words = sorted({word for group in lists[key].values() for word in group})
            place = {word: index for index, word in enumerate(words)}
            self.first.append(np.array(words, dtype=object))
            self._choices.append([np.array([place[word] for word in lists[key][str(year)]]) for year in GENERATIONS])
        men = self.first[0]
        self.middle = [np.array([patronymic(name, sex) for name in men], dtype=object) for sex in ("m", "f")]
        surnames = lists["surnames"]
        self.last = [
            np.array(surnames, dtype=object),
            np.array([feminine(surname) for surname in surnames], dtype=object),
        ]

    def draw_surnames(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Return surname indices; the first of the list are the most frequent."""
        return self._skewed(random, len(self.last[0]), count)

    def draw_first(self, random: np.random.Generator, sex: np.ndarray, year: np.ndarray) -> np.ndarray:
        """Return indices of given names for people of this sex born in this year."""
        generation = np.searchsorted(GENERATIONS, year, side="right") - 1
        result = np.zeros(len(sex), dtype=np.int32)
        for which in (0, 1):
            for group, choices in enumerate(self._choices[which]):
                here = np.flatnonzero((sex == which) & (generation == group))
                result[here] = choices[self._skewed(random, len(choices), len(here))]
        return result

    def draw_fathers(self, random: np.random.Generator, year: np.ndarray) -> np.ndarray:
        """Return indices of fathers' given names for children born in this year."""
        return self.draw_first(random, np.zeros(len(year), dtype=np.int8), year - 27)

    @staticmethod
    def _skewed(random: np.random.Generator, size: int, count: int) -> np.ndarray:
        return (size * random.random(count) ** 1.6).astype(np.int32)

    def words(
        self, sex: np.ndarray, last: np.ndarray, first: np.ndarray, father: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the words (surname, given name, patronymic) of the drawn indices."""
        woman = sex == 1
        return tuple(
            np.where(woman, tables[1][index % len(tables[1])], tables[0][index % len(tables[0])])
            for tables, index in ((self.last, last), (self.first, first), (self.middle, father))
        )
