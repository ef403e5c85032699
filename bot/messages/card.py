"""The one status message of an order: its state in, text and blocks out, for every status."""

from decimal import Decimal

from bot.asking.drafts import Draft, Prepared, Script
from bot.asking.lengths import speech_length_s, video_length_s
from bot.messages import blocks, offer, words
from bot.messages.blocks import Message
from bot.messages.card_after import after_yes
from bot.messages.card_before import BODIES, offered
from bot.messages.card_body import Body
from bot.messages.places import why_moved
from bot.messages.text import cut, date, user, user_text
from storage.cards import OrderState
from storage.orders import OrderStatus

_MOST_TEXT = 4_000
"""Characters of a message's `text` that Slack takes for a change of it (Slack: chat.update)."""
_GIST = 60
"""Characters of a script in the small line of a brief card."""


def card(state: OrderState, *, bot_user_id: str, ask_again_from_usd: Decimal) -> Message:
    """The card of an order as it stands now.

    Args:
        state: The order with its jobs; its draft may be half-filled.
        bot_user_id: Named in the line that invites the app, whatever the workspace calls it.
        ask_again_from_usd: From this price on Generate asks once more.

    Returns:
        A message within Slack's limits whose `text` carries everything the blocks show.
    """
    draft = Draft.model_validate_json(state.order.draft)
    prepared = Prepared.model_validate_json(state.order.prepared)
    body = _body(state, draft, prepared, ask_again_from_usd)
    details = () if body.brief else _details(state, draft, prepared)
    footer = _footer(state, bot_user_id, _gist(draft, prepared) if body.brief else ())
    text = "\n".join(
        (
            body.headline,
            *body.lines,
            *(line for line, _ in body.choices),
            *(f"{label}: {value}" for label, value in details),
            *footer,
        ),
    )
    shown = [blocks.section("\n".join((f"*{body.headline}*", *body.lines)))]
    shown += [block for _, block in body.choices]
    if details:
        shown.append(blocks.fields(details))
    shown += [blocks.context(line) for line in footer]
    if body.buttons:
        shown.append(blocks.actions(body.buttons))
    return Message(cut(text, _MOST_TEXT), shown)


def _body(state: OrderState, draft: Draft, prepared: Prepared, ask_again_from_usd: Decimal) -> Body:
    if state.jobs:
        return after_yes(state, draft)
    if state.order.status is OrderStatus.OFFERED:
        return offered(state, draft, prepared, ask_again_from_usd)
    return BODIES[state.order.status](state, draft)


def _details(state: OrderState, draft: Draft, prepared: Prepared) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    if draft.name:
        pairs.append(("Name", user_text(draft.name)))
    if draft.video:
        pairs.append(("Video", words.media_words(draft.video, video_length_s(prepared))))
    if draft.speech:
        pairs.append(("Says", words.speech_words(draft.speech, speech_length_s(prepared))))
        pairs += (("Voice", name) for name in _voice(draft))
        pairs += (("How it speaks", how) for how in words.voice_settings_words(draft.speech))
        pairs.append(("Model", words.model_words(draft.model)))
        pairs.append(("If the lengths differ", words.sync_mode_words(draft.sync_mode)))
    result_length = offer.result_length(state.order)
    if result_length is None and state.order.status is OrderStatus.OFFERED:
        result_length = "not known before it is made"
    if result_length is not None:
        pairs.append(("Length of the result", result_length))
    return tuple(pairs)


def _gist(draft: Draft, prepared: Prepared) -> tuple[str, ...]:
    """The inputs in a few words."""
    parts: list[str] = []
    if draft.video:
        parts.append(words.media_words(draft.video, video_length_s(prepared)))
    if draft.speech:
        parts += (
            words.speech_words(draft.speech, speech_length_s(prepared), most=_GIST),
            *_voice(draft),
            words.model_words(draft.model),
        )
    return tuple(parts)


def _voice(draft: Draft) -> tuple[str, ...]:
    """The voice's name, once it is known."""
    name = draft.speech.voice_name if isinstance(draft.speech, Script) else None
    return (user_text(name),) if name else ()


def _footer(state: OrderState, bot_user_id: str, gist: tuple[str, ...]) -> tuple[str, ...]:
    order = state.order
    lines = [" · ".join((f"Asked by {user(order.user_id)}", *gist))]
    if order.status is OrderStatus.OFFERED and order.expires_at:
        lines[0] += f" · This offer can be answered until {date(order.expires_at)}"
    if state.has_moved and (why := why_moved(state, bot_user_id)):
        lines.append(why)
    return tuple(lines)
