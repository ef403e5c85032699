"""The files that a form names, as Slack tells of them while it is filled in and sent."""

import asyncio
from collections.abc import Mapping

import structlog

from bot.asking.drafts import Draft, SlackFile
from bot.asking.file_inputs import FileProblem, found
from bot.media import MediaError
from bot.messages import fields
from bot.messages.catalogue import Words
from bot.messages.failures import file_problem
from bot.messages.ids import Field
from bot.services import Services
from bot.slack import FileDeleted, FileUnreadable, SlackRefused, SlackUnreachable
from bot.slack.script_files import decode_script, script_bytes
from bot.together import together
from handlers.form_inputs import script_file
from handlers.routing import Ask
from storage.installations import Installation

_log = structlog.get_logger(__name__)

_FIELDS = {"video": Field.VIDEO, "speech": Field.SPEECH}
"""Where the form shows what is wrong with a part of the draft."""


class FormFiles:
    """Looks files up with the token of the workspace that the form's order is of."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def seen_in_time(
        self, installation: Installation, draft: Draft
    ) -> dict[str, SlackFile | FileProblem | None]:
        """The draft's Slack files as the app sees them now, by part; empty where Slack is too slow."""
        parts = {"video": draft.video, "speech": draft.speech}
        files = {part: file for part, file in parts.items() if isinstance(file, SlackFile)}
        try:
            async with asyncio.timeout(self._services.patience.check_s):
                async with together() as looks:
                    seen = {
                        part: looks.create_task(self.look_up(installation, file))
                        for part, file in files.items()
                    }
        except (TimeoutError, SlackUnreachable, SlackRefused):
            return {}
        return {part: look.result() for part, look in seen.items()}

    async def look_up(self, installation: Installation, file: SlackFile) -> SlackFile | FileProblem | None:
        """The file as Slack describes it to the app; None: the app may not see it."""
        try:
            info = await self._services.slack.team(installation).file_info(file.file_id)
        except FileDeleted:
            return FileProblem("slack_file_deleted", file.name)
        except FileUnreadable:
            return None if file.must_be_of is None else FileProblem("slack_file_not_found", file.name)
        return found(file, info)

    async def script_text(self, ask: Ask, installation: Installation) -> str | dict[str, str] | None:
        """The words of a script that came as a text file; a dict has the words at its field."""
        file = script_file(self._services.words, ask.view, user_id=ask.asker.user_id)
        if not isinstance(file, SlackFile):
            return file
        try:
            async with asyncio.timeout(self._services.patience.check_s):
                slack = self._services.slack.team(installation)
                info = await slack.file_info(file.file_id)
                there = found(file, info)
                if isinstance(there, FileProblem):
                    return {Field.SCRIPT_FILE: self._services.words(fields.SCRIPT_FILE_UNREADABLE)}
                raw = await script_bytes(self._services.relay, slack, there, info)
        except (TimeoutError, SlackRefused, SlackUnreachable, MediaError) as error:
            _log.warning("script not read", error=str(error))
            return {Field.SCRIPT_FILE: self._services.words(fields.SCRIPT_FILE_UNREADABLE)}
        return decode_script(raw)


def wrong_files(t: Words, seen: Mapping[str, SlackFile | FileProblem | None]) -> dict[str, str]:
    """Words at the fields of files that cannot be used."""
    problems = {
        part: FileProblem("slack_file_not_visible", None) if file is None else file
        for part, file in seen.items()
    }
    return {
        _FIELDS[part]: file_problem(t, problem.code, problem.name)
        for part, problem in problems.items()
        if isinstance(problem, FileProblem)
    }
