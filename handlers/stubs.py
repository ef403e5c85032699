"""Files of a message of which only stubs are shown: each is asked for before a form shows them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.asking.drafts import Draft, SlackFile
from bot.asking.file_inputs import medium_of, slack_file
from bot.asking.message_files import Json, is_told
from bot.services import Services
from bot.slack import FileUnreadable, SlackRefused, SlackTeam, SlackUnreachable
from storage.cards import OrderState

_log = structlog.get_logger(__name__)

_AGAIN_AFTER_S = 1.5
"""Slack is mostly done with a file within a second or two."""


async def looked_at(services: Services, asked: OrderState) -> OrderState:
    """The order, its draft with what Slack tells of the files that were stubs; once is enough.

    Where Slack tells nothing now the order stays as it is: the form asks for an invite, or the worker looks.
    """
    draft = Draft.model_validate_json(asked.order.draft)
    if draft.arriving is None:
        return asked
    slack = await services.slack_of(asked.order)
    try:
        files = await _described(slack, draft.arriving.file_ids)
    except (SlackRefused, SlackUnreachable) as error:
        _log.info("stubs not looked at", error=str(error))
        return asked
    video = next((file for file in files if medium_of(file) == "video"), None)
    if video is None:
        return asked
    audio = next((file for file in files if medium_of(file) == "audio"), None)
    settled = draft.model_copy(update={"video": video, "speech": audio, "arriving": None})
    order = await services.conversations.settle(asked.order, settled)
    return asked if order is None else replace(asked, order=order)


async def _described(slack: SlackTeam, file_ids: Sequence[str]) -> list[SlackFile]:
    infos = await asyncio.gather(*(_info(slack, file_id) for file_id in file_ids))
    if not all(map(is_told, infos)):
        await asyncio.sleep(_AGAIN_AFTER_S)
        infos = await asyncio.gather(*(_info(slack, file_id) for file_id in file_ids))
    return [file for file in map(slack_file, infos) if isinstance(file, SlackFile)]


async def _info(slack: SlackTeam, file_id: str) -> Json:
    """A file object; one that cannot be seen has nothing but a mode."""
    try:
        return await slack.file_info(file_id)
    except FileUnreadable:
        return {"id": file_id, "mode": "tombstone"}
