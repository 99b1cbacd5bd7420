"""What metering adds to the office: meters of a house and of an account, work on them, entry of readings."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.framework.i18n import _
from startks.framework.tree.nodes import Account, House
from startks.framework.wizards import add_wizard
from startks.modules.metering.notices import jobs as notice_jobs
from startks.modules.metering.office import entry, files, meters, notices, reminders, seals, views
from startks.modules.metering.office.nodes import MeteringDesk, MeterNode, Meters, ReadingFileNode, ReadingFiles
from startks.modules.metering.permissions import MeteringPermission as Permission
from startks.modules.metering.readings import file_jobs

TEMPLATES = "startks.modules.metering.office:templates/"
FORGET, EVERY_SECONDS = "metering_forget_dead_files", 300


def includeme(config: Configurator) -> None:
    """Register tabs, cards, forms and lists."""
    _cards(config)
    _entry(config)
    _desk(config)


def _cards(config: Configurator) -> None:
    for context, kind, view, template in (
        (House, "house", views.house_tab, "house_meters.pt"),
        (Account, "account", views.account_tab, "account_meters.pt"),
    ):
        config.add_office_view(
            view, context=context, name="meters", permission=Permission.METER_READ, renderer=TEMPLATES + template
        )
        config.add_office_view(
            meters.new, context=context, name="meter-new", permission=Permission.METER_WRITE, renderer=TEMPLATES + "work.pt"
        )
        config.add_mount(kind, "+meters", Meters)
    for wizard in (seals.BROKEN_SEAL, seals.MENDED):
        add_wizard(config, wizard, context=Account, permission=Permission.METER_WRITE)
    config.add_menu("office.house", "meters", _("Meters"), context=House, view="meters", order=50, icon="gauge")
    config.add_menu("office.account", "meters", _("Meters"), context=Account, view="meters", order=30, icon="gauge")
    config.add_office_view(meters.listing, context=Meters, permission=Permission.METER_READ)
    config.add_office_view(
        meters.card, context=MeterNode, permission=Permission.METER_READ, renderer=TEMPLATES + "meter.pt"
    )
    for name, permission in (
        ("reading", Permission.READING_WRITE), ("strike", Permission.READING_WRITE), ("verify", Permission.METER_WRITE),
        ("seal", Permission.METER_WRITE), ("replace", Permission.METER_WRITE), ("remove", Permission.METER_WRITE),
        ("correct", Permission.METER_WRITE),
    ):  # fmt: skip
        config.add_office_view(
            getattr(meters, name), context=MeterNode, name=name, permission=permission, renderer=TEMPLATES + "work.pt"
        )


def _entry(config: Configurator) -> None:
    for context in (House, Account):
        config.add_office_view(
            entry.house_list,
            context=context,
            name="readings",
            permission=Permission.READING_WRITE,
            renderer=TEMPLATES + "entry.pt",
        )
        config.add_office_view(
            entry.row, context=context, name="readings-row", permission=Permission.READING_WRITE, request_method="POST"
        )


def _desk(config: Configurator) -> None:
    config.add_mount("root", "+metering", MeteringDesk)
    config.add_office_view(
        reminders.verification,
        context=MeteringDesk,
        permission=Permission.METER_LIST,
        renderer=TEMPLATES + "verification.pt",
    )
    for name, view, template in (("notices", notices.notices, "notices.pt"), ("notices-order", notices.ordered, "notices_order.pt")):
        config.add_office_view(
            view, context=MeteringDesk, name=name, permission=Permission.METER_LIST, renderer=TEMPLATES + template
        )
    config.add_office_view(notices.download, context=MeteringDesk, name="notices-file", permission=Permission.METER_LIST)
    for name, view in (("notices-print", notices.order), ("notices-hand", notices.hand)):
        config.add_office_view(
            view, context=MeteringDesk, name=name, permission=Permission.NOTICE_OPEN, request_method="POST"
        )
    notice_jobs.register()
    config.add_menu(
        "office.main", "metering", _("Metering"), at="+metering", context=MeteringDesk, order=35, icon="gauge"
    )
    config.add_slot(
        "desktop",
        "verification",
        reminders.tile,
        permission=Permission.METER_LIST,
        title=_("Verification of meters"),
        renderer=TEMPLATES + "tile.pt",
    )
    config.add_mount("root", "+reading-files", ReadingFiles)
    config.add_office_view(
        files.listing, context=ReadingFiles, permission=Permission.READING_FILE_LIST, renderer=TEMPLATES + "files.pt"
    )
    config.add_office_view(
        files.upload,
        context=ReadingFiles,
        name="upload",
        permission=Permission.READING_FILE_OPEN,
        renderer=TEMPLATES + "upload.pt",
    )
    config.add_office_view(
        files.preview, context=ReadingFileNode, permission=Permission.READING_FILE_OPEN, renderer=TEMPLATES + "preview.pt"
    )
    config.add_office_view(
        files.load, context=ReadingFileNode, name="load", permission=Permission.READING_FILE_OPEN, request_method="POST"
    )
    for name, view in (("raw", files.raw), ("faults", files.faults)):
        config.add_office_view(view, context=ReadingFileNode, name=name, permission=Permission.READING_FILE_OPEN)
    config.add_office_view(
        files.progress_part, context=ReadingFileNode, name="progress", permission=Permission.READING_FILE_OPEN,
        renderer="startks_backoffice:work/templates/progress.pt",
    )
    file_jobs.register()
    config.add_task(FORGET, file_jobs.forget_dead, title=_("Say of files of readings whose work was cut off that it did not end"))
    config.add_periodic(FORGET, EVERY_SECONDS, FORGET)
