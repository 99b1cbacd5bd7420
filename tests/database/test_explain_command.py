"""``startks explain``: every charged line of a bill, its numbers, their sources, and the sum that stands on the bill."""

import pytest
from sqlalchemy import text

from startks.base.errors import StartksError
from startks.scripts.explain import explained
from startks.scripts.period import CONSUMPTION, roubles


@pytest.fixture
def bill(town):
    """A connection, the account with most kinds of lines, the month, and its charged lines."""
    period = town.periods[-1]
    with town.engine.connect() as connection:
        number = connection.scalar(
            text("""SELECT a.number FROM statement z JOIN account a ON a.id = z.account_id
                     WHERE z.period = :period AND z.charge <> 0
                     GROUP BY 1 ORDER BY count(DISTINCT z.rule_id) DESC, 1 LIMIT 1"""),
            {"period": period},
        )
        lines = connection.execute(
            text("""SELECT s.code, s.title, sum(z.charge)::int8 AS charge
                      FROM statement z JOIN account a ON a.id = z.account_id JOIN service s ON s.id = z.service_id
                     WHERE z.period = :period AND a.number = :number AND z.charge <> 0 GROUP BY 1, 2"""),
            {"period": period, "number": number},
        ).all()
        yield connection, number, period, lines


def test_every_line_is_explained_to_the_kopeck(bill):
    connection, number, period, lines = bill
    told = list(explained(connection, number, period, consumption=CONSUMPTION))
    for line in lines:
        assert f"{line.title}: {roubles(line.charge)} ₽" in told
    assert len([words for words in told if "приложение" in words or "стать" in words or "пункт" in words]) >= len(lines)
    assert not any("ВНИМАНИЕ" in words for words in told)


def test_the_time_of_each_line_is_kept(bill):
    connection, number, period, lines = bill
    times = []
    list(explained(connection, number, period, consumption=CONSUMPTION, times=times))
    assert len(times) == 1 + len(lines)
    assert all(seconds > 0 for seconds in times)


def test_one_line_alone(bill):
    connection, number, period, lines = bill
    told = list(explained(connection, number, period, lines[0].code, CONSUMPTION))
    assert sum(words.endswith(" ₽") and not words.startswith(" ") for words in told) == 1


def test_what_is_not_there_is_said_with_the_way_out(bill):
    connection, number, period, _lines = bill
    with pytest.raises(StartksError, match="проверьте номер"):
        list(explained(connection, "нет такого", period))
    with pytest.raises(StartksError, match="рассчитайте месяц"):
        list(explained(connection, number, 203001))
    with pytest.raises(StartksError, match="Есть: "):
        list(explained(connection, number, period, "steam"))
