"""Links: what lies behind them may be changed by whoever owns it, after its price was shown."""

import asyncio

from bot.asking.drafts import Draft, Link, Media, Prepared, PreparedInput, Script
from bot.media import Known, Looks


async def changed_links(looks: Looks, draft: Draft, prepared: Prepared) -> Prepared | None:
    """What the inputs of one video are now, if a link leads to another file than at the offer, or to none.

    Args:
        looks: reads what lies behind links.
        draft: of one video, its links with their addresses.
        prepared: what its inputs were at the offer.

    Returns:
        None: nothing has changed that could be read both times.
    """
    audio = None if isinstance(draft.speech, Script) else draft.speech
    video_now, audio_now = await asyncio.gather(
        _other(looks, draft.video, prepared.video), _other(looks, audio, prepared.audio)
    )
    if video_now is None and audio_now is None:
        return None
    return Prepared(video=video_now or prepared.video, audio=audio_now or prepared.audio)


async def _other(looks: Looks, media: Media | None, before: PreparedInput | None) -> PreparedInput | None:
    if not isinstance(media, Link) or media.url is None or before is None:
        return None
    now = await looks.again(media.url, Known(before.behind, before.facts))
    return None if now is None else PreparedInput(facts=now.facts, behind=now.behind)
