"""The finished video in the thread: its comment, its title and the name of its file."""

import re

from bot.asking.drafts import Draft, Script
from bot.messages import words
from bot.messages.catalogue import Words
from bot.messages.text import cut, literal, one_line, user, user_text
from storage.jobs import Job

_TRANSCRIPT_LIMIT = 600
_TITLE = 200
_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_ENDING = re.compile(r"\.(mp4|mov|webm|avi|m4v)$", re.IGNORECASE)


def comment(t: Words, job: Job, draft: Draft, *, names: bool = True) -> str:
    """The words above the video, in mrkdwn: the one mention of the asker, and what is said in it.

    Args:
        t: The reader's words.
        job: Of several, its label tells it from the others.
        draft: Of this one video.
        names: Whether the asker is mentioned, of which Slack tells them.
    """
    named = user_text(title(t, draft, job.label), _TITLE)
    line = t("Here is the video: {title}.", title=named)
    if names:
        line = t("{person}, here is your video: {title}.", person=user(job.user_id), title=named)
    if not isinstance(draft.speech, Script):
        return line
    transcript = literal(cut(one_line(draft.speech.text), _TRANSCRIPT_LIMIT))
    said = t("It says: “{transcript}”", transcript=transcript)
    return f"{line}\n{said}"


def title(t: Words, draft: Draft, label: str = "") -> str:
    """The file's title in Slack, as plain text; `label` tells one of several from the others."""
    if not label:
        return words.title(t, draft)
    return f"{words.title(t, draft)}: {one_line(label)}" if draft.name else one_line(label)


def file_name(t: Words, draft: Draft, job: Job) -> str:
    """A name that every computer can save: the result's own, always ending in `.mp4`.

    Those of one order begin with their numbers, so that none is like another and all stand in order.
    """
    told = title(t, draft, job.label)
    stem = _ENDING.sub("", one_line(_NOT_IN_FILE_NAMES.sub(" ", told))).strip(". ")
    if job.label:
        return f"{job.position + 1:02} {stem or 'lipsync'}.mp4"
    suffix = "-lipsync" if stem and told == words.source_name(draft) else ""
    return f"{stem or 'lipsync'}{suffix}.mp4"
