"""The pages on which an admin connects sync.so: `/connect/TOKEN` once, then `/connect` in the same browser.

The token in the first address is a secret: it stands in no log of the app's, is told to no other page, and is
gone from the address as soon as it is spent.
"""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import parse_qs

import structlog
from markupsafe import Markup
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.messages import connecting as words_of
from bot.messages.catalogue import Words
from bot.use_cases.connecting import PATH, SESSION_LIFE_S, Connecting, NotTaken, Shown
from bot.web.cookies import BrowserCookie, secret_in
from bot.web.pages import html
from storage.connect_links import Session

_log = structlog.get_logger(__name__)

_MOST_BYTES = 4096
"""A key has less than a hundred characters."""
_FROM_HERE = frozenset({None, "same-origin", "none"})
"""What a browser says of who sent a form (Fetch Metadata); older ones say nothing."""
_PROBLEM_ID = "problem"
_BEGIN = Markup('<form method="post"><button class="act" type="submit">{label}</button></form>')
_KEY = Markup("""<form method="post" action="{path}">
{problem}<label for="api_key">{label}</label>
<input id="api_key" name="api_key" type="password" autocomplete="off" spellcheck="false" required{described}>
<button class="act" type="submit" name="do" value="connect">{connect}</button>
</form>
""")
_REMOVE = Markup("""<form method="post" action="{path}">
<button class="act less" type="submit" name="do" value="remove">{remove}</button>
</form>
""")
_PROBLEM = Markup('<p class="problem" id="{id}" role="alert">{words}</p>\n')
_TROUBLES = {
    NotTaken.NO_KEY: words_of.not_a_key,
    NotTaken.REFUSED: words_of.key_refused,
    NotTaken.UNTRIED: words_of.key_untried,
}


class ConnectPages:
    """The routes, and the cookie that ties what follows a link to one browser."""

    def __init__(self, connecting: Connecting, words: Words, *, over_tls: bool) -> None:
        """`over_tls`: browsers reach the app over https."""
        self._connecting = connecting
        self._words = words
        self._cookie = BrowserCookie("connect", SESSION_LIFE_S, same_site="strict", over_tls=over_tls)

    def routes(self) -> Sequence[Route]:
        """What the web app serves of it."""
        return (
            Route(f"{PATH}/{{token}}", self._invitation, methods=["GET"]),
            Route(f"{PATH}/{{token}}", self._open, methods=["POST"]),
            Route(PATH, self._form, methods=["GET"]),
            Route(PATH, self._change, methods=["POST"]),
        )

    async def _invitation(self, request: Request) -> Response:
        """Spends nothing: whatever looks at links for people opens them, too."""
        token = secret_in(request.path_params["token"])
        shown = None if token is None else await self._connecting.look(token)
        if shown is None:
            return self._no_use()
        page = words_of.invitation(self._words, shown.team_name, shown.user_name)
        return html(self._words, page, form=_BEGIN.format(label=words_of.begin(self._words)))

    async def _open(self, request: Request) -> Response:
        token = secret_in(request.path_params["token"])
        if token is None or not _is_from_here(request):
            return self._no_use()
        session = await self._connecting.open(token)
        if session is None:
            return self._no_use()
        answer = RedirectResponse(PATH, status_code=HTTPStatus.SEE_OTHER)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Referrer-Policy"] = "no-referrer"
        self._cookie.give(answer, session)
        return answer

    async def _form(self, request: Request) -> Response:
        session = await self._session(request)
        shown = None if session is None else await self._connecting.shown(session)
        return self._no_use() if shown is None else self._shown(shown)

    async def _change(self, request: Request) -> Response:
        """Takes a key, or takes one away; both may be repeated."""
        session = await self._session(request) if _is_from_here(request) else None
        shown = None if session is None else await self._connecting.shown(session)
        if session is None or shown is None:
            return self._no_use()
        form = await _form_of(request)
        if form is None:
            return self._shown(shown, NotTaken.NO_KEY)
        if form.get("do") == "remove":
            is_paid = await self._connecting.disconnect(session)
            return html(self._words, words_of.removed(self._words, shown.team_name, is_paid=is_paid))
        trouble = await self._connecting.connect(session, form.get("api_key", "").strip())
        if trouble is not None:
            return self._shown(shown, trouble)
        return RedirectResponse(PATH, status_code=HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})

    async def _session(self, request: Request) -> Session | None:
        cookie = self._cookie.of(request)
        return None if cookie is None else await self._connecting.session(cookie)

    def _shown(self, shown: Shown, trouble: NotTaken | None = None) -> Response:
        t, key = self._words, shown.key
        if key is None:
            page = words_of.not_connected(t, shown.team_name, shown.user_name)
        else:
            page = words_of.connected(
                t, shown.team_name, shown.user_name, key.last_four, key.account_name, key.connected_at
            )
        status = HTTPStatus.OK if trouble is None else HTTPStatus.UNPROCESSABLE_ENTITY
        return html(t, page, status=status, form=self._forms(trouble, replaces=key is not None))

    def _forms(self, trouble: NotTaken | None, *, replaces: bool) -> Markup:
        t = self._words
        problem, described = Markup(), Markup()
        if trouble is not None:
            problem = _PROBLEM.format(id=_PROBLEM_ID, words=_TROUBLES[trouble](t))
            described = Markup(' aria-invalid="true" aria-describedby="{}" autofocus').format(_PROBLEM_ID)
        form = _KEY.format(
            path=PATH,
            problem=problem,
            label=words_of.key_label(t),
            described=described,
            connect=words_of.connect_button(t, replaces=replaces),
        )
        remove = _REMOVE.format(path=PATH, remove=words_of.remove_button(t)) if replaces else Markup()
        return form + remove

    def _no_use(self) -> Response:
        return html(self._words, words_of.no_use(self._words), status=HTTPStatus.GONE)


def connect_pages(connecting: Connecting, words: Words, public_url: str | None) -> Sequence[Route]:
    """The routes; none where no browser reaches the app."""
    if public_url is None:
        return ()
    return ConnectPages(connecting, words, over_tls=public_url.startswith("https:")).routes()


def _is_from_here(request: Request) -> bool:
    """Whether the form stood on a page of the app's: no other may bind somebody's browser to a link."""
    return request.headers.get("sec-fetch-site") in _FROM_HERE


async def _form_of(request: Request) -> dict[str, str] | None:
    """The fields of a small form; None: it is none, or too large."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > _MOST_BYTES:
                return None
    except ClientDisconnect:
        return None
    try:
        fields = parse_qs(bytes(body).decode(), max_num_fields=8)
    except ValueError:
        return None
    return {name: values[0] for name, values in fields.items()}
