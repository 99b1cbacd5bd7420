"""Metering: meters of flats and houses, their readings, monthly consumption."""

NOTICES, EVERY_MORNING_AT = "metering_verification_notices", "06:40"


def includeme(config) -> None:
    """Offer consumption to the calculation and readings to the bill, add the pages of both faces."""
    from startks.base.contracts.consumption import MonthlyConsumption
    from startks.base.contracts.month_readings import MonthReadings
    from startks.framework.i18n import _
    from startks.modules.metering import search, services, town
    from startks.modules.metering.notices import services as notices

    config.provide(MonthlyConsumption, services.Consumption)
    config.provide(MonthReadings, services.HouseReadings)
    config.add_permissions({
        "operator": ["metering:meter:list", "metering:meter:read", "metering:meter:write", "metering:reading:read",
                     "metering:reading:write", "metering:file:list", "metering:file:open", "metering:notice:open"],
        "accountant": ["metering:meter:list", "metering:meter:read", "metering:reading:read"],
        "chief_accountant": ["metering:meter:list", "metering:meter:read", "metering:reading:read"],
        "administrator": ["metering:meter:list", "metering:meter:read", "metering:reading:read"],
        "auditor": ["metering:meter:list", "metering:meter:read", "metering:reading:read"],
        "call_centre": ["metering:meter:list", "metering:meter:read", "metering:reading:read"],
        "cashier": ["metering:meter:read", "metering:reading:read"],
        "resident": ["metering:meter:read", "metering:reading:read"],
    })
    for register in town.REGISTERS:
        config.add_town_register(register)
    config.add_search(
        "meters", search.find_meters, title=_("Meters"), permission="metering:meter:read", order=50
    )
    config.add_task(NOTICES, notices.make, title=_("Reminders that the verification of meters ends"))
    config.add_periodic(NOTICES, EVERY_MORNING_AT, NOTICES)
    config.include(".portal")
    config.include(".office")
