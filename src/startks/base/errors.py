"""Errors a person sees: one sentence that says what is wrong and what to do.

Raise :class:`StartksError` (work failed) or :class:`ConfigurationError` (the call, the ini file or the machine
is wrong). The command line prints the sentence and exits with ``exit_code``; the web shows it on the error page.
"""


class StartksError(Exception):
    """Work could not be done. ``message`` is a Russian sentence with the way out."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigurationError(StartksError):
    """The call, the settings, the licence or the machine is wrong; nothing was started."""

    exit_code = 2
