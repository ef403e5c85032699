"""Cookies by which a browser is known again, and the secrets in them and in links."""

import re
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
"""As `secrets.token_urlsafe(32)` makes them."""


def secret_in(found: str) -> str | None:
    """What may be a secret of the app's; None: it is none, and need not be looked for."""
    return found if _SECRET.fullmatch(found) else None


@dataclass(frozen=True, slots=True)
class BrowserCookie:
    """One of the app's cookies, which no script reads."""

    name: str
    life_s: float
    same_site: Literal["lax", "strict"]
    """Whether it comes along when another site sends the browser here (`lax`)."""
    over_tls: bool
    """Whether browsers reach the app over https."""

    def of(self, request: Request) -> str | None:
        """The secret that the browser has; None: it has none."""
        return secret_in(request.cookies.get(self._full_name, ""))

    def give(self, answer: Response, secret: str) -> None:
        """Have the browser keep a secret."""
        answer.set_cookie(
            self._full_name,
            secret,
            max_age=int(self.life_s),
            secure=self.over_tls,
            httponly=True,
            samesite=self.same_site,
        )

    @property
    def _full_name(self) -> str:
        """Only a secure cookie of this very host may have the first: no other page can plant one."""
        return f"__Host-lipsync-{self.name}" if self.over_tls else f"lipsync-{self.name}"
