"""Uploaded files: their bytes on disk, upload tickets, who may see them, and their JSON."""

import asyncio
import mimetypes
from collections.abc import AsyncIterable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bot.sandbox.fake_slack.files.probe import probe
from bot.sandbox.fake_slack.ids import Ids
from bot.sandbox.fake_slack.records import ChannelKind, File, Json
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import Workspace

_BUFFER_BYTES = 1024 * 1024
_FILETYPES = {
    "quicktime": "mov",
    "mpeg": "mp3",
    "x-wav": "wav",
    "plain": "text",
    "x-m4a": "m4a",
    "x-matroska": "mkv",
}


@dataclass(slots=True)
class UploadTicket:
    """An upload that was announced; `received` counts its bytes once they are there."""

    file: File
    length: int
    received: int | None = None


class FileStore:
    """All files of all teams. Bytes are never held in memory, only passed on in pieces."""

    def __init__(self, folder: Path, ids: Ids, now: Callable[[], float], base_url: str) -> None:
        self._folder = folder
        self._ids = ids
        self._now = now
        self._base_url = base_url
        self._files: dict[str, File] = {}
        self._tickets: dict[str, UploadTicket] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def kept(self) -> object:
        """The records of all files; their bytes lie in the folder."""
        return self._files

    def recall(self, kept: Any) -> None:
        """Begin with what `kept` gave."""
        self._files = kept

    def new_file(
        self, team: str, user: str, name: str, mimetype: str | None = None, *, path: Path | None = None
    ) -> File:
        """A file record; its bytes come next, unless `path` has them already."""
        file_id = self._ids.object_id("F")
        guessed = mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = File(
            id=file_id,
            team=team,
            user=user,
            name=name,
            title=name,
            mimetype=guessed,
            size=path.stat().st_size if path else 0,
            created=int(self._now()),
            path=path or self._folder / file_id,
        )
        self._files[file_id] = file
        return file

    def external_file(self, team: str, user: str, name: str, url: str) -> File:
        """A file that only points elsewhere (Slack: remote files, mode `external`)."""
        file = self.new_file(team, user, name)
        file.path = None
        file.external_url = url
        file.completed = True
        return file

    def open_upload(self, file: File, length: int) -> str:
        """An upload URL for `length` bytes of a file."""
        secret = self._ids.secret()
        self._tickets[secret] = UploadTicket(file, length)
        return f"{self._base_url}/upload/v1/{secret}"

    def ticket(self, secret: str) -> UploadTicket:
        """The upload behind an upload URL.

        Raises:
            Refusal: 404, unknown or used.
        """
        if secret not in self._tickets:
            raise Refusal("upload_not_found", status=404)
        return self._tickets[secret]

    def received(self, file_id: str, teams: Collection[str]) -> File:
        """A file of one of these teams whose bytes arrived and that was not completed yet.

        Raises:
            Refusal: file_not_found (Slack: files.completeUploadExternal, the upload ticket is not found).
        """
        secret, ticket = next(
            ((s, t) for s, t in self._tickets.items() if t.file.id == file_id), (None, None)
        )
        if (
            secret is None
            or ticket is None
            or ticket.file.team not in teams
            or ticket.received != ticket.length
        ):
            raise Refusal("file_not_found")
        return ticket.file

    def complete(self, file: File, team: str) -> None:
        """Spend the upload: it completes once, and the file is the team's in which it does."""
        file.team = team
        self._tickets = {secret: t for secret, t in self._tickets.items() if t.file.id != file.id}
        file.completed = True

    async def write(self, file: File, chunks: AsyncIterable[bytes], *, limit: int | None = None) -> int:
        """Stream bytes to disk and return their number; stops taking them one past `limit`."""
        if file.path is None:
            raise Refusal("file_not_found", status=404)
        total = 0
        buffer = bytearray()
        with file.path.open("wb") as sink:
            async for chunk in chunks:
                total += len(chunk)
                if limit is not None and total > limit:
                    break
                buffer += chunk
                if len(buffer) >= _BUFFER_BYTES:
                    await asyncio.to_thread(sink.write, bytes(buffer))
                    buffer.clear()
            sink.write(buffer)
        file.size = total
        return total

    async def learn(self, file: File) -> None:
        """Find the length and picture size of sound and video."""
        if file.path is None or file.mimetype.split("/")[0] not in {"audio", "video"}:
            return
        facts = await asyncio.to_thread(probe, file.path)
        file.duration_ms, file.width, file.height = facts.duration_ms, facts.width, facts.height

    def find(self, file_id: str, team: str) -> File:
        """A file of a team, deleted or not.

        Raises:
            Refusal: file_not_found.
        """
        file = self._files.get(file_id)
        if file is None or file.team != team or not file.completed:
            raise Refusal("file_not_found")
        return file

    def team_of(self, file_id: str) -> str | None:
        """The team that has a file; None for one that never was."""
        file = self._files.get(file_id)
        return file.team if file else None

    def anyone(self, file_id: str) -> File:
        """A file for the page's player, which has no token.

        Raises:
            Refusal: file_not_found, 404.
        """
        if file_id not in self._files:
            raise Refusal("file_not_found", status=404)
        return self._files[file_id]

    def visible_to_app(self, file_id: str, workspace: Workspace) -> File:
        """A file that the bot may see: its own, given in a form, or shared where it is a member.

        Raises:
            Refusal: file_not_found (also for files it may not see), file_deleted.
        """
        file = self.find(file_id, workspace.id)
        places = [workspace.channels[channel] for channel in file.shares if channel in workspace.channels]
        shared = any(place.bot_is_member for place in places)
        if not (file.by_bot or file.given_in_form or shared):
            raise Refusal("file_not_found")
        if file.deleted:
            raise Refusal("file_deleted")
        return file

    def delete(self, file: File) -> None:
        """Delete the bytes; what remains is a tombstone."""
        file.deleted = True
        if file.path is not None and file.path.parent == self._folder:
            file.path.unlink(missing_ok=True)

    def url(self, file: File, *, download: bool = False) -> str:
        """`url_private` or `url_private_download`: they need the bearer token."""
        middle = "download/" if download else ""
        return f"{self._base_url}/files-pri/{file.team}-{file.id}/{middle}{quote(file.name)}"

    def as_json(self, file: File, workspace: Workspace, *, bare: bool = False) -> Json:
        """The file object. `bare` is how completing an upload answers: no type and no shares yet."""
        if file.deleted:
            return {"id": file.id, "mode": "tombstone", "created": file.created, "user": file.user}
        extension = file.name.rpartition(".")[2].lower() if "." in file.name else ""
        subtype = file.mimetype.split("/")[-1]
        filetype = extension or _FILETYPES.get(subtype, subtype)
        external = file.external_url is not None
        private = file.external_url or self.url(file)
        body: Json = {
            "id": file.id,
            "created": file.created,
            "timestamp": file.created,
            "name": file.name,
            "title": file.title,
            "mimetype": "" if bare else file.mimetype,
            "filetype": "" if bare else filetype,
            "pretty_type": "" if bare else filetype.upper(),
            "user": file.user,
            "user_team": file.team,
            "editable": False,
            "size": file.size,
            "mode": "external" if external else "hosted",
            "is_external": external,
            "external_type": "unknown" if external else "",
            "is_public": bool(_places(file, workspace)["channels"]),
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": private,
            "url_private_download": private if external else self.url(file, download=True),
            "permalink": f"https://{workspace.config.domain}.slack.com/files/{file.user}/{file.id}/{quote(file.name)}",
            "permalink_public": f"https://slack-files.com/{file.team}-{file.id}-0000000000",
            "has_rich_preview": False,
            "file_access": "visible",
            "media_display_type": file.mimetype.split("/")[0] if not bare else "unknown",
            **_places(file, workspace),
            "shares": {} if bare else _shares(file, workspace),
        }
        return body | ({} if bare else self._media(file))

    def _media(self, file: File) -> Json:
        media: Json = {}
        if file.alt_txt is not None:
            media["alt_txt"] = file.alt_txt
        if file.voice_clip:
            media["subtype"] = "slack_audio"
        if file.duration_ms is not None:
            media["duration_ms"] = file.duration_ms
        if file.is_video and file.width and file.height:
            media |= {"mp4": self.url(file), "thumb_video_w": file.width, "thumb_video_h": file.height}
        return media


