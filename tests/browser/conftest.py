"""A real Chromium on a running site. Without Chromium these tests skip with the reason; CI does not let them skip."""

import os
import shutil
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    """Path of the browser."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("STARTKS_NEEDS_BROWSER"):
            pytest.fail("Chromium is not installed, and STARTKS_NEEDS_BROWSER forbids to skip")
        pytest.skip("no Chromium on this machine: install the package chromium")
    return found


@pytest.fixture(scope="session")
def site(wsgi_app):
    """Address of the application served on a free port of this machine."""
    from waitress.server import create_server

    server = create_server(wsgi_app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, name="site", daemon=True)
    thread.start()
    yield f"http://localhost:{server.effective_port}"
    server.close()
    thread.join(5)


@pytest.fixture(scope="session")
def browser(chromium):
    """One Chromium for the test process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, site):
    """A page of a fresh, Russian browser profile; relative addresses lead to the site.

    A message on the browser's console that is an error fails the test.
    """
    context = browser.new_context(base_url=site, locale="ru-RU", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    # A form sent back with its errors is answered with 422, which the browser notes as an error of its own.
    page.on(
        "console",
        lambda message: problems.append(message.text)
        if message.type == "error" and "422 (Unprocessable" not in message.text
        else None,
    )
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def axe(page):
    """``axe()`` returns the findings of axe-core (WCAG 2.1 A and AA) on the current page, empty where there are none."""
    script = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        pytest.skip("axe-core is not installed: ./startks test runs npm ci")

    def run():
        # The page's own policy allows no foreign script; the test's browser hands it over by itself.
        page.evaluate(script.read_text(encoding="utf-8"))
        result = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
        return [
            f"{finding['id']}: {finding['help']} — {node['target']}"
            for finding in result["violations"]
            for node in finding["nodes"]
        ]

    return run
