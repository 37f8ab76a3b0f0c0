"""The login host: token endpoint, authorize, revoke, introspect, userinfo, identity (FACTS 1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gurney.twins.kit.wire import Answer, Params, Request
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.tokens import SCOPES, OAuthRefused, Session

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
JWT_MOST_S = 300
LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")
LOCAL = ("localhost", "127.0.0.1", "[::1]")
OAUTH = "/services/oauth2/"


def answer(world: World, request: Request) -> Answer:
    """Anything below /services/oauth2 and /id."""
    call = f"{request.method} {request.raw_path.rstrip('/')}"
    try:
        if request.raw_path.startswith("/id/"):
            return Answer(200, _identity(world, request))
        match call.replace(OAUTH, ""):
            case "POST token":
                return Answer(200, _token(world, request))
            case "GET authorize":
                return _authorize(world, request)
            case "POST revoke" | "GET revoke":
                return _revoke(world, request)
            case "POST introspect":
                return Answer(200, _introspect(world, request))
            case "GET userinfo" | "POST userinfo":
                return Answer(200, _userinfo(world, request))
    except OAuthRefused as no:
        return Answer(400, no.body)
    except Refused:
        return Answer(403, body=b"Bad_OAuth_Token", headers={"content-type": "text/html;charset=UTF-8"})
    return Answer(404, body=b"<h1>Not Found</h1>", headers={"content-type": "text/html;charset=UTF-8"})


def _token(world: World, request: Request) -> dict[str, Any]:
    form, tokens = request.form(), world.tokens
    match form.get("grant_type"):
        case "client_credentials":
            _check_client(world, form, secret=True)
            return _issued(world, request, tokens.open(world.admin["Id"], ("api",)))
        case "refresh_token":
            _check_client(world, form, secret=False)
            session, renewed = tokens.refreshed(form.get("refresh_token") or "")
            return _issued(world, request, session, renewed)
        case "authorization_code":
            _check_client(world, form, secret=form.get("code_verifier") is None)
            wanted = (form.get("code") or "", form.get("redirect_uri"), form.get("code_verifier"))
            return _issued(world, request, *tokens.exchanged(*wanted))
        case grant if grant == JWT:
            user_id = _asserted(world, request, form.get("assertion") or "")
            return _issued(world, request, tokens.open(user_id, ("api",)))
        case "password":
            raise OAuthRefused("invalid_grant", "authentication failure")
    raise OAuthRefused("unsupported_grant_type", "grant type not supported")


def _check_client(world: World, form: Params, *, secret: bool) -> None:
    """The secret is needed, or checked where it is given all the same."""
    if form.get("client_id") != world.tokens.client_id:
        raise OAuthRefused("invalid_client_id", "client identifier invalid")
    given = form.get("client_secret")
    if (secret or given is not None) and given != world.tokens.client_secret:
        raise OAuthRefused("invalid_client", "invalid client credentials")


def _issued(world: World, request: Request, session: Session, refresh: str | None = None) -> dict[str, Any]:
    """The body of a success. There is no expires_in (rule salesforce.no-expiry)."""
    issued = str(int(session.born * 1000))
    id = f"{request.base_url}/id/{world.org['Id']}/{session.user_id}"
    signature = hmac.new(world.tokens.client_secret.encode(), (id + issued).encode(), hashlib.sha256).digest()
    body = {
        "access_token": session.token,
        "signature": base64.b64encode(signature).decode(),
        "scope": " ".join(session.scopes),
        "instance_url": request.base_url,
        "id": id,
        "token_type": "Bearer",
        "issued_at": issued,
    }
    return body if refresh is None else {**body, "refresh_token": refresh}


def _asserted(world: World, request: Request, assertion: str) -> str:
    """The user of a JWT (rule salesforce.jwt). Raises OAuthRefused."""
    head, _, signature = assertion.rpartition(".")
    try:
        claims = orjson.loads(_decoded(head.split(".")[1]))
        algorithm = orjson.loads(_decoded(head.split(".")[0])).get("alg")
        key = load_pem_public_key(world.tokens.certificate or b"")
        if algorithm != "RS256" or not isinstance(key, RSAPublicKey):
            raise ValueError
        key.verify(_decoded(signature), head.encode(), PKCS1v15(), SHA256())
    except (ValueError, IndexError, InvalidSignature):
        raise OAuthRefused("invalid_grant", "invalid assertion") from None
    if claims.get("iss") != world.tokens.client_id:
        raise OAuthRefused("invalid_client_id", "client identifier invalid")
    if str(claims.get("aud")).rstrip("/") not in (*LOGIN_HOSTS, request.base_url):
        raise OAuthRefused("invalid_grant", "audience is invalid")
    now = world.clock.timestamp()
    if not now < float(claims.get("exp") or 0) <= now + JWT_MOST_S:
        raise OAuthRefused("invalid_grant", "assertion is expired or valid for too long")
    user = world.tokens.user_named(str(claims.get("sub")))
    if user is None:
        raise OAuthRefused("invalid_grant", "user hasn't approved this consumer")
    return str(user["Id"])


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _authorize(world: World, request: Request) -> Answer:
    """The login page, seen by somebody who is logged in and has consented before: straight to the redirect."""
    asked = request.query
    redirect_uri = asked.get("redirect_uri") or ""
    if asked.get("client_id") != world.tokens.client_id:
        raise OAuthRefused("invalid_client_id", "client identifier invalid")
    if urlsplit(redirect_uri).hostname not in LOCAL:
        raise OAuthRefused("redirect_uri_mismatch", "redirect_uri must match configuration")
    state = {"state": asked.get("state") or ""} if asked.get("state") else {}
    user = world.tokens.user_named(asked.get("login_hint") or world.admin["Username"])
    if asked.get("response_type") != "code" or user is None:
        return _redirect(redirect_uri, {"error": "unsupported_response_type", **state})
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        return _redirect(redirect_uri, {"error": "invalid_request", **state})
    scopes = tuple((asked.get("scope") or " ".join(SCOPES)).split())
    code = world.tokens.new_code(user, redirect_uri, scopes, asked.get("code_challenge"))
    return _redirect(redirect_uri, {"code": code, **state})


def _redirect(uri: str, parameters: dict[str, str]) -> Answer:
    return Answer(302, headers={"location": f"{uri}{'&' if '?' in uri else '?'}{urlencode(parameters)}"})


def _revoke(world: World, request: Request) -> Answer:
    token = request.form().get("token") or request.query.get("token") or ""
    if not world.tokens.revoke(token):
        raise OAuthRefused("invalid_token", "token is not valid or has been revoked")
    return Answer(200)


def _introspect(world: World, request: Request) -> dict[str, Any]:
    form = request.form()
    _check_client(world, form, secret=True)
    session = world.tokens.sessions.get(form.get("token") or "")
    if session is None or session.ends <= world.clock.timestamp():
        return {"active": False}
    user = world.table("User").rows[session.user_id]
    times = {"exp": int(session.ends), "iat": int(session.born), "nbf": int(session.born)}
    who = {"client_id": world.tokens.client_id, "username": user["Username"], "sub": session.user_id}
    return {"active": True, "scope": " ".join(session.scopes), "token_type": "access_token", **who, **times}


def _userinfo(world: World, request: Request) -> dict[str, Any]:
    user_id = world.tokens.caller(request).user_id
    user = world.table("User").rows[user_id]
    return {
        "sub": f"{request.base_url}/id/{world.org['Id']}/{user_id}",
        "user_id": user_id,
        "organization_id": world.org["Id"],
        "preferred_username": user["Username"],
        "nickname": user["CommunityNickname"],
        "name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "given_name": user.get("FirstName"),
        "family_name": user["LastName"],
        "zoneinfo": user["TimeZoneSidKey"],
        "active": True,
        "user_type": "STANDARD",
        "language": user["LanguageLocaleKey"],
        "locale": user["LocaleSidKey"],
        "updated_at": user["LastModifiedDate"],
    }


def _identity(world: World, request: Request) -> dict[str, Any]:
    """What the `id` of a token answer leads to."""
    told = _userinfo(world, request)
    base = f"{request.base_url}/services/data/v{{version}}/"
    urls = {"rest": base, "sobjects": f"{base}sobjects/", "query": f"{base}query/", "search": f"{base}search/"}
    return {
        "id": told["sub"],
        "asserted_user": True,
        "user_id": told["user_id"],
        "organization_id": told["organization_id"],
        "username": told["preferred_username"],
        "nick_name": told["nickname"],
        "display_name": told["name"],
        "email": told["email"],
        "email_verified": True,
        "first_name": told["given_name"],
        "last_name": told["family_name"],
        "timezone": told["zoneinfo"],
        "urls": urls,
        "active": True,
        "user_type": "STANDARD",
        "language": told["language"],
        "locale": told["locale"],
        "last_modified_date": told["updated_at"],
        "is_app_installed": True,
    }
