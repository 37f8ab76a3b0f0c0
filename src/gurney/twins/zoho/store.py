"""Writing one record: validation, defaults, uniqueness. Shared by batch, bulk and composite writes (FACTS 4-6)."""

from __future__ import annotations

from typing import Any

from gurney.twins.kit.tables import Clash, Row
from gurney.twins.zoho.call import inside
from gurney.twins.zoho.refusals import Element, ElementRefused, error, missing
from gurney.twins.zoho.schema import Field, Module
from gurney.twins.zoho.times import shown
from gurney.twins.zoho.values import Check, FieldRefused, check_for
from gurney.twins.zoho.world import World

MULTIPLE = "MULTIPLE_OR_MULTI_ERRORS"
IGNORED = frozenset({"id", "$append_values", "$se_module"})
Record = dict[str, Any]


def insert(world: World, module: Module, record: Record, by: str, path: str = "$.data[0]") -> Row:
    """Add a record. Raises ElementRefused; nothing is stored then."""
    values = read(world, module, record, path, creating=True)
    now = world.now()
    row: Row = {"id": world.new_id(), "Owner": by, **values}
    row.update(Created_By=by, Modified_By=by, Created_Time=now, Modified_Time=now)
    _number(module, row)
    _refuse_binned(world, module, row, path)
    try:
        module.table.add(row)
    except Clash as clash:
        raise duplicate(world, module, clash.field, module.table.get(clash.id) or {}, path) from None
    module.version += 1
    world.remember(lambda: _take_back(module, row["id"]))
    return row


def update(world: World, module: Module, row: Row, record: Record, by: str, path: str = "$.data[0]") -> Row:
    """Change a record. Raises ElementRefused; nothing is changed then."""
    values = read(world, module, record, path, creating=False, row=row)
    _append(row, record, values)
    _refuse_binned(world, module, {**values, "id": row["id"]}, path)
    before = dict(row)
    values.update(Modified_By=by, Modified_Time=world.now())
    try:
        module.table.change(row["id"], values)
    except Clash as clash:
        raise duplicate(world, module, clash.field, module.table.get(clash.id) or {}, path) from None
    module.version += 1
    world.remember(lambda: _put_back(module, before))
    return row


def read(
    world: World, module: Module, record: Record, path: str, *, creating: bool, row: Row | None = None
) -> dict[str, Any]:
    """The values to store. Raises ElementRefused with one error, or several in one."""
    checks = _checks(world, module, creating)
    values: dict[str, Any] = {}
    errors: list[Element] = []
    for name, value in record.items():
        check = checks.get(name)
        if check is None:
            _stray(world, module, name, path, errors)
        elif value is None or value == "" or value == []:
            values[name] = None
        else:
            try:
                values[name] = check(value)
            except FieldRefused as no:
                details = {**no.details, "api_name": name, "json_path": f"{path}.{name}"}
                errors.append(error(no.code, no.message, details))
    errors += _missing(module, record, values, path, creating)
    if "What_Id" in values or "Appointment_For" in values:
        errors += _relate(world, module, record, values, row, path)
    _raise_for(errors)
    if creating and values.get("Owner") is None:
        values.pop("Owner", None)
    return values


def _checks(world: World, module: Module, creating: bool) -> dict[str, Check]:
    def compile_checks() -> dict[str, Check]:
        writable = (f for f in module.fields.values() if (f.creatable if creating else f.updatable))
        return {f.api_name: check_for(f, world) for f in writable}

    checks: dict[str, Check] = module.cached(("checks", creating), compile_checks)
    return checks


def _stray(world: World, module: Module, name: str, path: str, errors: list[Element]) -> None:
    """Fields that do not exist or cannot be written: ignored, unless a switch says otherwise."""
    if name in IGNORED or name.startswith("$"):
        return
    switch = "system_fields" if name in module.fields else "unknown_fields"
    if world.switches[switch] == "refuse":
        errors.append(error("INVALID_DATA", "invalid data", {"api_name": name, "json_path": f"{path}.{name}"}))


