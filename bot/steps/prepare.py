"""Prepare: relay Slack's files to sync.so, learn lengths and the voice, and price the order."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from bot.asking.addresses import open_draft
from bot.asking.contents import why_not
from bot.asking.drafts import Draft, Link, Media, Prepared, PreparedInput, SlackFile
from bot.asking.file_inputs import medium_of
from bot.asking.file_kinds import Medium
from bot.asking.plan import how_many
from bot.errors import JobFailed
from bot.media import Source
from bot.probe.ends import SEEN_WHOLE, Ends
from bot.probe.facts import Facts
from bot.steps.guarded import guarded
from bot.steps.inputs import Told, opened, tell
from bot.steps.look import look
from bot.steps.scripts import read_script
from bot.steps.several import divide
from bot.steps.spoken import with_voices
from bot.steps.takes import or_its_problem, price_parts, wanted_of
from bot.steps.tools import Tools
from bot.sync_api.errors import SyncApiError
from bot.sync_api.models import AssetType
from bot.teams.accounts import Account
from storage.jobs import MOST_PARTS
from storage.orders import Order, OrderStatus, sum_of

ESTIMATE_LIFE_S = 24 * 3600.0
"""How long a price may be accepted."""
_TOO_LARGE_FOR_PLAN = "file_size_exceeds_plan_limit"
_MEDIUM: Mapping[AssetType, Medium] = {AssetType.VIDEO: "video", AssetType.AUDIO: "audio"}


class Prepare:
    """The step of `preparing`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def __call__(self, orders: list[Order]) -> None:
        """Bring each order to its offer. Inputs that were relayed before are not relayed again."""
        for order in orders:
            await guarded(self._tools, order, self._prepare)

    async def _prepare(self, order: Order) -> None:
        tools = self._tools
        draft = open_draft(order, tools.cipher)
        if draft.arriving is not None:
            looked_at = await look(tools, order, draft, draft.arriving)
            if looked_at is None:
                return
            order, draft = looked_at, open_draft(looked_at, tools.cipher)
        if isinstance(draft.speech, SlackFile) and medium_of(draft.speech) == "text":
            draft = draft.model_copy(update={"speech": await read_script(tools, order, draft.speech)})
            order = await tools.save(order, draft=draft.model_dump_json())
        if how_many(draft) > MOST_PARTS:
            order, draft = await divide(tools, order, draft)
        account = await tools.accounts.of_team(order.enterprise_id, order.team_id)
        draft = await with_voices(tools, account, draft)
        order, prepared = await self._inputs(order, account, draft)
        parts = await price_parts(tools, order, account, draft, prepared)
        until = tools.clock() + ESTIMATE_LIFE_S
        await tools.move_order(
            order,
            OrderStatus.OFFERED,
            draft=draft.model_dump_json(),
            parts=parts,
            offer_id=tools.new_id()[:12],
            offer_usd=sum_of(parts),
            expires_at=until,
            due_at=until,
        )

    async def _inputs(self, order: Order, account: Account, draft: Draft) -> tuple[Order, Prepared]:
        """What sync.so has to have before it can price the draft, each stored as soon as it is there.

        What is wrong with one of several videos is stored as well: the others go on without it.
        """
        prepared = Prepared.model_validate_json(order.prepared)
        for wanted in wanted_of(draft):
            if wanted.of(prepared) is None:
                work = self._input(order, account, wanted.media, wanted.kind)
                given = await (work if wanted.alone else or_its_problem(order, work))
                prepared = wanted.put(prepared, given)
                order = await self._tools.save(order, prepared=prepared.model_dump_json())
                await self._tools.renew(order)
                if given.problem is not None and wanted.by_all:
                    raise JobFailed(given.problem, given.problem_detail)
        return order, prepared

    async def _input(self, order: Order, account: Account, media: Media, kind: AssetType) -> PreparedInput:
        if isinstance(media, Link):
            return await self._link(account, media, kind)
        return await self._relay(order, account, media, kind)

    async def _link(self, account: Account, link: Link, kind: AssetType) -> PreparedInput:
        """A link is used as it is; looking at it and registering it may tell its length, and cost nothing."""
        if link.url is None:
            raise JobFailed("draft_incomplete")
        if not self._tools.relay.may_lead_to(urlsplit(link.url).hostname or ""):
            raise JobFailed("link_to_this_machine")
        known = await self._tools.looks.at_link(link.url)
        _serves(known.facts, kind)
        seen_here = PreparedInput(facts=known.facts, behind=known.behind)
        try:
            asset = await account.client.register_asset(url=link.url, type=kind)
        except SyncApiError as error:
            if error.code.endswith("_inaccessible") or error.code == _TOO_LARGE_FOR_PLAN:
                raise
            return seen_here
        return seen_here.model_copy(update={"duration_s": asset.duration_seconds or None})

    async def _relay(
        self, order: Order, account: Account, known: SlackFile, kind: AssetType
    ) -> PreparedInput:
        tools = self._tools
        told = await tell(tools, order, known)
        ahead = await self._read_ahead(told, kind)
        async with opened(tools, told, _MEDIUM[kind]) as (file, source):
            ends = Ends(source.length)
            url = await self._send(order, account, file, source, ends)
        facts = ahead or await tools.looks.at_what_flowed_by(ends)
        _serves(facts, kind)
        asset = await account.client.register_asset(url=url, type=kind, name=file.name)
        return PreparedInput(asset_id=asset.id, duration_s=asset.duration_seconds or None, facts=facts)

    async def _read_ahead(self, told: Told, kind: AssetType) -> Facts | None:
        """What a file is that takes a while to move. Raises JobFailed: it need not be moved at all."""
        if told.file.size <= SEEN_WHOLE:
            return None
        facts = await self._tools.looks.at_file(told.url, bearer=told.token)
        _serves(facts, kind)
        return facts

    async def _send(self, order: Order, account: Account, file: SlackFile, source: Source, ends: Ends) -> str:
        """Stream a file to sync.so's storage, past `ends`; returns its address there."""
        tools = self._tools
        upload = await account.client.start_upload(
            file_name=file.name, content_type=file.mimetype, size=source.length
        )
        await tools.relay.send(
            source,
            upload.upload_url,
            method="PUT",
            headers={"Content-Type": file.mimetype},
            on_progress=lambda _sent: tools.renew(order),
            on_bytes=ends.add,
        )
        await tools.renew(order)
        return upload.url


def _serves(facts: Facts | None, kind: AssetType) -> None:
    """See that there is something to see, or to hear. Raises JobFailed."""
    problem = why_not(facts, _MEDIUM[kind]) if facts else None
    if problem is not None:
        raise JobFailed(problem)
