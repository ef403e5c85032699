"""The buttons of the card: Generate, Change, Cancel, and what an ended job offers."""

import re

from bot.asking.drafts import Draft
from bot.generations import Confirmation
from bot.messages import notices
from bot.messages.blocks import Message
from bot.messages.delivery import title
from bot.messages.ids import read_button
from bot.services import Services
from bot.sync_api.errors import SyncApiError
from handlers.forms import Forms
from handlers.replies import replace_clicked, reply_privately
from handlers.routing import Answer, Ask
from storage.jobs import Job, JobStatus

_NUMBER = re.compile("[0-9]{1,3}")
_REDRAWN_ONCE_IN_S = 60.0
_DONE_ONCE_IN_S = 3.0
"""A button that makes or asks for something new does it once for somebody who presses again and again."""


class Cards:
    """Every press is checked again here: team, person, price and state."""

    def __init__(self, services: Services, forms: Forms) -> None:
        self._services = services
        self._forms = forms

    async def generate(self, ask: Ask) -> Answer:
        """Spend the estimate, once."""
        job_id, estimate_id = _button(ask)
        job = await self._services.generations.find(job_id, ask.asker)
        outcome = await self._services.generations.confirm(job_id, estimate_id or "", ask.asker)
        if outcome is not Confirmation.ACCEPTED:
            # Read anew: what it became since, perhaps by the first of two presses, decides the words.
            job = await self._services.generations.find(job_id, ask.asker)
            self._tell(ask, _refusal(outcome, job))
            if outcome is not Confirmation.NOT_YOURS:
                self._show_again(job)
        self._retire_old_card(ask, job)
        return None

    async def change(self, ask: Ask) -> Answer:
        """Open the form of a job that was not confirmed; nothing changes until it is sent."""
        job = await self._own_job(ask)
        if job is None:
            return None
        if job.status not in {JobStatus.DRAFT, JobStatus.AWAITING_CONFIRMATION}:
            self._tell_too_late(ask, job)
            return None
        self._forms.open(ask, job)
        return None

    async def pick(self, ask: Ask) -> Answer:
        """Settle which of several things a video shall say."""
        job = await self._own_job(ask)
        if job is None:
            return None
        if await self._services.conversations.pick(job.id, ask.asker, _number(ask)) is None:
            self._tell_too_late(ask, job)
        return None

    async def cancel(self, ask: Ask) -> Answer:
        """End a job before it was sent to sync.so."""
        job = await self._own_job(ask)
        if job is not None and await self._services.generations.cancel(job.id, ask.asker) is None:
            now = await self._services.generations.find(job.id, ask.asker) or job
            self._tell(ask, notices.too_late_to_cancel(now.status))
            self._show_again(now)
        return None

    async def rerun(self, ask: Ask) -> Answer:
        """The same again, as a new job with a new price."""
        job = await self._job(ask)
        if job is None or not self._is_first(ask, job):
            return None
        if not await self._services.generations.rerun(job, ask.asker, request_key=_press(ask)):
            await self._open_another(ask, job)
        return None

    async def another(self, ask: Ask) -> Answer:
        """A new job whose form begins as this one's."""
        job = await self._job(ask)
        if job is not None and self._is_first(ask, job):
            await self._open_another(ask, job)
        return None

    async def download(self, ask: Ask) -> Answer:
        """A fresh link to a video that was made; told to the presser alone, since it is signed."""
        job = await self._job(ask)
        if job is not None and job.generation_id is not None and self._is_first(ask, job):
            self._services.background.start(
                self._send_link(ask, job, job.generation_id), name="download link"
            )
        return None

    async def check(self, ask: Ask) -> Answer:
        """Look once more whether sync.so took a job whose fate is unknown."""
        job = await self._own_job(ask)
        if job is None:
            return None
        if job.status is not JobStatus.UNRESOLVED:
            self._tell_too_late(ask, job)
            return None
        if self._is_first(ask, job):
            await self._services.generations.look_again(job)
        self._tell(ask, notices.looking_again())
        return None

    async def give_up(self, ask: Ask) -> Answer:
        """End a job whose fate could not be learnt."""
        job = await self._own_job(ask)
        if job is not None and not await self._services.generations.give_up(job):
            self._tell_too_late(ask, job)
        return None

    async def _open_another(self, ask: Ask, job: Job) -> None:
        draft = await self._services.generations.another(job, ask.asker, request_key=_press(ask))
        self._forms.open(ask, draft)

    async def _send_link(self, ask: Ask, job: Job, generation_id: str) -> None:
        account = await self._services.accounts.of_team(job.enterprise_id, job.team_id)
        try:
            url = await account.client.output_link(generation_id)
        except SyncApiError as error:
            self._tell(ask, notices.no_download_link(error.suggestion))
            return
        if url is None:
            self._tell(ask, notices.no_download_link(None))
            return
        self._tell(ask, notices.download_link(url, title(Draft.model_validate_json(job.draft))))

    async def _job(self, ask: Ask) -> Job | None:
        """The job of the pressed card, if it is of the presser's workspace."""
        job = await self._services.generations.find(_button(ask)[0], ask.asker)
        if job is None:
            self._tell(ask, notices.not_found())
        self._retire_old_card(ask, job)
        if job is not None and not await self._is_colleague(ask, job):
            self._tell(ask, notices.only_this_workspace())
            return None
        return job

    async def _is_colleague(self, ask: Ask, job: Job) -> bool:
        """Whether the person is the asker, or surely of the workspace or organisation whose account pays.

        A press says which organisation the channel's app is of, and of the person just one workspace; so a
        workspace that is not the job's own counts where the app is installed there for the same organisation,
        or where the person has asked in the job's workspace before.
        """
        if job.user_id == ask.asker.user_id or ask.home in {None, job.team_id, job.enterprise_id}:
            return True
        if job.enterprise_id is None or job.enterprise_id != ask.asker.enterprise_id:
            return False
        home = await self._services.teams.find(None, ask.home)
        if home is not None and home.enterprise_id == job.enterprise_id:
            return True
        return await self._services.generations.is_member(job, ask.asker.user_id)

    async def _own_job(self, ask: Ask) -> Job | None:
        job = await self._job(ask)
        if job is not None and job.user_id != ask.asker.user_id:
            self._tell(ask, notices.only_the_asker(job.user_id))
            return None
        return job

    def _retire_old_card(self, ask: Ask, job: Job | None) -> None:
        """Where the answer to a posting was lost, a card may stand twice: the job follows the later one."""
        if job is not None and _is_old_card(ask, job):
            replace_clicked(self._services, ask, notices.old_card(job.card_channel or job.channel_id))

    def _tell_too_late(self, ask: Ask, job: Job) -> None:
        self._tell(ask, notices.too_late())
        self._show_again(job)

    def _is_first(self, ask: Ask, job: Job) -> bool:
        action = ask.action.get("action_id")
        return self._services.once.first(action, ask.asker.user_id, job.id, within_s=_DONE_ONCE_IN_S)

    def _show_again(self, job: Job | None) -> None:
        """A button that should be gone was pressed, so Slack may show an older card than it was sent."""
        if job is not None and self._services.once.first("redraw", job.id, within_s=_REDRAWN_ONCE_IN_S):
            self._services.background.start(
                self._services.generations.show_again(job), name="show a card again"
            )

    def _tell(self, ask: Ask, message: Message) -> None:
        reply_privately(self._services, ask, message)


