"""Plain words for what sync.so and the form call by short names: models, modes, sources."""

import re
from collections.abc import Iterable

from bot.asking.drafts import Draft, Link, Prepared, Script, SlackFile
from bot.asking.lengths import speech_length_s, video_length_s
from bot.asking.plan import how_many, shown
from bot.messages.blocks import Choice
from bot.messages.catalogue import N_, Words
from bot.messages.text import cut, length, listed, literal, one_line, user_text, width

_GIST = 60
_EXCERPT = 280
_TITLE = 80
_VOICE = 30
_ENDING = re.compile(r"\.(mp4|m4v|mov|qt|webm|avi)$", re.IGNORECASE)

MODELS = {
    "sync-3": (N_("Best quality"), N_("Handles turned heads and hands before the mouth")),
    "lipsync-2-pro": (N_("Sharp faces"), N_("Good for close-ups; takes up to twice as long")),
    "lipsync-2": (N_("All-round"), N_("Good quality at a lower price")),
    "lipsync-1.9.0-beta": (N_("Fast"), N_("The quickest and cheapest; an older model")),
    "react-1": (N_("Expressive"), N_("Moves the whole face; up to 15 seconds")),
}
"""The models sync.so documents, best first: what they are good for."""

SYNC_MODES = {
    "bounce": N_("End with the speech; short clips play back and forth"),
    "loop": N_("End with the speech; short clips start over"),
    "cut_off": N_("End with the shorter of the two; the rest is cut"),
    "silence": N_("End with the longer one, silent after the speech"),
    "remap": N_("End with the speech; the clip plays faster or slower"),
}
"""What sync.so does when video and speech differ in length: where the result ends comes first, since that is
what people lose by (sync.so, POST /v2/generate, `sync_mode`)."""

DEFAULT_SYNC_MODE = "bounce"


def model_choices(t: Words, names: Iterable[str] = ()) -> tuple[Choice, ...]:
    """The models in plain words, best first; names that are new to us stand at the end as they are.

    Args:
        t: The reader's words.
        names: What the account may use; empty for the documented ones.
    """
    offered = set(names) or set(MODELS)
    known = (
        Choice(name, f"{t(label)} ({name})", t(hint))
        for name, (label, hint) in MODELS.items()
        if name in offered
    )
    return (*known, *(Choice(name, name) for name in sorted(offered - MODELS.keys())))


def sync_mode_choices(t: Words) -> tuple[Choice, ...]:
    """What to do if the lengths differ."""
    return tuple(Choice(mode, t(words)) for mode, words in SYNC_MODES.items())


def model_words(t: Words, name: str) -> str:
    """A model for a message, escaped."""
    words = MODELS.get(name)
    return f"{t(words[0])} ({name})" if words else user_text(name)


def sync_mode_words(t: Words, mode: str | None) -> str:
    """A sync mode for a message, escaped."""
    words = SYNC_MODES.get(mode or DEFAULT_SYNC_MODE)
    return t(words) if words else user_text(mode or "")


def media_words(t: Words, media: SlackFile | Link, length_s: float | None = None) -> str:
    """A file or a link for a message, escaped: never a Slack URL, and no link that could be pressed.

    Args:
        t: The reader's words.
        media: What is named.
        length_s: As sync.so measured it; what Slack says of the length is not told.
    """
    known = f" ({length(length_s)})" if length_s else ""
    if isinstance(media, Link):
        return user_text(link_words(t, media)) + known
    return user_text(media.name) + known


def link_words(t: Words, link: Link) -> str:
    """Where a link leads, as plain text: its path and query are nobody's to read."""
    if not link.name:
        return t("a file from {host}", host=link.host)
    return t("{name} from {host}", name=link.name, host=link.host)


def plain_name(t: Words, media: SlackFile | Link) -> str:
    """What a file or a link is called on a button, as plain text."""
    return one_line(media.name) if isinstance(media, SlackFile) else one_line(link_words(t, media))


def speech_words(
    t: Words, speech: SlackFile | Link | Script, length_s: float | None = None, *, most: int = _EXCERPT
) -> str:
    """What the video will say, escaped; a script by its beginning, `most` characters of it."""
    if not isinstance(speech, Script):
        return media_words(t, speech, length_s)
    excerpt = literal(cut(one_line(speech.text), most))
    number = len(speech.text)
    return t.n("“{script}” ({count} character)", "“{script}” ({count} characters)", number, script=excerpt)


