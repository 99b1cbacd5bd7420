"""The lists of locked packages hold whatever a newer release brings."""

import importlib.metadata
import pathlib
import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = "startks"
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[([a-z,]+)\])?==", re.M)


def test_an_extra_that_a_package_asks_for_is_pinned_with_it():
    """pip 23.2, which Python 3.11 brings along, does not see that ``coverage==…`` also pins ``coverage[toml]``."""
    pins = {}
    for name in ("requirements.lock", "requirements-test.lock"):
        for package, extras in PIN.findall((ROOT / name).read_text("utf-8")):
            pins.setdefault(canonicalize_name(package), set()).update(extras.split(",") if extras else ())
    asked = {}
    for distribution in importlib.metadata.distributions():
        if distribution.metadata["Name"] == OURS or canonicalize_name(distribution.metadata["Name"]) not in pins:
            continue
        for line in distribution.requires or ():
            wanted = Requirement(line)
            if wanted.extras and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
                asked.setdefault(canonicalize_name(wanted.name), set()).update(wanted.extras)
    assert "coverage" in asked
    assert {name: extras for name, extras in asked.items() if not extras <= pins[name]} == {}
