"""Files: odd names and types, empty, unfinished, archived, large."""

from __future__ import annotations

from crm import Row
from harbour import Clinic, Story, linked
from planted import Case, Checks

CHECKS = Checks()


def by_hand(case: Case) -> dict[str, str]:
    return {row["source_id"]: row["reason"] for row in case.story.report("run")["manual"]}


TOLD_OF_FILES = {
    "content type invalid/invalid": "file-type",
    "no extension, type null": "file-type",
    "active HTML": "file-runnable",
    "active SVG": "file-runnable",
    "blocked extension at most destinations": "file-runnable",
    "path traversal in the name": "file-name",
    "formula name and cell": "file-name",
    "255-character name": "file-name",
    "quote and line break in the name": "file-name",
    "reserved Windows name": "file-name",
}
"""What the audit says about an odd file, so that nobody is surprised afterwards."""


@CHECKS.of("attachment")
def odd_file(case: Case) -> None:
    if case.entry["what"] == "0 bytes":
        assert by_hand(case)[case.id] == "file-empty"
        assert case.left("files", "file-empty") == 1
        return
    file = case.crm.files[case.id]
    wanted = next(row for row in case.clinic.manifest["files"] if row["id"] == case.id)
    assert (file.sha256, file.size) == (wanted["sha256"], wanted["size"])
    assert not set(file.name) & set('\r\n/\\"')
    assert len(file.name) <= 255
    suffix = case.entry["filename"].rpartition(".")[2] if "." in case.entry["filename"].rpartition("/")[2] else ""
    assert not suffix or file.name.endswith(f".{suffix}")
    full_name = case.entry["filename"].replace("\r\n", "\n")
    assert file.name == full_name or f"\nFile: {full_name}\n" in file.about.replace("\r\n", "\n"), (
        "the full name is nowhere"
    )
    fits = case.entry["what"] == "255-character name" and case.crm.file_name_most >= 255
    if not fits and (code := TOLD_OF_FILES.get(case.entry["what"])):
        assert case.listed(code)
    assert file.parent == case.patient(linked(case.source(), "patient"))["id"]


@CHECKS.of("attachment_processing")
def unfinished_file(case: Case) -> None:
    assert by_hand(case)[case.id] == "not-ready"
    assert case.id not in case.crm.files
    assert case.listed("file-unprocessed")


@CHECKS.of("attachment_archived")
def archived_file(case: Case) -> None:
    assert case.id not in case.crm.files
    assert case.left("files", "archived") == 1


@CHECKS.of("attachment_*_mib")
def big_file(case: Case) -> None:
    wanted = next(row for row in case.clinic.manifest["files_generated"] if row["id"] == case.id)

    if case.entry["size"] > case.crm.file_most:
        assert case.id not in case.crm.files
        assert by_hand(case)[case.id] == "file-too-large"
        assert [row["attachment_id"] for row in case.story.report("audit")["oversize"]] == [case.id]
        return
    assert case.crm.files[case.id].size == case.entry["size"]
    assert case.crm.files[case.id].sha256 == wanted["sha256"]


@CHECKS.each
def test_what_was_planted_arrives_as_expected(entry: Row, clinic: Clinic, story: Story) -> None:
    CHECKS.check(Case(entry, clinic, story))
