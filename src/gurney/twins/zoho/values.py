"""What a value must look like, per field type; what is stored of it (FACTS 6).

A check is compiled once per field. None and "" empty a field before any check.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gurney.twins.zoho.schema import Field
from gurney.twins.zoho.times import is_day, read_moment

if TYPE_CHECKING:
    from gurney.twins.zoho.world import World

Check = Callable[[Any], Any]
NONE_OPTION = "-None-"
EMAIL = re.compile(r"(?=.{3,256}$)[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*"
                   r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,22}")  # fmt: skip
PHONE = re.compile(
    r"\+?(?![.-])"
    r"(?>(?>[.-]?[ ]?[\da-zA-Z]+)+|(?:[ ]?\((?![.-])(?>[ .-]?[\da-zA-Z]+)+\)(?![.])(?:[ -]?[\da-zA-Z]+)?)+)+"
    r"(?>(?>,*;?#?[\da-zA-Z]+)+)?[#;]?",
    re.ASCII,
)
WEBSITE = re.compile(r"(?:(?:https?|ftp)://)?(?:[\w-]+\.)+[A-Za-z]{2,22}(?::\d+)?(?:[/?#]\S*)?", re.ASCII)
TEXT_MAXIMUM = 255
INTEGER_DIGITS, BIG_DIGITS, WHOLE_DIGITS, DECIMALS = 9, 18, 16, 9


class FieldRefused(Exception):
    """A value is not one that the field takes."""

    def __init__(self, details: dict[str, Any], message: str = "invalid data", code: str = "INVALID_DATA") -> None:
        super().__init__(code)
        self.code, self.message, self.details = code, message, details


def expected(data_type: str) -> FieldRefused:
    return FieldRefused({"expected_data_type": data_type})


def too_long(length: int) -> FieldRefused:
    return FieldRefused({"maximum_length": length})


def check_for(field: Field, world: World) -> Check:
    """The check of one field; system kinds that have none take anything."""
    maker = MAKERS.get(field.data_type)
    return maker(field, world) if maker else lambda value: value


def _text(field: Field, world: World) -> Check:
    limit = field.length or TEXT_MAXIMUM

    def check(value: Any) -> Any:
        if type(value) is not str:
            raise expected("text")
        if len(value) > limit:
            raise too_long(limit)
        return value

    return check


def _pattern(pattern: re.Pattern[str]) -> Callable[[Field, World], Check]:
    def make(field: Field, world: World) -> Check:
        limit = field.length or TEXT_MAXIMUM

        def check(value: Any) -> Any:
            if type(value) is not str or not pattern.fullmatch(value):
                raise expected(field.data_type)
            if len(value) > limit:
                raise too_long(limit)
            return value

        return check

    return make


def _picklist(field: Field, world: World) -> Check:
    known = {option.actual for option in field.options}
    limit = max(field.length or 120, 25)

    def check(value: Any) -> Any:
        if type(value) is not str:
            raise expected("picklist")
        if value == NONE_OPTION:
            return None
        if field.fixed and value not in known:
            raise FieldRefused({"supported_values": sorted(known - {NONE_OPTION})})
        if len(value) > limit:
            raise too_long(limit)
        return value

    return check


def _multi_picklist(field: Field, world: World) -> Check:
    def check(value: Any) -> Any:
        if type(value) is not list or any(type(item) is not str for item in value):
            raise expected("jsonarray")
        if any(len(item) > 120 for item in value):
            raise too_long(120)
        return list(dict.fromkeys(value))

    return check


def _date(field: Field, world: World) -> Check:
    def check(value: Any) -> Any:
        if type(value) is not str or not is_day(value):
            raise expected("date")
        return value

    return check


def _moment(field: Field, world: World) -> Check:
    def check(value: Any) -> Any:
        moment = read_moment(value) if type(value) is str else None
        if moment is None:
            raise expected("datetime")
        return moment

    return check


def _integer(field: Field, world: World) -> Check:
    limit = 10 ** (field.length or INTEGER_DIGITS)

    def check(value: Any) -> Any:
        if type(value) is not int:
            raise expected("integer")
        if abs(value) >= limit:
            raise too_long(field.length or INTEGER_DIGITS)
        return value

    return check


def _big_integer(field: Field, world: World) -> Check:
    def check(value: Any) -> Any:
        text = str(value) if type(value) in (str, int) else ""
        if not re.fullmatch(r"-?\d+", text):
            raise expected("bigint")
        if len(text.lstrip("-")) > BIG_DIGITS:
            raise too_long(BIG_DIGITS)
        return text

    return check


def _decimal(field: Field, world: World) -> Check:
    places = field.decimal_places if field.decimal_places is not None else DECIMALS
    scale = 10**places
    digits = 5 if field.data_type == "percent" else WHOLE_DIGITS
    limit = 10**digits

    def check(value: Any) -> Any:
        if type(value) not in (int, float):
            raise expected(field.data_type)
        if abs(value) >= limit:
            raise too_long(digits)
        if type(value) is int:
            return value
        scaled = round(value * scale, 6)  # 19.99 * 100 is 1998.9999999999998
        return int(scaled) / scale

    return check


def _boolean(field: Field, world: World) -> Check:
    def check(value: Any) -> Any:
        if value is True or value is False:
            return value
        raise expected("boolean")

    return check


def _id_in(value: Any) -> str:
    """The id inside `{"id": "…"}`."""
    id = value.get("id") if type(value) is dict else None
    if type(id) is not str:
        raise expected("jsonobject")
    return id


def _lookup(field: Field, world: World) -> Check:
    target = world.modules.get(field.lookup or "")

    def check(value: Any) -> Any:
        id = _id_in(value)
        if target is None or id not in target.table:
            raise FieldRefused({}, "the related id given seems to be invalid")
        return id

    return check


def _multi_module(field: Field, world: World) -> Check:
    """The module is known from elsewhere in the record; see `records.relate`."""
    return lambda value: _id_in(value)


def _user(field: Field, world: World) -> Check:
    def check(value: Any) -> Any:
        id = _id_in(value)
        if not world.may_own(id):
            raise FieldRefused({}, "the related id given seems to be invalid")
        return id

    return check


def _users(field: Field, world: World) -> Check:
    one = _user(field, world)

    def check(value: Any) -> Any:
        if type(value) is not list:
            raise expected("jsonarray")
        return [{"id": one(item)} for item in value]

    return check


def _links(field: Field, world: World) -> Check:
    target = world.modules.get(field.lookup or "")

    def check(value: Any) -> Any:
        if type(value) is not list or any(type(item) is not dict for item in value):
            raise expected("jsonarray")
        for item in value:
            for linked in item.values():
                if type(linked) is dict and (target is None or _id_in(linked) not in target.table):
                    raise FieldRefused({}, "the related id given seems to be invalid")
        return value

    return check


def _files(field: Field, world: World) -> Check:
    limit = 10 if field.data_type == "imageupload" else max(field.length or 1, 1)

    def check(value: Any) -> Any:
        if type(value) is not list or any(type(item) is not dict for item in value):
            raise expected("jsonarray")
        if len(value) > limit:
            raise FieldRefused({"limit": limit}, "the given data count exceeded the limit", "LIMIT_EXCEEDED")
        ids = [item.get("File_Id__s") for item in value]
        if any(id not in world.files for id in ids):
            raise FieldRefused({}, "the file id given seems to be invalid")
        return [{"File_Id__s": id, "File_Name__s": world.files[id].name} for id in ids]

    return check


def _subform(field: Field, world: World) -> Check:
    def check(value: Any) -> Any:
        if type(value) is not list or any(type(row) is not dict for row in value):
            raise expected("jsonarray")
        if len(value) > 100:
            raise FieldRefused({"limit": 100}, "the given data count exceeded the limit", "LIMIT_EXCEEDED")
        for row in value:
            product = row.get("Product_Name")
            if isinstance(product, dict) and _id_in(product) not in world.modules["Products"].table:
                raise FieldRefused({"api_name": "Product_Name"}, "the related id given seems to be invalid")
        return [{**row, "id": row.get("id") or world.new_id()} for row in value]

    return check


def _layout(field: Field, world: World) -> Check:
    own = next((m.layout_id for m in world.modules.values() if field in m.fields.values()), None)

    def check(value: Any) -> Any:
        if _id_in(value) != own:
            raise FieldRefused({}, "the id given seems to be invalid")
        return None

    return check


def _tags(field: Field, world: World) -> Check:
    def check(value: Any) -> Any:
        if type(value) is not list or any(type(tag) is not dict or not tag.get("name") for tag in value):
            raise expected("jsonarray")
        return [{"name": tag["name"], "id": tag.get("id") or world.new_id(), "color_code": None} for tag in value]

    return check


def _participants(field: Field, world: World) -> Check:
    def check(value: Any) -> Any:
        if type(value) is not list or any(type(one) is not dict for one in value):
            raise expected("jsonarray")
        if len(value) > 50:
            raise FieldRefused({"limit": 50}, "the given data count exceeded the limit", "LIMIT_EXCEEDED")
        return value

    return check


MAKERS: dict[str, Callable[[Field, Any], Check]] = {
    "text": _text,
    "textarea": _text,
    "email": _pattern(EMAIL),
    "phone": _pattern(PHONE),
    "website": _pattern(WEBSITE),
    "picklist": _picklist,
    "multiselectpicklist": _multi_picklist,
    "date": _date,
    "datetime": _moment,
    "integer": _integer,
    "bigint": _big_integer,
    "double": _decimal,
    "currency": _decimal,
    "percent": _decimal,
    "boolean": _boolean,
    "lookup": _lookup,
    "multi_module_lookup": _multi_module,
    "ownerlookup": _user,
    "userlookup": _user,
    "multiuserlookup": _users,
    "multiselectlookup": _links,
    "fileupload": _files,
    "imageupload": _files,
    "subform": _subform,
    "participants": _participants,
    "tags": _tags,
    "layout": _layout,
}