def untold(file: Json, *, stub: bool) -> Json:
    """A file object before Slack has looked at the file.

    Or the stub of it that a channel shared with others shows (Slack: file object, `mode` and `file_access`).
    """
    if stub:
        return {"id": file["id"], "created": 0, "mode": "file_access", "file_access": "check_file_info"}
    return {
        "id": file["id"],
        "name": file.get("name"),
        "title": file.get("title"),
        "mimetype": "",
        "filetype": "",
    }


_KINDS: dict[ChannelKind, str] = {"channel": "channels", "private": "groups", "mpim": "groups", "im": "ims"}


def _places(file: File, workspace: Workspace) -> dict[str, list[str]]:
    """Where it is shared, by kinds of conversations."""
    places: dict[str, list[str]] = {"channels": [], "groups": [], "ims": []}
    for channel in file.shares:
        places[_KINDS[_kind(channel, workspace)]].append(channel)
    return places


def _shares(file: File, workspace: Workspace) -> Json:
    """`shares` by kind of conversation: only public channels are public."""
    shares: Json = {}
    for channel, entries in file.shares.items():
        kind = "public" if _kind(channel, workspace) == "channel" else "private"
        shares.setdefault(kind, {})[channel] = entries
    return shares


def _kind(channel_id: str, workspace: Workspace) -> ChannelKind:
    """What a conversation is, or was: a deleted one is told by its id."""
    channel = workspace.channels.get(channel_id)
    if channel is not None:
        return channel.kind
    return "im" if channel_id.startswith("D") else "channel"
