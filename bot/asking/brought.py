"""What a message brings, into drafts; and what belongs together of what came one after the other. Pure."""

import mimetypes
from collections.abc import Sequence
from urllib.parse import urlsplit

from bot.asking.drafts import DEFAULT_MODEL, Draft, Link, Script, SlackFile, Speech
from bot.asking.file_inputs import medium_of
from bot.asking.file_kinds import kind_by_labels


def drafts_of(files: Sequence[SlackFile], said: Draft) -> tuple[Draft, ...]:
    """What one message asks for: a draft for each of its videos, or one that still lacks the video.

    Args:
        files: Its files, in order.
        said: What the words beside them ask for; words that may as well be meant for the reader stand in its
            `choices`.

    Returns:
        Drafts that share what there is to be said: surely where it is one thing, else among their `choices`.
        None where there is neither a video nor anything to say.
    """
    videos = [file for file in files if medium_of(file) == "video"] + ([said.video] if said.video else [])
    sound: list[Speech] = [file for file in files if medium_of(file) == "audio"]
    texts: list[Speech] = [file for file in files if medium_of(file) == "text"]
    spoken = (*sound, *texts, *((said.speech,) if said.speech else said.choices))
    is_sure = len(spoken) == 1 and not said.choices
    shared = said.model_copy(
        update={
            "video": None,
            "speech": spoken[0] if is_sure else None,
            "choices": () if is_sure else spoken,
        }
    )
    if not videos:
        return (shared,) if spoken else ()
    return tuple(shared.model_copy(update={"video": video}) for video in videos)


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
            return _with_speech(old, new.model_copy(update={"video": None, "speech": new.video}))
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
    return any(isinstance(part, SlackFile) for part in (draft.video, draft.speech, *draft.choices))


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
    if not new.choices:
        return old.model_copy(update={"video": new.video, "model": _model(old, new)}).settled
    heard = (old.speech,) if old.speech else old.choices
    return old.model_copy(
        update={"video": new.video, "speech": None, "choices": (*heard, *new.choices)}
    ).settled


def _with_speech(old: Draft, new: Draft) -> Draft | None:
    if not says(new) or (old.video is not None and old.speech is not None):
        return None
    told = (new.speech,) if new.speech else new.choices
    if len(told) == 1 and isinstance(told[0], Script):
        told = (picked(old.choices, told[0].text) or told[0],)
    is_answer = len(told) == 1 and (old.video is not None or told[0] in old.choices)
    if is_small(new) and not is_answer and old.video is None:
        return None  # words are no answer to the question for a video
    heard = () if is_answer else (old.speech,) if old.speech else old.choices
    choices = tuple(dict.fromkeys((*heard, *told)))
    return old.model_copy(update={"speech": None, "choices": choices, "model": _model(old, new)}).settled


def _model(old: Draft, new: Draft) -> str:
    return old.model if new.model == DEFAULT_MODEL else new.model


def _names(file: SlackFile) -> set[str]:
    name = file.name.casefold()
    return {name, name.rpartition(".")[0] or name}
