"""Mutation score of the law: small faults are put into ``domain/calc`` one by one, and the fast tests must notice each.

    .venv/bin/pip install --require-hashes -r requirements-mutation.lock
    .venv/bin/python -m tests.mutation                       # everything; hours
    .venv/bin/python -m tests.mutation --sample 300          # a random part
    .venv/bin/python -m tests.mutation rules/penalty.py --survivors /tmp/left.txt

The faults are Cosmic Ray's. Its own runner starts the tests anew for each one, which takes four seconds before the first
test; here a process that has the libraries loaded forks, puts the faulty source in place of the module and runs pytest
with ``-x``. mutmut cannot be used: it leaves out decorated functions, and every rule is one (decision 0036). Files on disk
are never changed. What only the reader of the source sees (annotations, words of a docstring) is not counted.
"""

from __future__ import annotations

import argparse
import ast
import collections
import contextlib
import fcntl
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CALC = ROOT / "src/startks/domain/calc"
PACKAGE = "startks.domain.calc"
LEFT_OUT = ("case_adapters/", "cases.py")
"""They only bring worked examples to the rules: what runs the tests, not what is tested."""
TESTS = (
    "tests/rules/test_cases.py", "tests/rules/test_law.py", "tests/rules/test_registry.py", "tests/rules/test_parameters.py",
    "tests/rules/test_penalty.py", "tests/rules/test_splitting.py", "tests/rules/test_trace.py", "tests/rules/test_bulk.py",
    "tests/rules/test_heat_below_flats.py", "tests/rules/test_law_book.py", "tests/unit/test_month_penalties.py",
    "tests/unit/test_bill_check.py", "tests/rules/test_interpreters_agree.py",
)
ONLY_THE_MACHINE = ("tests/rules/test_interpreters_agree.py", "tests/rules/test_bulk.py", "tests/rules/test_trace.py")
"""They compare the interpreters of a rule with each other: a fault in the rule itself is one for all of them."""
UNUSED = ("RemoveDecorator", "VariableReplacer", "VariableInserter", "NoOp", "ExceptionReplacer", "AddNot")
"""Operators that need arguments, take the rule out of the register, or only repeat what another one does."""
KEPT_PAIRS = {
    "Add": ("Sub",), "Sub": ("Add",), "Mul": ("FloorDiv", "Add"), "Div": ("Mul",), "FloorDiv": ("Mul", "Div"), "Mod": ("Mul",),
    "Pow": ("Mul",),
}
"""Of eleven replacements of an arithmetic sign those that a person could mistake for it."""
KEPT_COMPARISONS = {
    "Eq": ("NotEq",), "NotEq": ("Eq",), "Is": ("IsNot",), "IsNot": ("Is",), "Lt": ("LtE", "GtE"), "LtE": ("Lt", "Gt"),
    "Gt": ("GtE", "LtE"), "GtE": ("Gt", "Lt"),
}
"""The border moved by one, and the opposite."""
CPU_SECONDS = 150
"""Of a process after which an endless mutant counts as noticed."""
WALL_SECONDS = 3600


class Mutant:
    """A faulty source of one module."""

    def __init__(self, path: Path, operator: str, occurrence: int, source: str, line: int) -> None:
        self.path, self.operator, self.occurrence, self.source, self.line = path, operator, occurrence, source, line

    @property
    def module(self) -> str:
        """Dotted name."""
        parts = self.path.relative_to(CALC).with_suffix("").parts
        return ".".join([PACKAGE, *(part for part in parts if part != "__init__")])

    def __str__(self) -> str:
        after = self.source.splitlines()
        before = self.path.read_text("utf-8").splitlines()
        changed = after[self.line - 1].strip() if self.line <= len(after) else ""
        return f"{self.path.relative_to(CALC)}:{self.line} {self.operator}\n    - {before[self.line - 1].strip()}\n    + {changed}"


def operators() -> list[tuple[str, type]]:
    """Cosmic Ray's operators that are used here."""
    from cosmic_ray.operators.provider import OperatorProvider

    provider = OperatorProvider()
    found = []
    for name in sorted(provider):
        if any(word in name for word in UNUSED):
            continue
        before, _, after = name.rpartition("Operator_")[2].partition("_")
        pairs = KEPT_PAIRS if "BinaryOperator_" in name else KEPT_COMPARISONS if "ComparisonOperator_" in name else None
        if pairs is not None and after not in pairs.get(before, ()):
            continue
        found.append((name.rpartition("/")[2], provider[name]))
    return found


def mutants_of(path: Path) -> list[Mutant]:
    """Every fault of a file that changes what the code does."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code

    source = path.read_text("utf-8")
    plain = _meaning(source)
    found = []
    for name, operator in operators():
        positions = [
            spot for node in ast_nodes(get_ast(source)) for spot in operator().mutation_positions(node)
        ]
        for occurrence, (start, _) in enumerate(positions):
            changed = mutate_code(source, operator(), occurrence)
            if changed is None or _meaning(changed) in (plain, None):
                continue
            found.append(Mutant(path, name, occurrence, changed, start[0]))
    return found


def _meaning(source: str) -> str | None:
    """The code without annotations and docstrings; None where it does not parse."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.dump(tree)


