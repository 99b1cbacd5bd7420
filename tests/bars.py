"""The bars of coverage: ``python -m tests.bars build/coverage.json`` prints the figures; exit code 1 below a bar.

Lines of the whole project: at least 90 %. Branches of the calculation and of the ledger: all of them.
"""

import json
import sys
from pathlib import Path

LINES = 90.0
WHOLE = ("src/startks/domain/calc/", "src/startks/domain/ledger/")


def judge(report: dict) -> tuple[list[str], bool]:
    """Return the figures as lines of text, and whether every bar is met."""
    totals = report["totals"]
    lines = 100 * totals["covered_lines"] / totals["num_statements"]
    told, good = [f"строк {lines:.1f} % (нужно {LINES:.0f})"], lines >= LINES
    for folder in WHOLE:
        files = {name: found["summary"] for name, found in report["files"].items() if folder in f"/{name}"}
        covered = sum(found["covered_branches"] for found in files.values())
        there = sum(found["num_branches"] for found in files.values())
        told.append(f"ветвей {folder} {covered} из {there} (нужны все)")
        told += [
            f"  {name}: нет {', '.join(f'{first}→{then}' for first, then in report['files'][name]['missing_branches'])}"
            for name, found in files.items()
            if found["missing_branches"]
        ]
        good = good and files != {} and covered == there
    return told, good


def main(path: str) -> int:
    """Print the figures of a report and return the exit code."""
    told, good = judge(json.loads(Path(path).read_text("utf-8")))
    print("\n".join(["Покрытие тестами:", *(f"  {line}" for line in told)]))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
