"""What billing adds to the office: the bill of an account, the month of a house, running the month."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account, House
from startks.modules.billing.office import account, house, life, month, replay, whatif
from startks.modules.billing.office.month import MonthDesk

TEMPLATES = "startks.modules.billing.office:templates/"


def includeme(config: Configurator) -> None:
    """Register tabs, pages and menu lines."""
    _account(config)
    _house(config)
    _month(config)


def _account(config: Configurator) -> None:
    for name, view, permission, template in (
        ("bill", account.bill, Permission.ACCOUNT_BILL_READ, "account_bill.pt"),
        ("explain", account.explain, Permission.ACCOUNT_EXPLANATION_READ, "account_explanation.pt"),
        ("payments", account.payments, Permission.ACCOUNT_BILL_READ, "account_payments.pt"),
    ):
        config.add_office_view(view, context=Account, name=name, permission=permission, renderer=TEMPLATES + template)
    config.add_office_view(
        account.explain,
        context=Account,
        name="what-if",
        permission=Permission.ACCOUNT_EXPLANATION_READ,
        renderer="startks.modules.billing:portal/templates/what_if_answer.pt",
    )
    config.add_office_view(
        account.receipt, context=Account, name="receipt-pdf", permission=Permission.ACCOUNT_BILL_READ, request_method="GET"
    )
    config.add_menu("office.account", "bill", _("Bill"), context=Account, view="bill", order=20, icon="receipt")
    config.add_menu(
        "office.account", "payments", _("Payments"), context=Account, view="payments", order=40, icon="coins"
    )


def _house(config: Configurator) -> None:
    config.add_office_view(
        house.month,
        context=House,
        name="month",
        permission=Permission.LEDGER_STATEMENT_READ,
        renderer=TEMPLATES + "house_month.pt",
    )
    config.add_menu(
        "office.house", "month", _("Month of the house"), context=House, view="month", order=60, icon="scale"
    )
    config.add_office_view(
        house.calculate,
        context=House,
        name="calculate",
        permission=Permission.PERIOD_MONTH_CALCULATE,
        request_method="POST",
    )
    # printing is never refused by a licence, so this POST says that it does not write
    config.add_office_view(
        house.receipts,
        context=House,
        name="receipts",
        permission=Permission.OFFICE_DESKTOP_OPEN,
        request_method="POST",
        writes=False,
    )
    config.add_office_view(
        house.receipts_file,
        context=House,
        name="receipts-file",
        permission=Permission.ACCOUNT_BILL_READ,
    )


def _month(config: Configurator) -> None:
    config.add_mount("root", "+month", MonthDesk)
    for name, view, template in (("", month.desk, "month.pt"), ("errors", month.errors, "month_errors.pt")):
        config.add_office_view(
            view, context=MonthDesk, name=name, permission=Permission.PERIOD_MONTH_READ, renderer=TEMPLATES + template
        )
    config.add_office_view(
        month.start,
        context=MonthDesk,
        name="start",
        permission=Permission.PERIOD_MONTH_CALCULATE,
        request_method="POST",
    )
    for name, view, permission, template in (
        ("group", life.group, Permission.PERIOD_MONTH_READ, "month_group.pt"),
        ("gate", life.gate_page, Permission.PERIOD_MONTH_READ, "month_gate.pt"),
        ("findings", life.findings, Permission.PERIOD_MONTH_READ, "month_findings.pt"),
        ("history", life.history, Permission.PERIOD_MONTH_READ, "month_history.pt"),
        ("sign", life.sign, Permission.PERIOD_MONTH_CLOSE, "month_sign.pt"),
        ("close", life.close, Permission.PERIOD_MONTH_CLOSE, "month_close.pt"),
        ("replay", replay.desk, Permission.PERIOD_MONTH_READ, "month_replay.pt"),
        ("whatif", whatif.ask, Permission.PERIOD_MONTH_CALCULATE, "month_whatif.pt"),
        ("whatif-answer", whatif.answer, Permission.PERIOD_MONTH_CALCULATE, "month_whatif_answer.pt"),
    ):
        config.add_office_view(
            view, context=MonthDesk, name=name, permission=permission, renderer=TEMPLATES + template
        )
    config.add_office_view(
        replay.start,
        context=MonthDesk,
        name="replay-start",
        permission=Permission.PERIOD_MONTH_CALCULATE,
        request_method="POST",
    )
    config.add_office_view(
        life.rehearse,
        context=MonthDesk,
        name="rehearse",
        permission=Permission.PERIOD_MONTH_CALCULATE,
        request_method="POST",
    )
    config.add_menu(
        "office.main", "month", _("Run the month"), at="+month", context=MonthDesk, order=30, icon="calculator"
    )
