"""Small helpers for what stands around a page's own text."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from startks.framework.tree.crumbs import Crumb, breadcrumbs


def steps(request: Request, context: Any, *titles: Any) -> list[Crumb]:
    """Breadcrumbs to a page of ``context`` that is called ``titles`` (messages)."""
    translate = request.localizer.translate
    return breadcrumbs(request, context, *(translate(title) for title in titles))
