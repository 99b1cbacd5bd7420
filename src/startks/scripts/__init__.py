"""The ``startks`` commands. :mod:`.main` holds the lazy table; each command stands in a module of its own."""
