"""The built-in PostgreSQL and broker: found, started, watched and stopped by one supervisor.

:mod:`.binaries` finds the programs, :mod:`.accounts` decides under which account and where they run, :mod:`.process`
runs children, :mod:`.postgres` and :mod:`.broker` describe the two services, :mod:`.folder` guards the data folder,
:mod:`.services` puts them together.
"""

from .folder import DataFolder, FolderTaken
from .process import PythonService, Service, Supervisor
from .services import EmbeddedServices, Running, attach

__all__ = [
    "DataFolder",
    "EmbeddedServices",
    "FolderTaken",
    "PythonService",
    "Running",
    "Service",
    "Supervisor",
    "attach",
]
