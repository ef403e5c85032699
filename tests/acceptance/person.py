"""A person in the sandbox's workspace: does what the page does, through the page's own routes."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

JsonObject = dict[str, Any]
T = TypeVar("T")

PATIENCE_S = 40.0


@dataclass(frozen=True, slots=True)
class Person:
    """One user of one team. `http` talks to the fake Slack's page routes."""

    http: httpx.AsyncClient
    team: str
    user: str

    async def command(self, channel: str, text: str) -> None:
        await self.say(channel, f"/lipsync {text}".strip())

    async def say(
        self, channel: str, text: str, *, files: list[JsonObject] | None = None, thread_ts: str | None = None
    ) -> None:
        ids = [file["id"] for file in files or []]
        await self._post("/ui/message", channel=channel, text=text, file_ids=ids, thread_ts=thread_ts)

    async def sample(self, name: str) -> JsonObject:
        return (await self._post("/ui/sample", name=name))["file"]  # type: ignore[no-any-return]

    async def upload(self, name: str, mimetype: str, content: bytes) -> JsonObject:
        query = {"team": self.team, "user": self.user, "name": name, "mimetype": mimetype}
        reply = await self.http.post("/ui/upload", params=query, content=content, timeout=60)
        reply.raise_for_status()
        return reply.json()["file"]  # type: ignore[no-any-return]

    async def shortcut(self, callback_id: str, message: Mapping[str, Any] | None = None) -> None:
        where = {"channel": message["channel"], "ts": message["ts"]} if message else None
        await self._post("/ui/shortcut", callback_id=callback_id, message=where)

    async def press(self, message: Mapping[str, Any], action_id: str) -> None:
        block, button = find_button(message, action_id)
        where = {"channel": message["channel"], "ts": message["ts"]}
        value = {"type": "button", "value": button.get("value")}
        await self._act(message=where, block_id=block["block_id"], action_id=action_id, value=value)

    async def choose(self, view: Mapping[str, Any], field: str, value: str) -> None:
        """Use a menu of the open form that changes the form."""
        state = {field: {field: select(view, field, value)}}
        await self._act(
            view_id=view["id"], block_id=field, action_id=field, value=state[field][field], state=state
        )

    async def submit(self, view: Mapping[str, Any], filled: Mapping[str, JsonObject]) -> JsonObject:
        """Send a form: what is filled in here, and the rest as the form shows it."""
        values = {**initial_values(view), **filled}
        state = {block: {block: value} for block, value in values.items()}
        return await self._post("/ui/view/submit", ok_only=False, view_id=view["id"], state=state)

    async def close(self, view: Mapping[str, Any]) -> None:
        await self._post("/ui/view/close", view_id=view["id"])

    async def invite(self, channel: str) -> None:
        await self._post("/ui/invite", channel=channel)

    async def state(self) -> JsonObject:
        reply = await self.http.get("/ui/state", params={"team": self.team, "user": self.user})
        return reply.json()  # type: ignore[no-any-return]

    async def messages(self, channel: str) -> list[JsonObject]:
        found = (await self.state())["channels"][channel]["messages"]
        return [{**message, "channel": channel} for message in found]

    async def direct_message(self) -> str:
        """The channel of the direct message with the app."""
        teams = (await self.http.get("/ui/bootstrap")).json()["teams"]
        channels = next(team for team in teams if team["id"] == self.team)["channels"]
        return next(channel["id"] for channel in channels if channel.get("user") == self.user)  # type: ignore[no-any-return]

    async def card(self, channel: str, words: str, *, patience_s: float = PATIENCE_S) -> JsonObject:
        """Wait for a message of the app with these words."""

        async def look() -> JsonObject | None:
            found = [m for m in await self.messages(channel) if m.get("bot_id") and words in shown(m)]
            return found[-1] if found else None

        return await self.wait(look, f"a message with {words!r}", patience_s)

    async def form(self, *, holding: str | None = None) -> JsonObject:
        """Wait for an open form, with a field of this id."""

        async def look() -> JsonObject | None:
            views = (await self.state())["views"]
            top = views[-1] if views else None
            if top is None or "submit" not in top:
                return None
            blocks = {block["block_id"] for block in top["blocks"]}
            return top if holding is None or holding in blocks else None

        return await self.wait(look, f"a form with {holding}")

    async def whisper(self, words: str) -> JsonObject:
        """Wait for words that only this person sees."""

        async def look() -> JsonObject | None:
            told = (await self.state())["ephemerals"]
            return next((one for one in told if words in shown(one["message"])), None)

        return await self.wait(look, f"private words {words!r}")

    async def video(self, channel: str, *, count: int = 1) -> JsonObject:
        """Wait for a finished video of the app's in a channel."""

        async def look() -> JsonObject | None:
            found = [m for m in await self.messages(channel) if m.get("bot_id") and m.get("files")]
            return found[-1] if len(found) >= count else None

        return await self.wait(look, "the finished video")

    async def bytes_of(self, message: Mapping[str, Any]) -> bytes:
        reply = await self.http.get(message["files"][0]["ui_url"])
        reply.raise_for_status()
        return reply.content

    async def wait(self, look: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            found = await look()
            if found is not None:
                return found
            await asyncio.sleep(0.1)
        state = json.dumps(await self.state())[-3_000:]
        raise AssertionError(f"{what} did not come within {patience_s} s; the end of the state: {state}")

    async def _act(self, **action: Any) -> None:
        await self._post("/ui/action", **action)

    async def _post(self, path: str, *, ok_only: bool = True, **body: Any) -> JsonObject:
        reply = await self.http.post(path, json={"team": self.team, "user": self.user, **body}, timeout=30)
        if ok_only:
            reply.raise_for_status()
        return reply.json()  # type: ignore[no-any-return]


def shown(message: Mapping[str, Any]) -> str:
    """All words of a message, of its text and its blocks."""
    return "\n".join([message.get("text") or "", *_texts(message.get("blocks") or [])])


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node["text"]
        for child in node.values():
            yield from _texts(child)
    elif isinstance(node, list):
        for child in node:
            yield from _texts(child)


def find_button(message: Mapping[str, Any], action_id: str) -> tuple[JsonObject, JsonObject]:
    """A button of a message, and the block it stands in."""
    for block in message.get("blocks") or []:
        for element in block.get("elements") or []:
            if isinstance(element, dict) and element.get("action_id") == action_id:
                return block, element
    raise AssertionError(f"no button {action_id} in: {shown(message)}")


def buttons(message: Mapping[str, Any]) -> set[str]:
    """The action ids of a message's buttons."""
    return {
        element["action_id"]
        for block in message.get("blocks") or []
        if block["type"] == "actions"
        for element in block["elements"]
    }


def text(value: str) -> JsonObject:
    """What Slack sends of a filled text field."""
    return {"type": "plain_text_input", "value": value}


def link(value: str) -> JsonObject:
    """What Slack sends of a filled link field."""
    return {"type": "url_text_input", "value": value}


def files(*uploaded: JsonObject) -> JsonObject:
    """What Slack sends of a file field."""
    return {"type": "file_input", "files": [{"id": file["id"]} for file in uploaded]}


def select(view: Mapping[str, Any], field: str, value: str) -> JsonObject:
    """What Slack sends of a menu in which an option was chosen."""
    element = _element(view, field)
    return {"type": element["type"], "selected_option": _option(element, value)}


def labels(view: Mapping[str, Any], field: str) -> list[str]:
    """The options of a menu, as people read them."""
    return [option["text"]["text"] for option in _options(_element(view, field))]


def initial_values(view: Mapping[str, Any]) -> dict[str, JsonObject]:
    """What a form holds before anybody touched it."""
    values: dict[str, JsonObject] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        value: JsonObject = {"type": element["type"]}
        if "initial_option" in element:
            value["selected_option"] = element["initial_option"]
        if "initial_value" in element:
            value["value"] = element["initial_value"]
        values[block["block_id"]] = value
    return values


def _element(view: Mapping[str, Any], field: str) -> JsonObject:
    for block in view["blocks"]:
        if block["block_id"] == field:
            return block.get("element") or block["accessory"]  # type: ignore[no-any-return]
    raise AssertionError(f"the form has no field {field}")


def _options(element: Mapping[str, Any]) -> list[JsonObject]:
    groups = element.get("option_groups")
    return [o for group in groups for o in group["options"]] if groups else element["options"]


def _option(element: Mapping[str, Any], value: str) -> JsonObject:
    for option in _options(element):
        if option["value"] == value:
            return option
    raise AssertionError(f"no option {value}; there are {[o['value'] for o in _options(element)]}")
