"""Roles, scopes and acts as clerks say them."""

from __future__ import annotations

from startks.framework.i18n import _

ROLES = {
    "accountant": _("Accountant"),
    "administrator": _("Administrator"),
    "auditor": _("Auditor"),
    "call_centre": _("Call centre"),
    "cashier": _("Cashier"),
    "chief_accountant": _("Chief accountant"),
    "editor": _("Editor of the site"),
    "operator": _("Operator"),
    "passport_desk": _("Passport desk"),
    "resident": _("Resident"),
    "supplier": _("Supplier"),
}
SCOPES = {
    "all": _("Whole installation"),
    "municipality": _("Municipality"),
    "district": _("District"),
    "house": _("House"),
    "account": _("Personal account"),
    "organisation": _("Organisation"),
}
SUBJECTS = {
    "account": _("Personal account"),
    "person": _("Person"),
    "house": _("House"),
    "premise": _("Premise"),
    "user_account": _("User"),
    "user_session": _("Session"),
    "period": _("Month"),
    "import_batch": _("Import"),
}
"""What an act was done to."""
ACTS = {
    "period:month:calculate": _("Calculation of the month started"),
    "period:month:open": _("Month opened for work"),
    "period:month:rehearse": _("Rehearsal of the month started"),
    "period:month:close": _("Month closed"),
    "period:gate:sign": _("Check before closing signed"),
    "account:card:archive": _("Account sent to the archive"),
    "account:card:close": _("Account closed"),
    "account:card:merge": _("Accounts merged"),
    "account:card:open": _("Account opened"),
    "account:card:split": _("Account split"),
    "account:card:transfer": _("Account transferred"),
    "facts:account_holder:change": _("Holder of an account changed"),
    "facts:account_holder:close": _("Holder of an account ended"),
    "facts:bank_details:change": _("Settlement account changed"),
    "facts:norm:change": _("Norm changed"),
    "facts:parameter:change": _("Figure of the law changed"),
    "facts:person:record": _("Data of a person entered or corrected"),
    "facts:residence:change": _("Resident registered"),
    "facts:residence:close": _("Departure of a resident registered"),
    "facts:tariff:change": _("Tariff changed"),
    "jobs:job:stop": _("Job stopped"),
    "billing:receipts:print": _("Receipts of the house printed"),
    "period:house:calculate": _("House calculated again"),
    "administration:grant:create": _("Role granted"),
    "administration:grant:revoke": _("Role revoked"),
    "administration:user:create": _("User created"),
    "administration:user:disable": _("User disabled"),
    "administration:user:enable": _("User enabled"),
    "administration:user:reset_password": _("Password reset"),
    "cabinet:account:bind": _("Account bound to a cabinet"),
    "exchange:town:check": _("Town handed in to be checked"),
    "exchange:town:load": _("Loading of a town started"),
    "session:own:end": _("Own session ended"),
    "session:own:end_all": _("All own sessions ended"),
    "session:password:change": _("Own password changed"),
    "session:register:success": _("Resident registered"),
    "session:sign_in:success": _("Signed in"),
    "session:sign_out:done": _("Signed out"),
}
"""Acts of the kernel; those of modules are shown by their code until they are named here."""
DETAILS = {
    "period": _("month"),
    "login": _("login"),
    "role": _("role"),
    "grant": _("grant no."),
    "scope": _("territory"),
    "scope_kind": _("territory"),
    "scope_id": _("territory no."),
    "user": _("user no."),
    "method": _("way"),
    "reason": _("reason"),
    "document": _("document"),
    "before": _("before"),
    "after": _("after"),
    "field": _("field"),
    "from": _("since"),
    "to": _("until"),
    "since": _("since"),
    "until": _("until"),
    "valid_from": _("since"),
    "valid_to": _("until"),
    "job": _("job"),
    "hash": _("hash"),
    "accounts": _("Accounts"),
    "lines": _("Lines of bills"),
    "opening": _("Owed at the beginning"),
    "charge": _("Charged"),
    "recalculation": _("Recalculation"),
    "benefit": _("Benefits"),
    "penalty": _("Penalty"),
    "paid": _("Paid"),
    "closing": _("Owed at the end"),
    "file": _("file"),
}
"""What stands in the details of an act."""
KOPECKS = ("opening", "charge", "recalculation", "benefit", "penalty", "paid", "closing")
"""Details that are sums of money."""
WAYS = {"office": _("in the office"), "bill": _("by the bill")}
"""How an account was bound to a cabinet."""
