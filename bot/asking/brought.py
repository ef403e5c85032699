"""What a message brings, into drafts; and what belongs together of what came one after the other. Pure."""

import mimetypes
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.asking.drafts import Draft, Link, Media, Script, SlackFile, Speech
from bot.asking.file_inputs import medium_of
from bot.asking.file_kinds import kind_by_labels


def drafts_of(files: Sequence[SlackFile], said: Draft) -> tuple[Draft, ...]:
    """What one message asks for: one draft of all its videos, or one that still lacks them.

    Args:
        files: Its files, in order.
        said: What the words beside them ask for; words that may as well be meant for the reader stand in its
            `choices`.

    Returns:
        A draft with what there is to be said: surely where it is one thing, or words alone that begin with
        `say`; else among its `choices`. None where there is neither a video nor anything to say.
    """
    of_files = [file for file in files if medium_of(file) == "video"]
    sound: list[Speech] = [file for file in files if medium_of(file) == "audio"]
    texts: list[Speech] = [file for file in files if medium_of(file) == "text"]
    draft = _says(_shows(said, (*of_files, *said.videos)), (*sound, *texts), said)
    return (draft,) if draft.video is not None or says(draft) else ()


def _shows(draft: Draft, videos: Sequence[Media]) -> Draft:
    """The draft with these videos."""
    first, *more = videos or (None,)
    return draft.model_copy(update={"video": first, "more_videos": tuple(more)})


def _says(draft: Draft, heard: Sequence[Speech], new: Draft) -> Draft:
    """The draft with what was sent to be said, and with what `new` says.

    Of several things that are no list of lines the card asks which.
    """
    if not heard and not new.choices:
        return draft.model_copy(
            update={"speech": new.speech, "more_scripts": new.more_scripts, "choices": ()}
        )
    told = (*heard, *new.speeches, *new.choices)
    is_sure = len(told) == 1 and not new.choices
    return draft.model_copy(
        update={
            "speech": told[0] if is_sure else None,
            "more_scripts": (),
            "choices": () if is_sure else told,
        }
    )


def joined(old: Draft, new: Draft, *, as_answer: bool) -> Draft | None:
    """What a draft whose card still asks and a later message of the same person make together.

    Args:
        old: The draft.
        new: What the message brought.
        as_answer: Whether it was written under that card: a link alone is then what the card asks for.

    Returns:
        Both as one, perhaps still not complete; None: they do not belong together.
    """
    if new.video is not None:
        if as_answer and isinstance(new.video, Link) and old.video is not None and not says(new):
            said = {"video": None, "more_videos": (), "speech": new.video}
            return _with_speech(old, new.model_copy(update=said))
        return _with_video(old, new)
    if old.video is None and not as_answer:
        return None  # it waits for its video, not for more to say
    return _with_speech(old, new)


def says(draft: Draft) -> bool:
    """Whether there is anything that it shall or may say."""
    return draft.speech is not None or bool(draft.choices)


def is_small(draft: Draft) -> bool:
    """Whether it is just words, which nobody may have meant for a video."""
    return (
        draft.video is None
        and draft.speech is None
        and all(isinstance(choice, Script) for choice in draft.choices)
    )


def has_files(draft: Draft) -> bool:
    """Whether a file was sent for it."""
    return any(isinstance(part, SlackFile) for part in (*draft.videos, draft.speech, *draft.choices))


def picked(choices: Sequence[Speech], words: str) -> Speech | None:
    """The choice that a short answer names: by its number, or by its file's name with or without ending."""
    answer = words.strip().rstrip(".!").casefold()
    if answer.isdecimal() and len(answer) < 3:  # noqa: PLR2004 - no card offers a hundred
        number = int(answer)
        return choices[number - 1] if 0 < number <= len(choices) else None
    named = [file for file in choices if isinstance(file, SlackFile) and answer in _names(file)]
    return named[0] if len(named) == 1 else None


def sounds(link: Link) -> bool:
    """Whether a link leads to audio, by its ending."""
    kind, _ = mimetypes.guess_type(urlsplit(link.url or "").path)
    return (kind or "").startswith("audio/")


def shows(link: Link) -> bool:
    """Whether a link leads to a video, by its ending."""
    return kind_by_labels(mimetype="", label="", name=link.name).main == "video"


def _with_video(old: Draft, new: Draft) -> Draft | None:
    if old.video is not None or new.speech is not None or not says(old):
        return None
    both = _shows(old, new.videos).model_copy(update=_named(old, new))
    if not new.choices:
        return both.settled
    return _says(both, old.speeches or old.choices, new).settled


def _with_speech(old: Draft, new: Draft) -> Draft | None:
    if not says(new) or (old.video is not None and old.speech is not None):
        return None
    told = new.speeches or new.choices
    if len(told) == 1 and isinstance(told[0], Script):
        told = (picked(old.choices, told[0].text) or told[0],)
    is_lines = bool(new.more_scripts)
    is_answer = (len(told) == 1 or is_lines) and (old.video is not None or told[0] in old.choices)
    if is_small(new) and not is_answer and old.video is None:
        return None  # words are no answer to the question for a video
    named = _named(old, new)
    if is_lines and (is_answer or not says(old)):
        return _says(old, (), new).model_copy(update=named)
    heard = () if is_answer else old.speeches or old.choices
    choices = tuple(dict.fromkeys((*heard, *told)))
    cleared = {"speech": None, "more_scripts": (), "choices": choices}
    return old.model_copy(update={**cleared, **named}).settled


def _named(old: Draft, new: Draft) -> dict[str, Any]:
    """The options that stood in either of the lines, those of the later one first."""
    return {name: getattr(new, name) or getattr(old, name) for name in ("model", "project", "shown")}


def _names(file: SlackFile) -> set[str]:
    name = file.name.casefold()
    return {name, name.rpartition(".")[0] or name}
