"""Benefits on the house that is calculated by hand: categories, terms, rights by plain inserts."""

from __future__ import annotations

from sqlalchemy import text

from tests.factories.small_house import ALWAYS, SERVICE

STANDARDS = {"area_standard.1": 33, "area_standard.2": 21, "area_standard.3": 18}


class Support:
    """Short inserts for an environment of :func:`tests.factories.month_life.small_house`."""

    def __init__(self, env) -> None:
        self.env = env
        for code, value in STANDARDS.items():
            self("INSERT INTO parameter (code, value, valid, act_id) VALUES (:code, :value, :always, 1)",
                 code=code, value=value, always=ALWAYS)

    def __call__(self, statement: str, **values):
        with self.env.engine.begin() as connection:
            return connection.execute(text(statement), values)

    def one(self, statement: str, **values):
        """One value."""
        with self.env.engine.connect() as connection:
            return connection.scalar(text(statement), values)

    def category(self, code: str, terms: dict[str, tuple], *, covers="holder", form="discount", tenure=None, since=ALWAYS) -> int:
        """A category with ``{service: (percent, bound)}``; return its id."""
        category = self.one("SELECT id FROM benefit_category WHERE code = :code", code=code)
        if category is None:
            self("INSERT INTO benefit_category (code, title, act_id, paragraph) VALUES (:code, :title, 1, 'статья 17')",
                 code=code, title=f"Категория {code}")
            category = self.one("SELECT id FROM benefit_category WHERE code = :code", code=code)
        for service, (percent, bound) in terms.items():
            self("INSERT INTO benefit_term (category_id, service_id, percent, covers, bound, form, tenure, valid, act_id)"
                 " VALUES (:category, :service, :percent, :covers, :bound, :form, :tenure, :valid, 1)",
                 category=category, service=SERVICE[service], percent=percent, covers=covers, bound=bound, form=form,
                 tenure=tenure, valid=since)
        return category

    def right(self, person: int, category: int, account: int, valid: str = ALWAYS) -> None:
        """A person's right at an account."""
        self("INSERT INTO benefit_right (person_id, category_id, account_id, document, valid)"
             " VALUES (:person, :category, :account, 'Удостоверение № 1', :valid)",
             person=person, category=category, account=account, valid=valid)

    def resident(self, account: int, valid: str = ALWAYS) -> int:
        """Somebody more lives at an account; return his id."""
        self("INSERT INTO person (last_name, first_name) VALUES ('Жилец', 'Ещё')")
        person = self.one("SELECT max(id) FROM person")
        self("INSERT INTO residence (account_id, person_id, valid) VALUES (:account, :person, :valid)",
             account=account, person=person, valid=valid)
        return person

    def tariff(self, service: str, value: str) -> None:
        """Another price of a service."""
        self("UPDATE tariff SET value = :value WHERE service_id = :service", value=value, service=SERVICE[service])

    def area(self, premise: int, value: str) -> None:
        """Another area of a flat."""
        self("UPDATE premise_area SET total_area = :value WHERE premise_id = :premise", value=value, premise=premise)

    def lines(self, account: int, period: int = 202610) -> dict[str, tuple[int, int]]:
        """Charge and benefit of each line, kopecks."""
        with self.env.engine.connect() as connection:
            return {row.code: (row.charge, row.benefit) for row in connection.execute(
                text("""SELECT s.code, z.charge, z.benefit, z.closing FROM statement z JOIN service s ON s.id = z.service_id
                         WHERE z.period = :period AND z.account_id = :account"""), {"period": period, "account": account})}

    def amounts(self, account: int, period: int = 202610) -> dict[tuple[str, int], int]:
        """What each right gave, by service and category."""
        with self.env.engine.connect() as connection:
            return {(row.code, row.category_id): row.amount for row in connection.execute(
                text("""SELECT s.code, b.category_id, sum(b.amount)::int8 AS amount FROM benefit_amount b
                          JOIN service s ON s.id = b.service_id
                         WHERE b.period = :period AND b.account_id = :account GROUP BY 1, 2"""),
                {"period": period, "account": account})}
