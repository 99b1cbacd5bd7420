"""A web server that ends without cutting anybody off: on SIGTERM it takes no new connection, answers what it has, ends.

Waitress itself stops its loop at once, and an answer that is still in a buffer is lost with it.
"""

from __future__ import annotations

import logging
import signal
import time
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

log = logging.getLogger("startks.serve")

TURN_SECONDS = 1.0


def serve_until_terminated(server: Any, patience: float) -> None:
    """Serve until SIGTERM or Ctrl-C, then wait up to ``patience`` seconds for what has been begun.

    ``server`` is what :func:`waitress.create_server` returned. A second signal ends it at once.
    """
    sockets = server.map if hasattr(server, "map") else server._map  # a server of several addresses names it openly
    asked: list[int] = []

    def end(number: int, frame: Any) -> None:
        if asked:
            raise SystemExit(0)
        asked.append(number)
        for listener in _listeners(sockets):
            listener.pull_trigger()  # the loop need not sleep its turn out

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        while not asked:
            wasyncore.loop(timeout=TURN_SECONDS, map=sockets, count=1, use_poll=server.adj.asyncore_use_poll)
        _drain(server, sockets, time.monotonic() + patience)
    except SystemExit:
        log.warning("stopped at once by a second signal")
    finally:
        server.task_dispatcher.shutdown()
        wasyncore.close_all(sockets, ignore_all=True)
        for number, handler in before.items():
            signal.signal(number, handler)


def _drain(server: Any, sockets: dict[int, Any], deadline: float) -> None:
    for listener in _listeners(sockets):
        # the trigger stays: by it the threads wake this loop to send their answers
        listener.accepting = False
        listener.del_channel(sockets)
        listener.socket.close()
    while (busy := _busy(sockets)) and time.monotonic() < deadline:
        wasyncore.loop(timeout=0.1, map=sockets, count=1, use_poll=server.adj.asyncore_use_poll)
    if busy:
        log.warning("stopped with %s requests unanswered", busy)


def _listeners(sockets: dict[int, Any]) -> list[BaseWSGIServer]:
    return [item for item in list(sockets.values()) if isinstance(item, BaseWSGIServer)]


def _busy(sockets: dict[int, Any]) -> int:
    """Return how many connections have a request at work or an answer on its way."""
    return sum(
        1
        for item in list(sockets.values())
        if isinstance(item, HTTPChannel) and (item.requests or item.total_outbufs_len or item.request is not None)
    )
