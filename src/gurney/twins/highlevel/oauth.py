"""The pages and endpoints of OAuth: consent, tokens, and from the agency's token to a location's (FACTS 2.2)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.refusals import Refused, bad, invalid, told
from gurney.twins.highlevel.tokens import ACCESS_S, AGENCY_SCOPES, SCOPES, Grant, not_found
from gurney.twins.kit.wire import Answer, MalformedBody, Request

if TYPE_CHECKING:
    from gurney.twins.highlevel.world import World

routes = Routes()
CHOOSE = "/v2/oauth/chooselocation"
TOKEN = "/oauth/token"  # noqa: S105 - an address
CAMEL = {
    "clientId": "client_id", "clientSecret": "client_secret", "grantType": "grant_type",
    "refreshToken": "refresh_token", "userType": "user_type", "redirectUri": "redirect_uri", "code": "code",
}  # fmt: skip
SNAKE = ("access_token", "token_type", "expires_in", "refresh_token")


def outside(world: World, request: Request) -> Answer | None:
    """The two addresses that need no token; None for all others."""
    path = request.raw_path.rstrip("/")
    if path == CHOOSE and request.method == "GET":
        return _consent(world, request)
    if path == TOKEN and request.method == "POST":
        try:
            return _token(world, request)
        except Refused as no:
            return no.answer
    return None


def _consent(world: World, request: Request) -> Answer:
    """The page on which a person picks a location and presses "Allow". Redirects must be https (FACTS 2.2)."""
    asked = request.query
    target = asked.get("redirect_uri") or ""
    is_ours = asked.get("client_id") == world.tokens.client_id and asked.get("response_type") == "code"
    if world.switches["private_app"] == "yes":
        is_ours = is_ours and asked.get("version_id") == world.tokens.version_id
    if not is_ours or not target.startswith("https://"):
        return Answer(400, {"error": "invalid_request", "error_description": "Invalid client or redirect_uri"})
    wanted = frozenset((asked.get("scope") or "").split()) & AGENCY_SCOPES
    location = None if world.switches["auth"] == "oauth_company" else world.first.id
    code = world.tokens.new_code(location, wanted if location is None else wanted & SCOPES, target)
    link = f"{target}?{urlencode({'code': code, 'state': asked.get('state') or ''})}"
    page = f'<html><body><a id="allow" href="{escape(link)}">Allow the clinic\'s location</a></body></html>'
    return Answer(200, body=page.encode(), headers={"content-type": "text/html; charset=UTF-8"})


def _form(request: Request) -> tuple[dict[str, Any], bool]:
    """The form under its snake-case names, and whether it came in camel case (v3)."""
    try:
        if request.content_type == "application/json" and request.headers.get("version") == "v3":
            body = request.json()
            given = dict(body) if isinstance(body, dict) else {}
        elif request.content_type == "application/x-www-form-urlencoded":
            given = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        else:
            given = dict(request.form().pairs)
    except MalformedBody:
        given = {}
    is_camel = "clientId" in given or "grantType" in given
    return {CAMEL.get(name, name) if is_camel else name: value for name, value in given.items()}, is_camel


def _token(world: World, request: Request) -> Answer:
    form, is_camel = _form(request)
    missing = [name for name in ("client_id", "client_secret", "grant_type") if not form.get(name)]
    if missing:
        raise invalid([f"{name} should not be empty" for name in missing])
    tokens = world.tokens
    if form["client_id"] != tokens.client_id or form["client_secret"] != tokens.client_secret:
        raise not_found()
    match form["grant_type"]:
        case "authorization_code":
            grant = tokens.codes.pop(str(form.get("code")), None)
            if grant is None or form.get("redirect_uri") not in (None, grant.redirect_uri):
                raise not_found()
        case "refresh_token":
            grant = tokens.refresh.pop(str(form.get("refresh_token")), None)  # used up: it rotates
            if grant is None:
                raise _bad_refresh(world)
        case _:
            raise invalid(["grant_type must be a valid enum value"])
    if grant.expires <= world.clock.timestamp():
        raise not_found()
    return Answer(200, _issued(world, grant, is_camel=is_camel))


def _bad_refresh(world: World) -> Refused:
    """Used, unknown or too old (switch bad_refresh)."""
    if world.switches["bad_refresh"] == "401":
        return not_found()
    refused = told(400, "")
    refused.answer.json = {"error": "invalid_grant", "error_description": "This refresh token is invalid"}
    return refused


def _issued(world: World, grant: Grant, *, is_camel: bool) -> dict[str, Any]:
    tokens = world.tokens
    access = tokens.new_access(grant.location, grant.scopes)
    told_names = {"access_token": "accessToken", "token_type": "tokenType", "expires_in": "expiresIn",
                  "refresh_token": "refreshToken"}  # fmt: skip
    pair = {
        "access_token": access.token, "token_type": "Bearer", "expires_in": ACCESS_S,
        "refresh_token": tokens.new_refresh(grant.location, grant.scopes),
    }  # fmt: skip
    body: dict[str, Any] = {told_names[name] if is_camel else name: pair[name] for name in SNAKE}
    body |= {
        "scope": " ".join(sorted(grant.scopes)), "userType": "Location" if grant.location else "Company",
        "companyId": world.company_id, "userId": grant.user,
    }  # fmt: skip
    return body | ({"locationId": grant.location} if grant.location else {})


def _exchange(call: Call) -> Answer:
    """A location's token for the agency's: 201, a day, all its scopes and `oauth.*` (FACTS 2.2)."""
    form, _ = _form(call.request)
    missing = [f"{name} must be a string" for name in ("companyId", "locationId") if not form.get(name)]
    if missing:
        raise invalid(missing)
    account = call.world.accounts.get(form["locationId"])
    if form["companyId"] != call.world.company_id or account is None:
        raise bad("Location not found")
    scopes = (call.access.scopes & SCOPES) | {"oauth.readonly", "oauth.write"}
    access = call.world.tokens.new_access(account.id, scopes)
    return call.ok({
        "access_token": access.token, "token_type": "Bearer", "expires_in": ACCESS_S,
        "scope": " ".join(sorted(scopes)), "locationId": account.id, "userId": access.user,
    }, 201)  # fmt: skip


def _installed(call: Call) -> Answer:
    """Where the app is installed: everywhere, here."""
    call.only("skip", "limit", "query", "isInstalled", "companyId", "appId", "versionId", "onTrial", "planId",
              "locationId")  # fmt: skip
    for name in ("companyId", "appId"):
        call.needed(name)
    skip, limit = call.number("skip", 0), call.number("limit", 20)
    wanted = call.query("locationId")
    places = [one for one in call.world.accounts.values() if wanted in (None, one.id)]
    shown = [
        {"_id": one.id, "name": one.row["name"], "address": one.row["address"], "isInstalled": True} for one in places
    ]
    return call.ok({"locations": shown[skip : skip + limit], "count": len(shown)})


for _path, _versions in (("/oauth/locationToken", "all"), ("/oauth/location-token", "v3")):
    routes.on(f"POST {_path}", "oauth.write", by="oauth", versions=_versions)(_exchange)
for _path, _versions in (("/oauth/installedLocations", "all"), ("/oauth/installed-locations", "v3")):
    routes.on(f"GET {_path}", "oauth.readonly", by="oauth", versions=_versions)(_installed)
