"""What a round of inspection costs: a rule of the module's own, in two dated editions."""

from datetime import date

from startks.domain.calc.numbers import kopecks
from startks.domain.calc.registry import Input, LineResult, rule

AREA = Input("area", "площадь помещения", "м²", 2, "register", "S")
RATE = Input("rate", "плата за осмотр", "₽", 6, "tariff", "T")
DAYS = Input("days_charged", "дней", "дн.", 0, "register", "d")
MONTH = Input("month_days", "дней в месяце", "дн.", 0, "register", "D")
CHANGE = date(2025, 10, 1)
"""From this day the price counts by days."""
COMMON = {"key": "patrol.area", "service": "maintenance", "unit": "м²", "act": "Договор осмотров № 7", "paragraph": "пункт 4"}


@rule(id=30001, title="Осмотры: по площади", inputs=(AREA, RATE), valid_from=date(2006, 1, 1), valid_to=CHANGE, **COMMON)
def whole_month(area, rate):
    """``S x T``"""
    return LineResult(area, kopecks(area * rate))


@rule(id=30002, title="Осмотры: по площади и дням", inputs=(AREA, RATE, DAYS, MONTH), valid_from=CHANGE, version=2, **COMMON)
def by_days(area, rate, days_charged, month_days):
    """``S x T x d / D``"""
    return LineResult(area * days_charged / month_days, kopecks(area * rate * days_charged / month_days))
