"""Estimate: ask sync.so what a prepared draft will cost, and how long the result will be."""

from dataclasses import dataclass
from decimal import Decimal

from bot.asking.drafts import Draft, Prepared
from bot.asking.inputs import to_request
from bot.asking.lengths import rate, result_length_s
from bot.errors import JobFailed
from bot.sync_api.client import SyncClient
from bot.sync_api.errors import NotAuthorised, PaymentNeeded, Refused, SyncApiError
from bot.sync_api.models import CostEstimate
from storage.orders import ASSUMED_FPS, Guessed

_CANNOT_PRICE = frozenset({"cost_estimate_unavailable", "not_found"})
"""Refusals of the price alone; the job itself may still run."""
_SPEECH_DOWN = "elevenlabs_service_unavailable"
"""Nobody should say yes to an unknown price for words that cannot be spoken (sync.so: error codes)."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What the card may promise: seconds of output and USD, each None where it could not be had."""

    length_s: float | None
    usd: Decimal | None
    guessed: Guessed | None = None
    """What of the two holds at 25 frames a second only: sync.so bills frames, and the rate was not read."""


async def estimate(client: SyncClient, draft: Draft, prepared: Prepared, *, patient: bool) -> Quote:
    """Price the real request; where that cannot be had, the model and the measured length.

    While an input is on its way there is no request to price. Frames are counted at the video's own rate, or
    at an assumed one where nobody could read it.

    While `patient`, trouble at sync.so is raised so that the step runs again; else the price stays unknown.

    Raises:
        SyncApiError: the request itself is refused, or sync.so cannot be reached at all.
        JobFailed: the voices are still out of service after patience.
    """
    length_s, fps = result_length_s(draft, prepared), rate(prepared)
    cost = None
    if not prepared.is_coming:
        cost = await _cost_of_request(client, draft, prepared, patient=patient)
    if cost is not None and cost.usd is not None:
        return _quote(length_s, fps, cost)
    by_length = None if length_s is None else await _cost_of_length(client, draft.maker, length_s, fps)
    if by_length is not None and by_length.usd is not None:
        return Quote(length_s, by_length.usd, None if fps else Guessed.PRICE)
    return _quote(length_s, fps, cost)


def _quote(length_s: float | None, fps: float | None, cost: CostEstimate | None) -> Quote:
    """What is known of the real request; its frames tell a length where nothing else does."""
    usd, frames = (cost.usd, cost.frame_count) if cost else (None, None)
    if length_s is None and frames:
        return Quote(frames / (fps or ASSUMED_FPS), usd, None if fps else Guessed.LENGTH)
    return Quote(length_s, usd)


async def _cost_of_request(
    client: SyncClient, draft: Draft, prepared: Prepared, *, patient: bool
) -> CostEstimate | None:
    request = to_request(draft, prepared, webhook_url=None, output_file_name=None)
    try:
        return await client.estimate_cost(request)
    except (NotAuthorised, PaymentNeeded):
        raise
    except Refused as error:
        if error.code in _CANNOT_PRICE:
            return None
        raise
    except SyncApiError as error:
        if patient:
            raise
        if error.code == _SPEECH_DOWN:
            raise JobFailed(_SPEECH_DOWN) from error
        return None


async def _cost_of_length(
    client: SyncClient, model: str, length_s: float, fps: float | None
) -> CostEstimate | None:
    try:
        return await client.estimate_by_length(model, duration_s=length_s, fps=fps or ASSUMED_FPS)
    except (NotAuthorised, PaymentNeeded):
        raise
    except SyncApiError:
        return None
