"""The judge of Freshsales' traffic sees what is wrong, and excuses what an `include` adds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from gurney.testing.freshsales_traffic import FreshsalesValidator, load_freshsales_validator
from gurney.testing.recording import Exchange

JSON = {"content-type": "application/json"}
NOTE = {"note": {"description": "x", "targetable_type": "Contact", "targetable_id": 1}}


@pytest.fixture(scope="module")
def judge(shared: Path) -> FreshsalesValidator:
    return load_freshsales_validator(shared / "vendors")


def told(judge: FreshsalesValidator, call: str, body: Any = None, answer: Any = None, status: int = 200) -> list[str]:
    method, _, path = call.partition(" ")
    sent = b"" if body is None else orjson.dumps(body)
    said = b"" if answer is None else orjson.dumps(answer)
    return [
        str(one) for one in judge.validate(Exchange(method, f"/crm/sales/api{path}", JSON, sent, status, JSON, said))
    ]


@pytest.mark.parametrize(
    ("call", "body", "words"),
    [
        ("GET /contacts", None, "no such operation is listed"),
        ("GET /notes/31000000001", None, "no such operation is listed"),
        ("GET /deals/view/31000000001?size=9", None, "size: no such parameter is listed"),
        ("POST /notes", {"note": {**NOTE["note"], "title": "x"}}, "title: no such key is listed"),
        ("POST /tasks", {"task": {"description": "x"}}, "a key is required"),
    ],
)
def test_a_request_that_is_not_listed_is_told(judge: FreshsalesValidator, call: str, body: Any, words: str) -> None:
    assert any(words in one for one in told(judge, call, body))


def test_an_answer_of_another_shape_is_told(judge: FreshsalesValidator) -> None:
    recorded = judge.samples["deal"]
    wrong = {**recorded, "deal": {**recorded["deal"], "amount": 12.5, "price": 1}}
    del wrong["deal"]["name"]

    found = told(judge, "GET /deals/31000000001", answer=wrong)

    assert sorted(one.rpartition("response ")[2] for one in found) == [
        ".deal.amount: str is number, other than in deal.json", ".deal.name: lacking, other than in deal.json",
        ".deal.price: more, other than in deal.json",
    ]  # fmt: skip
    assert told(judge, "POST /notes", NOTE, judge.samples["note"], status=201) != []


def test_what_was_asked_for_beside_a_record_is_excused(judge: FreshsalesValidator) -> None:
    recorded = judge.samples["deal"]
    more = {**recorded, "contacts": [], "deal": {**recorded["deal"], "contact_ids": []}}

    assert told(judge, "GET /deals/31000000001?include=contacts", answer=more) == []
    assert len(told(judge, "GET /deals/31000000001", answer=more)) == 2


def test_a_call_that_the_list_has_twice_may_do_either(judge: FreshsalesValidator) -> None:
    assert told(judge, "PUT /deals/31000000001", {"deal": {"contacts_removed_list": [1]}}) == []
    assert told(judge, "PUT /deals/31000000001", {"deal": {"products": [{"id": 1, "quantity": 1}]}}) == []
    assert told(judge, "PUT /deals/31000000001", {"deal": {"colour": "red"}}) != []
