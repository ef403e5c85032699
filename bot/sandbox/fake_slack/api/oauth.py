"""oauth.v2.access and oauth.v2.exchange: codes, refresh tokens and long-lived tokens for tokens."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from bot.sandbox.fake_slack.installs.admins import show_installs
from bot.sandbox.fake_slack.installs.codes import Approval
from bot.sandbox.fake_slack.installs.records import Install, Token
from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.records import Json
from bot.sandbox.fake_slack.refusals import Refusal

_BASIC = "Basic "


async def access(parts: Parts, request: Request, args: Mapping[str, Any]) -> Json:
    """oauth.v2.access: a code for a token, or a refresh token for the next pair.

    Raises:
        Refusal: invalid_client_id, bad_client_secret, invalid_grant_type, invalid_code, bad_redirect_uri,
            invalid_refresh_token, cannot_install_an_org_installed_app.
    """
    _check_client(parts, request, args)
    match args.get("grant_type") or "authorization_code":
        case "authorization_code":
            approval = parts.codes.redeem(_text(args, "code"), args.get("redirect_uri") or None)
            install, token = _installed(parts, approval)
            show_installs(parts)
            return _answer(parts, install, token) | {"authed_user": {"id": approval.installer}}
        case "refresh_token":
            return _answer(parts, *parts.installs.refresh(_text(args, "refresh_token")))
    raise Refusal("invalid_grant_type")


async def exchange(parts: Parts, request: Request, args: Mapping[str, Any]) -> Json:
    """oauth.v2.exchange: a long-lived token for the first pair that rotates.

    Raises:
        Refusal: invalid_client_id, bad_client_secret, token_rotation_not_enabled, invalid_token,
            token_already_exchanged, authorization_not_found.
    """
    _check_client(parts, request, args)
    return _answer(parts, *parts.installs.exchange(_text(args, "token")))


def _text(args: Mapping[str, Any], name: str) -> str:
    return str(args.get(name) or "")


def _check_client(parts: Parts, request: Request, args: Mapping[str, Any]) -> None:
    """The app's own id and secret, by HTTP Basic or as arguments (Slack: oauth.v2.access)."""
    header = request.headers.get("authorization", "")
    client_id, client_secret = _text(args, "client_id"), _text(args, "client_secret")
    if header.startswith(_BASIC):
        client_id, client_secret = _basic(header.removeprefix(_BASIC))
    if client_id != parts.config.client_id:
        raise Refusal("invalid_client_id")
    if not secrets.compare_digest(client_secret.encode(), parts.config.client_secret.encode()):
        raise Refusal("bad_client_secret")


def _basic(encoded: str) -> tuple[str, str]:
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refusal("invalid_client_id") from None
    return name, secret


def _installed(parts: Parts, approval: Approval) -> tuple[Install, Token]:
    installs, granted = parts.installs, (approval.scopes, approval.installer)
    if approval.place in parts.organisations:
        return installs.in_organisation(parts.organisations[approval.place], *granted)
    return installs.in_workspace(parts.workspace(approval.place), *granted)


def _answer(parts: Parts, install: Install, token: Token) -> Json:
    """Both kinds of install; an organisation's has no team (Slack: organisation-ready apps, reference)."""
    workspace = parts.workspaces[install.team] if install.team else None
    organisation = parts.organisations.get(install.enterprise or "")
    body: Json = {
        "access_token": token.access,
        "token_type": "bot",
        "scope": ",".join(install.scopes),
        "bot_user_id": install.bot_user_id,
        "app_id": parts.config.app_id,
        "team": {"id": workspace.id, "name": workspace.config.name} if workspace else None,
        "enterprise": organisation.as_json() if organisation else None,
        "is_enterprise_install": install.is_enterprise,
    }
    if token.refresh is None:
        return body
    return body | {"expires_in": int(parts.config.timings.token_s), "refresh_token": token.refresh}
