"""Shortcuts: "Lip-sync this video" on a message, and "Create a lip-sync" from anywhere."""

from collections.abc import Mapping
from typing import Any

from bot.asking.asks import Place
from bot.asking.brought import shows, sounds
from bot.asking.drafts import Arriving, Draft, Link, Media, SlackFile
from bot.asking.file_inputs import FileProblem, medium_of, slack_file, slack_file_or_stub
from bot.asking.links import LinkProblem, link_problem, links_in
from bot.asking.message_files import files_in, is_told
from bot.messages import notices
from bot.messages.catalogue import Words
from bot.services import Services
from handlers.forms import Forms
from handlers.pointers import conversation_of
from handlers.routing import Answer, Ask
from storage.orders import Conversation


class Shortcuts:
    """Both ways lead to the form."""

    def __init__(self, services: Services, forms: Forms) -> None:
        self._services = services
        self._forms = forms

    async def on_message(self, ask: Ask) -> Answer:
        """Open the form with the message's video; the card will stand in that message's thread."""
        message = ask.body.get("message") or {}
        draft = _draft_of(message)
        channel = ask.body["channel"]
        place = Place(
            str(channel["id"]), str(message.get("thread_ts") or message["ts"]), conversation_of(channel)
        )
        notice = None if draft.video or draft.arriving else _why_no_video(self._services.words, message)
        await self._open(ask, place, draft, notice)
        return None

    async def anywhere(self, ask: Ask) -> Answer:
        """Open an empty form; there is no channel, so the card will stand in the person's direct message."""
        await self._open(ask, Place(ask.asker.user_id, conversation=Conversation.NONE), Draft(), None)
        return None

    async def _open(self, ask: Ask, place: Place, draft: Draft, notice: str | None) -> None:
        key = f"shortcut:{ask.body['trigger_id']}"
        asked = await self._services.orders.draft(ask.asker, place, draft, request_key=key, show=False)
        self._forms.open(ask, asked, notice=notice)


def _draft_of(message: Mapping[str, Any]) -> Draft:
    """The first video of a message and, with it, its first audio; stubs among them are looked at later.

    Files go before links.
    """
    raw = files_in(message)
    files = [file for file in map(slack_file_or_stub, raw) if isinstance(file, SlackFile)]
    video: Media | None = next((file for file in files if medium_of(file) == "video"), None)
    audio: Media | None = next((file for file in files if medium_of(file) == "audio"), None)
    links = [Link(url=url) for url in _links_in(message) if link_problem(url) is None]
    video = video or next(filter(shows, links), None)
    audio = audio or next(filter(sounds, links), None)
    is_whole = all(map(is_told, raw))
    return Draft(
        video=video,
        speech=audio if video else None,
        arriving=None if is_whole else Arriving(file_ids=tuple(str(file["id"]) for file in raw)),
    )


def _links_in(message: Mapping[str, Any]) -> list[str]:
    """The links of a message, and of those that are forwarded in it; not those of their previews."""
    forwarded = [part for part in message.get("attachments") or [] if part.get("is_share")]
    return [url for part in (message, *forwarded) for url in links_in(str(part.get("text") or ""))]


def _why_no_video(t: Words, message: Mapping[str, Any]) -> str:
    """What is wrong with the message's file or link, or that it has none."""
    problems = [file for file in map(slack_file, files_in(message)) if isinstance(file, FileProblem)]
    if problems:
        return notices.unusable_file(t, problems[0].code, problems[0].name, at_home=False).text
    if any(link_problem(url) is LinkProblem.TO_PAGE for url in _links_in(message)):
        return notices.page_in_message(t)
    return notices.no_video_in_message(t)
