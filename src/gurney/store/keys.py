"""The master key and the systems' credentials: where they live, and that it is never the workspace.

A master key wraps the data key of every migration of this user. It comes from the environment
(GURNEY_MASTER_KEY, 32 bytes in base64), else from the system's key store, else from a file of the user's
configuration folder that only the user can read.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from gurney.errors import Misused, StoreUnusable
from gurney.runtime import Runtime
from gurney.store.sealing import KEY_BYTES, Seal

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

MASTER_VARIABLE = "GURNEY_MASTER_KEY"
SERVICE = "gurney"


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The key that opens every data key. `origin` says where it came from."""

    key: bytes
    origin: str


def master_key(runtime: Runtime) -> MasterKey:
    """The user's master key; it is made the first time. Raises Misused when the environment's is no key."""
    given = runtime.environ.get(MASTER_VARIABLE)
    if given:
        return MasterKey(_decoded(given), "environment")
    file = config_folder(runtime) / "master.key"
    if file.is_file():
        return _from_file(file)
    kept = _keyring_get("master", runtime)
    if kept:
        return MasterKey(_decoded(kept), "keyring")
    key = runtime.entropy(KEY_BYTES)
    text = base64.b64encode(key).decode()
    if _keyring_set("master", text, runtime, replace=False):
        return MasterKey(key, "keyring")
    _write_private(file, text.encode(), replace=False)
    return _from_file(file)  # another process may have been first


def _from_file(file: Path) -> MasterKey:
    try:
        return MasterKey(_decoded(file.read_text("ascii", errors="replace")), "file")
    except Misused:
        raise StoreUnusable(
            f"{file} does not hold a master key any more.",
            next_step=f"Restore that file from a backup, or give the key as {MASTER_VARIABLE}.",
        ) from None


def config_folder(runtime: Runtime) -> Path:
    """The user's folder for Gurney, outside every workspace."""
    base = runtime.environ.get("XDG_CONFIG_HOME")
    home = runtime.environ.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 - the runtime's home, not the process's
    return (Path(base) if base else Path(home) / ".config") / "gurney"


class Secrets:
    """One migration's credentials: the environment wins, then the key store, then the sealed secret file."""

    def __init__(self, migration_id: str, runtime: Runtime) -> None:
        self._migration_id = migration_id
        self._runtime = runtime

    def read(self, system: str, name: str) -> str:
        """A value, or '' when nobody has it."""
        variable = f"GURNEY_{system}_{name}".upper()
        given = self._runtime.environ.get(variable)
        if given:
            return given
        kept = _keyring_get(self._entry(system, name), self._runtime)
        return kept or self._file_values().get(f"{system}.{name}", "")

    def from_environment(self, system: str, name: str) -> bool:
        """Whether the environment decides this value, which deserves a notice."""
        return bool(self._runtime.environ.get(f"GURNEY_{system}_{name}".upper()))

    def save(self, system: str, name: str, value: str) -> str:
        """Keep a value; returns where, in words."""
        if _keyring_set(self._entry(system, name), value, self._runtime):
            return "the system's key store"
        values = {**self._file_values(), f"{system}.{name}": value}
        sealed = self._seal().seal(orjson.dumps(values), self._migration_id)
        _write_private(self._file(), sealed)
        return "the encrypted secret file of this user"

    def forget(self, values: Iterable[tuple[str, str]]) -> None:
        """Remove what was kept of these (system, name) values, wherever it was kept."""
        for system, name in values:
            _keyring_forget(self._entry(system, name), self._runtime)
        self._file().unlink(missing_ok=True)

    def _entry(self, system: str, name: str) -> str:
        return f"{self._migration_id}/{system}/{name}"

    def _file(self) -> Path:
        return config_folder(self._runtime) / "secrets" / f"{self._migration_id}.sealed"

    def _seal(self) -> Seal:
        return Seal(master_key(self._runtime).key, self._runtime.entropy)

    def _file_values(self) -> dict[str, str]:
        file = self._file()
        if not file.is_file():
            return {}
        values: dict[str, str] = orjson.loads(self._seal().open(file.read_bytes(), self._migration_id))
        return values


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Misused(
            "The master key is not 32 bytes in base64.",
            next_step=f"Make one with: openssl rand -base64 32, and keep it as {MASTER_VARIABLE}.",
        )
    return key


def _write_private(file: Path, content: bytes, *, replace: bool = True) -> None:
    """Write a file that only the user can read, whole or not at all. Without `replace` a file that is there stays."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)  # for the user alone
        partial = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            if replace:
                partial.replace(file)
            else:
                with contextlib.suppress(FileExistsError):
                    file.hardlink_to(partial)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnusable(
            f"{file} cannot be written: {error.strerror}.",
            next_step=f"Make that folder writable, set XDG_CONFIG_HOME, or give the key as {MASTER_VARIABLE}.",
        ) from None


def _keyring(runtime: Runtime) -> KeyringBackend | None:
    """The system's key store; None where there is none: the library then offers backends that keep nothing."""
    if runtime.environ.get("GURNEY_NO_KEYRING"):
        return None
    import keyring
    from keyring.backends import fail, null

    backend = keyring.get_keyring()
    keeps = not isinstance(backend, fail.Keyring | null.Keyring) and backend.priority > 0
    return backend if keeps else None


def _keyring_get(name: str, runtime: Runtime) -> str | None:
    try:
        backend = _keyring(runtime)
        return backend.get_password(SERVICE, name) if backend else None
    except Exception:  # each desktop's key store fails with errors of its own; the file then serves
        return None


def _keyring_set(name: str, value: str, runtime: Runtime, *, replace: bool = True) -> bool:
    """Whether the key store took the value and gives it back. Without `replace` what is there stays."""
    try:
        backend = _keyring(runtime)
        if backend is None:
            return False
        if not replace and backend.get_password(SERVICE, name):
            return False
        backend.set_password(SERVICE, name, value)
        return backend.get_password(SERVICE, name) == value
    except Exception:  # as above
        return False


def _keyring_forget(name: str, runtime: Runtime) -> None:
    backend = _keyring(runtime)
    if backend is not None:
        with contextlib.suppress(Exception):  # as above; a value that was never there is an error to some
            backend.delete_password(SERVICE, name)
