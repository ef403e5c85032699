"""Somebody's browser without a window: it follows redirects, keeps cookies, and presses buttons on pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin

import httpx


@dataclass
class _Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    """What goes along by itself."""
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)
    """What each says when it is pressed, by its label."""


class _Page(HTMLParser):
    """The words and the forms of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.forms: list[_Form] = []
        self._pressed: dict[str, str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        named = {given["name"]: given.get("value", "")} if "name" in given else {}
        if tag == "form":
            self.forms.append(_Form(given.get("action", "")))
        elif tag == "input" and (given.get("type") == "hidden" or "checked" in given):
            self.forms[-1].fields |= named
        elif tag == "button":
            self._pressed = named

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._pressed = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._pressed is not None:
            self.forms[-1].buttons[data.strip()] = self._pressed


class Browser:
    """One tab of it; `shown` is what the page says."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._url = ""
        self._page = _Page("")

    @classmethod
    @asynccontextmanager
    async def started(cls) -> AsyncIterator[Self]:
        async with httpx.AsyncClient(trust_env=False, follow_redirects=True, timeout=60) as http:
            yield cls(http)

    @property
    def shown(self) -> str:
        return " ".join(" ".join(self._page.words).split())

    async def open(self, url: str) -> None:
        self._arrived(await self._http.get(url))

    async def press(self, label: str, **filled: str) -> None:
        """Press a button, with what was filled in beside what its form holds."""
        form = next((form for form in self._page.forms if label in form.buttons), None)
        assert form is not None, f"no button {label!r} in: {self.shown}"
        data = {**form.fields, **filled, **form.buttons[label]}
        self._arrived(await self._http.post(urljoin(self._url, form.action), data=data))

    def _arrived(self, answer: httpx.Response) -> None:
        self._url, self._page = str(answer.url), _Page(answer.text)
