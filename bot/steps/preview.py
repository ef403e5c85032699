"""Preview: about what an order will cost, while its files are on their way and no price is exact."""

from collections.abc import Iterable
from decimal import Decimal

from bot.asking.drafts import Draft, Prepared, PreparedInput
from bot.asking.lengths import frames_about
from bot.asking.plan import plan
from bot.asking.wanted import source_of, wanted_of
from bot.steps.bring import Brought
from bot.steps.tools import Tools
from bot.sync_api.errors import SyncApiError
from bot.teams.accounts import Account
from storage.inputs import Input
from storage.orders import ASSUMED_FPS


async def preview(tools: Tools, account: Account, draft: Draft, brought: Brought) -> None:
    """Have the card say about what it will cost, once enough is known of all its files for that.

    Raises:
        LeaseLost: another holder has the order.
    """
    if brought.prepared.about_usd is not None:
        return
    frames = _frames(draft, _as_told(draft, brought.prepared, brought.coming))
    if frames is None:
        return
    try:
        low, high = [await _price(account, draft.maker, number) for number in frames]
    except SyncApiError:
        return  # the price itself is asked for with more patience
    if low is not None and high is not None:
        prepared = brought.prepared.model_copy(update={"about_usd": (low, high)})
        await tools.save(brought.order, visible=True, prepared=prepared.model_dump_json())


def _as_told(draft: Draft, prepared: Prepared, coming: Iterable[Input]) -> Prepared:
    """What is prepared, with what indexes claim of what is on its way."""
    told = {(each.source, each.kind.value): PreparedInput.model_validate_json(each.found) for each in coming}
    for wanted in wanted_of(draft):
        given = told.get((source_of(wanted.media), wanted.kind))
        if given is not None and given.facts is not None:
            prepared = wanted.put(prepared, PreparedInput(facts=given.facts, is_coming=True))
    return prepared


def _frames(draft: Draft, prepared: Prepared) -> tuple[float, float] | None:
    """The fewest and the most of all that can be made; None: of one of them nothing is known."""
    makes = [(take.draft, take.prepared(prepared)) for take in plan(draft)]
    told = [
        frames_about(wish, own)
        for wish, own in makes
        if not any(given is not None and given.problem for given in (own.video, own.audio))
    ]
    known = [each for each in told if each is not None]
    if not known or len(known) < len(told):
        return None
    return sum(fewest for fewest, _ in known), sum(most for _, most in known)


async def _price(account: Account, model: str, frames: float) -> Decimal | None:
    """sync.so bills frames: so many cost the same at any rate. Raises SyncApiError."""
    seconds = frames / ASSUMED_FPS
    return (await account.client.estimate_by_length(model, duration_s=seconds, fps=ASSUMED_FPS)).usd
