"""Seeded sample receipts: what the bench measures and what a preview of the form shows when there is no data yet.

An invented block of flats in Самара with fifteen bill lines a flat. Names, accounts and requisites are made up;
tariffs and norms have the size of real ones. The same seed gives the same receipts.
"""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from startks.framework.documents.receipt import (
    Basis,
    House,
    Line,
    LineGroup,
    Payee,
    Payer,
    Provider,
    Reading,
    Recalculation,
    Receipt,
    ReferenceLine,
)  # fmt: skip

PROVIDER = Provider(
    name="ООО «Управляющая компания „Волжский берег“»",
    inn="6300000017",
    address="443011, г. Самара, ул. Ново-Садовая, д. 106",
    phones=("+7 (846) 200-00-10", "+7 (846) 200-00-11"),
    site="volga-bereg.example",
    email="dom@volga-bereg.example",
    emergency_service="+7 (846) 200-00-12, круглосуточно",
    office_hours="пн–пт 8:00–17:00",
)
PAYEE = Payee(
    name="МУП г. Самара «Единый расчётный центр»",
    inn="6300000024",
    kpp="631601001",
    account="40702810500000000001",
    bank="ПОВОЛЖСКИЙ БАНК, г. Самара",
    bic="043600000",
    correspondent_account="30101810200000000000",
)

_MEN = (("Иванов", "Смирнов", "Кузнецов", "Попов", "Морозов", "Волков"), ("Андрей", "Пётр", "Сергей"), ("Ильич", "Олегович"))
_WOMEN = (("Соколова", "Лебедева", "Новикова", "Егорова"), ("Мария", "Ольга", "Анна"), ("Петровна", "Юрьевна", "Львовна"))
#: Utility by flat meter or norm: title, unit, tariff, monthly norm a person, norm for common needs per m², digits of volume.
_WATER = (
    ("Холодная вода", "м³", "38.85", "5.320", "0.023", 3),
    ("Горячая вода, теплоноситель", "м³", "38.85", "3.190", "0.023", 3),
    ("Горячая вода, тепловая энергия", "Гкал", "2437.19", "0.192", "0.0014", 5),
    ("Водоотведение", "м³", "29.47", "8.510", "0.046", 3),
)
_HOUSE = House(premises_area=Decimal("6841.70"), common_area=Decimal("918.40"), residents=263)


def sample_receipts(count: int, seed: int = 1, period: int = 202605) -> list[Receipt]:
    """``count`` receipts of one house for ``period`` (YYYYMM)."""
    random = Random(f"{seed}-{period}")
    return [_receipt(random, number + 1, period) for number in range(count)]


