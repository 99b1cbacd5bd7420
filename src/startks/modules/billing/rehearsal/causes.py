"""Why the money of a line is not what it was a month ago: numbers, titles and sentences of the causes.

The numbers are stored (``rehearsal_row.cause``) and never get another meaning. 1 and 99 are also asked by the gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique

from startks.framework.i18n import _


@unique
class Cause(IntEnum):
    """Causes in the order in which they are shown, most suspicious first."""

    JUMP = 1
    ERROR = 2
    UNEXPLAINED = 99
    TARIFF = 10
    NORM = 11
    COEFFICIENT = 12
    CONNECTION = 13
    METHOD = 14
    RESIDENTS = 20
    AREA = 21
    OPENED = 22
    CLOSED = 23
    NO_READING_AVERAGE = 30
    NO_READING_NORM = 31
    READING_CAME = 32
    CONSUMPTION = 33
    HOUSE_METER = 40
    SEASON = 41
    RECALCULATION = 50
    BENEFIT = 51
    PENALTY = 52
    REDUCTION = 53


@dataclass(frozen=True, slots=True)
class Word:
    """How a cause is called, and how its group is told; ``tone`` as the office's badges have it."""

    title: str
    told: str
    tone: str = "grey"


WORDS: dict[Cause, Word] = {
    Cause.JUMP: Word(_("A jump of consumption"), _("a reading that looks like an extra digit"), "red"),
    Cause.ERROR: Word(_("Not calculated"), _("lines that are not calculated now"), "red"),
    Cause.UNEXPLAINED: Word(_("No cause named"), _("no cause found"), "red"),
    Cause.TARIFF: Word(_("Tariff"), _("another tariff"), "blue"),
    Cause.NORM: Word(_("Norm"), _("another norm"), "blue"),
    Cause.COEFFICIENT: Word(_("Raising coefficient"), _("the raising coefficient came or went"), "blue"),
    Cause.CONNECTION: Word(_("Connection of a service"), _("a service connected, disconnected or changed"), "blue"),
    Cause.METHOD: Word(_("Method of calculation"), _("another rule"), "blue"),
    Cause.RESIDENTS: Word(_("Residents"), _("other residents or owners"), "blue"),
    Cause.AREA: Word(_("Area"), _("another area"), "blue"),
    Cause.OPENED: Word(_("Account opened"), _("accounts opened")),
    Cause.CLOSED: Word(_("Account closed"), _("accounts closed")),
    Cause.NO_READING_AVERAGE: Word(_("No reading, average"), _("no reading, charged by the average"), "yellow"),
    Cause.NO_READING_NORM: Word(_("No reading, norm"), _("no reading, charged by the norm"), "yellow"),
    Cause.READING_CAME: Word(_("Reading came"), _("readings again after the average or the norm")),
    Cause.CONSUMPTION: Word(_("Consumption"), _("ordinary consumption by meters")),
    Cause.HOUSE_METER: Word(_("House meters"), _("consumption of the houses by their meters")),
    Cause.SEASON: Word(_("Heating season"), _("the heating season began or ended")),
    Cause.RECALCULATION: Word(_("Recalculation"), _("recalculations of this month and the one before")),
    Cause.REDUCTION: Word(_("Acts and absences"), _("breaks, poor quality and absences of this month and the one before")),
    Cause.BENEFIT: Word(_("Benefits"), _("benefits given or ended")),
    Cause.PENALTY: Word(_("Penalty"), _("penalties")),
}

ORDER = {cause: place for place, cause in enumerate(WORDS)}
