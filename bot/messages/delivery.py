"""The finished video in the thread: its comment, its title and the name of its file."""

import re

from bot.asking.drafts import Draft, Script
from bot.messages import words
from bot.messages.catalogue import Words
from bot.messages.text import cut, literal, one_line, user, user_text
from storage.jobs import Job

_TRANSCRIPT_LIMIT = 600
_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_ENDING = re.compile(r"\.(mp4|mov|webm|avi|m4v)$", re.IGNORECASE)


def comment(t: Words, job: Job, draft: Draft) -> str:
    """The words above the video, in mrkdwn: the one mention of the asker, and what is said in it."""
    label = f" ({user_text(job.label)})" if job.label else ""
    title = user_text(words.title(draft)) + label
    line = t("{person}, here is your video: {title}.", person=user(job.user_id), title=title)
    if not isinstance(draft.speech, Script):
        return line
    transcript = literal(cut(one_line(draft.speech.text), _TRANSCRIPT_LIMIT))
    return f"{line}\n{t('It says: “{transcript}”', transcript=transcript)}"


def title(draft: Draft) -> str:
    """The file's title in Slack, as plain text."""
    return words.title(draft)


def file_name(draft: Draft) -> str:
    """A name that every computer can save: the result's own, always ending in `.mp4`."""
    safe = _NOT_IN_FILE_NAMES.sub(" ", words.title(draft))
    stem = _ENDING.sub("", one_line(safe)).strip(". ")
    suffix = "-lipsync" if stem and words.title(draft) == words.source_name(draft) else ""
    return f"{stem or 'lipsync'}{suffix}.mp4"
