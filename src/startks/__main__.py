"""``python -m startks …`` is the same as the ``startks`` command."""

from startks.scripts.main import main

main()
