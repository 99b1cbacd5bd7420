"""``startks cases DIR``: worked examples of a folder through the real engine."""

from __future__ import annotations

import json
from pathlib import Path

import click

from startks.domain.calc.cases import Outcome, adapter, run_folder
from startks.framework.documents.case_adapters import ADAPTERS as DOCUMENTS
from startks.framework.exchange.case_adapters import ADAPTERS as EXCHANGE

#: Keys of the kinds answered by the documents: required, optional, keys of lists of objects.
DOCUMENT_KEYS = {
    "qr_build": ("fields encoding", "", {"fields": ("key value", "")}), "qr_parse": ("payload", "", {}),
    "gis_id_parse": ("id", "", {}),
}


def register_upper_storeys() -> None:
    """Enter the kinds that are answered above the calculation: printed forms and exchange files."""
    for kind, question in DOCUMENTS.items():
        required, optional, nested = DOCUMENT_KEYS[kind]
        adapter(kind, required, optional, nested)(question)
    for kind, (required, optional, nested, question) in EXCHANGE.items():
        adapter(kind, required, optional, nested)(question)


def _report(outcome: Outcome) -> str:
    lines = [f"FAILED {outcome.id} ({outcome.kind}): {outcome.problem}"]
    lines.append("  expected: " + json.dumps(outcome.expected, ensure_ascii=False, default=str))
    if outcome.got is not None:
        lines.append("  got:      " + json.dumps(outcome.got, ensure_ascii=False, default=str))
    return "\n".join(lines)


@click.command("cases")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_context
def cases(context: click.Context, folder: Path) -> None:
    """Проверочные примеры: каждый файл *.json папки DIR через настоящие правила расчёта.

    Печатает каждое расхождение и итог «N passed, M failed»; код выхода 1, если есть расхождения.
    """
    register_upper_storeys()
    outcomes = run_folder(folder)
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        click.echo(_report(outcome))
    click.echo(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed")
    if failed:
        context.exit(1)
