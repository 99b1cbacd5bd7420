"""The payment document (приказ Минстроя № 43/пр): lines, VAT inside the price, meter readings."""

from __future__ import annotations

from datetime import date

from ..errors import CalculationError
from ..numbers import choose, kopecks, named
from ..registry import Input, Output, rule
from ._inputs import (
    PP354,
    PP354_SINCE,
    UNITS,
    money_input,
    percent_input,
    tariff_input,
    volume_input,
)
from .pp354_individual import by_meter

FORM = "Приказ Минстроя России от 26.01.2018 № 43/пр"
_READING = {"unit": "ед.", "decimals": 6, "source": "reading", "limit": 10**10}


@rule(
    id=901, key="bill.line", title="Строка платёжного документа", act=FORM, paragraph="раздел 3",
    inputs=(volume_input("ед."), tariff_input("ед."), money_input("recalculation", "перерасчёт", "Р", signed=True)),
    outputs=(Output("charge", "начислено", "коп.", 0), Output("to_pay", "к оплате по строке", "коп.", 0)),
    valid_from=date(2018, 1, 26),
)
def bill_line(volume, tariff, recalculation):
    """Charge of the line and the charge with the recalculation."""
    charge = kopecks(volume * tariff)
    return {"charge": charge, "to_pay": charge + kopecks(recalculation)}


@rule(
    id=902, key="vat.inside", title="НДС в составе цены", act="Налоговый кодекс РФ", paragraph="статья 168, пункт 6",
    inputs=(money_input("charge_rub", "начислено с НДС", "P"), percent_input("vat_percent", "ставка НДС", symbol="p")),
    outputs=(Output("vat", "НДС в том числе", "коп.", 0),), valid_from=date(2005, 1, 1),
)
def vat_inside(charge_rub, vat_percent):
    """``P x p / (100 + p)`` of the rounded charge."""
    return {"vat": kopecks(charge_rub * vat_percent / (100 + vat_percent))}


@rule(
    id=903, key="reading.difference", title="Объём по показаниям", act=PP354, paragraph="приложение 2, формула 1",
    inputs=(
        Input("previous", "предыдущее показание", symbol="П0", **_READING),
        Input("current", "текущее показание", symbol="П1", **_READING),
        Input("capacity", "ёмкость шкалы при подтверждённом переходе через ноль, иначе 0", symbol="E", **_READING),
    ),
    outputs=(Output("volume", "объём", "ед.", 6),), valid_from=PP354_SINCE,
)
def reading_difference(previous, current, capacity):
    """``current - previous``; below zero the capacity of the dial is added where a roll-over is confirmed.

    Stays negative for a reading to be refused: see :func:`refuse_below_previous`.
    """
    plain = named(current - previous, "difference", "разность показаний")
    return {"volume": choose(plain < 0, plain + capacity, plain)}


def refuse_below_previous(volume) -> None:
    """Raise CalculationError ``reading_below_previous`` for a negative difference of readings."""
    if volume < 0:
        raise CalculationError(
            "reading_below_previous",
            "Текущее показание меньше предыдущего. Проверьте показание или подтвердите переход счётчика через ноль.",
        )


_PLAIN = {"heating": (904, "Отопление: по прибору учёта Гкал × тариф"), "waste": (905, "Обращение с ТКО: по объёму"),
          "hot_water_heat": (906, "Тепло на горячую воду: по количеству тепла")}
for _service, (_id, _title) in _PLAIN.items():
    _key = {"heating": "heating.meter", "waste": "waste.volume", "hot_water_heat": "hot_water_heat.volume"}[_service]
    rule(
        id=_id, key=_key, service=_service, unit=UNITS[_service], title=_title, act=PP354,
        paragraph="приложение 2, формула 1", label="1",
        inputs=(volume_input(UNITS[_service]), tariff_input(UNITS[_service])), valid_from=PP354_SINCE,
    )(by_meter)
