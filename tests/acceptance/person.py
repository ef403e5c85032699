"""A person in the sandbox's workspace: does what the page does, through the page's own routes."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from tests.acceptance.blocks import (
    Json,
    NoButton,
    chosen_in,
    find_button,
    initial_values,
    select,
    shown,
)

T = TypeVar("T")

CLIP, VOICE = "sample-clip.mp4", "sample-voice.mp3"
"""The sandbox's own video and audio."""
_DRAWN_ANEW = 5
"""So often at most, one time right after the other."""
PATIENCE_S = 60.0
"""Only a broken feature, or a very busy machine, takes so long."""


async def together(*presses: Awaitable[None]) -> None:
    """Presses of the same button at once: whoever comes when the card has gone on finds none any more."""
    outcomes = await asyncio.gather(*presses, return_exceptions=True)
    failed = [each for each in outcomes if each is not None]
    late = [each for each in failed if isinstance(each, NoButton)]
    if len(late) < len(failed) or len(late) == len(outcomes):
        raise BaseExceptionGroup("not pressed", failed)


@dataclass(frozen=True, slots=True)
class Person:
    """One user of one team, with places that no other test uses. `http` talks to the page's routes."""

    http: httpx.AsyncClient
    team: str
    user: str
    dm: str
    """The direct message with the app."""
    channel: str
    """A channel that the app is in."""
    outside: str
    """A channel that the app is not in."""

    # --- doing ----------------------------------------------------------------------------------------

    async def lipsync(self, channel: str, text: str = "") -> None:
        """Type `/lipsync …`."""
        await self.say(channel, f"/lipsync {text}".strip())

    async def say(self, channel: str, text: str, *files: Json, thread_ts: str | None = None) -> Json:
        """Send what is in the composer. Returns the message, where it was none of the commands."""
        ids = [file["id"] for file in files]
        said = await self._post("/ui/message", channel=channel, text=text, file_ids=ids, thread_ts=thread_ts)
        return {"channel": channel, "ts": said.get("ts")}

    async def sample(self, name: str) -> Json:
        """Take one of the sandbox's samples as a file."""
        return await self._file("/ui/sample", name=name)

    async def upload(self, name: str, mimetype: str, content: bytes) -> Json:
        """Choose a file from the computer."""
        query = {"team": self.team, "user": self.user, "name": name, "mimetype": mimetype}
        reply = await self.http.post("/ui/upload", params=query, content=content)
        file: Json = reply.raise_for_status().json()["file"]
        return file

    async def remote_file(self, name: str, url: str) -> Json:
        """A file that Slack only links to."""
        return await self._file("/ui/external", name=name, url=url)

    async def delete_message(self, message: Mapping[str, Any]) -> None:
        """Delete a message, be it the app's, as an admin may."""
        await self._post("/ui/message/delete", channel=message["channel"], ts=message["ts"])

    async def delete_file(self, file: Json) -> None:
        await self._post("/ui/file/delete", file=file["id"])

    async def shortcut(self, callback_id: str, message: Mapping[str, Any] | None = None) -> None:
        where = {"channel": message["channel"], "ts": message["ts"]} if message else None
        await self._post("/ui/shortcut", callback_id=callback_id, message=where)

    async def press(self, message: Mapping[str, Any], action_id: str) -> None:
        """Press a button of a message, or of one that only this person sees."""
        where: Json = {"message": {"channel": message["channel"], "ts": message["ts"]}}
        if "ephemeral_id" in message:
            where = {"ephemeral_id": message["ephemeral_id"]}
        for _ in range(_DRAWN_ANEW):
            try:
                await self._click(message, action_id, **where)
            except httpx.HTTPStatusError:
                # The card was drawn anew since it was looked at; people press what is there now.
                shown_now = await self.messages(message["channel"])
                message = next(each for each in shown_now if each["ts"] == message["ts"])
            else:
                return
        raise AssertionError(f"{action_id} cannot be pressed")

    async def _click(self, holder: Mapping[str, Any], action_id: str, **where: Any) -> None:
        block, button = find_button(holder, action_id)
        value = {"type": "button", "value": button.get("value")}
        await self._post("/ui/action", block_id=block["block_id"], action_id=action_id, value=value, **where)

    async def choose(self, view: Mapping[str, Any], field: str, value: str) -> None:
        """Use a menu of the open form that changes the form."""
        chosen = select(view, field, value)
        state = {field: {field: chosen}}
        await self._post(
            "/ui/action", view_id=view["id"], block_id=field, action_id=field, value=chosen, state=state
        )

    async def choose_for_one(self, message: Mapping[str, Any], words: str) -> None:
        """Choose in the menu of a card of several videos, by the words of the choice."""
        block, menu = find_button(message, "part")
        value = chosen_in(menu, words)
        where = {"message": {"channel": message["channel"], "ts": message["ts"]}}
        await self._post("/ui/action", block_id=block["block_id"], action_id="part", value=value, **where)

    async def open_home(self) -> None:
        """Go to the app's Home."""
        await self._post("/ui/home")

    async def press_in_form(self, view: Mapping[str, Any], action_id: str) -> None:
        """Press a button inside the open form, or in the Home."""
        for _ in range(_DRAWN_ANEW if view["type"] == "home" else 1):
            try:
                return await self._click(view, action_id, view_id=view["id"])
            except httpx.HTTPStatusError as error:
                # As above, of a Home.
                refused, view = error, (await self.state())["home"] or view
        raise refused

    async def submit(self, view: Mapping[str, Any], **filled: Json) -> dict[str, str]:
        """Send a form: what is filled in here, and the rest as the form shows it.

        Returns:
            The words at its fields; none where it went through.
        """
        values = {**initial_values(view), **filled}
        state = {block: {block: value} for block, value in values.items()}
        answer = await self._post("/ui/view/submit", view_id=view["id"], state=state)
        errors: dict[str, str] = answer.get("errors", {})
        if view["callback_id"] == "lipsync_form" and not errors:
            await self._say_later_who_is_shown()
        return errors

    async def options(self, form: Mapping[str, Any]) -> Json:
        """Open the form for options above an open form."""
        await self.press_in_form(form, "form_more")
        return await self.form(holding="sync_mode")

    async def choose_option(self, form: Mapping[str, Any], field: str, value: str) -> Json:
        """Choose in one of its menus, and send it; the form below, as it is then."""
        options = await self.options(form)
        assert await self.submit(options, **{field: select(options, field, value)}) == {}
        return await self.form(holding="form_video")

    async def _say_later_who_is_shown(self) -> None:
        """Close the second step of the form for a video, where there is one."""
        for view in (await self.state())["views"]:
            if view["callback_id"] == "lipsync_consent":
                await self.close(view)

    async def close(self, view: Mapping[str, Any]) -> None:
        await self._post("/ui/view/close", view_id=view["id"])

    async def invite_app(self, channel: str) -> None:
        await self._post("/ui/invite", channel=channel)

    async def remove_app(self) -> None:
        """Remove the app from the workspace."""
        await self._post("/ui/app/remove", place=self.team)

    # --- seeing ---------------------------------------------------------------------------------------

    async def state(self) -> Json:
        """All that the page shows to this person."""
        reply = await self.http.get("/ui/state", params={"team": self.team, "user": self.user})
        state: Json = reply.raise_for_status().json()
        return state

    async def messages(self, channel: str) -> list[Json]:
        found = (await self.state())["channels"][channel]["messages"]
        return [{**message, "channel": channel} for message in found]

    async def videos(self, channel: str) -> list[Json]:
        """The messages in which the app brought a video."""
        return [m for m in await self.messages(channel) if m.get("bot_id") and m.get("files")]

    async def card(self, channel: str, words: str) -> Json:
        """Wait until the app's newest message with these words is there."""

        async def look() -> Json | None:
            found = [m for m in await self.messages(channel) if m.get("bot_id") and words in shown(m)]
            return found[-1] if found else None

        return await self.wait(look, f"a message with {words!r}")

    async def form(self, *, holding: str) -> Json:
        """Wait for an open form that has a field, or a button, of this id."""

        async def look() -> Json | None:
            views = (await self.state())["views"]
            return views[-1] if views and f'"{holding}"' in json.dumps(views[-1]["blocks"]) else None

        return await self.wait(look, f"a form with {holding}")

    async def home(self, words: str) -> Json:
        """Wait until the app's Home, which was opened, says this."""

        async def look() -> Json | None:
            home = (await self.state())["home"]
            return home if home and words in shown(home) else None

        return await self.wait(look, f"a Home with {words!r}")

    async def changed_form(self, old: Mapping[str, Any]) -> Json:
        """Wait until the app has changed an open form."""

        async def look() -> Json | None:
            views = (await self.state())["views"]
            return views[-1] if views and views[-1]["hash"] != old["hash"] else None

        return await self.wait(look, "a change of the form")

    async def no_form(self) -> None:
        """Wait until no form is open."""

        async def look() -> bool | None:
            return None if (await self.state())["views"] else True

        await self.wait(look, "the closing of the form")

    async def whisper(self, words: str) -> Json:
        """Wait for words that only this person sees."""

        async def look() -> Json | None:
            for told in (await self.state())["ephemerals"]:
                if words in shown(told["message"]):
                    where = {"channel": told["channel"], "ephemeral_id": told["id"]}
                    return {**told["message"], **where}
            return None

        return await self.wait(look, f"private words {words!r}")

    async def video(self, channel: str, *, thread_ts: str) -> Json:
        """Wait until the job is done; its video is in the thread, once, and mentions its asker once."""
        await self.card(channel, "Done:")

        async def look() -> Json | None:
            found = await self.videos(channel)
            return found[-1] if found else None

        video = await self.wait(look, "the finished video")
        assert len(await self.videos(channel)) == 1
        assert video["thread_ts"] == thread_ts
        assert video["text"].count(f"<@{self.user}>") == 1
        assert [file["mimetype"] for file in video["files"]] == ["video/mp4"]
        return video

    async def page_bytes(self, path: str) -> bytes:
        """What the page serves."""
        return (await self.http.get(path)).raise_for_status().content

    async def bytes_of(self, message: Mapping[str, Any]) -> bytes:
        """What the page's player plays."""
        return (await self.http.get(message["files"][0]["ui_url"])).raise_for_status().content

    async def wait(self, look: Callable[[], Awaitable[T | None]], what: str) -> T:
        """Look, and look again whenever the page hears of something new."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._page() as heard:
                async for _ in heard:
                    found = await look()
                    if found is not None:
                        return found
        except TimeoutError:
            pass
        state = await self.state()
        seen = {
            place: state["channels"][place]["messages"] for place in (self.channel, self.outside, self.dm)
        }
        last = json.dumps({**state, "channels": seen}, ensure_ascii=False)[-6_000:]
        raise AssertionError(f"{what} did not come within {PATIENCE_S} s; the end of what is there: {last}")

    @asynccontextmanager
    async def _page(self) -> AsyncIterator[AsyncIterator[str]]:
        """The page's live events, the first at once."""
        after = (await self.state())["seq"]
        query = {"team": self.team, "user": self.user, "after": after}
        async with self.http.stream("GET", "/ui/events", params=query, timeout=None) as stream:
            yield (line async for line in stream.aiter_lines() if line.startswith((":", "data:")))

    async def _file(self, path: str, **body: Any) -> Json:
        file: Json = (await self._post(path, **body))["file"]
        return file

    async def _post(self, path: str, **body: Any) -> Json:
        reply = await self.http.post(path, json={"team": self.team, "user": self.user, **body})
        answer: Json = reply.raise_for_status().json()
        return answer
