"""Links: what lies behind them may be changed by whoever owns it, after its price was shown."""

import asyncio

from bot.asking.addresses import open_draft
from bot.asking.drafts import Link, Media, Prepared, PreparedInput, Script
from bot.media import Known, Looks
from bot.steps.tools import Tools
from storage.orders import Order


async def changed_links(tools: Tools, order: Order) -> Prepared | None:
    """What an order's inputs are now, if a link leads to another file than at the offer, or to none.

    Returns:
        None: nothing has changed that could be read both times.
    """
    draft, prepared = open_draft(order, tools.cipher), Prepared.model_validate_json(order.prepared)
    audio = None if isinstance(draft.speech, Script) else draft.speech
    video_now, audio_now = await asyncio.gather(
        _other(tools.looks, draft.video, prepared.video), _other(tools.looks, audio, prepared.audio)
    )
    if video_now is None and audio_now is None:
        return None
    return Prepared(video=video_now or prepared.video, audio=audio_now or prepared.audio)


async def _other(looks: Looks, media: Media | None, before: PreparedInput | None) -> PreparedInput | None:
    if not isinstance(media, Link) or media.url is None or before is None:
        return None
    now = await looks.again(media.url, Known(before.behind, before.facts))
    return None if now is None else PreparedInput(facts=now.facts, behind=now.behind)
