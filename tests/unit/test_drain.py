"""The web server ends on SIGTERM with every answer given."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

PROGRAM = """
import sys, time, waitress
from startks.framework.operations.drain import serve_until_terminated

def application(environ, start_response):
    print("begun", flush=True)
    time.sleep(float(sys.argv[1]))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "300000")])
    return [b"x" * 300000]

server = waitress.create_server(application, listen="127.0.0.1:0", threads=2)
print(server.effective_port, flush=True)
serve_until_terminated(server, float(sys.argv[2]))
print("ended", flush=True)
"""


@pytest.fixture
def served(request):
    """(process, port) of a server whose answers take ``seconds`` and whose patience is ``patience``."""
    seconds, patience = request.param
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(seconds), str(patience)], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    yield process, int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()


def ask(port, answers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/")
        answers.append(len(connection.getresponse().read()))
    except (OSError, http.client.HTTPException) as error:
        answers.append(type(error))
    finally:
        connection.close()


@pytest.mark.parametrize("served", [(4.0, 20)], indirect=True)
def test_what_was_begun_is_answered_and_nothing_new_is_taken(served):
    process, port = served
    answers, late = [], []
    thread = threading.Thread(target=ask, args=(port, answers))
    thread.start()
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGTERM)
    time.sleep(2)  # a busy machine takes its time to hear a signal; the answer is longer on its way
    ask(port, late)
    thread.join()
    assert answers == [300000]
    assert late == [ConnectionRefusedError]
    assert process.wait(10) == 0
    assert process.stdout.read() == "ended\n"


@pytest.mark.parametrize("served", [(0.0, 10)], indirect=True)
def test_an_idle_server_ends_at_once(served):
    process, port = served
    answers = []
    ask(port, answers)
    assert answers == [300000]
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("served", [(30.0, 0.5)], indirect=True)
def test_patience_ends(served):
    process, port = served
    thread = threading.Thread(target=ask, args=(port, []))
    thread.start()
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    thread.join()
