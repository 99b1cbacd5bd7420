"""What the pages of metering ask for."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class MeteringPermission(StrEnum):
    """Named in the manifest as well, which must not import code."""

    READING_FILE_LIST = "metering:file:list"
    READING_FILE_OPEN = "metering:file:open"
    """hand a file of readings in; its rows are narrowed to where the reader may write readings"""
    NOTICE_OPEN = "metering:notice:open"
    """print reminders of verification and say that they were handed over; narrowed to where the reader may work on meters"""
    METER_LIST = "metering:meter:list"
    METER_READ = "metering:meter:read"
    METER_WRITE = "metering:meter:write"
    READING_READ = "metering:reading:read"
    READING_WRITE = "metering:reading:write"
