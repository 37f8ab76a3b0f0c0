"""The judge of recorded traffic, on a small made-up specification."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import orjson
import pytest

from gurney.testing.forms import ENCODED
from gurney.testing.openapi import linked
from gurney.testing.recording import Exchange
from gurney.testing.traffic import SpecValidator, Tolerated, Violation, corrected, known_errors

ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9]+$"}}
PATIENT = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "sex": {"type": "string", "nullable": True, "enum": ["Female", "Male"]},
        "doctor": {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Doctor"}]},
        "price": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
    },
}


def json_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def specification(**patient: Any) -> dict[str, Any]:
    one = {"$ref": "#/components/schemas/Patient"}
    page = {"name": "page", "in": "query", "schema": {"type": "integer", "maximum": 100}}
    kind = {"name": "kind", "in": "query", "required": True, "schema": {"type": "string", "enum": ["all", "new"]}}
    return {
        "openapi": "3.0.3",
        "servers": [{"url": "https://api.example.org/{version}", "variables": {"version": {"default": "v1"}}}],
        "paths": {
            "/patients": {
                "get": {
                    "parameters": [page, kind],
                    "responses": {"200": json_of({"type": "array", "items": one})},
                },
                "post": {
                    "requestBody": {"required": True, **json_of(one)},
                    "responses": {"201": json_of(one), "4XX": {"description": "refused"}},
                },
            },
            "/{module}/{id}": {"get": {"parameters": [ID], "responses": {"200": json_of(one)}}},
            "/patients/{id}": {"delete": {"parameters": [ID], "responses": {"204": {"description": "gone"}}}},
        },
        "components": {"schemas": {"Patient": {**deepcopy(PATIENT), **patient}, "Doctor": {"type": "object"}}},
    }


def exchange(
    method: str,
    url: str,
    *,
    sent: Any = None,
    status: int = 200,
    came: Any = None,
    headers: dict[str, str] | None = None,
) -> Exchange:
    body = b"" if sent is None else sent if isinstance(sent, bytes) else orjson.dumps(sent)
    answer = b"" if came is None else came if isinstance(came, bytes) else orjson.dumps(came)
    return Exchange(method, url, {}, body, status, {}, answer)


@pytest.fixture(scope="module")
def judge() -> SpecValidator:
    return SpecValidator(linked({"first": specification()}), outside=[re.compile("^/oauth/")])


def said(violations: list[Violation]) -> list[tuple[str, str, str]]:
    return [(one.side, one.pointer, one.words) for one in violations]


def test_traffic_as_described_is_fine(judge: SpecValidator) -> None:
    patients = [{"id": "1", "sex": "Female"}, {"id": "2", "sex": None, "doctor": None}]

    assert judge.validate(exchange("GET", "/v1/patients?page=2&kind=all", came=patients)) == []
    assert judge.validate(exchange("POST", "/v1/patients", sent={"id": "1"}, status=201, came={"id": "1"})) == []
    assert judge.validate(exchange("POST", "/v1/patients", sent={"id": "1"}, status=422)) == []


@pytest.mark.parametrize(
    ("wrong", "where", "words"),
    [
        (exchange("GET", "/v1/nothing"), ("request", ""), "no such path"),
        (exchange("PUT", "/v1/patients"), ("request", ""), "no such path or method"),
        (exchange("GET", "/v1/patients", came=[]), ("request", "kind"), "required parameter is missing"),
        (exchange("GET", "/v1/patients?kind=old", came=[]), ("request", "kind"), "is not one of"),
        (exchange("GET", "/v1/patients?kind=all&page=101", came=[]), ("request", "page"), "maximum"),
        (exchange("GET", "/v1/patients?kind=all&page=x", came=[]), ("request", "page"), "not of type"),
        (
            exchange("GET", "/v1/patients?kind=all&more=1", came=[]),
            ("request", "more"),
            "query parameter is not described",
        ),
        (exchange("GET", "/v1/any/x1", came={"id": "1"}), ("request", "id"), "does not match"),
        (exchange("POST", "/v1/patients", status=201, came={"id": "1"}), ("request", ""), "a body is required"),
        (exchange("POST", "/v1/patients", sent=b"{", status=422), ("request", ""), "not JSON"),
        (exchange("POST", "/v1/patients", sent={}, status=422), ("request", ""), "required property"),
        (exchange("POST", "/v1/patients", sent={"id": 1}, status=422), ("request", "/id"), "not of type"),
        (exchange("POST", "/v1/patients", sent={"id": "1", "price": 0}, status=422), ("request", "/price"), "0"),
        (exchange("GET", "/v1/patients?kind=all", status=500), ("response", ""), "status 500 is not described"),
        (exchange("GET", "/v1/patients?kind=all", came=[{"id": "1", "sex": ""}]), ("response", "/0/sex"), "not one of"),
        (exchange("GET", "/v1/patients?kind=all", came=b"<html>"), ("response", ""), "not JSON"),
        (exchange("GET", "/v1/any/1", came={"id": "1", "new": 1}), ("response", ""), "Additional properties"),
    ],
)
def test_what_is_not_described_is_told(
    judge: SpecValidator, wrong: Exchange, where: tuple[str, str], words: str
) -> None:
    found = said(judge.validate(wrong))

    assert len(found) == 1
    assert found[0][:2] == where
    assert words in found[0][2]


def test_a_literal_path_is_meant_before_a_parameter(judge: SpecValidator) -> None:
    assert judge.validate(exchange("DELETE", "/v1/patients/1", status=204)) == []
    assert judge.validate(exchange("DELETE", "/v1/doctors/1", status=204))


def test_bodies_that_were_not_kept_are_not_judged(judge: SpecValidator) -> None:
    file = Exchange("POST", "/v1/patients", {}, None, 201, {}, None)

    assert judge.validate(file) == []


def test_what_lies_outside_the_specification_is_not_judged(judge: SpecValidator) -> None:
    assert judge.validate(exchange("POST", "/oauth/v2/token?grant_type=x")) == []


def test_a_second_opinion_knows_more_parameters_and_statuses_but_is_not_asked_about_bodies() -> None:
    older = specification(additionalProperties=True)
    older["paths"]["/patients"]["get"]["parameters"].append({"name": "old", "in": "query", "schema": {}})
    older["paths"]["/patients"]["get"]["responses"]["304"] = {"description": "nothing new"}
    older["paths"]["/doctors"] = {"get": {"responses": {"200": {"description": "found"}}}}
    first, second = linked({"first": specification()}), linked({"second": older})
    alone, both = SpecValidator(first), SpecValidator(first, second_opinion=second)
    described = [
        exchange("GET", "/v1/patients?kind=all&old=1", came=[]),
        exchange("GET", "/v1/patients?kind=all", status=304),
        exchange("GET", "/v1/doctors"),
    ]

    assert [bool(alone.validate(one)) for one in described] == [True, True, True]
    assert both.validate_all(described) == []
    assert both.validate(exchange("GET", "/v1/patients?kind=all&new=1", came=[]))
    assert both.validate(exchange("GET", "/v1/any/1", came={"id": "1", "new": 1}))


def test_a_known_error_is_excused_where_it_is_listed_and_nowhere_else() -> None:
    known = Tolerated(
        "the vendor says so",
        re.compile("^GET /v1/patients$"),
        "response",
        re.compile("/sex$"),
        re.compile("not one of"),
    )
    judge = SpecValidator(linked({"first": specification()}), tolerated=[known])

    assert judge.validate(exchange("GET", "/v1/patients?kind=all", came=[{"id": "1", "sex": ""}])) == []
    assert judge.validate(exchange("GET", "/v1/any/1", came={"id": "1", "sex": ""}))


def test_a_correction_changes_the_document_at_its_place_only() -> None:
    entry = {"document": "fir", "at": "/Patient$", "drop": ["required"], "set": {"minProperties": 1}}
    where = {"where": {"name": "kind"}, "set": {"required": False}}
    original = specification()

    made = corrected(original, "first", [entry, where])

    assert "required" not in made["components"]["schemas"]["Patient"]
    assert made["components"]["schemas"]["Patient"]["minProperties"] == 1
    assert made["paths"]["/patients"]["get"]["parameters"][1]["required"] is False
    assert original == specification()
    assert corrected(original, "second", [entry]) == original


def test_a_parameter_may_be_a_list_of_what_its_schema_says_of_one_value() -> None:
    entry = {"where": {"name": "kind"}, "as_list": True}
    judge = SpecValidator(linked({"first": corrected(specification(), "first", [entry])}))

    assert judge.validate(exchange("GET", "/v1/patients?kind=all,new", came=[])) == []
    assert said(judge.validate(exchange("GET", "/v1/patients?kind=all,old", came=[])))[0][1] == "kind/1"


FILE = 'Content-Disposition: form-data; name="file"; filename="r\u00f6ntgen.txt"\r\n\r\nhello\r\n'


def upload(*parts: str, kind: str = "multipart/form-data; boundary=b") -> Exchange:
    sent = "".join(f"--b\r\n{part}" for part in parts) + "--b--\r\n"
    return Exchange("POST", "/v1/files", {"content-type": kind}, sent.encode(), 400, {}, None)


def field(name: str, text: str) -> str:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'


@pytest.fixture(scope="module")
def forms() -> SpecValidator:
    schema = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}, "patient": {"type": "integer"}},
    }
    asked = {"content": {kind: {"schema": schema} for kind in ("multipart/form-data", ENCODED)}}
    document = specification()
    document["paths"]["/files"] = {"post": {"requestBody": asked, "responses": {"400": {"description": "refused"}}}}
    return SpecValidator(linked({"first": document}))


def test_a_form_is_judged_field_by_field(forms: SpecValidator) -> None:
    assert forms.validate(upload(field("patient", "7"), FILE)) == []
    assert said(forms.validate(upload(field("patient", "x"), FILE)))[0][1] == "/patient"
    assert "required" in said(forms.validate(upload(field("patient", "7"))))[0][2]


def test_an_encoded_form_is_judged_too_and_json_in_its_place_is_told(forms: SpecValidator) -> None:
    encoded = Exchange("POST", "/v1/files", {"content-type": ENCODED}, b"file=x&patient=x", 400, {}, None)

    assert said(forms.validate(encoded))[0][1] == "/patient"
    assert "no JSON body" in said(forms.validate(exchange("POST", "/v1/files", sent={"file": ""}, status=400)))[0][2]


def test_references_lead_to_other_documents_and_nowhere_else_demands_nothing() -> None:
    first, other = specification(), specification()
    properties = first["components"]["schemas"]["Patient"]["properties"]
    properties["doctor"] = {"$ref": "https://example.org/files/other.json#/components/schemas/Patient"}
    properties["sex"] = {"$ref": "https://example.org/files/missing.json#/components/schemas/Sex"}
    judge = SpecValidator(linked({"first": first, "other": other})[:1])

    assert judge.validate(exchange("GET", "/v1/any/1", came={"id": "1", "sex": 5, "doctor": {"id": "2"}})) == []
    assert judge.validate(exchange("GET", "/v1/any/1", came={"id": "1", "doctor": {}}))


@pytest.mark.parametrize("vendor", ["cliniko", "pipedrive", "zoho"])
def test_every_known_error_of_a_specification_has_its_reason(vendor: str) -> None:
    entries = [one for kind in known_errors(vendor).values() for one in kind]

    assert entries
    assert all(len(one["reason"]) > 20 for one in entries)
