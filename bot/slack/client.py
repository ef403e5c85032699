"""The calls of Slack's Web API that the app makes: one client a workspace over one session."""

import math
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import LONGEST_ASKED_S
from bot.slack.codes import refusal
from bot.slack.errors import (
    FileUnreadable,
    NotThere,
    SlackRateLimited,
    SlackRefused,
    SlackUnreachable,
    TokenDead,
)
from bot.slack.paces import Edit, Paces
from storage.installations import Installation

_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500
_RESPONSE_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
"""Where response URLs point (Slack: interaction payloads)."""


@asynccontextmanager
async def _told_apart(method: str) -> AsyncIterator[None]:
    try:
        yield
    except SlackApiError as error:
        if not isinstance(error.response, AsyncSlackResponse):  # half an answer: it is aiohttp's
            raise SlackUnreachable(f"{method}: unreadable answer") from None
        raise _refusal(method, error) from None
    except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
        raise SlackUnreachable(f"{method}: {type(error).__name__}") from error


def _refusal(method: str, error: SlackApiError) -> SlackRefused:
    response: Any = error.response
    by_status = _refused_by_status(method, response.status_code, response.headers)
    if by_status is not None:
        return by_status
    data = response.data if isinstance(response.data, Mapping) else {}
    return refusal(method, str(data.get("error", "unreadable_answer")), needed=data.get("needed"))


def _refused_by_status(method: str, status: int, headers: Mapping[str, str]) -> SlackRefused | None:
    """The refusal that the HTTP status alone tells."""
    if status == _TOO_MANY_REQUESTS:
        return refusal(method, "ratelimited", _asked_s(headers.get("Retry-After", "1")))
    return refusal(method, f"http_{status}") if status >= _SERVER_ERROR else None


def _asked_s(value: str) -> float | None:
    """Seconds to wait by a Retry-After header, within limits; None where it names no such number."""
    try:
        seconds = float(value)
    except ValueError:
        return None
    return min(seconds, LONGEST_ASKED_S) if math.isfinite(seconds) and seconds >= 0 else None


