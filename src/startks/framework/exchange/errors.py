"""Refusals of exchange files: a file is taken whole or not at all."""

from startks.base.errors import StartksError


class ExchangeError(StartksError):
    """A file that cannot be taken; ``code`` names the kind of the fault, the message the line and the way out."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
