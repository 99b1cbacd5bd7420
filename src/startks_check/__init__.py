"""The second calculator: a month's lines from the facts in plain Decimal, to be laid beside what the engine wrote.

Written from the rule book by another hand. It imports nothing of ``startks``, not even helpers: what both would share,
neither could check. It is slow on purpose: one account, one service, one formula after another.
"""
