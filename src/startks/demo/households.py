"""Who owns, who rents, who lives: persons, holders of accounts and residents by day for one batch of accounts.

People stand in the order of their accounts: first those registered, then temporary residents, then owners who live
elsewhere. Everything is drawn as columns; a family is told by its account and the place in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from sqlalchemy import Connection

from startks.demo.data import load
from startks.demo.identifiers import snils
from startks.demo.loading import day_range, put
from startks.demo.names import Names

MEAN_BY_ROOMS = np.array([1.2, 1.6, 2.1, 2.8, 3.4])
LARGEST_FAMILY = 7
HEAD, SPOUSE, CHILD, PARENT, OTHER, OUTSIDE = range(6)
RELATIONS = np.array(["holder", "spouse", "child", "parent", "other", "other"], dtype=object)
SINGLE, SHARED, TENANT, LEGAL = range(4)
DEATH_BY_AGE = ((60, 0.022), (70, 0.055), (80, 0.13))
"""Share of people from this age on who die in the fourteen months."""
DAY = np.timedelta64(1, "D")
TABLES = ("person", "account_holder", "residence")


@dataclass(frozen=True)
class Window:
    """The days of the seeded history: ``[start, end)`` and today."""

    start: np.datetime64
    end: np.datetime64
    today: np.datetime64

    @property
    def days(self) -> int:
        """Length in days."""
        return int((self.end - self.start) / DAY)


@dataclass(frozen=True)
class Lives:
    """When accounts begin (``since``) and end (``until``, half-open) inside the history; NaT: before it, not at all."""

    since: np.ndarray
    until: np.ndarray

    @classmethod
    def whole(cls, count: int) -> Lives:
        """So many accounts that are there all the time."""
        return cls(*(np.full(count, np.datetime64("NaT"), dtype="datetime64[D]") for _ in range(2)))

    def lived(self, days: np.ndarray) -> np.ndarray:
        """Return [account, month]: is the account there on a day of the month; ``days``: first days, one more at the end."""
        begun = np.isnat(self.since)[:, None] | (self.since[:, None] < days[1:])
        going = np.isnat(self.until)[:, None] | (self.until[:, None] > days[:-1])
        return begun & going

    def bound(self, rows: np.ndarray, since: np.ndarray, until: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cut the days of facts (``rows``: their accounts) to the lives of the accounts."""
        begin, end = self.since[rows], self.until[rows]
        return np.fmax(since, begin), np.fmin(until, end)


def facts() -> dict:
    """Values of ``households.json`` by key."""
    return {row["key"]: row["value"] for row in load("households")["facts"]}


