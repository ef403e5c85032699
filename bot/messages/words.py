"""Plain words for what sync.so and the form call by short names: models, modes, sources."""

import re
from collections.abc import Iterable

from bot.asking.drafts import Draft, Link, Script, SlackFile
from bot.messages.blocks import Choice
from bot.messages.text import count, cut, length, literal, one_line, user_text, width

_GIST = 60
_EXCERPT = 280
_TITLE = 80
_VOICE = 30
_ENDING = re.compile(r"\.(mp4|m4v|mov|qt|webm|avi)$", re.IGNORECASE)

MODELS = {
    "sync-3": ("Best quality", "Handles turned heads and hands before the mouth"),
    "lipsync-2-pro": ("Sharp faces", "Good for close-ups; takes up to twice as long"),
    "lipsync-2": ("All-round", "Good quality at a lower price"),
    "lipsync-1.9.0-beta": ("Fast", "The quickest and cheapest; an older model"),
    "react-1": ("Expressive", "Moves the whole face; up to 15 seconds"),
}
"""The models sync.so documents, best first: what they are good for."""

SYNC_MODES = {
    "bounce": "End with the speech; a shorter video plays forwards and backwards",
    "loop": "End with the speech; a shorter video starts over",
    "cut_off": "End with the shorter of the two; the rest is cut",
    "silence": "End with the longer of the two, in silence after the speech",
    "remap": "End with the speech; the video plays faster or slower to fit",
}
"""What sync.so does when video and speech differ in length: where the result ends comes first, since that is
what people lose by (sync.so, POST /v2/generate, `sync_mode`)."""

DEFAULT_SYNC_MODE = "bounce"


def model_choices(names: Iterable[str] = ()) -> tuple[Choice, ...]:
    """The models in plain words, best first; names that are new to us stand at the end as they are.

    Args:
        names: What the account may use; empty for the documented ones.
    """
    offered = set(names) or set(MODELS)
    known = (
        Choice(name, f"{label} ({name})", hint) for name, (label, hint) in MODELS.items() if name in offered
    )
    return (*known, *(Choice(name, name) for name in sorted(offered - MODELS.keys())))


def sync_mode_choices() -> tuple[Choice, ...]:
    """What to do if the lengths differ."""
    return tuple(Choice(mode, words) for mode, words in SYNC_MODES.items())


def model_words(name: str) -> str:
    """A model for a message, escaped."""
    words = MODELS.get(name)
    return f"{words[0]} ({name})" if words else user_text(name)


def sync_mode_words(mode: str | None) -> str:
    """A sync mode for a message, escaped."""
    return SYNC_MODES.get(mode or DEFAULT_SYNC_MODE) or user_text(mode or "")


def media_words(media: SlackFile | Link, length_s: float | None = None) -> str:
    """A file or a link for a message, escaped: never a Slack URL, and no link that could be pressed.

    Args:
        media: What is named.
        length_s: As sync.so measured it; what Slack says of the length is not told.
    """
    known = f" ({length(length_s)})" if length_s else ""
    if isinstance(media, Link):
        return user_text(link_words(media)) + known
    return user_text(media.name) + known


def link_words(link: Link) -> str:
    """Where a link leads, as plain text: its path and query are nobody's to read."""
    return f"{link.name} from {link.host}" if link.name else f"a file from {link.host}"


def plain_name(media: SlackFile | Link) -> str:
    """What a file or a link is called on a button, as plain text."""
    return one_line(media.name) if isinstance(media, SlackFile) else one_line(link_words(media))


def speech_words(
    speech: SlackFile | Link | Script, length_s: float | None = None, *, most: int = _EXCERPT
) -> str:
    """What the video will say, escaped; a script by its beginning, `most` characters of it."""
    if not isinstance(speech, Script):
        return media_words(speech, length_s)
    excerpt = literal(cut(one_line(speech.text), most))
    return f"“{excerpt}” ({count(len(speech.text), 'character')})"


def wish_words(
    draft: Draft, video_s: float | None = None, speech_s: float | None = None, *, most: int = _EXCERPT
) -> str:
    """What is made of what, in one line, escaped; empty where nothing of it is known yet.

    Args:
        draft: It may be half-filled.
        video_s: The video's length in seconds, where it is known.
        speech_s: As above, of the speech.
        most: Characters of a script that are shown.
    """
    video = media_words(draft.video, video_s) if draft.video else ""
    said = _said(draft.speech, speech_s, most) if draft.speech else ""
    return " ".join(filter(None, (video, said)))


def _said(speech: SlackFile | Link | Script, length_s: float | None, most: int) -> str:
    words = speech_words(speech, length_s, most=most)
    if not isinstance(speech, Script):
        return f"with {words}"
    voice = f", voice {user_text(speech.voice_name)}" if speech.voice_name else ""
    return f"saying {words}{voice}"


def gist(speech: SlackFile | Link | Script) -> str:
    """What the video will say, escaped, in a line about something else."""
    return (
        f"“{user_text(speech.text, _GIST)}”" if isinstance(speech, Script) else user_text(plain_name(speech))
    )


def shown_gist(draft: Draft) -> str:
    """Its video, escaped, in a line about something else: of several the first, and how many more."""
    if draft.video is None:
        return "the video"
    return _and_more(user_text(plain_name(draft.video)), len(draft.more_videos), "video")


def said_gist(draft: Draft) -> str:
    """As above, what it will say."""
    if draft.speech is None:
        return "that"
    return _and_more(gist(draft.speech), len(draft.more_scripts), "script")


def _and_more(first: str, more: int, noun: str) -> str:
    return f"{first} and {more} more {noun if more == 1 else f'{noun}s'}" if more else first


def voice_settings_words(speech: SlackFile | Link | Script) -> tuple[str, ...]:
    """How a voice shall speak, as far as the person said so."""
    if not isinstance(speech, Script) or not speech.has_settings:
        return ()
    named = {"stability": speech.stability, "similarity": speech.similarity}
    return (", ".join(f"{name} {value:g}" for name, value in named.items() if value is not None),)


def title(draft: Draft) -> str:
    """What the result is called, as plain text: its own name, else its video's and who speaks in it.

    The video's ending is left out: whatever that was, the result is an MP4.
    """
    if draft.name and one_line(draft.name):
        return cut(one_line(draft.name), _TITLE)
    voice = one_line(draft.speech.voice_name or "") if isinstance(draft.speech, Script) else ""
    spoken = f", {cut(voice, _VOICE)}" if voice else ""
    return cut(source_name(draft) or "Lip-sync", _TITLE - width(spoken)) + spoken


def source_name(draft: Draft) -> str:
    """What the video is called, as plain text without its ending; empty where it has no name."""
    return _ENDING.sub("", one_line(draft.video.name)).strip(" .") if draft.video else ""
