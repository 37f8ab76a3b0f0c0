"""Zips for the Metadata API, put together from little."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import orjson
from salesforce_client import Org

NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
VISIT = "Visit__c"
TEXT = {"type": "Text", "length": 80}
OPTIONS = {
    "allowMissingFiles": False,
    "autoUpdatePackage": False,
    "checkOnly": False,
    "ignoreWarnings": False,
    "performRetrieve": False,
    "purgeOnDelete": False,
    "rollbackOnError": True,
    "runTests": None,
    "singlePackage": True,
    "testLevel": "NoTestRun",
}


def element(name: str, value: Any) -> str:
    """`<name>value</name>`; dictionaries nest, lists repeat."""
    if isinstance(value, list):
        return "".join(element(name, each) for each in value)
    if isinstance(value, dict):
        value = "".join(element(key, each) for key, each in value.items())
    elif isinstance(value, bool):
        value = str(value).lower()
    return f"<{name}>{value}</{name}>"


def document(name: str, **values: Any) -> str:
    inside = "".join(element(key, value) for key, value in values.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} {NAMESPACE}>{inside}</{name}>'


def manifest(version: str = "63.0", **types: list[str]) -> str:
    entries = [{"members": members, "name": name} for name, members in types.items()]
    return document("Package", types=entries, version=version)


def custom_field(name: str, **values: Any) -> dict[str, Any]:
    label = name.removesuffix("__c").replace("_", " ")
    return {"fullName": name, "label": label, **(values or TEXT)}


def custom_object(*fields: dict[str, Any], **changes: Any) -> str:
    values = {
        "label": "Visit",
        "pluralLabel": "Visits",
        "nameField": {"type": "AutoNumber", "label": "Number", "displayFormat": "V-{000000}"},
        "deploymentStatus": "Deployed",
        "sharingModel": "ReadWrite",
        "fields": list(fields),
        **changes,
    }
    return document("CustomObject", **{name: value for name, value in values.items() if value is not None})


def partial(*fields: dict[str, Any], **more: Any) -> str:
    """A file that only adds fields."""
    return document("CustomObject", fields=list(fields), **more)


def field_grant(field: str, edit: bool = True, read: bool = True) -> dict[str, Any]:
    return {"editable": edit, "field": field, "readable": read}


def object_grant(name: str, verbs: str = "allowCreate allowDelete allowEdit allowRead", **more: bool) -> dict[str, Any]:
    names = ("allowCreate", "allowDelete", "allowEdit", "allowRead", "modifyAllRecords", "viewAllRecords")
    return {**{name: name in verbs.split() for name in names}, "object": name, **more}


def permission_set(**values: Any) -> str:
    return document("PermissionSet", **{"label": "Migration", **values})


def zipped(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


async def send(org: Org, files: dict[str, str | bytes] | bytes, **options: Any) -> str:
    """Queue a deployment that must be taken; its id."""
    answer = await post(org, files if isinstance(files, bytes) else zipped(files), **options)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


async def post(org: Org, content: bytes, **options: Any) -> Any:
    order = orjson.dumps({"deployOptions": {**OPTIONS, **options}})
    parts = {
        "json": (None, order, "application/json"),
        "file": ("deploy.zip", content, "application/zip"),
    }
    return await org.ask("POST", "metadata/deployRequest", files=parts)


async def result(org: Org, id: str) -> dict[str, Any]:
    """The DeployResult as it is now, with details."""
    answer = await org.ask("GET", f"metadata/deployRequest/{id}?includeDetails=true")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()["deployResult"]
    return told


async def deploy(org: Org, files: dict[str, str | bytes] | bytes, **options: Any) -> dict[str, Any]:
    """Queue, wait, and fetch the result."""
    id = await send(org, files, **options)
    org.pass_time(60)
    return await result(org, id)


async def deployed(org: Org, files: dict[str, str | bytes], **options: Any) -> dict[str, Any]:
    """A deployment that must succeed."""
    told = await deploy(org, files, **options)
    assert told["status"] == "Succeeded", told["details"]["componentFailures"] or told
    return told


async def problem(org: Org, files: dict[str, str | bytes], **options: Any) -> str:
    """What the only failure of a deployment says."""
    told = await deploy(org, files, **options)
    assert told["status"] == "Failed", told
    (failed,) = told["details"]["componentFailures"]
    words: str = failed["problem"]
    return words


def fields_of(owner: str, *fields: dict[str, Any]) -> dict[str, str | bytes]:
    """A package that adds fields to an object that is there."""
    names = [f"{owner}.{field['fullName']}" for field in fields]
    return {"package.xml": manifest(CustomField=names), f"objects/{owner}.object": partial(*fields)}


def object_package(*fields: dict[str, Any], name: str = VISIT, **changes: Any) -> dict[str, str | bytes]:
    """A package with one custom object."""
    return {"package.xml": manifest(CustomObject=[name]), f"objects/{name}.object": custom_object(*fields, **changes)}


def destruction(file: str = "destructiveChanges.xml", **types: list[str]) -> dict[str, str | bytes]:
    """A package that only removes."""
    return {"package.xml": manifest(), file: manifest(**types)}
