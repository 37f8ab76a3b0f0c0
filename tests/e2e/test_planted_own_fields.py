"""The clinic's own patient fields: their values, and names that clash."""

from __future__ import annotations

from crm import Row
from harbour import Clinic, Story
from planted import Case, Checks

CHECKS = Checks()


def answers_of(patient: Row) -> dict[str, Row]:
    return {field["token"]: field for section in patient["custom_fields"]["sections"] for field in section["fields"]}


def chosen(answer: Row) -> list[str]:
    names = [option["name"] for option in answer["options"] if option.get("selected")]
    return names + (["Other"] if answer["other"].get("selected") else [])


def answered(case: Case, answer: Row) -> None:
    fields = case.field_of(answer["token"])
    value = case.crm.own(case.id, fields[0]["to"])
    if fields[0]["to"] in case.crm.choices_as_text:
        others = [answer["other"]["value"]] if answer["other"].get("selected") else []
        assert value == ", ".join([name for name in chosen(answer) if name != "Other" or not others] + others)
    elif "options" in answer:
        assert (value if isinstance(value, list) else [value]) == chosen(answer)
        if answer["other"].get("selected"):
            assert case.crm.own(case.id, fields[1]["to"]) == answer["other"]["value"]
    else:
        assert value == answer["value"].replace("\r\n", "\n")


@CHECKS.of("all_custom_fields")
def own_fields(case: Case) -> None:
    given = answers_of(case.source())

    assert len(given) == len(case.story.report("audit")["custom_fields"])
    for answer in given.values():
        answered(case, answer)


@CHECKS.of("custom_field_other")
def own_field_other(case: Case) -> None:
    for answer in answers_of(case.source()).values():
        answered(case, answer)


@CHECKS.of("custom_field_long_text")
def own_long_text(case: Case) -> None:
    [(token, text)] = [
        (token, field["value"])
        for token, field in answers_of(case.source()).items()
        if len(field.get("value") or "") == case.entry["characters"]
    ]
    [field] = case.field_of(token)
    shortened = [row for row in case.story.report("plan")["findings"] if row["code"] == "text-shortened"]

    if len(text) <= case.crm.own_text_most:
        assert case.crm.own(case.id, field["to"]) == text
        assert not any(case.id in row["ids"] for row in shortened), "the plan warns of nothing"
        return
    assert str(case.crm.own(case.id, field["to"])).endswith("…")
    assert case.crm.text("patients", case.id, field["to"]) == text
    assert any(case.id in row["ids"] for row in shortened)
    assert case.listed("text-too-long", "patients")


@CHECKS.of("custom_field_labels_repeated", "custom_field_equal_*", "custom_field_collide_*", "custom_field_label_*")
def own_field_names(case: Case) -> None:
    names = [field["to"] for token in case.ids for field in case.field_of(token)]
    labels = [row["label"] for row in case.story.report("audit")["custom_fields"] if row["token"] in case.ids]
    others = [
        field["to"] for field in case.patient_fields() if field["source"].removeprefix("custom_fields.") not in case.ids
    ]

    assert len(names) == len(set(names)) >= len(case.ids)
    assert not set(names) & {*case.crm.own_standard_fields, *others}
    assert all(name.isascii() and name[0].isalpha() for name in names)
    notes = [field["note"] for token in case.ids for field in case.field_of(token)]
    assert all(any(label in note for note in notes) for label in labels)


@CHECKS.each
def test_what_was_planted_arrives_as_expected(entry: Row, clinic: Clinic, story: Story) -> None:
    CHECKS.check(Case(entry, clinic, story))
