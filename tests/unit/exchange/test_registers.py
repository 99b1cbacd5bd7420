"""The registers as data: they fit the tables, nothing that the engine reads is left out, the page of the format is current."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

import startks
from startks.base.db import Base
from startks.base.errors import ConfigurationError
from startks.framework.exchange.town.catalogue import HOUSE
from startks.framework.exchange.town.columns import Column, Key
from startks.framework.exchange.town.documentation import page
from startks.framework.exchange.town.faults import FaultBook
from startks.framework.exchange.town.reading import LINE, RAW, type_rows
from startks.framework.exchange.town.registers import Register, in_order
from startks.framework.exchange.town.statements import STATEMENT
from startks.framework.exchange.town.words import METHODS
from startks.modules.billing import town as billing
from startks.modules.metering import town as metering
from startks.scripts.migrate import load_models

ROOT = Path(startks.__file__).resolve().parents[2]
REGISTERS = in_order((*HOUSE, *metering.REGISTERS, *billing.REGISTERS))
NOT_OF_A_TOWN = {
    "surname": "made from the persons for the search, by triggers",
    "account_binding": "cabinets belong to users, who are not moved with a town",
    "user_account": "users", "user_session": "users", "role_grant": "users", "sign_in_attempt": "users",
    "audit_event": "trail of this installation", "personal_data_access": "trail of this installation",
    "fact_change": "trail of this installation", "recalculation_mark": "work of this installation",
    "verification_notice": "what this installation has told people",
    "meter_event": "trail of this installation", "reading_change": "trail of this installation",
    "reading_file": "raw files of this installation", "import_batch": "raw files of this installation",
    "import_file": "raw files of this installation",
    "month_debt": "result of a month", "benefit_amount": "result of a month", "carry_pack": "result of a month", "house_balance": "result of a month", "house_rounding": "result of a month", "calculation_error": "result of a month",
    "reduction": "result of a month",
    "calculation_run": "result of a month", "house_calculation": "result of a month", "law_rule": "the engine's own register", "demo_state": "the demonstration", "demo_dirt": "the demonstration",
    "wizard_draft": "unfinished work of this installation",
    "saved_list": "a user's own views of lists in this installation",
    "month_table": "closing of a month", "period_seal": "closing of a month", "gate_check": "closing of a month",
    "gate_finding": "closing of a month", "gate_signature": "closing of a month",
    "rehearsal_group": "result of a month", "rehearsal_row": "result of a month",
    "licence_counter": "licence", "job": "background work", "job_chunk": "background work", "job_error": "background work",
    "outbox": "background work",
}  # fmt: skip
"""Tables without a file, each with the reason; a new table of facts gets its register or a reason here."""
NOT_CARRIED = {"recorded_at"}
"""Columns that say when this installation came to know a row."""
COLUMNS_NOT_OF_A_TOWN = {
    "statement": {
        "house_id", "rule_id", "volume", "tariff", "opening", "charge", "excess", "recalculation", "benefit", "penalty", "paid",
        "closing", "period",
    },
    "period": {
        "state", "opened_at", "calculated_at", "closed_at", "previous_hash", "hash", "rehearsed_at", "frozen_at", "closed_by",
        "totals",
    },
    "meter": {"house_id"}, "account": {"house_id"}, "premise": {"entrance_id"}, "payment": {"period"},
    "benefit_correction": {"house_id", "amount", "causes"}, "subsidy": {"decided_by"},
    "recalculation": {"house_id", "amount", "causes"}, "quality_act": {"house_id", "entrance_id"},
}  # fmt: skip
"""Columns that loading derives from others, or that are a month's result."""


@pytest.fixture(scope="module", autouse=True)
def models():
    load_models()
    import startks.modules.metering.models  # noqa: F401 - a module's models are known where the module is enabled


def test_every_table_has_its_file_or_a_reason():
    without = set(Base.metadata.tables) - {register.table for register in REGISTERS} - set(NOT_OF_A_TOWN)
    assert not without, f"tables without a file of the town's set: {sorted(without)}"


@pytest.mark.parametrize("register", REGISTERS, ids=lambda register: register.name)
def test_every_column_of_the_table_is_carried(register):
    table = Base.metadata.tables[register.table]
    stored = {column.stored_as for column in register.all_columns} | ({"valid"} if register.dated else set())
    derived = COLUMNS_NOT_OF_A_TOWN.get(register.table, set())
    identity = {"id"} if register.has_id else set()
    assert set(table.columns.keys()) - stored - derived - identity - NOT_CARRIED == set()


@pytest.mark.parametrize("register", (*REGISTERS, STATEMENT), ids=lambda register: register.name)
def test_the_examples_are_right(register):
    raw = pl.DataFrame(
        {LINE: [2], **{RAW + column.name: [column.example] for column in register.all_columns}},
        schema_overrides={LINE: pl.UInt32},
    )
    book = FaultBook()
    type_rows(raw, register, book)
    assert [fault.sentence() for fault in book] == []


def test_the_page_of_the_format_is_current():
    written = (ROOT / "docs" / "town-format.md").read_text(encoding="utf-8")
    assert written == page(REGISTERS), "run: startks import format > docs/town-format.md"


def test_methods_of_the_calculation_are_known_to_the_set():
    asked = set()
    for path in (ROOT / "src" / "startks" / "modules" / "billing" / "calculation").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for group in re.findall(r"methods=\(([^)]*)\)|METHODS = \(([^)]*)\)", text):
            asked |= set(re.findall(r'"([a-z_.]+)"', "".join(group)))
    assert asked and asked <= set(METHODS)


def test_registers_that_clash_or_refer_ahead_are_refused():
    one = Register(name="one", title="", meaning="", table="x", order=1, columns=())
    with pytest.raises(ConfigurationError, match="дважды"):
        in_order((one, one))
    ahead = Register(
        name="two", title="", meaning="", table="x", order=0, columns=(Column(name="a", kind=Key(), meaning="", example="1", ref="one"),)
    )
    with pytest.raises(ConfigurationError, match="которого нет перед ним"):
        in_order((one, ahead))
