"""Whatever is sent to the doors of files, notes, metadata and SOAP is answered, never a crash."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from salesforce_client import Org

from gurney.twins.kit.wire import Request
from gurney.twins.salesforce.content_html import clean, preview
from gurney.twins.salesforce.content_multipart import read_parts
from gurney.twins.salesforce.content_types import split_name
from gurney.twins.salesforce.deploy_shapes import CUSTOM_OBJECT
from gurney.twins.salesforce.deploy_xml import Problem, read_json, read_xml
from gurney.twins.salesforce.package import BadPackage, read_packages
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.soap_xml import Fault, read_envelope

WORLD = Org().world
LENIENT = Org(switches={"unsafe_html": "strip"}).world
PIECES = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<b", ">", "<", "&amp;", "&", "'", '"', " on", "x='y'", "<br/>", "<script>", "word", "\n", "/"]
    ),
    max_size=12,
).map("".join)
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner) | (
    st.dictionaries(st.sampled_from(["fields", "label", "nameField", "type", "length", "valueSet", "x"]), inner)
), max_leaves=8)  # fmt: skip


@given(PIECES)
def test_what_a_note_takes_it_keeps(html: str) -> None:
    try:
        kept = clean(WORLD, html.encode())
    except Refused as no:
        assert no.code == "UNSAFE_HTML_CONTENT"
        return
    assert kept == html.replace("\n", "").encode()
    assert clean(WORLD, kept) == kept
    assert b"<script" not in kept
    preview(kept)


@given(PIECES)
def test_what_is_stripped_is_good_afterwards(html: str) -> None:
    stripped = clean(LENIENT, html.encode())
    assert clean(WORLD, stripped) == stripped


@given(st.binary(max_size=60))
def test_unreadable_bodies_are_refused(content: bytes) -> None:
    with pytest.raises(Problem):
        read_xml(content, CUSTOM_OBJECT)
    with pytest.raises(Fault):
        read_envelope(content, "urn:partner.soap.sforce.com")
    with pytest.raises(BadPackage):
        read_packages(content, single=True, scattered=False)
    request = Request("POST", "/", headers={"content-type": "multipart/form-data; boundary=b"}, body=b"--b" + content)
    with suppress(Refused):
        assert read_parts(request) == []


@given(JSON)
def test_metadata_as_json_is_read_or_refused(value: object) -> None:
    try:
        read_json(value, CUSTOM_OBJECT)
    except Problem as no:
        assert no.words


@given(st.text(max_size=30))
def test_every_path_has_a_name(path: str) -> None:
    stem, extension = split_name(path)
    assert extension == extension.lower()
    assert (stem + extension).lower().replace(".", "") in path.lower().replace(".", "") or not path.isascii()
