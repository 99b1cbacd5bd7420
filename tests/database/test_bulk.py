"""The bulk door: what goes in by COPY comes out the same, at the widths of the columns."""

import datetime as dt
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, MetaData, SmallInteger, Table, text

from startks.base.db.bulk import copy_frame, copy_records, read_arrow

pytestmark = pytest.mark.integration

TABLE = Table(
    "bulk_sample",
    MetaData(),
    Column("small", SmallInteger),
    Column("middle", Integer),
    Column("large", BigInteger),
    Column("day", Date),
    Column("flag", Boolean),
)


@pytest.fixture
def table(session):
    session.execute(text("CREATE TEMP TABLE bulk_sample (small int2, middle int4, large int8, day date, flag bool)"))
    return TABLE


def _records(count):
    records = np.zeros(count, [("small", "i8"), ("middle", "i4"), ("large", "i8"), ("day", "M8[D]"), ("flag", "?")])
    records["small"] = np.arange(count) % 100 - 50
    records["middle"] = -np.arange(count)
    records["large"] = np.arange(count) * 10**12
    records["day"] = np.datetime64("1999-12-30") + np.arange(count)
    records["flag"] = np.arange(count) % 2 == 1
    return records


def test_records_survive_the_round_trip_over_several_blocks(session, table):
    assert copy_records(session, table, _records(1000), block_rows=300) == 1000
    rows = session.execute(text("SELECT * FROM bulk_sample ORDER BY large")).all()
    assert len(rows) == 1000
    assert rows[0] == (-50, 0, 0, dt.date(1999, 12, 30), False)
    assert rows[999] == (49, -999, 999 * 10**12, dt.date(1999, 12, 30) + dt.timedelta(999), True)


def test_a_value_too_large_for_the_column_is_refused_and_nothing_is_written(session, table):
    records = _records(3)
    records["small"][1] = 40_000
    with pytest.raises(OverflowError, match="small"), session.begin_nested():
        copy_records(session, table, records)
    assert session.scalar(text("SELECT count(*) FROM bulk_sample")) == 0


def test_an_empty_date_is_refused(session, table):
    records = _records(2)
    records["day"][0] = np.datetime64("NaT")
    with pytest.raises(ValueError, match="day"), session.begin_nested():
        copy_records(session, table, records)


def test_no_rows_are_no_error(session, table):
    assert copy_records(session, table, _records(0)) == 0


def test_a_plain_connection_keeps_what_was_copied_after_its_commit(fresh_database):
    from startks.base.db.session import make_engine

    engine = make_engine(fresh_database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bulk_kept (value int8)"))
    with engine.connect() as connection:
        copy_records(connection, "bulk_kept", np.array([(1,), (2,)], [("value", "i8")]))
        connection.commit()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT sum(value) FROM bulk_kept")) == 3
    engine.dispose()


def test_frames_keep_the_difference_between_null_and_empty(session):
    session.execute(text("CREATE TEMP TABLE bulk_frame (name text, area numeric(12,2), born date, ok bool, n int8)"))
    names = ["", None, 'кавычка " и, запятая', "строка\nвторая", "\\N", "NULL", "\\."]
    frame = pl.DataFrame(
        {
            "name": names,
            "area": [Decimal("12.30"), None, Decimal("0.01"), Decimal("1.00"), None, None, None],
            "born": [dt.date(2020, 1, 2), *[None] * 6],
            "ok": [True, False, None, True, True, True, True],
            "n": list(range(7)),
        },
        schema_overrides={"area": pl.Decimal(12, 2)},
    )
    assert copy_frame(session, "bulk_frame", frame, block_rows=2) == 7
    rows = session.execute(text("SELECT * FROM bulk_frame ORDER BY n")).all()
    assert [row.name for row in rows] == names
    assert rows[0] == ("", Decimal("12.30"), dt.date(2020, 1, 2), True, 0)
    assert rows[1][:4] == (None, None, None, False)


def test_frames_with_floats_are_refused(session):
    with pytest.raises(TypeError, match="area"):
        copy_frame(session, "whatever", pl.DataFrame({"area": [1.5]}))


def test_arrow_reads_scaled_integers(database_url):
    frame = read_arrow(database_url, "SELECT g AS id, (g * 1.25 * 100)::int8 AS area FROM generate_series(1, 3) g")
    assert frame["area"].to_list() == [125, 250, 375]
    assert read_arrow(database_url, "SELECT 1 AS id WHERE false").height == 0
