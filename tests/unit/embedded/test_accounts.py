"""Programs that the services' account cannot reach, as in a clone under ``/root``: they are copied to where it can."""

import subprocess

import pytest

from startks.framework.embedded import accounts
from startks.framework.embedded.accounts import Account, reachable_program

STRANGER = Account("nobody", 65534, 65534)


@pytest.fixture
def hidden(tmp_path, monkeypatch):
    """A closed folder with a program in it and one in a folder of its own, as the broker and PostgreSQL come."""
    monkeypatch.setattr(accounts, "SHARED_ROOT", tmp_path / "shared")
    tree = tmp_path / "hidden"
    (tree / "server" / "bin").mkdir(parents=True)
    for program in (tree / "broker", tree / "server" / "bin" / "postgres"):
        program.write_text("#!/bin/sh\necho here\n")
        program.chmod(0o700)
    tree.chmod(0o700)
    return tree


def test_folders_and_single_files_are_copied_readable_and_runnable(hidden):
    found = reachable_program(hidden, ("server", "broker", "not there"), STRANGER, "trial-1")
    assert found == accounts.SHARED_ROOT / "bin" / "trial-1"
    for program in (found / "broker", found / "server" / "bin" / "postgres"):
        assert program.stat().st_mode & 0o555 == 0o555
        assert subprocess.run([program], capture_output=True, check=True, text=True).stdout == "here\n"
    assert (found / "server").stat().st_mode & 0o555 == 0o555
    assert {path.name for path in found.parent.iterdir()} == {"trial-1"}


def test_a_copy_is_made_once(hidden):
    first = reachable_program(hidden, ("broker",), STRANGER, "trial-1")
    (hidden / "broker").unlink()
    assert reachable_program(hidden, ("broker",), STRANGER, "trial-1") == first and (first / "broker").exists()


def test_what_can_be_reached_is_used_where_it_lies(hidden):
    assert reachable_program(hidden, ("broker",), None, "trial-1") == hidden
    assert not accounts.SHARED_ROOT.exists()