class _Faulty(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module from a text instead of its file."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name, path, target=None):
        if name != self.mutant.module:
            return None
        is_package = self.mutant.path.name == "__init__.py"
        spec = importlib.util.spec_from_file_location(
            name, self.mutant.path, loader=self,
            submodule_search_locations=[str(self.mutant.path.parent)] if is_package else None,
        )
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(compile(self.mutant.source, str(self.mutant.path), "exec"), module.__dict__)


def preload() -> None:
    """Import what the tests need and does not change, so that a fork starts with it."""
    import click.testing  # noqa: F401
    import hypothesis
    import hypothesis.strategies  # noqa: F401
    import polars  # noqa: F401
    import psycopg  # noqa: F401
    import pytest  # noqa: F401
    import sqlalchemy.orm  # noqa: F401

    hypothesis.settings.register_profile(
        "mutation", deadline=None, database=None, derandomize=True, max_examples=60,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("mutation")


class _Killer:
    """A pytest plugin that notes the first test that failed."""

    name = ""

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid


def run(mutant: Mutant | None, tests: tuple[str, ...], left_out: tuple[str, ...] = ()) -> tuple[bool, str]:
    """Run the tests in a fork; return whether they noticed and the test that did (or what ended the run)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.setpgrp()
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        try:
            import pytest

            with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
                os.dup2(nowhere.fileno(), 1)
                os.dup2(nowhere.fileno(), 2)
                if mutant is not None:
                    sys.meta_path.insert(0, _Faulty(mutant))
                killer = _Killer()
                code = pytest.main(
                    ["-x", "-q", "-n", "0", "--noconftest", "-p", "no:cacheprovider", "--no-header",
                     "-W", "ignore::pytest.PytestAssertRewriteWarning",
                     *(f"--deselect={name}" for name in left_out), *tests], plugins=[killer]
                )
            os.write(writing, f"{int(code)} {killer.name or 'не собираются тесты'}".encode())
        except BaseException as fault:  # the child must never come back into the parent's loop
            os.write(writing, f"3 {type(fault).__name__}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    answer, until = b"", time.monotonic() + WALL_SECONDS
    import select

    while time.monotonic() < until:
        ready, _, _ = select.select([reading], [], [], 1)
        if ready:
            piece = os.read(reading, 4096)
            if not piece:
                break
            answer += piece
    os.close(reading)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not answer:
        return True, "не кончается"
    code, _, name = answer.decode().partition(" ")
    return int(code) != 0, name


@contextlib.contextmanager
def _shared(lock: Path | None):
    """A shared lock on the file, if there is one."""
    if lock is None:
        yield
        return
    with lock.open() as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


def main() -> int:
    """Run the mutants chosen and print the score by file."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("files", nargs="*", help="files under domain/calc, e.g. rules/penalty.py")
    parser.add_argument("--sample", type=int, help="only so many, by chance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slice", default="1/1", help="the I-th of N parts, e.g. 2/8")
    parser.add_argument("--deselect", action="append", default=[], metavar="TEST", help="a test that fails without any fault")
    parser.add_argument("--lock", type=Path, help="a file to hold a shared lock on while a fault is tried: others may measure between")
    parser.add_argument("--seconds", type=float, help="stop after so many seconds")
    parser.add_argument("--survivors", type=Path, help="write the mutants that nobody noticed")
    parser.add_argument("--json", type=Path, help="write counts by file")
    given = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    known = {str(path.relative_to(CALC)): path for path in sorted(CALC.rglob("*.py"))}
    chosen = given.files or [name for name in known if not name.startswith(LEFT_OUT)]
    unknown = [name for name in chosen if name not in known]
    if unknown:
        parser.error(f"no such file under {CALC.relative_to(ROOT)}: {', '.join(unknown)}")
    mutants = [mutant for name in chosen for mutant in mutants_of(known[name])]
    if given.sample and given.sample < len(mutants):
        mutants = random.Random(given.seed).sample(mutants, given.sample)
        mutants.sort(key=lambda mutant: (str(mutant.path), mutant.line))
    part, of = map(int, given.slice.split("/"))
    mutants = mutants[part - 1 :: of]
    preload()
    noticed, name = run(None, TESTS, tuple(given.deselect))
    if noticed:
        parser.exit(2, f"the tests fail without any fault: {name}\n")
    print(f"faults: {len(mutants)}", flush=True)
    order: dict[Path, collections.Counter] = collections.defaultdict(collections.Counter)
    counts: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
    left: list[Mutant] = []
    started = time.monotonic()
    for number, mutant in enumerate(mutants, 1):
        if given.seconds and time.monotonic() - started > given.seconds:
            print(f"stopped after {number - 1} of {len(mutants)}")
            break
        best = [test for test, _ in order[mutant.path].most_common()]
        tests = [test for test in TESTS if mutant.path.parent == CALC or test not in ONLY_THE_MACHINE]
        with _shared(given.lock):
            noticed, name = run(mutant, tuple(dict.fromkeys([*best, *tests])), tuple(given.deselect))
        own = str(mutant.path.relative_to(CALC))
        counts[own][0] += noticed
        counts[own][1] += 1
        if noticed:
            test = name.partition("::")[0]
            if test in TESTS:
                order[mutant.path][test] += 1
        else:
            left.append(mutant)
            print(f"{number}/{len(mutants)} unnoticed: {mutant}", flush=True)
    return _report(given, counts, left)


def _report(given: argparse.Namespace, counts: dict[str, list[int]], left: list[Mutant]) -> int:
    for name, (noticed, all_of) in sorted(counts.items()):
        print(f"{noticed:>5} of {all_of:<5} {100 * noticed / all_of:5.1f} %  {name}")
    noticed, all_of = (sum(pair[place] for pair in counts.values()) for place in (0, 1))
    print(f"{noticed:>5} of {all_of:<5} {100 * noticed / max(all_of, 1):5.1f} %  together")
    if given.survivors:
        given.survivors.write_text("\n".join(map(str, left)) + "\n", "utf-8")
    if given.json:
        given.json.write_text(json.dumps({"files": counts, "noticed": noticed, "faults": all_of}), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