def _receipt(random: Random, flat: int, period: int) -> Receipt:
    area = Decimal(random.randrange(300, 950)) / 10
    residents = random.choice((1, 1, 2, 2, 3, 3, 4, 5))
    metered = random.random() < 0.7
    lines = _lines(random, area, residents, metered)
    recalculated = [line for line in lines if line.recalculation]
    opening = random.choice((0, 0, 1, 3)) * random.randrange(90_000, 420_000)
    if not opening and random.random() < 0.2:
        opening = -random.randrange(1_000, 90_000)
    paid = max(opening, 0) if random.random() < 0.7 else 0
    year, month = divmod(period, 100)
    following = date(year + month // 12, month % 12 + 1, 1)
    unified = f"63КР{random.randrange(10**6):06d}"
    surnames, names, fathers = random.choice((_MEN, _WOMEN))
    return Receipt(
        period=period,
        issued=following + timedelta(days=2),
        pay_until=following + timedelta(days=14),
        account=f"124{flat:04d}{random.randrange(1000):03d}",
        unified_account=unified,
        service_id=f"{unified}-01",
        document_id=f"{unified}-01-{random.randrange(10**4):04d}",
        payer=Payer(
            name=f"{random.choice(surnames)} {random.choice(names)} {random.choice(fathers)}",
            address=f"443011, г. Самара, ул. Советской Армии, д. 184, кв. {flat}",
            total_area=area,
            residents=residents,
            tenure="собственность",
        ),
        provider=PROVIDER,
        payee=PAYEE,
        opening=opening,
        paid=paid,
        last_payment=following - timedelta(days=random.randrange(2, 28)) if paid else None,
        readings=tuple(_readings(random, lines, following)) if metered else (),
        lines=tuple(lines),
        penalty=random.randrange(100, 9_000) if opening > paid else 0,
        reference=_REFERENCE,
        house=_HOUSE,
        recalculations=tuple(
            Recalculation(line.service, "Временное отсутствие 10.05.2026–24.05.2026, заявление № 118.", line.recalculation)
            for line in recalculated
        ),
    )


def _lines(random: Random, area: Decimal, residents: int, metered: bool) -> list[Line]:
    lines = [_line(LineGroup.HOUSING, "Содержание жилого помещения", "м²", area, "31.47", Basis.AREA)]
    share = area / Decimal("6841.70")
    for title, unit, tariff, _, common_norm, _ in _WATER:
        volume = (Decimal(common_norm) * Decimal("918.40") * share).quantize(Decimal("0.000001"))
        lines.append(_line(LineGroup.COMMON, title, unit, None, tariff, Basis.NORM, common=volume))
    lines.append(
        _line(
            LineGroup.COMMON,
            "Электроэнергия",
            "кВт·ч",
            None,
            "5.29",
            Basis.HOUSE_METER,
            common=(share * 2210).quantize(Decimal("0.001")),
        )
    )
    for title, unit, tariff, norm, _, digits in _WATER:
        factor = Decimal(random.randrange(400, 1300)) / 1000 if metered else Decimal(1)
        volume = (Decimal(norm) * residents * factor).quantize(Decimal(1).scaleb(-digits))
        raised = not metered and unit == "м³" and title != "Водоотведение"
        line = _line(
            LineGroup.UTILITIES, title, unit, volume, tariff, Basis.METER if metered else Basis.NORM,
            coefficient=Decimal("1.5") if raised else None,
            recalculation=-random.randrange(500, 20_000) if not metered and unit == "м³" and random.random() < 0.3 else 0,
        )  # fmt: skip
        lines.append(line)
    lines += [
        _line(
            LineGroup.UTILITIES, "Отопление", "Гкал", (area * Decimal("0.0192")).quantize(Decimal("0.000001")), "2437.19",
            Basis.HOUSE_METER,
        ),
        _line(
            LineGroup.UTILITIES, "Электроэнергия, день", "кВт·ч", Decimal(random.randrange(40, 240)), "5.71", Basis.METER,
            benefit_percent=50 if random.random() < 0.24 else 0,
        ),
        _line(LineGroup.UTILITIES, "Электроэнергия, ночь", "кВт·ч", Decimal(random.randrange(20, 90)), "2.88", Basis.METER),
        _line(LineGroup.UTILITIES, "Обращение с ТКО", "чел.", Decimal(residents), "117.48", Basis.PERSONS),
        _line(LineGroup.CAPITAL_REPAIR, "Взнос на капитальный ремонт", "м²", area, "14.52", Basis.AREA),
    ]  # fmt: skip
    return lines


def _line(
    group: LineGroup,
    service: str,
    unit: str,
    volume: Decimal | None,
    tariff: str,
    basis: Basis,
    *,
    common: Decimal | None = None,
    coefficient: Decimal | None = None,
    recalculation: int = 0,
    benefit_percent: int = 0,
) -> Line:
    charge = _kopecks((volume if volume is not None else common or Decimal(0)) * Decimal(tariff))
    return Line(
        group=group,
        service=service,
        unit=unit,
        individual_volume=volume,
        common_volume=common,
        basis=basis,
        tariff=Decimal(tariff),
        charge=charge,
        coefficient=coefficient,
        excess=_kopecks(Decimal(charge) / 100 * (coefficient - 1)) if coefficient else 0,
        recalculation=recalculation,
        benefit=_kopecks(Decimal(charge) / 100 * benefit_percent / 100),
    )


def _kopecks(roubles: Decimal) -> int:
    return int((roubles * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _readings(random: Random, lines: list[Line], following: date) -> list[Reading]:
    meters = {"Холодная вода", "Горячая вода, теплоноситель", "Электроэнергия, день", "Электроэнергия, ночь"}
    readings = []
    for line in lines:
        if line.service in meters and line.individual_volume is not None:
            previous = Decimal(random.randrange(40_000, 900_000)) / 1000 + (500 if line.unit == "кВт·ч" else 0)
            readings.append(
                Reading(
                    service=line.service,
                    serial=f"{random.randrange(10**7, 10**8)}",
                    unit=line.unit,
                    previous=previous,
                    current=previous + line.individual_volume,
                    volume=line.individual_volume,
                    previous_date=following - timedelta(days=38),
                    current_date=following - timedelta(days=8),
                    verify_by=date(following.year + random.randrange(1, 6), random.randrange(1, 13), 14),
                )
            )
    return readings


def _reference(
    service: str, unit: str, norm: str, common_norm: str, previous: str, volume: str, individual: str
) -> ReferenceLine:
    whole, flats = Decimal(volume), Decimal(individual)
    return ReferenceLine(
        service=service,
        unit=unit,
        individual_norm=Decimal(norm) if norm else None,
        common_norm=Decimal(common_norm) if common_norm else None,
        house_previous=Decimal(previous),
        house_current=Decimal(previous) + whole,
        house_volume=whole,
        individual_volume=flats,
        common_volume=whole - flats,
    )


_REFERENCE = (
    _reference("Холодная вода", "м³", "5.32", "0.023", "48211.3", "1002.41", "981.288"),
    _reference("Горячая вода", "м³", "3.19", "0.023", "20417.9", "611.52", "590.398"),
    _reference("Тепловая энергия на горячую воду", "Гкал", "0.192", "0.0014", "3144.021", "39.7488", "38.463"),
    _reference("Электроэнергия", "кВт·ч", "", "", "410233", "24410", "22200"),
    _reference("Отопление", "Гкал", "0.0192", "", "9120.44", "131.36", "131.36"),
)
