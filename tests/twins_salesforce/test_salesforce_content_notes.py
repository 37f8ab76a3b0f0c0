"""ContentNote: escaping, newlines, unsafe HTML, links, what can be changed; and the old Note."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from salesforce_client import Org

from gurney.twins.salesforce.people import grant

pytestmark = pytest.mark.anyio


def encoded(html: str) -> str:
    return base64.b64encode(html.encode()).decode()


async def note(org: Org, html: str = "<p>Seen today</p>", **more: Any) -> str:
    return await org.make("ContentNote", Title="Treatment", Content=encoded(html), **more)


async def body(org: Org, id: str) -> str:
    return (await org.ask("GET", f"sobjects/ContentNote/{id}/Content")).text


@pytest.mark.rule("salesforce.note-content")
async def test_a_note_is_a_document_with_a_version(org: Org) -> None:
    id = await note(org)
    row = await org.get("ContentNote", id)
    document = await org.get("ContentDocument", id)
    version = await org.get("ContentVersion", row["LatestPublishedVersionId"])

    assert id.startswith("069")
    assert await body(org, id) == "<p>Seen today</p>"
    assert (await org.ask("GET", f"sobjects/ContentVersion/{version['Id']}/VersionData")).text == "<p>Seen today</p>"
    assert row["Content"].endswith(f"/sobjects/ContentNote/{id}/Content")
    assert (row["TextPreview"], row["FileType"], row["ContentSize"]) == ("Seen today", "SNOTE", 17)
    assert (document["FileType"], document["Title"]) == ("SNOTE", "Treatment")
    assert (version["ContentDocumentId"], version["PathOnClient"]) == (id, "Treatment.snote")


@pytest.mark.rule("salesforce.note-newlines")
async def test_raw_newlines_are_stripped(org: Org) -> None:
    assert await body(org, await note(org, "one\r\ntwo<br>\nthree")) == "onetwo<br>three"


@pytest.mark.rule("salesforce.note-escaped")
@pytest.mark.rule("salesforce.note-unsafe")
@pytest.mark.parametrize(
    "html",
    [
        "salt & pepper",
        "a < b",
        "a > b",
        "<p>2 > 1</p>",
        "<script>alert(1)</script>",
        '<p onclick="x">text</p>',
        '<a href="javascript:alert(1)">text</a>',
        '<a href="java&#115;cript:alert(1)">text</a>',
        "<iframe></iframe>",
        "<o:p>text</o:p>",
        "<p unquoted=1>text</p>",
        "<!-- comment -->",
    ],
)
async def test_unescaped_and_unsafe_content_is_refused(org: Org, html: str) -> None:
    refused = await org.refusal("ContentNote", Title="x", Content=encoded(html))
    assert (refused["errorCode"], refused["fields"]) == ("UNSAFE_HTML_CONTENT", ["Content"])
    assert (await org.query("SELECT COUNT() FROM ContentDocument"))["totalSize"] == 0


async def test_escaped_text_and_known_tags_are_taken(org: Org) -> None:
    html = (
        '<h2>Plan</h2><p style="color:red">salt &amp; pepper, &lt;5 &quot;cm&quot; &#39;ok&#39;</p>'
        '<ul><li>one</li></ul><a href="https://example.org">link</a><br/><table><tr><td>x</td></tr></table>'
    )
    assert await body(org, await note(org, html)) == html


@pytest.mark.rule("salesforce.note-quotes")
async def test_quotes_are_escaped_where_the_switch_says_so(org: Org) -> None:
    assert (await org.refusal("ContentNote", Title="x", Content=encoded("<p>don't</p>")))["errorCode"] == (
        "UNSAFE_HTML_CONTENT"
    )
    lenient = Org(switches={"note_quotes": "accept"})
    assert await body(lenient, await note(lenient, "<p>don't</p>")) == "<p>don't</p>"


async def test_unsafe_html_is_stripped_where_the_switch_says_so() -> None:
    org = Org(switches={"unsafe_html": "strip"})
    assert await body(org, await note(org, "<iframe>a & b</iframe><p>c</p>")) == "a &amp; b<p>c</p>"


@pytest.mark.rule("salesforce.note-html")
async def test_headings_are_refused_where_the_switch_says_so() -> None:
    org = Org(switches={"note_html": "basic"})
    assert (await org.refusal("ContentNote", Title="x", Content=encoded("<h1>a</h1>")))["errorCode"] == (
        "UNSAFE_HTML_CONTENT"
    )
    await note(org, "<p><b>a</b></p>")


@pytest.mark.rule("salesforce.note-changes")
async def test_only_title_and_content_change(org: Org) -> None:
    id = await note(org)
    await org.ask("PATCH", f"sobjects/ContentNote/{id}", {"Title": "New"})
    await org.ask("PATCH", f"sobjects/ContentNote/{id}", {"Content": encoded("<p>newer</p>")})
    owner = await org.ask("PATCH", f"sobjects/ContentNote/{id}", {"OwnerId": org.world.admin["Id"]})

    versions = await org.query(
        f"SELECT Title, IsLatest, VersionNumber FROM ContentVersion WHERE ContentDocumentId = '{id}'"
    )
    assert await body(org, id) == "<p>newer</p>"
    assert (await org.get("ContentDocument", id))["Title"] == "New"
    assert {(row["VersionNumber"], row["IsLatest"]) for row in versions["records"]} == {("1", False), ("2", True)}
    assert owner.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


@pytest.mark.rule("salesforce.note-share")
async def test_a_note_is_not_shared_for_collaboration(org: Org) -> None:
    contact = await org.make("Contact", LastName="Ng")
    link = {"ContentDocumentId": await note(org), "LinkedEntityId": contact, "Visibility": "AllUsers"}
    refused = await org.refusal("ContentDocumentLink", **link, ShareType="C")
    made = await org.make("ContentDocumentLink", **link, ShareType="V")
    changed = await org.ask("PATCH", f"sobjects/ContentDocumentLink/{made}", {"ShareType": "C"})

    assert refused["errorCode"] == changed.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"


@pytest.mark.parametrize("seen_as", ["ContentNote", "ContentDocument"])
async def test_a_note_goes_whole_and_comes_back_whole(org: Org, seen_as: str) -> None:
    from gurney.twins.salesforce.deleting import undelete
    from gurney.twins.salesforce.writing import Writer

    id = await note(org)
    assert (await org.ask("DELETE", f"sobjects/{seen_as}/{id}")).status_code == 204
    gone = [(await org.ask("GET", f"sobjects/{name}/{id}")).status_code for name in ("ContentNote", "ContentDocument")]
    assert gone == [404, 404]
    assert (await org.query("SELECT COUNT() FROM ContentVersion"))["totalSize"] == 0

    undelete(Writer(org.world, org.world.access(org.world.admin["Id"])), id)
    assert await body(org, id) == "<p>Seen today</p>"
    assert (await org.get("ContentDocument", id))["Title"] == "Treatment"


@pytest.mark.rule("salesforce.note-audit")
async def test_a_note_keeps_its_dates_and_owner(org: Org) -> None:
    at = "2019-05-06T07:08:09.000+0000"
    plain = {"Title": "x", "Content": encoded("x")}
    assert (await org.refusal("ContentNote", **plain, CreatedDate=at))["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    kept = Org(users=("anna@clinic.example",), switches={"audit_fields": "on"})
    grant(kept.world, kept.world.admin["Id"], permission="CreateAuditFields")
    anna = (await kept.query("SELECT Id FROM User WHERE Email = 'anna@clinic.example'"))["records"][0]["Id"]

    id = await note(kept, CreatedDate=at, LastModifiedDate=at, OwnerId=anna)
    for name in ("ContentNote", "ContentDocument"):
        row = await kept.get(name, id)
        assert (row["CreatedDate"], row["OwnerId"]) == (at, anna)


@pytest.mark.rule("salesforce.notes-on")
async def test_notes_must_be_enabled() -> None:
    org = Org(switches={"notes": "off"})
    assert (await org.refusal("ContentNote", Title="x", Content=encoded("x")))["status"] == 404


@pytest.mark.rule("salesforce.note-collections")
async def test_notes_come_in_collections() -> None:
    rows = [{"attributes": {"type": "ContentNote"}, "Title": "x", "Content": encoded(text)} for text in ("a", "a & b")]
    results = (await Org().ask("POST", "composite/sobjects", {"allOrNone": False, "records": rows})).json()
    closed = Org(switches={"note_collections": "no"})
    refused = (await closed.ask("POST", "composite/sobjects", {"records": rows})).json()

    assert [result["success"] for result in results] == [True, False]
    assert results[1]["errors"][0]["statusCode"] == "UNSAFE_HTML_CONTENT"
    assert refused[0]["success"] is False
    assert refused[0]["errors"][0]["statusCode"] == "INVALID_TYPE_FOR_OPERATION"


async def test_a_note_needs_title_and_content(org: Org) -> None:
    assert (await org.refusal("ContentNote", Content=encoded("x")))["fields"] == ["Title"]
    assert (await org.refusal("ContentNote", Title="x"))["fields"] == ["Content"]
    long = await org.refusal("ContentNote", Title="t" * 256, Content=encoded("x"))
    assert long["errorCode"] == "STRING_TOO_LONG"
    binary = base64.b64encode(b"\xff\xfe").decode()
    assert (await org.refusal("ContentNote", Title="x", Content=binary))["fields"] == ["Content"]


@pytest.mark.rule("salesforce.legacy-note")
async def test_a_note_of_the_old_kind_is_plain_text(org: Org) -> None:
    contact = await org.make("Contact", LastName="Ng")
    id = await org.make("Note", Title="t" * 80, Body="a < b\n" + "x" * 31_994, ParentId=contact)

    assert (await org.get("Note", id))["Body"].startswith("a < b\n")
    long = await org.refusal("Note", Title="t", Body="x" * 32_001, ParentId=contact)
    orphan = await org.refusal("Note", Title="t", Body="x")
    dated = await org.refusal("Note", Title="t", ParentId=contact, CreatedDate="2019-05-06T07:08:09Z")
    assert (long["errorCode"], orphan["fields"]) == ("STRING_TOO_LONG", ["ParentId"])
    assert dated["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    await org.ask("DELETE", f"sobjects/Contact/{contact}")
    assert (await org.ask("GET", f"sobjects/Note/{id}")).status_code == 404
