"""The folder of a migration: made once, read strictly, every wrong setting named with its nearest right one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gurney.destinations.vendor import Prices
from gurney.errors import Misused
from gurney.estimate.allowance import usable
from gurney.migration.connect import destination
from gurney.migration.workspace import as_of_from, create, open_workspace
from gurney.runtime import Runtime
from gurney.store.keys import MasterKey, Secrets
from gurney.store.store import open_store


@pytest.fixture
def folder(tmp_path: Path, runtime: Runtime) -> Path:
    return create(tmp_path / "clinic", "zoho", runtime).folder


def edited(folder: Path, old: str, new: str) -> Path:
    file = folder / "gurney.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def test_a_new_workspace_opens_with_its_defaults(folder: Path) -> None:
    settings = open_workspace(folder).settings

    assert settings.migration.destination == "zoho"
    assert settings.migration.id.startswith("m-20261116-")
    assert settings.source.requests_per_minute == 200
    assert settings.options.verify_files == "checksum"


def test_its_state_and_reports_are_the_user_s_alone_and_stay_out_of_version_control(folder: Path) -> None:
    assert (folder / ".gitignore").read_text() == ".gurney/\nreports/\n"
    assert all((folder / part).stat().st_mode & 0o077 == 0 for part in (".gurney", "reports"))


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, runtime: Runtime) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(Misused, match="is not empty"):
        create(tmp_path, "zoho", runtime)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_is_no_place_for_a_workspace(tmp_path: Path, runtime: Runtime) -> None:
    (tmp_path / "clinic").write_text("mine")

    with pytest.raises(Misused):
        create(tmp_path / "clinic", "zoho", runtime)


def test_an_unknown_destination_names_the_known_ones(tmp_path: Path, runtime: Runtime) -> None:
    with pytest.raises(Misused, match="no destination 'zohoo'") as refused:
        create(tmp_path / "clinic", "zohoo", runtime)
    assert "zoho" in refused.value.next_step
    assert not (tmp_path / "clinic").exists()


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(Misused, match=r"no gurney\.toml") as refused:
        open_workspace(tmp_path)
    assert "gurney new" in refused.value.next_step


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("in_flight", "inflight", "source.inflight: there is no such setting; did you mean in_flight?"),
        ("[options]", "[option]", "option: there is no such setting; did you mean options?"),
        ("operator", "zzz", "migration.zzz: there is no such setting"),
        ("in_flight = 4", "in_flight = 99", "source.in_flight: Input should be less than or equal to 8"),
        ('verify_files = "checksum"', 'verify_files = "never"', "options.verify_files: Input should be"),
        ('destination = "zoho"', "", "migration.destination: Field required"),
    ],
)
def test_a_wrong_setting_is_named_with_its_nearest_right_one(folder: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(Misused) as refused:
        open_workspace(edited(folder, old, new))
    assert words in refused.value.message


def test_duplicates_are_saved_unless_the_operator_says_otherwise(folder: Path) -> None:
    assert open_workspace(folder).settings.destination.allow_duplicates
    changed = edited(folder, "allow_duplicates = true", "allow_duplicates = false")
    assert not open_workspace(changed).settings.destination.allow_duplicates


def test_all_wrong_settings_are_named_at_once(folder: Path) -> None:
    edited(folder, "in_flight", "inflight")
    with pytest.raises(Misused) as refused:
        open_workspace(edited(folder, "delta_hours = 48", "delta_hours = 0"))
    assert "inflight" in refused.value.message
    assert "delta_hours" in refused.value.message


def test_bad_toml_is_told_with_its_line(folder: Path) -> None:
    with pytest.raises(Misused, match=r"not valid TOML: .*line \d+"):
        open_workspace(edited(folder, "[source]", "[source"))


def test_settings_that_are_not_text_are_told(folder: Path) -> None:
    (folder / "gurney.toml").write_bytes(b"\xff\xfe[\x00m\x00")

    with pytest.raises(Misused, match="UTF-8"):
        open_workspace(folder)


@pytest.mark.parametrize("text", ["2026-11-16", "2026-11-16T00:00:00", "tomorrow", "2026-13-01T00:00:00Z"])
def test_a_moment_needs_a_zone_and_has_to_exist(text: str) -> None:
    with pytest.raises(Misused) as refused:
        as_of_from(text)
    assert "2026-11-16T00:00:00Z" in refused.value.next_step


def test_a_moment_with_a_zone_is_read() -> None:
    assert as_of_from("2026-11-16T10:00:00+10:00") == as_of_from("2026-11-16T00:00:00Z")


def test_what_other_programs_keep_reaches_the_pacer_and_what_a_plan_forecasts_with(
    folder: Path, runtime: Runtime, tmp_path: Path
) -> None:
    workspace = open_workspace(edited(folder, "leave_to_others = 0 ", "leave_to_others = 25 "))
    names = ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")
    environ = {f"GURNEY_ZOHO_{name}": "x" for name in names} | {"HOME": str(tmp_path)}
    store = open_store(str(tmp_path / "store.sqlite"), runtime, MasterKey(b"k" * 32, "test"), create=True)
    store.documents.put("account", {"edition": "enterprise", "details": {"users": "4"}}, sealed=False)
    opened = replace(runtime, environ=environ)

    zoho = destination(workspace, Secrets(workspace.settings.migration.id, opened), opened, store)

    (credits,) = Prices.of(zoho).pace.budgets
    assert credits.ceiling is not None
    assert credits.for_others == credits.ceiling // 4
    assert usable(credits) == credits.ceiling - credits.reserve - credits.for_others
