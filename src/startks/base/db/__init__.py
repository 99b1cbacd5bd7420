"""Data base plumbing: metadata and types (:mod:`.base`), sessions, bulk reading and writing."""

from startks.base.db.base import (  # noqa: F401
    Area,
    Base,
    BigKey,
    Key,
    Kopecks,
    Micro,
    PeriodId,
    Rate,
    SmallKey,
    Stamp,
    Valid,
    metadata,
)
