"""The page's routes of an admin: `/ui/app/*`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_slack.announce import LAST_WORDS
from bot.sandbox.fake_slack.installs.admins import Admins
from bot.sandbox.fake_slack.page.answers import Handler, body_of, refusing, text_of
from bot.sandbox.fake_slack.parts import Parts


class AdminRoutes:
    """Removing the app, and an organisation's say in which workspaces it is."""

    def __init__(self, parts: Parts) -> None:
        self._admins = Admins(parts)

    def routes(self) -> list[Route]:
        """The route table."""
        handlers: dict[str, Handler] = {
            "/ui/app/remove": self._remove,
            "/ui/app/add": self._add,
            "/ui/app/take": self._take,
        }
        return [Route(path, refusing(handler), methods=["POST"]) for path, handler in handlers.items()]

    async def _remove(self, request: Request) -> Response:
        """Remove it from `place`; with `uninstalled_first` the app hears of that before its tokens."""
        body = await body_of(request)
        words = LAST_WORDS[::-1] if body.get("uninstalled_first") else LAST_WORDS
        self._admins.remove(text_of(body, "place"), words=words)
        return JSONResponse({"ok": True})

    async def _add(self, request: Request) -> Response:
        self._admins.add_to(text_of(await body_of(request), "team"))
        return JSONResponse({"ok": True})

    async def _take(self, request: Request) -> Response:
        self._admins.take_from(text_of(await body_of(request), "team"))
        return JSONResponse({"ok": True})
