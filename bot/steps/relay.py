"""Relay: bring an input to sync.so, once for all orders of a team that name it, and as long as one does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import structlog

from bot.asking.contents import why_not
from bot.asking.drafts import PreparedInput, SlackFile
from bot.asking.file_kinds import Medium
from bot.errors import JobFailed
from bot.media import Source
from bot.messages.repriced import ACCOUNT_CHANGED
from bot.probe.ends import SEEN_WHOLE, Ends
from bot.probe.facts import Facts
from bot.steps.guarded import ONCE_MORE_S
from bot.steps.inputs import Told, opened, tell
from bot.steps.refusals import looked_into
from bot.steps.tools import SLOW_AFTER_S, SLOW_AFTER_TRIES, Tools
from bot.steps.trouble import Again, Fail, Stage, verdict
from bot.sync_api.errors import SyncApiError
from bot.sync_api.models import AssetType
from bot.teams.accounts import Account
from bot.troubles import cause_of, is_ours, log_trouble
from storage import relays
from storage.inputs import Input, InputKind, address_at
from storage.leases import LEASE_S

_log = structlog.get_logger(__name__)

_SHOWN_AFTER_S = 2.5
"""What has moved for so long takes a while: its progress is shown from then on."""
_TOO_LARGE_FOR_PLAN = "file_size_exceeds_plan_limit"
_MEDIUM: Mapping[InputKind, Medium] = {InputKind.VIDEO: "video", InputKind.AUDIO: "audio"}


_Moves = Callable[[], object]
"""Called while bytes move: then it is no longer slow, but shows its progress."""


class _Unwanted(Exception):
    """No open order names the input any more, or another holder has it."""


@dataclass(frozen=True, slots=True)
class _Brought:
    """Where sync.so has it, and what is known of it."""

    asset_id: str | None
    found: PreparedInput


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What is known of it before its bytes move: others may go by it at once."""

    found: PreparedInput


