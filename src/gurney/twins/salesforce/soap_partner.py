"""The partner API over SOAP: what REST does not have, above all undelete (FACTS 0.13, 11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gurney.twins.salesforce import deleting
from gurney.twins.salesforce.ids import normal
from gurney.twins.salesforce.refusals import Refused, cross_reference
from gurney.twins.salesforce.soap_session import SoapCall, soap_moment
from gurney.twins.salesforce.soap_xml import Fault
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.tokens import OAuthRefused

IDS_MOST = 200
ATTACHMENT_MOST = 25 * 1024 * 1024
MINUTE_S = 60
ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"


class _AllFailed(Exception):
    """One id failed, and so all shall."""


def login(call: SoapCall) -> list[Any]:
    """A session for a user. The twin's password is everybody's: the client secret of its app."""
    world, asked = call.world, call.asked
    user = world.tokens.user_named(asked.text("username"))
    bad = Fault("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.", "LoginFault")
    if user is None or asked.text("password") != world.tokens.client_secret:
        raise bad
    try:
        session = world.tokens.open(user["Id"])
    except OAuthRefused as no:
        raise bad from no
    base, org = call.request.base_url, world.org["Id"][:15]
    return [
        {
            "metadataServerUrl": f"{base}/services/Soap/m/{call.version}.0/{org}",
            "passwordExpired": False,
            "sandbox": world.sandbox,
            "serverUrl": f"{base}/services/Soap/u/{call.version}.0/{org}",
            "sessionId": session.token,
            "userId": user["Id"],
            "userInfo": _user_info(call, user),
        }
    ]


def logout(call: SoapCall) -> list[Any]:
    """End the session."""
    call.world.tokens.revoke(call.asked.header("SessionHeader", "sessionId"))
    return []


def get_user_info(call: SoapCall) -> list[Any]:
    """Who the session belongs to."""
    return [_user_info(call, call.world.table("User").rows[call.user_id])]


def _user_info(call: SoapCall, user: Row) -> dict[str, Any]:
    world = call.world
    return {
        "accessibilityMode": False,
        "chatterExternal": False,
        "currencySymbol": "$",
        "orgAttachmentFileSizeLimit": ATTACHMENT_MOST,
        "orgDefaultCurrencyIsoCode": "AUD",
        "orgDefaultCurrencyLocale": "en_AU",
        "orgDisallowHtmlAttachments": world.switches["html_uploads"] == "refuse",
        "orgHasPersonAccounts": False,
        "organizationId": world.org["Id"],
        "organizationMultiCurrency": False,
        "organizationName": world.org["Name"],
        "profileId": user["ProfileId"],
        "roleId": None,
        "sessionSecondsValid": int(float(world.switches["session_minutes"]) * MINUTE_S),
        "userDefaultCurrencyIsoCode": None,
        "userEmail": user["Email"],
        "userFullName": user["Name"],
        "userId": user["Id"],
        "userLanguage": user["LanguageLocaleKey"],
        "userLocale": user["LocaleSidKey"],
        "userName": user["Username"],
        "userTimeZone": user["TimeZoneSidKey"],
        "userType": user["UserType"],
        "userUiSkin": "Theme3",
    }


def get_server_timestamp(call: SoapCall) -> list[Any]:
    """Vendor time."""
    return [{"timestamp": soap_moment(call.world.now_text())}]


def undelete(call: SoapCall) -> list[Any]:
    """Bring rows back out of the bin, a result each, in order (rule salesforce.soap-undelete)."""
    return _each(call, lambda id: deleting.undelete(call.writer(), id)["Id"])


def empty_recycle_bin(call: SoapCall) -> list[Any]:
    """Purge rows out of the bin."""

    def purge(id: str) -> str:
        long = normal(id)
        kind = call.world.schema.of_id(long) if long else None
        if kind is None or long is None or long not in call.world.table(kind.name).binned:
            raise cross_reference()
        for table in call.world.store.tables.values():
            for other in [each for each, gone in table.binned.items() if gone.root == long]:
                deleting.purge(call.world, table.kind.name, other)
        return long

    return _each(call, purge)


def _each(call: SoapCall, do: Callable[[str], str]) -> list[Any]:
    """One result per id; with AllOrNoneHeader all fail with the first."""
    ids = call.asked.texts("ids")
    if len(ids) > IDS_MOST:
        words = f"record limit reached. cannot submit more than {IDS_MOST} records into this call"
        raise Fault("EXCEEDED_ID_LIMIT", words, "UnexpectedErrorFault")
    together = call.asked.header("AllOrNoneHeader", "allOrNone") == "true"
    results: list[dict[str, Any]] = []
    try:
        with call.world.store.atomic():
            for id in ids:
                try:
                    results.append({"id": do(id), "success": True})
                except Refused as no:
                    results.append(_failed(no.code, no.message, no.fields or []))
            if together and not all(result["success"] for result in results):
                raise _AllFailed
    except _AllFailed:
        undone = _failed("ALL_OR_NONE_OPERATION_ROLLED_BACK", ROLLED_BACK, [])
        results = [undone if result["success"] else result for result in results]
    return results


def _failed(code: str, words: str, fields: list[str]) -> dict[str, Any]:
    error: dict[str, Any] = {"fields": fields, "message": words, "statusCode": code}
    return {"errors": [error], "id": None, "success": False}


OPERATIONS: dict[str, Callable[[SoapCall], list[Any]]] = {
    "login": login,
    "logout": logout,
    "getUserInfo": get_user_info,
    "getServerTimestamp": get_server_timestamp,
    "undelete": undelete,
    "emptyRecycleBin": empty_recycle_bin,
}
