"""Pages of the module for clerks."""


def includeme(config) -> None:
    """Register the pages."""
