"""Prepare: have the inputs brought to sync.so, learn lengths and the voice, and price the order."""

from bot import audited
from bot.asking.addresses import open_draft
from bot.asking.asks import account_of_offer
from bot.asking.drafts import Draft, SlackFile
from bot.asking.file_inputs import medium_of
from bot.asking.plan import how_many
from bot.asking.wanted import speaks_audio
from bot.errors import JobFailed
from bot.steps import naming
from bot.steps.bring import Brought, bring
from bot.steps.guarded import guarded
from bot.steps.look import look
from bot.steps.lost import bring_again, is_lost
from bot.steps.preview import preview
from bot.steps.scripts import read_script
from bot.steps.several import divide
from bot.steps.spoken import with_voices
from bot.steps.take import StillComing, wait
from bot.steps.takes import price_parts
from bot.steps.tools import Tools
from bot.steps.unconnected import goes_on
from bot.sync_api.errors import Refused
from bot.teams.consents import recall
from bot.teams.rules import with_defaults
from storage import audit, objected_videos, order_store
from storage.jobs import MOST_PARTS
from storage.orders import Order, OrderStatus, Part, sum_of

ESTIMATE_LIFE_S = 24 * 3600.0
"""How long a price may be accepted."""


class Prepare:
    """The step of `preparing`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def __call__(self, orders: list[Order]) -> None:
        """Bring each order to its offer, or let it rest until enough is known of its inputs."""
        for order in orders:
            await guarded(self._tools, order, self._prepare_or_wait)

    async def _prepare_or_wait(self, order: Order) -> None:
        try:
            await self._prepare(order)
        except StillComing as error:
            await wait(self._tools, order, error.seen)
        except Refused as error:
            account = await self._tools.account_of(order)
            if not (is_lost(error) and await bring_again(self._tools, order, account)):
                raise
            # What there is to take is taken once more; parts that were priced keep their price.
            await self._tools.later(order, 0.0, why=error, prepared="{}")

    async def _prepare(self, order: Order) -> None:
        tools = self._tools
        draft = open_draft(order, tools.cipher)
        await tools.roles.gate.surely(order, order.channel_id, draft)
        if draft.arriving is not None:
            looked_at = await look(tools, order, draft, draft.arriving)
            if looked_at is None:
                return
            order, draft = looked_at, open_draft(looked_at, tools.cipher)
        order, draft = await self._as_the_team_does(order, draft)
        if how_many(draft) > MOST_PARTS:
            order, draft = await divide(tools, order, draft)
        account = await tools.account_of(order, account_of_offer(order))
        order = await goes_on(tools, order)
        usual = (await tools.roles.rulebook.of(order)).rules.voice_id
        draft = await with_voices(tools, account, draft, usual=usual)
        brought = await bring(tools, order, account, draft)
        if brought.coming and not (brought.is_certain and speaks_audio(draft)):
            await preview(tools, account, draft, brought)
            raise StillComing(*brought.coming)
        try:
            parts = await price_parts(tools, brought.order, account, draft, brought.prepared)
        except StillComing:
            raise StillComing(*brought.coming) from None
        await self._offer(brought, draft, parts)

    async def _offer(self, brought: Brought, draft: Draft, parts: tuple[Part, ...]) -> None:
        """Put the price before its asker, with what was said before of who is shown."""
        tools, order = self._tools, brought.order
        now = tools.clock()
        until = now + ESTIMATE_LIFE_S
        async with tools.database.write() as conn:
            offered = await order_store.move(
                conn,
                order,
                OrderStatus.OFFERED,
                now=now,
                lease_token=order.lease_token,
                draft=draft.model_copy(update={"shown": None}).model_dump_json(),
                parts=parts,
                offer_id=tools.new_id()[:12],
                offer_usd=sum_of(parts),
                expires_at=until,
                due_at=now if brought.coming else until,  # at once, lest it misses what arrives just now
            )
            if offered is not None:
                said = await recall(conn, offered, draft, now=now)
                await objected_videos.keep_of(
                    conn, offered.id
                )  # the files are known to be its asker's by now
                await naming.tell(conn, tools, offered, said, is_again=draft.shown is None)
                if draft.shown is not None:
                    await audit.append(conn, audited.consent_said(offered, said), now=now)

    async def _as_the_team_does(self, order: Order, draft: Draft) -> tuple[Order, Draft]:
        """The draft with what nobody named: the words of a text file, and the team's own choices.

        Raises:
            JobFailed: the file cannot be used, or no colleague is named as one who is shown.
            RuledOut: its words are against a rule.
        """
        tools, before = self._tools, draft
        if isinstance(draft.speech, SlackFile) and medium_of(draft.speech) == "text":
            draft = draft.model_copy(update={"speech": await read_script(tools, order, draft.speech)})
        draft = with_defaults(draft, (await tools.roles.rulebook.of(order)).rules)
        if draft.shown is not None and await naming.from_elsewhere(tools, order, [draft.shown]):
            raise JobFailed("not_a_colleague")
        if draft != before:
            await tools.roles.gate.at_once(order, None, draft)
            order = await tools.save(order, draft=draft.model_dump_json())
        return order, draft
