"""The law opened on a day: every day of nine years has exactly one edition, changes and ends are named."""

from datetime import date

import pytest
from click.testing import CliRunner

from startks.base.errors import ConfigurationError
from startks.domain.calc import law
from startks.domain.calc.errors import CalculationError
from startks.domain.calc.registry import all_rules, coverage_faults
from startks.scripts.law import law as command

FIRST, LAST = date(2019, 1, 1), date(2027, 12, 31)


def test_every_day_has_exactly_one_edition_of_each_rule():
    assert coverage_faults(FIRST, LAST) == []


def test_every_day_has_exactly_one_value_of_each_figure_but_the_known_end():
    """The cap of penalties beyond 2026 is unknown; the operator is warned of it (see the next test)."""
    assert law.figure_faults(FIRST, LAST) == [("penalty.rate_cap", date(2027, 1, 1), 0)]


def test_what_has_no_future_is_named_a_year_ahead():
    ends = [(entry.name, entry.valid_to) for entry in law.without_future(date(2026, 11, 24))]
    assert ends == [("penalty.rate_cap", date(2027, 1, 1))]
    assert law.without_future(date(2025, 6, 1), horizon_days=30) == []


@pytest.mark.parametrize("service", law.SERVICES)
def test_every_service_has_its_own_rules_and_penalties(service):
    book = law.law_on(date(2026, 5, 1), service)
    titles = [section.title for section in book.sections]
    assert "Пени" in titles
    assert ("Общедомовые нужды" if service.startswith("soi_") else "Начисление") in titles


def test_no_rule_is_left_out_of_the_book_of_all_services():
    """A rule in no chapter would be law that nobody can read; payments, settlement and arithmetic belong to no service."""
    shown = {entry.key for service in law.SERVICES for entry in law.law_on(date(2026, 5, 1), service).rules}
    elsewhere = {"bill", "vat", "reading", "advance", "supplier"}
    assert {entry.key for entry in all_rules() if entry.key.partition(".")[0] not in elsewhere} <= shown


def test_chapters_speak_only_of_their_service():
    heating = {entry.key for entry in law.law_on(date(2026, 5, 1), "heating").rules}
    assert "quality.room_temperature" in heating
    assert not heating & {"quality.waste_break", "quality.hot_water_temperature", "absence.recalculation"}


def test_the_coefficient_of_cold_water_changes_with_the_year():
    found = {item.name: item for item in law.differences(date(2025, 12, 31), date(2026, 1, 1), "cold_water")}
    change = found["raising_coefficient.cold_water"]
    assert (change.before.raw, change.after.raw) == ("1.5", "3")
    assert law.differences(date(2026, 5, 1), date(2026, 5, 1), "cold_water") == []


def test_an_unknown_service_is_refused_with_those_known():
    with pytest.raises(CalculationError, match="cold_water"):
        law.law_on(date(2026, 5, 1), "steam")


def run(*words):
    return CliRunner().invoke(command, words, catch_exceptions=False)


def test_the_command_prints_act_and_paragraph():
    answer = run("show", "2026-05-01", "cold_water", "--federal")
    assert answer.exit_code == 0
    assert "повышающий коэффициент, холодная вода: 3" in answer.output
    assert "ПП РФ от 25.11.2025 № 1871" in answer.output
    assert "ВНИМАНИЕ: предел ставки для пеней" in answer.output


def test_the_command_prints_what_changed():
    answer = run("diff", "2026-02-01", "2026-03-01", "maintenance")
    assert "число, до которого вносится плата" in answer.output
    assert "− 10" in answer.output and "+ 15" in answer.output


@pytest.mark.parametrize("words", [("show", "30.02.2026", "cold_water"), ("show", "2026-05-01", "steam", "--federal")])
def test_bad_input_is_a_clear_sentence(words):
    with pytest.raises(ConfigurationError, match="не дата|Нет услуги"):
        run(*words)