def _missing(module: Module, record: Record, values: dict[str, Any], path: str, creating: bool) -> list[Element]:
    """Mandatory fields that are absent (on creation) or emptied."""
    by_layout = bool(record.get("Layout"))
    mandatory: list[tuple[Field, bool]] = module.cached(
        "mandatory", lambda: [(f, f.mandatory) for f in module.fields.values() if f.mandatory or f.layout_mandatory]
    )
    found = []
    for field, always in mandatory:
        name = field.api_name
        absent = name not in record if creating else False
        if (always or by_layout) and (absent or (name in values and values[name] is None)):
            found.append(missing(name, f"{path}.{name}").element)
    return found


def _relate(
    world: World, module: Module, record: Record, values: dict[str, Any], row: Row | None, path: str
) -> list[Element]:
    """Lookups to one of several modules: `$se_module` with What_Id, the module inside Appointment_For."""
    name = "What_Id" if "What_Id" in values else "Appointment_For"
    id = values[name]
    if id is None:
        values["$se_module"] = None
        return []
    if name == "What_Id":
        target_name = record.get("$se_module") or (row or {}).get("$se_module")
        if not target_name:
            return [missing("$se_module", f"{path}.$se_module").element]
    else:
        target_name = inside(record, name, "module", "api_name")
    target = world.modules.get(target_name) if isinstance(target_name, str) else None
    allowed = target is not None and (target_name in module.fields[name].modules or target.generated == "custom")
    if target is None or not allowed or id not in target.table:
        details = {"api_name": name, "json_path": f"{path}.{name}"}
        return [error("INVALID_DATA", "the related id given seems to be invalid", details)]
    values["$se_module"] = target_name
    return []


def _raise_for(errors: list[Element]) -> None:
    if not errors:
        return
    if len(errors) == 1:
        only = errors[0]
        raise ElementRefused(only["code"], only["message"], only["details"])
    raise ElementRefused(MULTIPLE, "Multiple errors in the request", {"errors": errors})


def _append(row: Row, record: Record, values: dict[str, Any]) -> None:
    """`$append_values`: add to a multi-select instead of replacing it."""
    wanted = record.get("$append_values")
    for name, on in wanted.items() if isinstance(wanted, dict) else ():
        if on and isinstance(values.get(name), list):
            values[name] = list(dict.fromkeys([*(row.get(name) or []), *values[name]]))


def _number(module: Module, row: Row) -> None:
    """Give automatic numbers out."""
    for field in module.cached("numbered", lambda: [f for f in module.fields.values() if f.data_type == "autonumber"]):
        plan = field.auto_number or {}
        number = module.counters.get(field.api_name, int(plan.get("start_number") or 1))
        module.counters[field.api_name] = number + 1
        row[field.api_name] = f"{plan.get('prefix') or ''}{number}{plan.get('suffix') or ''}"


def _refuse_binned(world: World, module: Module, row: Row, path: str) -> None:
    """Rule zoho.unique-in-bin, when switched on."""
    if world.switches["binned_blocks_unique"] == "no":
        return
    for name in module.user_unique_fields():
        if row.get(name) not in (None, ""):
            holder = world.bin.holder(module, name, row[name])
            if holder is not None:
                raise duplicate(world, module, name, holder, path)


def duplicate(world: World, module: Module, field: str, holder: Row, path: str) -> ElementRefused:
    """DUPLICATE_DATA with the record that has the value already (FACTS 12)."""
    owner = world.users.get(holder["Owner"]) or {}
    details = {
        "api_name": field,
        "id": holder["id"],
        "duplicate_record": {
            "id": holder["id"],
            "module": {"api_name": module.api_name, "id": module.id},
            "Owner": {**world.user_named(holder["Owner"]), "zuid": owner.get("zuid")},
        },
        "json_path": f"{path}.{field}",
        "more_records": False,
    }
    return ElementRefused("DUPLICATE_DATA", "duplicate data", details)


def _take_back(module: Module, id: str) -> None:
    module.table.remove(id)
    module.version += 1


def _put_back(module: Module, before: Row) -> None:
    row = module.table.get(before["id"]) or {}
    module.table.change(before["id"], {**dict.fromkeys(row), **before})
    module.version += 1


def written(world: World, row: Row, zone: Any) -> dict[str, Any]:
    """The details of a success."""
    return {
        "Modified_Time": shown(row["Modified_Time"], zone),
        "Modified_By": world.user_named(row["Modified_By"]),
        "Created_Time": shown(row["Created_Time"], zone),
        "id": row["id"],
        "Created_By": world.user_named(row["Created_By"]),
    }
