"""Estimate: ask sync.so what a prepared draft will cost, and how long the result will be."""

from dataclasses import dataclass
from decimal import Decimal

from bot.drafts import Draft, Prepared
from bot.errors import JobFailed
from bot.inputs import expected_length_s, to_request
from bot.sync_api.client import SyncClient
from bot.sync_api.errors import NotAuthorised, PaymentNeeded, Refused, SyncApiError
from bot.sync_api.models import CostEstimate

_FPS = 25
"""The published prices for a second are at 25 frames (sync.so, models and prices)."""
_CANNOT_PRICE = frozenset({"cost_estimate_unavailable", "not_found"})
"""Refusals of the price alone; the job itself may still run."""
_SPEECH_DOWN = "elevenlabs_service_unavailable"
"""Nobody should say yes to an unknown price for words that cannot be spoken (sync.so: error codes)."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What the card may promise: seconds of output and USD, each None where it could not be had."""

    length_s: float | None
    usd: Decimal | None


async def estimate(client: SyncClient, draft: Draft, prepared: Prepared, *, patient: bool) -> Quote:
    """Price the real request; where that cannot be had, the model and the measured length.

    While `patient`, trouble at sync.so is raised so that the step runs again; else the price stays unknown.

    Raises:
        SyncApiError: the request itself is refused, or sync.so cannot be reached at all.
        JobFailed: the voices are still out of service after patience.
    """
    length_s = expected_length_s(draft, prepared)
    cost = await _cost_of_request(client, draft, prepared, patient=patient)
    if (cost is None or cost.usd is None) and length_s is not None:
        cost = await _cost_of_length(client, draft.model, length_s) or cost
    if cost is None:
        return Quote(length_s, None)
    if length_s is None and cost.frame_count:
        length_s = cost.frame_count / _FPS
    return Quote(length_s, cost.usd)


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


async def _cost_of_length(client: SyncClient, model: str, length_s: float) -> CostEstimate | None:
    try:
        return await client.estimate_by_length(model, duration_s=length_s, fps=_FPS)
    except (NotAuthorised, PaymentNeeded):
        raise
    except SyncApiError:
        return None
