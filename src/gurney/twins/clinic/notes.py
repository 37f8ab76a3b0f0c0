"""Contents with questions and answers: treatment notes and patient forms (FACTS 6.3, 6.4).

Paragraph answers are HTML of the few tags the vendor keeps; an unanswered question has no `answer` at all;
choices list every option and mark the chosen ones.
"""

from __future__ import annotations

from random import Random
from typing import Any

from gurney.twins.clinic.wire import DAY_S, Record, day
from gurney.twins.clinic.words import COMPLAINTS, FINDINGS, OPINIONS, PLANS

Sections = list[dict[str, Any]]

ASSESSMENT, SOAP, OLD = "Initial assessment", "Standard consultation", "Old progress note"
SIDES = ("Left", "Right", "Both")
FLAGS = ("Night pain", "Weight loss", "Recent fall")

TEMPLATES: dict[str, Sections] = {
    ASSESSMENT: [
        {
            "name": "Subjective",
            "description": "What the patient reports",
            "questions": [{"name": "Presenting complaint", "type": "paragraph"}, {"name": "Pain", "type": "text"}],
        },
        {
            "questions": [
                {"name": "Red flags", "type": "checkboxes", "answers": [{"value": flag} for flag in FLAGS]},
                {"name": "Side", "type": "radiobuttons", "answers": [{"value": side} for side in SIDES]},
                {"name": "Review on", "type": "date"},
                {"name": "Chart", "type": "bodycharts"},
            ]
        },
    ],
    SOAP: [
        {"name": name, "questions": [{"name": name, "type": "paragraph"}]}
        for name in ("Subjective", "Objective", "Assessment", "Plan")
    ],
    OLD: [{"questions": [{"name": "Note", "type": "paragraph"}]}],
}

FORM: Sections = [
    {
        "name": "About you",
        "questions": [
            {"name": "Allergies", "type": "text", "required": False},
            {"name": "Anything else?", "type": "paragraph", "required": False},
        ],
    },
    {
        "name": "Consent",
        "description": "Please read the privacy policy",
        "questions": [
            {"name": "I agree", "type": "checkboxes", "required": True, "answers": [{"value": "Yes"}]},
            {"name": "Sign here", "type": "signature", "required": True},
        ],
    },
]


def soap(rng: Random) -> Record:
    """A follow-up note: four paragraphs."""
    texts = (
        f"<p>{rng.choice(COMPLAINTS)}.</p>",
        f"<ul><li>{rng.choice(FINDINGS)}</li><li>{rng.choice(FINDINGS)}</li></ul>",
        f"<p>{rng.choice(OPINIONS)} &amp; tolerating load &lt; 50 kg.</p>",
        f"<p>{rng.choice(PLANS)}.<br>{rng.choice(PLANS)}.</p>",
    )
    names = ("Subjective", "Objective", "Assessment", "Plan")
    return {
        "sections": [
            {"name": name, "questions": [{"name": name, "type": "paragraph", "answer": text}]}
            for name, text in zip(names, texts, strict=True)
        ]
    }


def assessment(rng: Random, moment: int) -> Record:
    """A first note: every question type, one of them sometimes unanswered."""
    pain: Record = {"name": "Pain", "type": "text"}
    if rng.random() < 0.8:
        pain["answer"] = f"{rng.randint(1, 9)}/10"
    complaint = f"<p><b>{rng.choice(COMPLAINTS)}</b></p><p>{rng.choice(OPINIONS)}.</p>"
    flags = {"name": "Red flags", "type": "checkboxes", "answers": _chosen(rng, FLAGS), "other": {"enabled": True}}
    return {
        "sections": [
            {
                "name": "Subjective",
                "description": "What the patient reports",
                "questions": [{"name": "Presenting complaint", "type": "paragraph", "answer": complaint}, pain],
            },
            {
                "questions": [
                    flags,
                    {"name": "Side", "type": "radiobuttons", "answers": _chosen(rng, SIDES)},
                    {"name": "Review on", "type": "date", "answer": day(moment + 14 * DAY_S)},
                    {"name": "Chart", "type": "bodycharts", "body_chart_ids": [str(rng.randint(10**7, 10**8))]},
                ]
            },
        ]
    }


def long_text(characters: int) -> Record:
    """One paragraph of exactly so many characters of HTML, with a mark at its end to look for."""
    mark = " END-OF-NOTE</p>"
    body = "<p>" + "Long account of the course of treatment. " * (characters // 40)
    return {
        "sections": [
            {"questions": [{"name": "Note", "type": "paragraph", "answer": body[: characters - len(mark)] + mark}]}
        ]
    }


def filled_form(rng: Random, signature: str | None) -> Record:
    """A form's content; `signature` is null while the patient has not sent it."""
    allergies: Record = {"name": "Allergies", "type": "text", "required": False}
    more: Record = {"name": "Anything else?", "type": "paragraph", "required": False}
    agree: Record = {"name": "I agree", "type": "checkboxes", "required": True, "answers": [{"value": "Yes"}]}
    sign: Record = {"name": "Sign here", "type": "signature", "required": True}
    if signature:
        allergies["answer"] = rng.choice(("None", "Latex", "Peanuts"))
        more["answer"] = "<p>Prefers the ground floor</p>"
        agree["answers"] = [{"value": "Yes", "selected": True}]
        sign["signature_id"] = signature
    return {
        "sections": [
            {"name": "About you", "questions": [allergies, more]},
            {"name": "Consent", "description": "Please read the privacy policy", "questions": [agree, sign]},
        ]
    }


def _chosen(rng: Random, values: tuple[str, ...]) -> list[Record]:
    picked = rng.choice(values)
    return [{"value": value, "selected": True} if value == picked else {"value": value} for value in values]
