"""Brings pip itself to a Python that has neither pip nor ensurepip, as Debian's has: ``fetch_pip.py LOCK FOLDER``.

Needs nothing but the standard library and imports nothing of ours: it runs before anything is installed. Where to look it
learns as pip does, from ``PIP_*`` variables and pip's configuration files; the wheel's hash stands in the lock file, so
it does not matter who hands it over. Prints the path of the wheel, which runs as ``python pip-….whl/pip``.
"""

import base64
import configparser
import hashlib
import html.parser
import os
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

DEFAULT_INDEX = "https://pypi.org/simple"
"""What pip itself asks where nothing else is configured."""
SYSTEM_WHEELS = ("/usr/share/python-wheels",)
SECONDS = 60


class NotFound(Exception):
    """The wheel is nowhere; the text is a Russian sentence."""


def wanted(lock):
    """Return (file name of the wheel, allowed SHA-256 sums) of the one requirement in the lock file."""
    text = Path(lock).read_text("utf-8")
    version = re.search(r"^pip==(\S+)", text, re.MULTILINE)
    hashes = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", text))
    if version is None or not hashes:
        raise NotFound(f"В файле {lock} нет строки pip==… с хешем: верните файл из дистрибутива.")
    return f"pip-{version[1]}-py3-none-any.whl", hashes


def places(environ=os.environ):
    """Return (folders and pages with links, index addresses) in pip's order: environment before files."""
    home = Path(environ.get("HOME", "/nonexistent"))
    files = [Path("/etc/pip.conf"), home / ".pip/pip.conf"]
    files.append(Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf")
    if environ.get("PIP_CONFIG_FILE"):
        files.append(Path(environ["PIP_CONFIG_FILE"]))
    config = configparser.RawConfigParser(strict=False)
    for path in files:
        try:
            config.read(path, "utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip will say what is wrong with its own file

    def option(name):
        value = environ.get(f"PIP_{name.upper().replace('-', '_')}", "")
        for section in ("install", "global"):
            value = value or config.get(section, name, fallback="")
        return value.split()

    found = option("find-links")
    if option("no-index")[:1] not in ([], ["0"], ["false"], ["no"]):
        return found, []
    return found, [*(option("index-url")[:1] or [DEFAULT_INDEX]), *option("extra-index-url")]


def candidates(name, environ=os.environ):
    """Yield the addresses and paths at which the wheel may lie."""
    links, indexes = places(environ)
    yield from (str(Path(folder) / name) for folder in SYSTEM_WHEELS)
    for place in links:
        if "://" not in place or (place.startswith("file:") and not place.endswith(".html")):
            yield str(_path(place) / name)
        else:
            yield from _links(place, name)
    for index in indexes:
        yield from _links(index.rstrip("/") + "/pip/", name)


def fetch(lock, folder, environ=os.environ):
    """Bring the wheel into the folder and return its path; :class:`NotFound` with the way out."""
    name, hashes = wanted(lock)
    goal = Path(folder) / name
    if goal.exists() and hashlib.sha256(goal.read_bytes()).hexdigest() in hashes:
        return goal
    troubles = []
    for place in candidates(name, environ):
        try:
            content = _read(place)
        except (OSError, ValueError) as error:
            if "://" in place:
                troubles.append(f"{_shown(place)}: {error}")
            continue
        if hashlib.sha256(content).hexdigest() not in hashes:
            troubles.append(f"{_shown(place)}: другой хеш")
            continue
        draft = goal.with_suffix(f".{os.getpid()}")
        draft.write_bytes(content)
        draft.replace(goal)
        return goal
    reason = "; ".join(troubles) or "его нет ни в одном из источников pip"
    raise NotFound(
        f"Не удалось получить {name} ({reason}): проверьте сеть и настройку pip (PIP_INDEX_URL), "
        "либо установите пакет python3-venv или программу uv."
    )


class _Anchors(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        address = dict(attributes).get("href")
        if tag == "a" and address:
            self.found.append(address)


def _links(page, name):
    """Yield the addresses on a page of links whose file has this name; the page itself where it cannot be read."""
    try:
        if page.startswith("file:") and _path(page).is_dir():
            page = (_path(page) / "index.html").as_uri()
        text = _read(page).decode("utf-8", "replace")
    except (OSError, ValueError):
        yield page  # asked again by the caller, who keeps the reason
        return
    anchors = _Anchors()
    anchors.feed(text)
    for link in anchors.found:
        address = urllib.parse.urljoin(page, link)
        if urllib.parse.unquote(urllib.parse.urlsplit(address).path).rpartition("/")[2] == name:
            yield _with_user(address, page)


def _read(place):
    if "://" not in place:
        return Path(place).read_bytes()
    parts = urllib.parse.urlsplit(place)
    headers = {"User-Agent": "startks set-up"}
    if parts.username is not None:
        user = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
        host = parts.hostname + (f":{parts.port}" if parts.port else "")
        place = urllib.parse.urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
    request = urllib.request.Request(place, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS, context=_context()) as answer:
            return answer.read()
    except urllib.error.URLError as error:
        if not isinstance(error.reason, ssl.SSLCertVerificationError):
            raise
    # A bare machine has no certificates. The hash decides what is taken, not who sends it.
    with urllib.request.urlopen(request, timeout=SECONDS, context=ssl._create_unverified_context()) as answer:
        return answer.read()


def _context():
    own = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    return ssl.create_default_context(cafile=own if own and Path(own).is_file() else None)


def _path(place):
    return Path(urllib.request.url2pathname(urllib.parse.urlsplit(place).path) if "://" in place else place).expanduser()


def _with_user(address, page):
    """Carry user and password of the index over to a file of the same host."""
    here, there = urllib.parse.urlsplit(page), urllib.parse.urlsplit(address)
    if here.username is None or here.hostname != there.hostname or there.username is not None:
        return address
    return urllib.parse.urlunsplit((there.scheme, here.netloc, there.path, there.query, ""))


def _shown(place):
    """The address without user and password."""
    parts = urllib.parse.urlsplit(place)
    return place if parts.username is None else place.replace(parts.netloc, parts.netloc.rpartition("@")[2])


def main(arguments):
    """Print the wheel's path; exit code 1 and one sentence where there is none."""
    try:
        print(fetch(*arguments))
    except (NotFound, OSError) as error:
        print(f"startks: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
