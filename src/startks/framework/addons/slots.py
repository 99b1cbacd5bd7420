"""Blocks that modules put on pages."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from pyramid.renderers import render
from sqlalchemy.exc import SQLAlchemyError

from startks.framework.addons.lookup import Record, records
from startks.framework.addons.menus import text

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Block:
    """A block to draw. ``html`` is safe markup; ``failed`` says that the module's code raised an error."""

    name: str
    title: str
    html: Markup
    module: str | None
    failed: bool = False


def slot(request: Any, place: str, node: Any) -> list[Block]:
    """Return the blocks of a place on a page that this reader may see, in their order.

    A block that raises is logged and shown as a sentence: it must not take the page with it. An error of the data base
    goes up, for the request's transaction is lost with it.
    """
    blocks = []
    for record in records(request.registry, "slot", place, visible=True):
        if not request.has_permission(record["permission"], node):
            continue
        title = text(request, record.title)
        try:
            html = _draw(record, node, request)
        except SQLAlchemyError:
            raise
        except Exception:
            log.exception("Блок «%s» модуля «%s» на месте «%s» не построен", record.name, record.module, place)
            sentence = Markup("<p class=\"text-secondary\">{}</p>").format(
                f"Блок «{title or record.name}» сейчас недоступен. Обновите страницу позже."
            )
            blocks.append(Block(record.name, title, sentence, record.module, failed=True))
            continue
        if html is not None:
            blocks.append(Block(record.name, title, html, record.module))
    return blocks


def _draw(record: Record, node: Any, request: Any) -> Markup | None:
    result = record.value(node, request)
    if result is None:
        return None
    if record["renderer"] is not None:
        return Markup(render(record["renderer"], {"context": node, **result}, request))
    # A plain string is text, not markup: a module marks what it has made safe itself.
    return result if isinstance(result, Markup) else Markup.escape(result)
