"""Names bend as Russian names do, and agree with sex and year."""

import numpy as np
import pytest

from startks.demo.names import Names, feminine, patronymic


@pytest.mark.parametrize(
    ("father", "son", "daughter"),
    [
        ("Иван", "Иванович", "Ивановна"),
        ("Сергей", "Сергеевич", "Сергеевна"),
        ("Игорь", "Игоревич", "Игоревна"),
        ("Дмитрий", "Дмитриевич", "Дмитриевна"),
        ("Юрий", "Юрьевич", "Юрьевна"),
        ("Илья", "Ильич", "Ильинична"),
        ("Никита", "Никитич", "Никитична"),
        ("Лев", "Львович", "Львовна"),
        ("Пётр", "Петрович", "Петровна"),
        ("Яков", "Яковлевич", "Яковлевна"),
        ("Камиль", "Камилевич", "Камилевна"),
    ],
)
def test_patronymics(father, son, daughter):
    assert (patronymic(father, "m"), patronymic(father, "f")) == (son, daughter)


@pytest.mark.parametrize(
    ("man", "woman"),
    [
        ("Иванов", "Иванова"),
        ("Киселёв", "Киселёва"),
        ("Ильин", "Ильина"),
        ("Троицкий", "Троицкая"),
        ("Заречный", "Заречная"),
        ("Боровой", "Боровая"),
        ("Черных", "Черных"),
        ("Шевченко", "Шевченко"),
        ("Мкртчян", "Мкртчян"),
        ("Кох", "Кох"),
    ],
)
def test_surnames_of_women(man, woman):
    assert feminine(man) == woman


def test_words_agree_with_sex_and_generation():
    names, random = Names(), np.random.default_rng(5)
    sex = random.integers(0, 2, 4_000)
    year = random.integers(1935, 2026, 4_000)
    first = names.draw_first(random, sex, year)
    last = names.draw_surnames(random, len(sex))
    words = names.words(sex, last, first, names.draw_fathers(random, year))
    women = sex == 1
    assert all(word.endswith(("вна", "чна")) for word in words[2][women])
    assert all(word.endswith(("вич", "ьич", "тич")) for word in words[2][~women])
    assert not set(words[1][women]) & set(words[1][~women])
    old, young = words[1][women & (year < 1955)], words[1][women & (year > 2000)]
    assert "Нина" in old and "Нина" not in young
    assert "София" in young and "София" not in old


def test_the_same_seed_gives_the_same_people():
    draws = [Names().draw_surnames(np.random.default_rng([3, 1]), 50).tolist() for _ in range(2)]
    assert draws[0] == draws[1]
