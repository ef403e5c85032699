"""What stands between a click on Allow and a token: the request that was shown, and the code it gave."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.fake_slack.refusals import Refusal


@dataclass(frozen=True, slots=True)
class InstallRequest:
    """What the app asked for at /oauth/v2/authorize.

    Attributes:
        redirect_uri: Where the person is sent afterwards.
        named_redirect: Whether the app named that address itself; if so, it has to name it again.
        team: The workspace that the app asked for; empty: the person chooses.
    """

    scopes: tuple[str, ...]
    state: str
    redirect_uri: str
    named_redirect: bool
    team: str


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody allowed. `place` is a workspace's or an organisation's id."""

    request: InstallRequest
    place: str
    scopes: tuple[str, ...]
    installer: str
    at: float


class Codes:
    """Requests that people are looking at, and codes that were not redeemed yet."""

    def __init__(self, now: Callable[[], float], life_s: float) -> None:
        self._now = now
        self._life_s = life_s
        self._shown: dict[str, InstallRequest] = {}
        self._codes: dict[str, Approval] = {}

    def show(self, request: InstallRequest) -> str:
        """Remember a request; the page's form names it by what this returns."""
        name = secrets.token_urlsafe(16)
        self._shown[name] = request
        return name

    def shown(self, name: str) -> InstallRequest | None:
        """The request that a page shows."""
        return self._shown.get(name)

    def answered(self, name: str) -> None:
        """Forget a request: it is allowed or cancelled once."""
        self._shown.pop(name, None)

    def mint(self, request: InstallRequest, place: str, scopes: tuple[str, ...], installer: str) -> str:
        """A code for what somebody allowed (its shape: Slack, oauth.v2.access, `code`)."""
        code = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**13)}.{secrets.token_hex(32)}"
        self._codes[code] = Approval(request, place, scopes, installer, self._now())
        return code

    def redeem(self, code: str, redirect_uri: str | None) -> Approval:
        """Spend a code: once, within ten minutes (Slack: installing with OAuth).

        Raises:
            Refusal: invalid_code; bad_redirect_uri where it is not the address of the request (where the
                request named none, Slack asks nothing; here none may come). That leaves the code as it is.
        """
        approval = self._codes.get(code)
        if approval is None or self._now() - approval.at > self._life_s:
            raise Refusal("invalid_code")
        asked = approval.request.redirect_uri if approval.request.named_redirect else None
        if redirect_uri != asked:
            raise Refusal("bad_redirect_uri")
        del self._codes[code]
        return approval