def wish_words(
    t: Words,
    draft: Draft,
    video_s: float | None = None,
    speech_s: float | None = None,
    *,
    most: int = _EXCERPT,
    number: int = 1,
) -> str:
    """What is made of what, in one line, escaped; empty where nothing of it is known yet.

    Args:
        t: The reader's words.
        draft: It may be half-filled.
        video_s: The video's length in seconds, where it is known.
        speech_s: As above, of the speech.
        most: Characters of a script that are shown.
        number: How many videos are made of it.
    """
    video = media_words(t, draft.video, video_s) if draft.video else ""
    if number > 1:
        video = _videos(t, number, video)
    if draft.speech is None:
        return video
    speech = speech_words(t, draft.speech, speech_s, most=most)
    return _saying(t, video, draft.speech, speech) if video else _said(t, draft.speech, speech)


def made_of(t: Words, draft: Draft, prepared: Prepared, *, most: int = _EXCERPT) -> str:
    """The wish of an order, escaped; of several videos what they share.

    Args:
        t: The reader's words.
        draft: What is asked for.
        prepared: Its inputs, whose lengths are told.
        most: Characters of a script that are shown.
    """
    lengths, number = (video_length_s(prepared), speech_length_s(prepared)), how_many(draft)
    if number < 2:  # noqa: PLR2004 - one video needs no number
        return wish_words(t, draft, *lengths, most=most)
    shared = draft.model_copy(
        update={
            "video": None if draft.more_videos else draft.video,
            "speech": None if draft.more_scripts else draft.speech,
        }
    )
    return wish_words(t, shared, *lengths, most=most, number=number)


def _videos(t: Words, number: int, clip: str) -> str:
    if not clip:
        return t.n("{count} video", "{count} videos", number)
    return t.n("{count} video of {clip}", "{count} videos of {clip}", number, clip=clip)


def _saying(t: Words, video: str, speech: SlackFile | Link | Script, words: str) -> str:
    if not isinstance(speech, Script):
        return t("{video} with {speech}", video=video, speech=words)
    if not speech.voice_name:
        return t("{video} saying {speech}", video=video, speech=words)
    voice = user_text(speech.voice_name)
    return t("{video} saying {speech}, voice {voice}", video=video, speech=words, voice=voice)


def _said(t: Words, speech: SlackFile | Link | Script, words: str) -> str:
    if not isinstance(speech, Script):
        return t("with {speech}", speech=words)
    if not speech.voice_name:
        return t("saying {speech}", speech=words)
    return t("saying {speech}, voice {voice}", speech=words, voice=user_text(speech.voice_name))


def gist(t: Words, speech: SlackFile | Link | Script) -> str:
    """What the video will say, escaped, in a line about something else."""
    return (
        f"“{user_text(speech.text, _GIST)}”"
        if isinstance(speech, Script)
        else user_text(plain_name(t, speech))
    )


def shown_gist(t: Words, draft: Draft) -> str:
    """Its video, escaped, in a line about something else: of several the first, and how many more."""
    if draft.video is None:
        return t("the video")
    meant = shown(draft)
    first, more = user_text(plain_name(t, meant[0])), len(meant) - 1
    if not more:
        return first
    return t.n("{first} and {count} more video", "{first} and {count} more videos", more, first=first)


def said_gist(t: Words, draft: Draft) -> str:
    """As above, what it will say."""
    if draft.speech is None:
        return t("that")
    first, more = gist(t, draft.speech), len(draft.more_scripts)
    if not more:
        return first
    return t.n("{first} and {count} more script", "{first} and {count} more scripts", more, first=first)


def voice_settings_words(t: Words, speech: SlackFile | Link | Script) -> tuple[str, ...]:
    """How a voice shall speak, as far as the person said so."""
    if not isinstance(speech, Script):
        return ()
    how = how_a_voice_speaks(t, speech.stability, speech.similarity)
    return (how,) if how else ()


def how_a_voice_speaks(t: Words, stability: float | None, similarity: float | None) -> str:
    """The same in words; empty where nothing was said."""
    named = []
    if stability is not None:
        named.append(t("stability {share}", share=t.number(stability)))
    if similarity is not None:
        named.append(t("similarity {share}", share=t.number(similarity)))
    return listed(t, named)


def project_line(t: Words, draft: Draft) -> tuple[str, ...]:
    """For which project it is, as mrkdwn; empty for none."""
    project = user_text(draft.project or "")
    return (t("Project: {project}", project=project),) if project else ()


def title(t: Words, draft: Draft) -> str:
    """What the result is called, as plain text: its own name, else its video's and who speaks in it.

    The video's ending is left out: whatever that was, the result is an MP4.
    """
    if draft.name and one_line(draft.name):
        return cut(one_line(draft.name), _TITLE)
    voice = one_line(draft.speech.voice_name or "") if isinstance(draft.speech, Script) else ""
    spoken = f", {cut(voice, _VOICE)}" if voice else ""
    return cut(source_name(draft) or t("Lip-sync"), _TITLE - width(spoken)) + spoken


def source_name(draft: Draft) -> str:
    """What the video is called, as plain text without its ending; empty where it has no name."""
    return _ENDING.sub("", one_line(draft.video.name)).strip(" .") if draft.video else ""
