"""Words at the fields of forms, in plain text: what is wrong there, and what would work."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.asking.drafts import PROJECT_LIMIT, SCRIPT_LIMIT
from bot.asking.links import LinkProblem
from bot.messages.catalogue import N_, Words
from bot.messages.text import size


def script_too_long(t: Words, characters: int) -> str:
    """A script over sync.so's limit."""
    return t.n(
        "{characters} of {most} characters. Please cut {count} character.",
        "{characters} of {most} characters. Please cut {count} characters.",
        characters - SCRIPT_LIMIT,
        characters=t.number(characters),
        most=t.number(SCRIPT_LIMIT),
    )


def project_too_long(t: Words) -> str:
    """More than a project may be called."""
    return t("The name of a project may have {most} characters.", most=t.number(PROJECT_LIMIT))


def script_file_too_large(t: Words, num_bytes: int) -> str:
    """A text file that is not worth reading, since it must be over the limit."""
    return t(
        "This file holds {size} of text. A script may have {most} characters.",
        size=size(t, num_bytes),
        most=t.number(SCRIPT_LIMIT),
    )


NOT_KEPT = N_("Slack does not answer just now, so I could not keep this. Press Save once more.")
OF_THE_CHOICE = N_("Here are the fields for what you chose. Fill them in, and send the form once more.")
NOT_A_SHARE = N_("Give a number from 0 to 1, such as 0.5, or leave this empty.")
SCRIPT_MISSING = N_("Type what the video should say.")
SCRIPT_FILE_EMPTY = N_("This file holds no text.")
SCRIPT_FILE_UNREADABLE = N_("I cannot read this as text. Save it as plain text (UTF-8) and try again.")
VIDEO_MISSING = N_("Choose the video, or give a link or a file.")
SPEECH_MISSING = N_("Choose what it should say.")
VIDEO_GONE = N_("I can no longer find this video. Choose another, or send it to me again.")
AUDIO_GONE = N_("I can no longer find this audio. Choose another, or send it to me again.")
UPLOAD_MISSING = N_("Add a file, or choose another way above.")
UPLOAD_TOO_LARGE = N_("Slack lets a form take up to 10 MB. Send me bigger files as a message.")
NOT_A_VIDEO = N_("This is not a video I can use. Use MP4, MOV, WebM or AVI.")
NOT_AUDIO = N_("This is not audio I can use. Use MP3, WAV, M4A, OGG or FLAC.")
NOT_TEXT = N_("This is not a text file. Use a .txt file.")
GROUND_MISSING = N_("Choose what holds for this person.")
COLLEAGUE_MISSING = N_("Choose the colleague who has agreed.")
NOT_A_COLLEAGUE = N_("This is nobody of your workspace. Choose a colleague, or go by a signed release.")
NAME_MISSING = N_("Write the name that stands on the release.")
NAMED_TWICE = N_("This person is named above already.")
LINK_MISSING = N_("Paste a link that begins with https://")
LINK_PROBLEMS: Mapping[LinkProblem, str] = MappingProxyType(
    {
        LinkProblem.NOT_HTTPS: N_("The link has to begin with https:// and lead straight to the file."),
        LinkProblem.BROKEN: N_(
            "This link is not whole, or there is something in it that belongs to no link. Copy it once more."
        ),
        LinkProblem.HAS_LOGIN: N_(
            "This link has a user name or password in it, which would go to sync.so. Use a link "
            "without them, or send me the file itself."
        ),
        LinkProblem.TOO_LONG: N_("This link is too long. Use a shorter one, or upload the file."),
        LinkProblem.TO_SLACK: N_("Links into Slack stay private. Send me the file itself."),
        LinkProblem.TO_PAGE: N_(
            "This leads to a page, not to a media file. Download the video and send it to me instead."
        ),
    },
)
"""What is wrong with a link and what to do, as plain text."""
