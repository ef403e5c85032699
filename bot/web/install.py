"""Where browsers install the app: `/slack/install`, and where Slack sends them back to."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.messages import pages
from bot.messages.catalogue import Words
from bot.slack import SlackBusy, SlackRefused, SlackUnreachable
from bot.slack.scopes import GROUPS_SCOPE, HELLO_SCOPES
from bot.troubles import cause_of
from bot.use_cases.installing import REDIRECT_PATH, STATE_LIFE_S, Finished, Installing, Refused
from bot.web.cookies import BrowserCookie
from bot.web.pages import html
from storage.errors import StorageError

_log = structlog.get_logger(__name__)

INSTALL_PATH = "/slack/install"
_MORE: Mapping[str, Sequence[str]] = MappingProxyType({"groups": (GROUPS_SCOPE,), "hello": HELLO_SCOPES})
"""By the word in the query: what is asked for beside what everybody grants."""
GROUPS_PATH = f"{INSTALL_PATH}?groups"
_SHOWS_PAGE = "page"
"""In the query: a person is to read first what they install; else Slack is next (Slack: direct install)."""
_ADD = "https://app.slack.com/manage/{enterprise}/integrations/profile/{app}/workspaces/add"
"""Source: Slack's SDK and its documentation of organisations."""


class InstallPages:
    """The two routes, and the cookie that ties them to one browser."""

    def __init__(self, installing: Installing, words: Words, *, over_tls: bool) -> None:
        """`over_tls`: browsers reach the app over https."""
        self._installing = installing
        self._words = words
        # Slack sends the browser back from its own site.
        self._cookie = BrowserCookie("install", STATE_LIFE_S, same_site="lax", over_tls=over_tls)

    def routes(self) -> Sequence[Route]:
        """What the web app serves of it."""
        return (Route(INSTALL_PATH, self._begin), Route(REDIRECT_PATH, self._finish))

    async def _begin(self, request: Request) -> Response:
        wanted = [word for word in _MORE if word in request.query_params]
        here = f"{INSTALL_PATH}?{'&'.join(wanted)}" if wanted else INSTALL_PATH
        if _SHOWS_PAGE in request.query_params:
            return html(self._words, pages.add_to_slack(self._words, here))
        if request.method != "GET":
            return Response()  # somebody asks what is here, and begins nothing
        try:
            begun = await self._installing.begin(
                browser=self._cookie.of(request),
                team=request.query_params.get("team"),
                more=[scope for word in wanted for scope in _MORE[word]],
            )
        except StorageError as error:
            return self._not_begun(cause_of(error), here)
        if begun is None:
            return self._not_begun("too many were begun", here)
        answer = RedirectResponse(begun.url, status_code=302)
        answer.headers["Cache-Control"] = "no-store"
        self._cookie.give(answer, begun.browser)
        return answer

    def _not_begun(self, why: str, again_url: str) -> Response:
        _log.warning("an install was not begun", cause=why)
        return html(self._words, pages.not_begun(self._words, again_url), status=503)

    async def _finish(self, request: Request) -> Response:
        query = request.query_params
        try:
            done = await self._installing.finish(
                state=query.get("state"),
                browser=self._cookie.of(request),
                code=query.get("code"),
                error=query.get("error"),
            )
        except (StorageError, SlackBusy, SlackUnreachable) as error:
            return self._unfinished(error)
        except SlackRefused as error:
            _log.warning("not installed", why=str(error))
            return self._refused(error.code)
        if isinstance(done, Refused):
            _log.info("not installed", why=done.code)
            return self._refused(done.code)
        # The cookie stays for its ten minutes: another tab may have begun, too.
        return html(self._words, self._installed(done))

    def _unfinished(self, error: Exception) -> Response:
        _log.warning("an install was not finished", cause=cause_of(error))
        return html(self._words, pages.unfinished(self._words, INSTALL_PATH), status=503)

    def _refused(self, code: str) -> Response:
        return html(self._words, pages.not_installed(self._words, code, INSTALL_PATH), status=400)

    def _installed(self, done: Finished) -> pages.Page:
        installed = done.installation
        if done.open_url is None:
            add_url = _ADD.format(enterprise=installed.enterprise_id, app=installed.app_id)
            return pages.installed_for_all(self._words, installed.team_name, add_url)
        return pages.installed(self._words, installed.team_name, done.open_url, is_paid=done.is_paid)