def _button(ask: Ask) -> tuple[str, str | None]:
    job_id, estimate_id = read_button(str(ask.action.get("value") or ""))
    return job_id, estimate_id


def _number(ask: Ask) -> int:
    """Which of a draft's choices was pressed; -1: none that there can be."""
    _, index = _button(ask)
    return int(index) if index is not None and _NUMBER.fullmatch(index) else -1


def _is_old_card(ask: Ask, job: Job) -> bool:
    """Whether the pressed message is not the job's card, and no other is being posted just now."""
    pressed = ask.body.get("container") or {}
    if pressed.get("type") != "message" or pressed.get("is_ephemeral"):
        return False
    if job.card_ts is None or job.card_lease is not None:
        return False
    return (pressed.get("channel_id"), pressed.get("message_ts")) != (job.card_channel, job.card_ts)


def _press(ask: Ask) -> str:
    """A press has a trigger of its own, so one that is delivered twice makes one job."""
    return f"press:{ask.body['trigger_id']}"


def _refusal(outcome: Confirmation, job: Job | None) -> Message:
    match outcome:
        case Confirmation.NOT_YOURS if job is not None:
            return notices.only_the_asker(job.user_id)
        case Confirmation.EXPIRED:
            return notices.price_expired()
        case Confirmation.OUTDATED:
            return notices.price_changed()
        case Confirmation.ALREADY_DONE if job is not None:
            return notices.already_used(job.status)
    return notices.not_found()
