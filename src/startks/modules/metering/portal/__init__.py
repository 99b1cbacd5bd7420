"""Pages of the module for residents."""


def includeme(config) -> None:
    """Register the pages."""
