"""Billing: the month's charges, the bill, its explanation and its printed form."""


def includeme(config) -> None:
    """Offer charges and balances, do the jobs of a month, add the pages of both faces."""
    from startks.base.contracts import Balances, Charges, Payments
    from startks.base.events import OutageEnded
    from startks.modules.billing import outages, services, tasks, town
    from startks.modules.billing.rehearsal import closing, whatif
    from startks.modules.billing.rehearsal import tasks as rehearsal_tasks
    from startks.modules.billing.replay import tasks as replay_tasks

    tasks.register()
    rehearsal_tasks.register()
    closing.register()
    whatif.register()
    replay_tasks.register()
    outages.register()
    config.add_event_subscriber(OutageEnded, outages.outage_ended)
    config.add_task("billing_month", tasks.start_month, title="Расчёт месяца")
    config.add_task("billing_rehearsal", rehearsal_tasks.start_rehearsal, title="Репетиция месяца")
    config.add_task("billing_replay", replay_tasks.start_replay, title="Перерасчёт закрытых месяцев")
    config.add_task("billing_closing", closing.start_closing, title="Закрытие месяца")
    config.add_task("billing_whatif", whatif.start_whatif, title="Что если", writes=False)
    config.add_task("billing_receipts", tasks.start_receipts, title="Печать платёжных документов", writes=False)
    config.provide(Charges, services.StatementCharges)
    config.provide(Balances, services.StatementBalances)
    config.provide(Payments, services.ReceivedPayments)
    config.include(".reports")
    config.include(".social_files")
    for register in town.REGISTERS:
        config.add_town_register(register)
    config.include(".portal")
    config.include(".office")
