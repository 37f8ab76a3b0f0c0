"""Values on which clients have been seen to fail, by type of field.

Each stands for a fault that happened somewhere: quoting, wildcards, CSV readers that take `NA` for nothing, floats
for money, days that a time zone moves, emoji cut in half. None is a real person's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from gurney.records import Value
from gurney.schema import FieldSchema, FieldType
from gurney.testing.kit.adapter import Role

NAMES = (
    "Nguyễn",
    "O'Brien",
    "O\u2019Neill-Smith",
    'Anne "Nan" Lee',
    "d\\'Arc\\",
    "100%_sure",
    "(Jo), Ng; Jr.",
    "أحمد الفارسي",
    "שרה לוי",
    "李小龍",
    "👩‍👩‍👧‍👦 Lee 🏥",
    "Zoe\u0301 de\u0301composed",
    "NA",
    "#N/A",
    "null",
    "None",
    "true",
    "0",
    "-",
    "=1+1",
    "<b>Bold</b> & Co",
    "' or ''='",
    "x",
    "Ng",
)
"""Texts on one line, short enough for a name."""
TEXTS = (
    *NAMES,
    "  blanks around  ",
    "a,b;c|d",
    "tab\there",
    "&amp; &lt;",
    "1e5",
    "007",
    "2026-02-30",
    "+61 2 9999 0000",
)
LINES = (
    "First line\nsecond line\n\nfourth",
    "Windows\r\nlines",
    "comma, \"quoted\", 'single'\n;,|",
    "#N/A\nNA\nnull",
    "<script>alert(1)</script> & <p>",
    "ends with a backslash \\",
    "💊 twice a day\n→ see «notes»",
    "ستة أيام\nששה ימים",
    *TEXTS[:6],
)
HTML = (
    "<p>One paragraph.</p>",
    "<p>Left knee &amp; right <b>hip</b></p><p>Second.</p>",
    "<ul><li>Rest</li><li>Ice</li></ul>",
    "<p>" + "Long and rich. " * 80 + "</p>",
    "<p>O'Brien said 100% 👍</p>",
)
EMAILS = ("ada@example.com", "o'brien+kit@example.com.au", "a.b-c_d@sub.example.org", "x@example.co")
PHONES = ("0299990000", "+61 2 9999 0000", "(02) 9999-0000", "0400 111 222")
URLS = ("https://clinic.example.com", "https://example.com/a?b=c&d=%20e", "http://example.com/o'brien")
INTEGERS = (0, 1, -1, 7, 999_999_999, -40_000)
DECIMALS = tuple(map(Decimal, ("0", "0.5", "-0.25", "3.14", "1000000", "-19.99")))
MONEY = tuple(map(Decimal, ("0", "0.01", "-12.34", "19.99", "1234567.89", "0.10", "-0.01", "100", "33.33")))
PERCENTS = tuple(map(Decimal, ("0", "10", "99", "-5")))
DAYS = (
    date(2024, 2, 29),
    date(2000, 2, 29),
    date(1931, 1, 31),
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(1969, 12, 31),
    date(1970, 1, 1),
    date(2026, 10, 4),
)
"""Month ends, leap days, both sides of 1970, and a day on which clocks change in Melbourne."""
MOMENTS = tuple(
    datetime(*parts, tzinfo=UTC)
    for parts in (
        (2026, 10, 3, 15, 59, 59),
        (2026, 10, 3, 16, 0, 0),
        (2026, 4, 4, 15, 30, 0),
        (2026, 4, 4, 16, 30, 0),
        (2024, 2, 29, 13, 0, 0),
        (2025, 12, 31, 12, 59, 59),
        (2026, 1, 1, 0, 0, 0),
        (2026, 6, 30, 14, 0, 0),
        (2026, 3, 29, 1, 30, 0),
        (2026, 11, 1, 6, 30, 0),
    )
)
"""Both sides of clock changes in Melbourne, Europe and America; leap day; midnights."""
KEYS = (
    "4711",
    "o'brien-1",
    'quo"te-2',
    "back\\slash-3",
    "100%-4",
    "a_b-5",
    "axb-5",
    "(paren)-6",
    "comma,-7",
    "semi;-8",
    "plus+and space-9",
    "#N/A-10",
    "null",
    "NA",
    "0",
    "007",
    "ключ-11",
    "emoji-🙂-12",
    "a/b?c=d&e-13",
    "' or ''='",
)
"""Keys beyond Cliniko's plain numbers; no two differ in case alone, which some vendors take for the same."""
BAD_EMAIL = "zq7canary at nowhere"
CANARY = "zq7canary"
"""Stands in values that are refused, and must not stand in any word about them."""
UNKNOWN_OPTION = f"{CANARY} option"

Accepts = Mapping[str, Callable[[str], bool]]
"""What the vendor's own rules take: 'email', 'phone', 'url'."""
_PLAIN: dict[FieldType, Sequence[Value]] = {
    FieldType.TEXT: TEXTS,
    FieldType.LONG_TEXT: LINES,
    FieldType.RICH_TEXT: HTML,
    FieldType.EMAIL: EMAILS,
    FieldType.PHONE: PHONES,
    FieldType.URL: URLS,
    FieldType.INTEGER: INTEGERS,
    FieldType.DECIMAL: DECIMALS,
    FieldType.MONEY: MONEY,
    FieldType.PERCENT: PERCENTS,
    FieldType.DATE: DAYS,
    FieldType.DATETIME: MOMENTS,
}


def values(field: FieldSchema, type: FieldType, accepts: Accepts) -> list[Value]:
    """The values to try in a field, one of them nothing; booleans are never nothing."""
    if type is FieldType.BOOLEAN:
        return [True, False]
    found = [value for value in _of_type(field, type) if _fits(value, type, field, accepts)]
    return [*found, None]


def _of_type(field: FieldSchema, type: FieldType) -> Sequence[Value]:
    if type is FieldType.PICKLIST:
        return field.options
    if type is FieldType.MULTI_PICKLIST:
        return [field.options[:1], field.options[1:3], field.options, tuple(reversed(field.options[:4]))]
    texts = _PLAIN[type]
    if type in (FieldType.TEXT, FieldType.LONG_TEXT) and field.max_length:
        return [*texts, longest(field.max_length)]
    return texts


def _fits(value: Value, type: FieldType, field: FieldSchema, accepts: Accepts) -> bool:
    if not isinstance(value, str):
        return True
    rule = accepts.get(type.value)
    return (rule is None or rule(value)) and len(value) <= (field.max_length or len(value))


def longest(chars: int) -> str:
    """A text of so many characters whose end can be told from its middle."""
    line = "0123456789 abcdefghijklmnopqrstuvwxyz'\"\\%_\n" if chars > 255 else "0123456789 abcdefg'\"\\%_"
    return (line * (chars // len(line) + 1))[: chars - 4] + "|end"


def records(role: Role, fields: Mapping[str, FieldSchema], accepts: Accepts) -> list[dict[str, Value]]:
    """Records in which every value of every field occurs at least once, titles included."""
    columns: dict[str, list[Value]] = {
        name: values(fields[name], type, accepts) for name, type in role.fields.items() if name in fields
    }
    columns |= {name: [value for value in columns[name] if value is not None] for name in role.never_empty}
    most = fields[role.title].max_length or len(max(NAMES, key=len))
    columns[role.title] = [name for name in NAMES if len(name) <= most]
    count = max(len(column) for column in columns.values())
    return [
        {**role.always, **{name: column[at % len(column)] for name, column in columns.items()}} for at in range(count)
    ]
