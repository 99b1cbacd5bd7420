"""``startks bench receipts``: receipts with QR a second and core.

Houses of a hundred sample receipts are drawn as in production, one PDF a house. The floor, measured in the same run
on the same number of pages, is ReportLab's own cost of the form without us: each page holds only the fixed part (one
form XObject), no data, no QR. Times are CPU time of the processes, so neighbours on the machine do not count.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import Any

RECEIPTS_PER_HOUSE = 100
#: Receipts drawn before the clock starts: fonts, code tables and the caches of repeated texts are made once a process.
WARM_UP = 20


@dataclass(frozen=True, slots=True)
class _House:
    receipts: int
    render_s: float
    codes_s: float
    floor_s: float
    pdf_bytes: int
    peak_mb: float
    process: int


def bench_receipts(count: int, processes: int = 1) -> dict[str, Any]:
    """Draw ``count`` receipts by ``processes`` workers; seconds are CPU seconds but for ``wall_s``.

    Keys: ``receipts_per_s_core``, ``floor_s``, ``floor`` (what it is), ``ratio`` (total to floor), ``total_s``,
    ``wall_s``, ``peak_mb`` (largest worker), ``stages``, ``sizes``.
    """
    houses = [
        (number, min(RECEIPTS_PER_HOUSE, count - start)) for number, start in enumerate(range(0, count, RECEIPTS_PER_HOUSE), 1)
    ]
    started = time.perf_counter()
    if processes == 1:
        _warm_up()
        results = [_measure(house) for house in houses]
    else:
        # spawn: a worker starts as in production, without the caches of this process
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context, initializer=_warm_up) as pool:
            results = list(pool.map(_measure, houses))
    wall = time.perf_counter() - started
    total, floor = sum(house.render_s for house in results), sum(house.floor_s for house in results)
    size = sum(house.pdf_bytes for house in results)
    return {
        "receipts_per_s_core": round(count / total, 1),
        "floor_s": round(floor, 4),
        "floor": "the same number of pages with the fixed form only: no data, no QR",
        "ratio": round(total / floor, 2),
        "total_s": round(total, 4),
        "wall_s": round(wall, 4),
        "peak_mb": round(max(house.peak_mb for house in results), 1),
        "stages": {
            "codes_s": round(sum(house.codes_s for house in results), 4),
            "pages_s": round(total - sum(house.codes_s for house in results), 4),
        },
        "sizes": {
            "receipts": count,
            "houses": len(houses),
            "processes": len({house.process for house in results}),
            "lines_per_receipt": 15,
            "pdf_mb": round(size / 1e6, 2),
            "kb_per_receipt": round(size / count / 1000, 2),
        },
    }


def _warm_up() -> None:
    from startks.framework.documents.receipt_pdf import render_house
    from startks.framework.documents.sample import sample_receipts

    render_house(sample_receipts(WARM_UP, seed=0))


def _measure(house: tuple[int, int]) -> _House:
    from startks.framework.documents.payment_codes import qr_code
    from startks.framework.documents.receipt_pdf import render_house
    from startks.framework.documents.sample import sample_receipts

    seed, count = house
    receipts = sample_receipts(count, seed)
    start = time.process_time()
    pdf = render_house(receipts)
    rendered = time.process_time()
    for receipt in receipts:
        qr_code(receipt)
    coded = time.process_time()
    _floor(count)
    floored = time.process_time()
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return _House(
        receipts=count,
        render_s=rendered - start,
        codes_s=coded - rendered,
        floor_s=floored - coded,
        pdf_bytes=len(pdf),
        peak_mb=usage / (1024 * 1024 if sys.platform == "darwin" else 1024),
        process=os.getpid(),
    )


def _floor(pages: int) -> bytes:
    """As many pages with nothing but the fixed part of the front page."""
    from startks.framework.documents.receipt import ReceiptKind
    from startks.framework.documents.receipt_front import define_front, form_name
    from startks.framework.documents.receipt_pdf import new_canvas

    output = BytesIO()
    canvas = new_canvas(output)
    define_front(canvas, ReceiptKind.MONTHLY)
    for _ in range(pages):
        canvas.doForm(form_name(ReceiptKind.MONTHLY))
        canvas.showPage()
    canvas.save()
    return output.getvalue()