class SlackTeam:
    """The calls the app makes in one workspace, with that workspace's token."""

    def __init__(
        self,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        paces: Paces,
        pace_of: str,
        suspects: set[str],
    ) -> None:
        self._client = client
        self._session = session
        self._paces = paces
        self._pace_of = pace_of
        """Whose pace they keep to: the installation's id, which outlives its tokens."""
        self._suspects = suspects

    @property
    def token(self) -> str:
        """The bot token, for Slack's file hosts only."""
        return self._client.token or ""

    def turn_to_post(self, channel: str, job_id: str) -> float:
        """Take the channel's turn for a message: 0, or the seconds after which the job may ask again."""
        return self._paces.message(self._pace_of, channel, job_id)

    def spare_turn_to_post(self, channel: str) -> bool:
        """Take the channel's turn for a message that is left out where others wait for it."""
        return self._paces.spare_message(self._pace_of, channel)

    def turn_to_update(self, job_id: str, edit: Edit) -> float:
        """Take the workspace's turn for an edit: 0, or the seconds after which the job may ask again."""
        return self._paces.update(self._pace_of, job_id, edit)

    async def who_am_i(self) -> dict[str, Any]:
        """`auth.test`: team, bot user and bot id; the granted scopes as `scopes`, Slack's clock as `date`."""
        async with self._calling("auth.test"):
            response = await self._client.auth_test()
        headers = response.headers
        return {**_data(response), "scopes": headers.get("x-oauth-scopes", ""), "date": headers.get("Date")}

    async def post(
        self,
        channel: str,
        text: str,
        blocks: Sequence[Mapping[str, Any]] | None,
        *,
        thread_ts: str | None = None,
    ) -> tuple[str, str]:
        """Post a message; a user id as channel opens the direct message. Returns channel id and ts."""
        async with self._calling("chat.postMessage"):
            response = await self._client.chat_postMessage(
                channel=channel,
                text=text,
                blocks=blocks,  # type: ignore[arg-type] # plain dicts are what is sent
                thread_ts=thread_ts,
                unfurl_links=False,
                unfurl_media=False,
            )
        data = _data(response)
        return str(data["channel"]), str(data["ts"])

    async def update(self, channel: str, ts: str, text: str, blocks: Sequence[Mapping[str, Any]]) -> None:
        """Replace a message of the app's."""
        async with self._calling("chat.update"):
            await self._client.chat_update(
                channel=channel,
                ts=ts,
                text=text,
                blocks=blocks,  # type: ignore[arg-type] # plain dicts are what is sent
            )

    async def permalink(self, channel: str, ts: str) -> str:
        """The address of a message, which opens it in Slack; of a reply, in its thread."""
        async with self._calling("chat.getPermalink"):
            response = await self._client.chat_getPermalink(channel=channel, message_ts=ts)
        return str(_data(response)["permalink"])

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> dict[str, Any]:
        """Open a modal with a trigger that lives 3 s; returns the view as Slack keeps it (id, hash)."""
        async with self._calling("views.open"):
            response = await self._client.views_open(trigger_id=trigger_id, view=dict(view))
        return dict(_data(response)["view"])

    async def push_view(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Put a modal above the one in which the trigger came about."""
        async with self._calling("views.push"):
            await self._client.views_push(trigger_id=trigger_id, view=dict(view))

    async def update_view(
        self, view_id: str, view: Mapping[str, Any], *, view_hash: str | None = None
    ) -> str | None:
        """Replace an open modal; with a hash only while nobody else did. Returns its hash from then on."""
        async with self._calling("views.update"):
            response = await self._client.views_update(view_id=view_id, hash=view_hash, view=dict(view))
        return (_data(response).get("view") or {}).get("hash")

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> str:
        """Show a person their Home (Slack: views.publish); returns the view's id."""
        async with self._calling("views.publish"):
            response = await self._client.views_publish(user_id=user, view=dict(view))
        return str(_data(response)["view"]["id"])

    async def user_info(self, user_id: str) -> dict[str, Any] | None:
        """A user object; None: the app is shown nobody of that id."""
        try:
            async with self._calling("users.info"):
                response = await self._client.users_info(user=user_id)
        except NotThere:
            return None
        return dict(_data(response)["user"])

    async def members_of_group(self, group_id: str, team_id: str) -> frozenset[str]:
        """Who is in a user group; nobody where there is no such group (any more).

        `team_id` is a workspace of the organisation whose token it is; Slack passes it over for others.
        """
        try:
            async with self._calling("usergroups.users.list"):
                response = await self._client.usergroups_users_list(usergroup=group_id, team_id=team_id)
        except NotThere:
            return frozenset()
        return frozenset(map(str, _data(response)["users"]))

    async def user_groups(self, team_id: str) -> list[dict[str, Any]]:
        """The user groups of a workspace. For `team_id` see `members_of_group`."""
        async with self._calling("usergroups.list"):
            response = await self._client.usergroups_list(team_id=team_id)
        return [dict(group) for group in _data(response)["usergroups"]]

    async def file_info(self, file_id: str) -> dict[str, Any]:
        """A file object, as far as the app may see it."""
        async with self._calling("files.info"):
            response = await self._client.files_info(file=file_id)
        return dict(_data(response)["file"])

    async def first_of_thread(self, channel: str, thread_ts: str) -> dict[str, Any]:
        """The message that began a thread of a direct message; empty where it is gone.

        Slow, and for some apps one call a minute (Slack: rate limits of conversations.replies).
        """
        async with self._calling("conversations.replies"):
            response = await self._client.conversations_replies(channel=channel, ts=thread_ts, limit=1)
        messages = _data(response).get("messages") or [{}]
        return dict(messages[0])

    async def whisper(
        self,
        channel: str,
        user: str,
        text: str,
        blocks: Sequence[Mapping[str, Any]],
        *,
        thread_ts: str | None,
    ) -> None:
        """Tell one member of a channel something that nobody else sees (Slack: chat.postEphemeral)."""
        async with self._calling("chat.postEphemeral"):
            await self._client.chat_postEphemeral(
                channel=channel,
                user=user,
                text=text,
                blocks=blocks,  # type: ignore[arg-type] # plain dicts are what is sent
                thread_ts=thread_ts,
            )

    async def start_upload(self, *, filename: str, length: int) -> tuple[str, str]:
        """Announce an upload of exactly `length` bytes; returns upload URL and file id.

        No `alt_txt`: on a video Slack then silently never shares the file.
        """
        async with self._calling("files.getUploadURLExternal"):
            response = await self._client.files_getUploadURLExternal(filename=filename, length=length)
        data = _data(response)
        return str(data["upload_url"]), str(data["file_id"])

    async def upload(self, content: bytes, *, filename: str) -> str:
        """Bring a small file to Slack, which is to be shared next; returns its id."""
        url, file_id = await self.start_upload(filename=filename, length=len(content))
        async with _told_apart("upload"), self._session.post(url, data=content) as response:
            if not response.ok:
                raise _refused_by_status("upload", response.status, response.headers) or refusal(
                    "upload", f"http_{response.status}"
                )
        return file_id

    async def delete_file(self, file_id: str) -> None:
        """Delete a file of the app's; one that is gone already is as good."""
        with suppress(FileUnreadable):
            async with self._calling("files.delete"):
                await self._client.files_delete(file=file_id)

    async def complete_upload(
        self, file_id: str, *, title: str, channel: str, thread_ts: str | None, comment: str
    ) -> None:
        """Share an uploaded file; works once for each file."""
        async with self._calling("files.completeUploadExternal"):
            await self._client.files_completeUploadExternal(
                files=[{"id": file_id, "title": title}],
                channel_id=channel,
                thread_ts=thread_ts,
                initial_comment=comment,
            )

    async def reply_privately(
        self, response_url: str, text: str, blocks: Sequence[Mapping[str, Any]], *, thread_ts: str | None
    ) -> None:
        """Answer a click so that only the person who clicked sees it, in the thread of what was clicked."""
        payload = {"response_type": "ephemeral", "replace_original": False, "text": text, "blocks": blocks}
        if thread_ts is not None:
            payload["thread_ts"] = thread_ts
        await self._respond(response_url, payload)

    async def replace_clicked(
        self, response_url: str, text: str, blocks: Sequence[Mapping[str, Any]]
    ) -> None:
        """Put something else in place of the message that was clicked, wherever it stands."""
        await self._respond(response_url, {"replace_original": True, "text": text, "blocks": blocks})

    async def _respond(self, response_url: str, payload: Mapping[str, Any]) -> None:
        if not _is_slacks(response_url, self._client.base_url):
            raise refusal("response_url", "not_of_slack")
        async with _told_apart("response_url"), self._session.post(response_url, json=payload) as response:
            if not response.ok:  # used up, or too old, if it is no trouble of Slack's
                raise _refused_by_status("response_url", response.status, response.headers) or refusal(
                    "response_url", f"http_{response.status}"
                )

    @asynccontextmanager
    async def _calling(self, method: str) -> AsyncIterator[None]:
        """Tell errors apart; after a 429 the method is left alone for as long as Slack asked."""
        rests_s = self._paces.rests_s(self._pace_of, method)
        if rests_s > 0:
            raise refusal(method, "ratelimited", rests_s)
        try:
            async with _told_apart(method):
                yield
        except SlackRateLimited as error:
            self._paces.rest(self._pace_of, method, for_s=error.retry_after_s or 1.0)
            raise
        except TokenDead:
            self._suspects.add(self._pace_of)
            raise


def _is_slacks(response_url: str, base_url: str) -> bool:
    """Whether an address that came in a payload is Slack's, or of the same server as its Web API."""
    try:
        asked, api = urlsplit(response_url), urlsplit(base_url)
    except ValueError:
        return False
    own = (asked.scheme, asked.netloc) == (api.scheme, api.netloc)
    return own or (asked.scheme == "https" and asked.netloc in _RESPONSE_HOSTS)


def _data(response: Any) -> Mapping[str, Any]:
    data = response.data
    return data if isinstance(data, Mapping) else {}


class Slack:
    """Makes the client of a workspace; all share one session."""

    def __init__(
        self, session: aiohttp.ClientSession, *, base_url: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._session = session
        self._paces = Paces(clock=clock)
        self._suspects: set[str] = set()
        self.base_url = base_url

    def web_client(self, token: str | None) -> AsyncWebClient:
        """A plain slack_sdk client; without retry handlers, since retries would sleep inside a call."""
        return AsyncWebClient(token=token, base_url=self.base_url, session=self._session, retry_handlers=[])

    async def open_connection(self, app_token: str) -> str:
        """Ask for a Socket Mode address; it is good for one connection, soon."""
        async with _told_apart("apps.connections.open"):
            response = await self.web_client(None).apps_connections_open(app_token=app_token)
        return str(_data(response)["url"])

    async def access(self, client_id: str, client_secret: str, **arguments: str) -> Mapping[str, Any]:
        """`oauth.v2.access`: what a code or a refresh token is good for.

        With a header of our own: the SDK's goes by a class that aiohttp is about to drop.
        """
        headers = {"Authorization": aiohttp.encode_basic_auth(client_id, client_secret)}
        async with _told_apart("oauth.v2.access"):
            client = self.web_client(None)
            return _data(await client.api_call("oauth.v2.access", data=arguments, headers=headers))

    async def exchange(self, client_id: str, client_secret: str, token: str) -> Mapping[str, Any]:
        """`oauth.v2.exchange`: what a token that never ends is good for, once the app rotates its tokens.

        All in the body: the SDK's own would have the secrets in the address.
        """
        arguments = {"client_id": client_id, "client_secret": client_secret, "token": token}
        async with _told_apart("oauth.v2.exchange"):
            return _data(await self.web_client(None).api_call("oauth.v2.exchange", data=arguments))

    def suspect(self, installation_id: str) -> None:
        """Have it looked whether an installation's token still works: something tells that it does not."""
        self._suspects.add(installation_id)

    def take_suspects(self) -> frozenset[str]:
        """The installations whose tokens are to be tried, and none of them a second time."""
        taken = frozenset(self._suspects - {""})
        self._suspects.clear()
        return taken

    def team(self, installation: Installation) -> SlackTeam:
        """The calls of the workspace, or organisation, that the app is installed in."""
        return self._team(installation.bot_token, pace_of=installation.id)

    def holder_of(self, token: str) -> SlackTeam:
        """The calls of whoever gave a token; for where it is not known yet who that is."""
        return self._team(token, pace_of="")

    def _team(self, token: str, *, pace_of: str) -> SlackTeam:
        return SlackTeam(self.web_client(token), self._session, self._paces, pace_of, self._suspects)
