"""A text file that was sent as a script: its bytes into words."""

from bot.asking.drafts import SCRIPT_LIMIT, Script, SlackFile
from bot.asking.file_inputs import FileProblem, found
from bot.errors import JobFailed
from bot.media import Unusable
from bot.slack.script_files import decode_script, script_bytes
from bot.steps.files import file_info
from bot.steps.tools import Tools
from storage.orders import Order


async def read_script(tools: Tools, order: Order, file: SlackFile) -> Script:
    """The words of a text file, for the account's first voice.

    Raises:
        JobFailed: it cannot be read as a script, with one of the codes `script_unreadable`, `script_empty`,
            `script_too_long`, or that of a file that is gone.
        MediaError, SlackRefused, SlackUnreachable: it could not be had now.
    """
    slack = await tools.slack_of(order)
    info = await file_info(slack, file.file_id, must_be_of=file.must_be_of)
    known = found(file, info)
    if isinstance(known, FileProblem):
        raise JobFailed(known.code)
    try:
        raw = await script_bytes(tools.relay, slack, known, info)
    except Unusable as error:
        raise JobFailed("script_unreadable") from error
    decoded = decode_script(raw)
    if decoded is None:
        raise JobFailed("script_unreadable")
    text = decoded.strip()
    if not text:
        raise JobFailed("script_empty")
    if len(text) > SCRIPT_LIMIT:
        raise JobFailed("script_too_long", f"{len(text):,}")
    return Script(text=text, voice_id=None)
