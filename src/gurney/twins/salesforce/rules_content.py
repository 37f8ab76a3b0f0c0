"""What this twin claims about files and notes, each rule once. Sections are those of the vendor's FACTS."""

from __future__ import annotations

from gurney.twins.kit.rules import Rules

YES_NO = ("yes", "no")
ON_OFF = ("on", "off")
REFUSE_ACCEPT = ("refuse", "accept")


def declare(rules: Rules) -> None:
    """Add them to the vendor's rules."""
    _files(rules)
    _notes(rules)


def _files(rules: Rules) -> None:
    rules.spec("salesforce.multipart-file", "A file comes as multipart: a JSON part, and VersionData", "FACTS 8")
    rules.spec("salesforce.multipart-headers", "Every part has both headers; the boundary 70 characters", "FACTS 8")
    rules.spec("salesforce.base64-size", "Base64 in JSON up to 37.5 MB, the body up to 50 MB", "FACTS 8")
    rules.spec("salesforce.attachment-size", "An attachment of the old kind has up to 25 MB", "FACTS 0.8")
    rules.spec("salesforce.version-figures", "A version shows checksum (MD5), size and extension", "FACTS 8")
    rules.spec("salesforce.version-stays", "A version cannot be deleted: its document is", "FACTS 0.7")
    rules.spec("salesforce.file-survives", "A file survives the records that it hangs on", "FACTS 0.7")
    rules.assumed(
        "salesforce.first-location", "FirstPublishLocationId makes the link, for the first version only", "FACTS 8",
        switch="first_location", default="link", choices=("link", "ignore"),
    )  # fmt: skip
    rules.assumed(
        "salesforce.owner-link", "A document is linked with its owner as well, ShareType I", "FACTS 8",
        switch="owner_link", default="yes", choices=YES_NO,
    )  # fmt: skip
    rules.assumed(
        "salesforce.file-sight",
        "A user sees files of his own and on records that he sees; all with Query All Files, or View All Data",
        "FACTS 1, 8", switch="file_sight", default="view-all", choices=("view-all", "strict"),
    )  # fmt: skip
    rules.client("salesforce.link-once", "The same file on the same record twice is DUPLICATE_VALUE", "FACTS 8")
    rules.assumed(
        "salesforce.undelete-links", "A document out of the bin has its links again", "FACTS 11",
        switch="undelete_links", default="no", choices=YES_NO,
    )  # fmt: skip
    rules.spec("salesforce.versions-per-day", "200,000 versions in 24 hours", "FACTS 8")
    rules.third_party("salesforce.file-storage", "Files fill the file storage: STORAGE_LIMIT_EXCEEDED", "FACTS 7")
    rules.setting(
        "salesforce.blocked-extensions", "File types that the organisation refuses, by commas", "FACTS 8",
        switch="blocked_extensions", default="",
    )  # fmt: skip
    rules.setting(
        "salesforce.html-uploads", "Whether HTML files may be uploaded", "FACTS 8",
        switch="html_uploads", default="accept", choices=REFUSE_ACCEPT,
    )  # fmt: skip
    rules.assumed(
        "salesforce.empty-files", "A file of no bytes is refused", "FACTS 8",
        switch="empty_files", default="refuse", choices=REFUSE_ACCEPT,
    )  # fmt: skip


def _notes(rules: Rules) -> None:
    rules.setting(
        "salesforce.notes-on", "Notes must be enabled; without, there is no ContentNote", "FACTS 8",
        switch="notes", default="on", choices=ON_OFF,
    )  # fmt: skip
    rules.spec("salesforce.note-newlines", "Raw newlines of a note are stripped", "FACTS 8")
    rules.spec("salesforce.note-escaped", "Special characters of a note's text must be escaped", "FACTS 8")
    rules.assumed(
        "salesforce.note-quotes", "Quotes in a note's text must be escaped as well", "FACTS 8",
        switch="note_quotes", default="refuse", choices=REFUSE_ACCEPT,
    )  # fmt: skip
    rules.assumed(
        "salesforce.note-unsafe", "Unsafe HTML in a note is refused, or stripped", "FACTS 8",
        switch="unsafe_html", default="refuse", choices=("refuse", "strip"),
    )  # fmt: skip
    rules.assumed(
        "salesforce.note-html", "Which tags a note takes: simple ones, or headings and tables too", "FACTS 8",
        switch="note_html", default="wide", choices=("wide", "basic"),
    )  # fmt: skip
    rules.spec("salesforce.note-changes", "Only Title and Content of a note can be changed", "FACTS 8")
    rules.spec("salesforce.note-content", "A note's body is read at /Content and as VersionData", "FACTS 8")
    rules.spec("salesforce.note-share", "A note is shared as V or I", "FACTS 8")
    rules.spec("salesforce.note-audit", "Notes take owner and dates from users who may set audit fields", "FACTS 8")
    rules.assumed(
        "salesforce.note-collections", "Notes can be written in Collections", "FACTS 8, 15",
        switch="note_collections", default="yes", choices=YES_NO,
    )  # fmt: skip
    rules.client(
        "salesforce.legacy-note", "A note of the old kind is plain text of 32,000 without audit dates", "FACTS 8"
    )
