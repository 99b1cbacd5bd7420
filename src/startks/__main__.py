"""``python -m startks …`` is the same as the ``startks`` command."""

from startks.scripts.main import main

if __name__ == "__main__":  # a spawned worker process imports this file too
    main()
