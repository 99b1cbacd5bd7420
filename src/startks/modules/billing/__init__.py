"""Billing: the month's charges, the bill, its explanation and its printed form."""


def includeme(config) -> None:
    """Offer charges and balances, do the jobs of a month, add the pages of both faces."""
    from startks.base.contracts import Balances, Charges, Payments
    from startks.modules.billing import services, tasks, town

    tasks.register()
    config.add_task("billing_month", tasks.start_month, title="Расчёт месяца")
    config.add_task("billing_receipts", tasks.start_receipts, title="Печать платёжных документов", writes=False)
    config.provide(Charges, services.StatementCharges)
    config.provide(Balances, services.StatementBalances)
    config.provide(Payments, services.ReceivedPayments)
    config.include(".reports")
    for register in town.REGISTERS:
        config.add_town_register(register)
    config.include(".portal")
    config.include(".office")
