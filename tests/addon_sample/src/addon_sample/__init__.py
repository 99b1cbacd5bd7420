"""Inspections of houses: what a partner's module looks like. It knows the host and nothing of other modules."""


def includeme(config) -> None:
    """Come in through the door; everything is imported here, so that the package itself stays light."""
    from addon_sample import blocks, reports, tasks, views
    from addon_sample.permissions import GRANTS, Permission
    from addon_sample.resources import Inspections
    from startks.base.events import PeriodClosed

    config.add_permissions(GRANTS)
    config.add_mount("house", "+inspections", Inspections)
    config.add_office_view(
        views.journal,
        context=Inspections,
        permission=Permission.INSPECTION_READ,
        renderer="addon_sample:templates/journal.pt",
    )
    config.add_office_view(
        views.enter,
        context=Inspections,
        name="enter",
        permission=Permission.INSPECTION_WRITE,
        request_method="POST",
    )
    config.add_menu(
        "office.house", "inspections", "Осмотры", context=Inspections, at="+inspections", order=70, icon="list-check"
    )
    config.add_slot(
        "account.cabinet",
        "inspections",
        blocks.latest,
        title="Осмотры дома",
        permission="account:bill:read",
        renderer="addon_sample:templates/block.pt",
    )
    config.add_report(
        "inspections_by_house",
        reports.by_house,
        title="Осмотры по домам",
        permission=Permission.INSPECTION_READ,
        columns={"house_id": "Дом №", "inspections": "Осмотров"},
        parameters={"since": "Осмотры с"},
    )
    config.add_task("inspections_remind", tasks.remind, title="Напомнить об осмотрах")
    config.add_periodic("inspections_remind_daily", "07:00", "inspections_remind")
    config.add_rules("addon_sample.rules", title="Плата за осмотры")
    config.add_event_subscriber(PeriodClosed, tasks.note_closed_period)