class Relay:
    """The step of inputs that are wanted: what takes a while to move is read first, and then claimed anew."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def __call__(self, inputs: list[Input]) -> None:
        """Bring each to sync.so. Cut at any time, it is begun anew by whoever claims it next."""
        for held in inputs:
            with structlog.contextvars.bound_contextvars(input=held.id, team=held.team_id, step="relay"):
                await self._guarded(held)

    async def _guarded(self, held: Input) -> None:
        try:
            async with self._slowness_told(held) as moves:
                brought = await self._bring(held, moves)
            await self._store(held, brought)
        except _Unwanted:
            _log.info("no longer wanted")
            async with self._tools.database.write() as conn:
                await relays.leave(conn, held, now=self._tools.clock())
        except Exception as error:  # noqa: BLE001 - the one place where trouble with an input is sorted
            await self._sort(held, error)

    async def _store(self, held: Input, brought: _Brought | _Ahead) -> None:
        now, found = self._tools.clock(), brought.found.model_dump_json()
        async with self._tools.database.write() as conn:
            if isinstance(brought, _Ahead):
                await relays.known(conn, held, found=found, now=now)
            else:
                await relays.arrived(conn, held, asset_id=brought.asset_id, found=found, now=now)

    async def _bring(self, held: Input, moves: _Moves) -> _Brought | _Ahead:
        account = await self._tools.account_of(held, held.account_key)
        if account.key != held.account_key:
            # Whoever names it asks for it in the new account, as soon as this is told.
            raise JobFailed(ACCOUNT_CHANGED)
        await self._progress(held)
        if held.address is not None:
            return await self._link(account, held, self._tools.cipher.open(held.address, address_at(held.id)))
        return await self._file(account, held, moves)

    async def _link(self, account: Account, held: Input, url: str) -> _Brought:
        """A link is used as it is; looking at it and registering it may tell its length, and cost nothing."""
        known = await self._tools.looks.at_link(url)
        _serves(known.facts, held.kind)
        before = PreparedInput.model_validate_json(held.found)
        if held.asset_id and known.behind and known.behind.is_marked and known.behind == before.behind:
            return _Brought(held.asset_id, before)
        seen = PreparedInput(facts=known.facts, behind=known.behind)
        try:
            asset = await account.client.register_asset(url=url, type=AssetType(held.kind))
        except SyncApiError as error:
            if error.code.endswith("_inaccessible") or error.code == _TOO_LARGE_FOR_PLAN:
                raise
            return _Brought(None, seen)
        length_s = asset.duration_seconds or None
        return _Brought(asset.id, seen.model_copy(update={"duration_s": length_s}))

    async def _file(self, account: Account, held: Input, moves: _Moves) -> _Brought | _Ahead:
        tools = self._tools
        file_id = held.source.removeprefix("slack:")
        told = await tell(tools, held, SlackFile(file_id=file_id, name="", mimetype="", size=0))
        ahead = PreparedInput.model_validate_json(held.found).facts
        if ahead is None and (read := await self._read_ahead(told, held.kind)) is not None:
            return _Ahead(PreparedInput(facts=read))
        async with opened(tools, told, _MEDIUM[held.kind]) as (file, source):
            ends = Ends(source.length)

            def flows_by(data: bytes) -> None:
                moves()
                ends.add(data)

            url = await self._send(account, held, file, source, flows_by)
        facts = ahead or await tools.looks.at_what_flowed_by(ends)
        _serves(facts, held.kind)
        asset = await account.client.register_asset(url=url, type=AssetType(held.kind), name=file.name)
        length_s = asset.duration_seconds or None
        return _Brought(asset.id, PreparedInput(asset_id=asset.id, duration_s=length_s, facts=facts))

    async def _read_ahead(self, told: Told, kind: InputKind) -> Facts | None:
        """What a file is that takes a while to move. Raises JobFailed: it need not be moved at all."""
        if told.file.size <= SEEN_WHOLE:
            return None
        facts = await self._tools.looks.at_file(told.url, bearer=told.token)
        _serves(facts, kind)
        return facts

    async def _send(
        self,
        account: Account,
        held: Input,
        file: SlackFile,
        source: Source,
        flows_by: Callable[[bytes], None],
    ) -> str:
        """Stream a file to sync.so's storage; returns its address there."""
        upload = await account.client.start_upload(
            file_name=file.name, content_type=file.mimetype, size=source.length
        )
        moving = replace(held, size=source.length, begun_at=self._tools.clock())
        await self._tools.relay.send(
            source,
            upload.upload_url,
            method="PUT",
            headers={"Content-Type": file.mimetype},
            on_progress=lambda sent: self._progress(moving, sent),
            on_bytes=flows_by,
        )
        await self._progress(moving, source.length)
        return upload.url

    async def _progress(self, moving: Input, sent: int = 0) -> None:
        """Tell how far it is, and keep the lease. Raises _Unwanted."""
        now = self._tools.clock()
        show = moving.begun_at is not None and now - moving.begun_at >= _SHOWN_AFTER_S
        async with self._tools.database.write() as conn:
            kept = await relays.progress(conn, moving, now=now, lease_s=LEASE_S, sent=sent, show=show)
        if kept is None:
            raise _Unwanted

    async def _sort(self, held: Input, error: Exception) -> None:
        """Fail it, or let it be tried again later, by the table of troubles."""
        error = await looked_into(self._tools, held, error)
        now = self._tools.clock()
        if is_ours(error) and not isinstance(error, JobFailed):
            log_trouble("relay broke", error)
        async with self._tools.database.write() as conn:
            match verdict(error, Stage.ASKED, attempts=held.attempts, age_s=0.0):
                case Fail(code=code, detail=detail):
                    _log.warning("failed", code=code, cause=cause_of(error))
                    await relays.failed(conn, held, code=code, detail=detail, now=now)
                case Again(wait_s=wait_s, counts=counts):
                    tries = held.attempts + counts
                    _log.info("trying again", cause=cause_of(error), tries=tries, next_try_s=wait_s)
                    slow = tries >= SLOW_AFTER_TRIES or wait_s > SLOW_AFTER_S
                    await relays.later(conn, held, due_at=now + wait_s, count=counts, slow=slow, now=now)

    @asynccontextmanager
    async def _slowness_told(self, held: Input) -> AsyncIterator[_Moves]:
        """While a try takes long, and nothing moves that could be shown, the cards say so."""
        after_s = ONCE_MORE_S if held.attempts else SLOW_AFTER_S
        watch = asyncio.create_task(self._tell_slow(held, after_s))
        try:
            yield watch.cancel
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    async def _tell_slow(self, held: Input, after_s: float) -> None:
        await asyncio.sleep(after_s)
        async with self._tools.database.write() as conn:
            await relays.tell_slow(conn, held.id, now=self._tools.clock())


def _serves(facts: Facts | None, kind: InputKind) -> None:
    """See that there is something to see, or to hear. Raises JobFailed."""
    problem = why_not(facts, _MEDIUM[kind]) if facts else None
    if problem is not None:
        raise JobFailed(problem)
