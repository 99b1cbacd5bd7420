"""The door: how a licensed module, ours or a partner's, comes into the house.

A distribution names its manifest under the entry point group ``startks.modules``; the administrator names the module in
``startks.modules``; the loader takes it in. Nothing of ours is edited.

* :mod:`.manifest` — what a module says about itself, readable without importing its code;
* :mod:`.collect` — finding the manifests; :mod:`.plan` — which of them start, in which order;
* :mod:`.loader` — building the application, and again without what turned out to be broken;
* :mod:`.directives` — the verbs of an ``includeme``; :mod:`.lookup` — what was registered with them;
* :mod:`.licensing` — the licence at work; :mod:`.guard` — where writing is refused;
* :mod:`.menus`, :mod:`.slots`, :mod:`.exchange` — menu lines, blocks on pages, contracts and events.

This package file imports only the manifest, because manifests import it.
"""

from startks.framework.addons.manifest import API, Manifest, ManifestError, Migrations

__all__ = ["API", "Manifest", "ManifestError", "Migrations", "includeme"]


def includeme(config) -> None:
    """Make the directives known; must come before every part that uses one."""
    config.include("startks.framework.addons.directives")
    config.include("startks.framework.addons.guard")
    config.include("startks.framework.addons.counting")
