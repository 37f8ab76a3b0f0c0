"""Where the master key and the credentials live, and that it is never the workspace."""

from __future__ import annotations

import base64
import errno
import re
import stat
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from gurney.errors import Misused, StoreUnusable
from gurney.runtime import Runtime
from gurney.store.keys import Secrets, master_key


class Desktop(KeyringBackend):
    """A key store that works, or refuses in a way of its own."""

    priority = 5.0  # type: ignore[assignment]

    def __init__(self, error: Exception | None = None) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        if self.error is not None:
            raise self.error
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.error is not None:
            raise self.error
        self.kept[service, username] = password


def with_keyring(monkeypatch: pytest.MonkeyPatch, runtime: Runtime, backend: KeyringBackend) -> Runtime:
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    return replace(runtime, environ={"XDG_CONFIG_HOME": runtime.environ["XDG_CONFIG_HOME"]})


def with_variables(runtime: Runtime, **variables: str) -> Runtime:
    return replace(runtime, environ={**runtime.environ, **variables})


def files(runtime: Runtime) -> list[Path]:
    return sorted(path for path in Path(runtime.environ["XDG_CONFIG_HOME"]).rglob("*") if path.is_file())


def test_a_machine_without_a_key_store_keeps_the_key_in_a_file_of_the_user_alone(runtime: Runtime) -> None:
    made = master_key(runtime)

    assert (made.origin, master_key(runtime)) == ("file", made)
    (file,) = files(runtime)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_environment_decides_and_leaves_no_file(runtime: Runtime) -> None:
    key = b"k" * 32
    given = with_variables(runtime, GURNEY_MASTER_KEY=base64.b64encode(key).decode())

    assert (master_key(given).key, master_key(given).origin) == (key, "environment")
    assert files(runtime) == []


@pytest.mark.parametrize("given", ["secret", "c2hvcnQ=", "ä" * 44])
def test_a_key_of_the_wrong_form_is_refused_without_being_shown(runtime: Runtime, given: str) -> None:
    with pytest.raises(Misused) as refused:
        master_key(with_variables(runtime, GURNEY_MASTER_KEY=given))

    assert given not in f"{refused.value} {refused.value.next_step}"
    assert "openssl rand -base64 32" in refused.value.next_step


def test_a_key_store_that_works_is_used_and_no_file_is_made(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    desktop = Desktop()
    runtime = with_keyring(monkeypatch, runtime, desktop)

    made = master_key(runtime)

    assert (made.origin, master_key(runtime)) == ("keyring", made)
    assert files(runtime) == []


@pytest.mark.parametrize("backend", [fail.Keyring(), Desktop(RuntimeError("no D-Bus")), Desktop(OSError("locked"))])
def test_a_key_store_that_fails_is_no_trouble(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, backend: KeyringBackend
) -> None:
    runtime = with_keyring(monkeypatch, runtime, backend)

    assert master_key(runtime).origin == "file"
    secrets = Secrets("m-1", runtime)
    assert "file" in secrets.save("zoho", "CLIENT_SECRET", "hush")
    assert secrets.read("zoho", "CLIENT_SECRET") == "hush"


def test_a_secret_comes_back_and_lies_nowhere_in_the_clear(runtime: Runtime) -> None:
    secrets = Secrets("m-1", runtime)
    secrets.save("zoho", "CLIENT_SECRET", "hush-hush")
    secrets.save("cliniko", "API_KEY", "quiet")

    assert secrets.read("zoho", "CLIENT_SECRET") == "hush-hush"
    assert secrets.read("cliniko", "API_KEY") == "quiet"
    assert secrets.read("zoho", "REFRESH_TOKEN") == ""
    assert not any(b"hush" in path.read_bytes() for path in files(runtime))
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files(runtime))


def test_migrations_of_one_user_do_not_share_secrets(runtime: Runtime) -> None:
    Secrets("m-1", runtime).save("zoho", "CLIENT_SECRET", "first")
    Secrets("m-2", runtime).save("zoho", "CLIENT_SECRET", "second")

    assert Secrets("m-1", runtime).read("zoho", "CLIENT_SECRET") == "first"
    assert Secrets("m-3", runtime).read("zoho", "CLIENT_SECRET") == ""


def test_the_environment_wins_over_what_was_saved(runtime: Runtime) -> None:
    Secrets("m-1", runtime).save("zoho", "CLIENT_SECRET", "saved")

    given = Secrets("m-1", with_variables(runtime, GURNEY_ZOHO_CLIENT_SECRET="given"))

    assert given.read("zoho", "CLIENT_SECRET") == "given"
    assert given.from_environment("zoho", "CLIENT_SECRET")
    assert not given.from_environment("zoho", "CLIENT_ID")


def test_a_configuration_folder_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    runtime = Runtime(environ={"XDG_CONFIG_HOME": str(tmp_path / "taken"), "GURNEY_NO_KEYRING": "1"})

    with pytest.raises(StoreUnusable) as refused:
        master_key(runtime)

    assert "GURNEY_MASTER_KEY" in refused.value.next_step


def test_a_key_that_the_key_store_did_not_show_at_first_is_never_written_over(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop = Desktop()
    runtime = with_keyring(monkeypatch, runtime, desktop)
    first = master_key(runtime)
    answers = iter([KeyError("locked")])

    def unlocked_by_the_first_question(service: str, username: str) -> str | None:
        for refusal in answers:
            raise refusal
        return desktop.kept.get((service, username))

    monkeypatch.setattr(desktop, "get_password", unlocked_by_the_first_question)
    master_key(runtime)

    assert base64.b64decode(desktop.kept["gurney", "master"]) == first.key


def test_two_processes_that_make_the_key_at_once_agree_on_one(runtime: Runtime) -> None:
    others = []

    def entropy_while_another_is_faster(size: int) -> bytes:
        others.append(master_key(runtime))
        return b"s" * size

    slower = master_key(replace(runtime, entropy=entropy_while_another_is_faster))

    assert [slower] == others


def test_a_damaged_key_file_is_named(runtime: Runtime) -> None:
    master_key(runtime)
    (file,) = files(runtime)
    file.write_bytes(b"\xff\x00")

    with pytest.raises(StoreUnusable, match=re.escape(str(file))):
        master_key(runtime)


def test_a_full_disk_leaves_no_half_key(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("gurney.store.keys.os.fsync", full)

    with pytest.raises(StoreUnusable, match="No space left"):
        master_key(runtime)
    assert files(runtime) == []