class Households:
    """Draws the people of batch after batch; keeps the next free ids."""

    def __init__(self, window: Window, businesses: np.ndarray, names: Names) -> None:
        self.window, self.businesses, self.names = window, businesses, names
        self.next_person = self.next_holder = self.next_residence = 1
        self.facts = facts()

    def settle(
        self,
        connection: Connection,
        random: np.random.Generator,
        account: np.ndarray,
        rooms: np.ndarray,
        shop: np.ndarray,
        private: np.ndarray,
        empty: np.ndarray,
        doubled: np.ndarray,
        lives: Lives,
    ) -> np.ndarray:
        """Write the people of a batch; return the number of residents registered at each account.

        ``shop`` accounts belong to businesses, ``empty`` ones (dirt) to nobody, ``doubled`` ones (dirt) have a person
        twice in the register. Nobody holds or lives in a flat outside the account's ``lives``.
        """
        count = len(account)
        right = self._rights(random, count, private)
        registered = 1 + random.poisson(np.maximum(MEAN_BY_ROOMS[np.minimum(rooms, 4)] - 0.95, 0.1))
        registered[random.random(count) < self.facts["registered_per_account"]["0"]] = 0
        registered = np.minimum(registered, LARGEST_FAMILY)
        registered[shop | empty] = 0
        temporary = np.where(random.random(count) < self.facts["temporary_residents"], 1, 0)
        temporary[shop | empty] = 0
        owners = np.where(right == SHARED, 2 + (random.random(count) < 0.28) + (random.random(count) < 0.08), 1)
        owners[(right == LEGAL) | shop | empty] = 0
        outside = np.maximum(owners - registered, 0)
        changed = (random.random(count) < self.facts["seniority_of_owner_change"] / 1000 * self.window.days / 365) & (
            (right == SINGLE) & (owners > 0)
        )
        # The new owner of a flat is one of the family or a stranger.
        stranger = changed & ((registered < 2) | (random.random(count) < 0.5))
        outside = outside + stranger
        people = self._people(random, registered, temporary, outside, doubled & (registered > 0))
        ids = self.next_person + np.arange(len(people["account"]))
        self.next_person += len(ids)
        self._put_persons(connection, random, ids, people)
        holders = self._holders(random, account, right, owners, registered, temporary, changed, stranger, shop, empty, people, ids, lives)
        put(connection, "account_holder", holders, True)
        residences = self._residences(random, account, people, ids, lives)
        put(connection, "residence", residences, True)
        return registered

    def _rights(self, random: np.random.Generator, count: int, private: np.ndarray) -> np.ndarray:
        shares = self.facts["ownership"]
        bounds = np.cumsum([
            shares["owner_single"], shares["owners_shared"],
            shares["municipal_tenant"] + shares["commercial_or_service_rent_contract"],
        ])
        right = np.searchsorted(bounds, random.random(count), side="right").astype(np.int8)
        right[private & (right > SHARED)] = SINGLE
        return right

    # -- people -----------------------------------------------------------------------------------------------------

    def _people(self, random, registered, temporary, outside, doubled) -> dict[str, np.ndarray]:
        sizes = registered + temporary + outside + doubled
        accounts = np.repeat(np.arange(len(sizes)), sizes)
        start = np.cumsum(sizes) - sizes
        place = np.arange(len(accounts)) - start[accounts]
        family = registered[accounts]
        role = np.full(len(accounts), OTHER, dtype=np.int8)
        in_family = place < family
        role[in_family & (place == 0)] = HEAD
        chance = random.random(len(accounts))
        second = in_family & (place == 1)
        role[second] = np.where(chance[second] < np.where(family[second] == 2, 0.62, 0.80), SPOUSE, CHILD)
        later = in_family & (place > 1)
        role[later] = np.where(chance[later] < 0.88, CHILD, PARENT)
        role[place >= family + temporary[accounts]] = OUTSIDE
        sex, age = self._ages(random, accounts, start, family, role)
        birth = self.window.today - np.round(age * 365.25).astype(np.int64) * DAY - random.integers(0, 365, len(age)) * DAY
        last, first, father = self._names(random, accounts, start, role, sex, birth)
        people = {
            "account": accounts, "place": place, "role": role, "sex": sex, "birth": birth, "last": last, "first": first,
            "father": father, "registered": in_family, "start": start,
            "temporary": (place >= family) & (place < family + temporary[accounts]),
        }
        # The same person entered twice, as real registers have: the last place repeats the first.
        twice = np.flatnonzero(doubled)
        target, source = start[twice] + sizes[twice] - 1, start[twice]
        for name in ("sex", "birth", "last", "first", "father"):
            people[name][target] = people[name][source]
        people["double"] = np.zeros(len(accounts), dtype=bool)
        people["double"][target] = True
        people["twin"] = np.full(len(sizes), -1)
        people["twin"][twice] = target
        return people

    def _ages(self, random, accounts, start, family, role) -> tuple[np.ndarray, np.ndarray]:
        size = len(accounts)
        group = random.random(size)
        alone = np.where(group < 0.30, random.uniform(20, 40, size), np.where(
            group < 0.58, random.uniform(40, 62, size), random.uniform(62, 90, size)))
        pair = np.where(group < 0.5, random.uniform(24, 52, size), random.uniform(52, 84, size))
        many = random.uniform(28, 58, size)
        head = np.where(family <= 1, alone, np.where(family == 2, pair, many))
        woman = random.random(size) < np.where((family <= 1) & (head > 55), 0.74, 0.5)
        sex = woman.astype(np.int8)
        first = start[accounts]
        head_age, head_sex = head[first], sex[first]
        age = head.copy()
        spouse, child, parent = role == SPOUSE, role == CHILD, role == PARENT
        age[spouse] = np.clip(head_age[spouse] + random.normal(0, 3, spouse.sum()), 19, 92)
        sex[spouse] = 1 - head_sex[spouse]
        oldest = np.minimum(38, head_age[child])  # the youngest parents have no child of an older mother
        age[child] = np.maximum(head_age[child] - random.uniform(np.minimum(20, oldest), oldest), 0.05)
        age[parent] = np.minimum(head_age[parent] + random.uniform(22, 31, parent.sum()), 94)
        sex[parent] = random.random(parent.sum()) < 0.75
        return sex, age

    def _names(self, random, accounts, start, role, sex, birth) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        size = len(accounts)
        year = birth.astype("datetime64[Y]").astype(np.int64) + 1970
        first = self.names.draw_first(random, sex, year)
        last = self.names.draw_surnames(random, size)
        head = start[accounts]
        relative = np.isin(role, (SPOUSE, CHILD, PARENT)) & (random.random(size) < 0.9)
        last[relative] = last[head[relative]]
        father = self.names.draw_fathers(random, year)
        # Children bear the name of the man of the house.
        man = np.full(size, -1)
        men = (np.isin(role, (HEAD, SPOUSE))) & (sex == 0)
        man[head[men]] = first[men]
        child = (role == CHILD) & (man[head] >= 0) & (random.random(size) < 0.9)
        father[child] = man[head[child]]
        return last, first, father

    def _put_persons(self, connection, random, ids, people) -> None:
        size = len(ids)
        sex = people["sex"]
        last, first, middle = self.names.words(sex, people["last"], people["first"], people["father"])
        number = 900_000_000 + ids % 99_000_000
        adult = people["birth"] < self.window.today - 18 * 365 * DAY
        frame = pl.DataFrame({
            "id": ids, "last_name": pl.Series(last.tolist(), dtype=pl.String),
            "first_name": pl.Series(first.tolist(), dtype=pl.String),
            "middle_name": pl.Series(middle.tolist(), dtype=pl.String), "birth_date": people["birth"],
            "sex": pl.Series(np.where(sex == 1, "f", "m").tolist(), dtype=pl.String),
            "number": number, "control": snils(number), "has_snils": (random.random(size) < 0.8) & ~people["double"],
            "has_phone": adult & (random.random(size) < 0.7), "has_mail": adult & (random.random(size) < 0.35),
            "phone": random.integers(0, 10_000_000, size),
        })
        digits = pl.col("number").cast(pl.String)
        put(connection, "person", frame.select(
            "id", "last_name", "first_name", "middle_name", "birth_date", "sex",
            pl.when("has_snils").then(pl.format(
                "{}-{}-{} {}", digits.str.slice(0, 3), digits.str.slice(3, 3), digits.str.slice(6, 3),
                pl.col("control").cast(pl.String).str.zfill(2),
            )).alias("snils"),
            pl.when("has_phone").then(pl.format("+7000{}", pl.col("phone").cast(pl.String).str.zfill(7))).alias("phone"),
            pl.when("has_mail").then(pl.format("resident{}@example.org", "id")).alias("email"),
        ), True)

    # -- rights -----------------------------------------------------------------------------------------------------

    def _holders(
        self, random, account, right, owners, registered, temporary, changed, stranger, shop, empty, people, ids, lives
    ) -> pl.DataFrame:
        start = people["start"]
        count = len(account)
        since = self._long_ago(random, count)
        rows = np.repeat(np.arange(count), owners)
        order = np.arange(len(rows)) - (np.cumsum(owners) - owners)[rows]
        # Owners beyond the family stand behind its temporary residents.
        place = np.where(order < registered[rows], order, order + temporary[rows])
        person = ids[start[rows] + place]
        # Of the two records of one person the second owns the flat, the first lives in it.
        twin = (order == 0) & (people["twin"][rows] >= 0)
        person[twin] = ids[people["twin"][rows[twin]]]
        end = np.full(len(rows), np.datetime64("NaT"), dtype="datetime64[D]")
        sale = self.window.start + random.integers(20, self.window.days, count) * DAY
        end[changed[rows]] = sale[rows][changed[rows]]
        begin, end = lives.bound(rows, since[rows], end)
        extra = np.flatnonzero(changed)
        successor = np.where(stranger[extra], registered[extra] + temporary[extra] + np.maximum(1 - registered[extra], 0), 1)
        shares = np.maximum(owners, 1)
        business = np.flatnonzero((shop | (right == LEGAL)) & ~empty)
        never = np.datetime64("NaT")
        business_since, business_until = lives.bound(business, since[business], never)
        extra_since, extra_until = lives.bound(extra, sale[extra], never)
        organisation = self.businesses[random.integers(0, len(self.businesses), len(business))]
        parts = [
            pl.DataFrame({
                "account": rows, "person_id": person, "organisation_id": np.zeros(len(rows), dtype=np.int64),
                "tenant": right[rows] == TENANT, "payer": order == 0, "share_whole": shares[rows],
                "since": begin, "until": end,
            }),
            pl.DataFrame({
                "account": extra, "person_id": ids[start[extra] + successor],
                "organisation_id": np.zeros(len(extra), dtype=np.int64), "tenant": np.zeros(len(extra), dtype=bool),
                "payer": np.ones(len(extra), dtype=bool), "share_whole": np.ones(len(extra), dtype=np.int64),
                "since": extra_since, "until": extra_until,
            }),
            pl.DataFrame({
                "account": business, "person_id": np.zeros(len(business), dtype=np.int64), "organisation_id": organisation,
                "tenant": np.zeros(len(business), dtype=bool), "payer": np.ones(len(business), dtype=bool),
                "share_whole": np.ones(len(business), dtype=np.int64), "since": business_since,
                "until": business_until,
            }),
        ]
        whole = pl.concat(parts).filter(pl.col("until").is_null() | (pl.col("until") > pl.col("since")))
        frame = whole.sort("account", "since", "person_id", maintain_order=True)
        first = self.next_holder
        self.next_holder += frame.height
        return frame.with_columns(
            pl.int_range(first, first + pl.len()).alias("id"), pl.Series("account_id", account[frame["account"].to_numpy()])
        ).select(
            "id", "account_id", pl.when(pl.col("person_id") > 0).then("person_id").alias("person_id"),
            pl.when(pl.col("organisation_id") > 0).then("organisation_id").alias("organisation_id"),
            pl.when("tenant").then(pl.lit("tenant")).otherwise(pl.lit("owner")).alias("tenure"), "payer",
            pl.when("tenant").then(1).otherwise("share_whole").alias("share_whole"),
            day_range(pl.col("since"), pl.col("until")).alias("valid"),
            pl.when("tenant").then(pl.lit("Договор социального найма")).otherwise(pl.lit("Выписка из ЕГРН")).alias("document"),
        )

    def _long_ago(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Days on which families came: mostly years before the history begins."""
        days = (11_000 * random.random(count) ** 1.7).astype(np.int64) + 60
        return self.window.start - days * DAY

    # -- residents --------------------------------------------------------------------------------------------------

    def _residences(self, random, account, people, ids, lives) -> pl.DataFrame:
        size = len(ids)
        moved = self._long_ago(random, len(account))[people["account"]]
        since = np.maximum(moved, people["birth"])
        never = np.datetime64("NaT")
        until = np.full(size, never, dtype="datetime64[D]")
        permanent = people["registered"]
        inside = self.window.start + random.integers(1, self.window.days - 10, size) * DAY
        rates = self.facts["moves"]
        scale = self.window.days / 365 / 1000
        chance = random.random(size)
        arrived = permanent & (people["place"] > 0) & (people["birth"] < self.window.start) & (
            chance < rates["arrivals"] * scale * 1.6)
        since[arrived] = inside[arrived]
        left = permanent & ~arrived & (people["place"] > 0) & (chance > 1 - rates["departures"] * scale * 1.6)
        until[left] = np.maximum(inside, since + DAY)[left]
        age = (self.window.today - people["birth"]) / DAY / 365.25
        death = np.zeros(size)
        for years, share in DEATH_BY_AGE:
            death[age >= years] = share
        died = permanent & ~left & ~arrived & (random.random(size) < death)
        until[died] = np.maximum(inside, since + DAY)[died]
        temporary = people["temporary"]
        begin = self.window.start + random.integers(-120, self.window.days - 90, size) * DAY
        since[temporary] = begin[temporary]
        until[temporary] = (begin + random.integers(60, 300, size) * DAY)[temporary]
        since, until = lives.bound(people["account"], since, until)
        chosen = np.flatnonzero((permanent | temporary) & (np.isnat(until) | (until > since)))
        first = self.next_residence
        self.next_residence += len(chosen)
        document = np.select(
            [died, left, arrived, temporary, people["birth"] >= self.window.start],
            ["Запись акта о смерти", "Снят с учёта: выбыл", "Заявление, форма 6", "Свидетельство, форма 3",
             "Свидетельство о рождении"],
            default="Карточка регистрации, форма 9",
        )
        return pl.DataFrame({
            "id": first + np.arange(len(chosen)), "account_id": account[people["account"][chosen]],
            "person_id": ids[chosen],
            "kind": pl.Series(np.where(temporary[chosen], "temporary", "permanent").tolist(), dtype=pl.String),
            "relation": pl.Series(RELATIONS[people["role"][chosen]].tolist(), dtype=pl.String),
            "since": since[chosen], "until": until[chosen],
            "document": pl.Series(document[chosen].tolist(), dtype=pl.String),
        }).with_columns(day_range(pl.col("since"), pl.col("until")).alias("valid")).drop("since", "until")
