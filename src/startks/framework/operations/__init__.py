"""What those who run an installation look at: :mod:`.logs`, :mod:`.health`, :mod:`.metrics`."""

from __future__ import annotations


def includeme(config) -> None:
    """Take in the health pages and the measuring of requests."""
    config.include(".health")
    config.include(".metrics")
