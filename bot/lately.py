"""What a person's latest jobs tell: where their direct message with the app is, and which files failed."""

from collections.abc import Iterable

from bot.asking.drafts import Draft, Prepared, SlackFile
from bot.messages.failures import circumstances, is_repeatable
from bot.messages.text import CHANNELS
from storage.jobs import Job, JobStatus


def is_home(job: Job, lately: Iterable[Job]) -> bool:
    """Whether a job was asked for in the app's direct message.

    A command looks the same there and in the direct message of two people; a card or a file that was taken
    there before tells them apart.
    """
    here = job.channel_id
    return not here.startswith(CHANNELS) and any(
        one.card_channel == here or one.request_key.startswith(f"message:{here}:") for one in (job, *lately)
    )


def spoiled_files(lately: Iterable[Job]) -> frozenset[str]:
    """The ids of Slack files with which a job failed in a way that no further try can mend."""
    return frozenset(media.file_id for job in lately if isinstance(media := _spoiled_media(job), SlackFile))


def without_spoiled(job: Job, draft: Draft) -> Draft:
    """The draft of a failed job without the file that cannot be used, so that the form asks for another.

    A link stays, to be mended.
    """
    if is_repeatable(job.failure_code):
        return draft
    under = circumstances(job.failure_code, draft, Prepared.model_validate_json(job.prepared))
    is_file = under.part is not None and isinstance(under.media, SlackFile)
    return draft.model_copy(update={str(under.part): None}) if is_file else draft


def _spoiled_media(job: Job) -> object:
    if job.status is not JobStatus.FAILED or is_repeatable(job.failure_code):
        return None
    draft = Draft.model_validate_json(job.draft)
    return circumstances(job.failure_code, draft, Prepared.model_validate_json(job.prepared)).media
