"""``startks verify``: were closed months or the audit trail changed? Names the rows; exit code 1 where anything was."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

import click

from startks.base.errors import StartksError
from startks.scripts.environment import open_environment
from startks.scripts.period import month

SHOWN = 100


@click.command()
@click.option("--period", "text", metavar="МЕСЯЦ", help="Только этот закрытый месяц ГГГГ-ММ (иначе все).")
@click.option("--hash", "known", metavar="ХЕШ", help="Хеш последнего из проверяемых месяцев, записанный вне базы.")
@click.option("--json", "as_json", is_flag=True, help="Одним объектом JSON.")
def verify(text: str | None, known: str | None, as_json: bool) -> None:
    """Сверить закрытые месяцы с их печатями, печати с цепочкой хешей, журнал действий с его цепочкой.

    Называет каждую строку, изменённую после закрытия, кем бы и как бы она ни была изменена.
    """
    from startks.domain.periods import verify as check
    from startks.domain.security.audit import broken_at

    started = time.perf_counter()
    with open_environment(purpose="verify") as env:
        with env.sessions() as session:
            closed = check.closed_periods(session.connection())
            hashes = _hashes(session)
            broken = broken_at(session)
        wanted = closed if text is None else [month(text)]
        if text is not None and wanted[0] not in closed:
            raise StartksError(f"Период {text} не закрыт: проверяются только закрытые месяцы.")
        faults = list(check.verify(env.engine, wanted))
    seconds = time.perf_counter() - started
    said = [{**asdict(fault)} for fault in faults]
    if known is not None and (not wanted or hashes[wanted[-1]] != known.strip().lower()):
        said.append({"period": wanted[-1] if wanted else None, "what": "chain", "table": None, "block": None, "key": None,
                     "sentence": "хеш месяца не равен записанному вне базы"})
    if broken is not None:
        said.append({"period": None, "what": "audit", "table": "audit_event", "block": None, "key": str(broken),
                     "sentence": f"журнал действий: цепочка прервана на записи {broken}"})
    if as_json:
        click.echo(json.dumps({"periods": wanted, "faults": said, "seconds": round(seconds, 3),
                               "hash": hashes[wanted[-1]] if wanted else None}, ensure_ascii=False))
    else:
        for fault in said[:SHOWN]:
            place = f"{fault['period'] // 100}-{fault['period'] % 100:02d}  " if fault["period"] else ""
            click.echo(f"{place}{fault['sentence']}")
        if len(said) > SHOWN:
            click.echo(f"… и ещё {len(said) - SHOWN}")
    if said:
        raise StartksError(f"Найдено изменений: {len(said)}. Восстановите копию и сверьте её с этой базой.")
    if not as_json:
        last = f" Хеш последнего: {hashes[wanted[-1]]}" if wanted else ""
        click.echo(f"Закрытых месяцев {len(wanted)}, изменений нет; {seconds:.1f} с.{last}")


def _hashes(session) -> dict[int, str]:
    from sqlalchemy import text as sql

    rows = session.execute(sql("SELECT id, encode(hash, 'hex') FROM period WHERE state = 'closed'"))
    return dict(rows.all())
