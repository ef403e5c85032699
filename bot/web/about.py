"""The pages that anybody can open, without an account: privacy and support."""

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.messages import about
from bot.messages.about import About
from bot.messages.catalogue import Words
from bot.messages.pages import PRIVACY_PATH, SUPPORT_PATH, Page
from bot.web.pages import html


def about_pages(t: Words, who: About) -> Sequence[Route]:
    """The routes of both; `who` runs the app."""
    pages = {PRIVACY_PATH: about.privacy(t, who), SUPPORT_PATH: about.support(t, who)}
    return tuple(Route(path, _shows(t, page)) for path, page in pages.items())


def _shows(t: Words, page: Page) -> Callable[[Request], Response]:
    return lambda _request: html(t, page)
