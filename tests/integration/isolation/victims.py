"""Rows of one team in every state that somebody could want to change, and what may not be learnt of them."""

from dataclasses import astuple, dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from bot.asking.drafts import Draft, Link, Script, SlackFile
from storage import allowances, consent_store, differences, gate_store
from storage.allowances import Allowance
from storage.consents import Consent, Ground, Shown
from storage.differences import Difference
from storage.gates import Gate, GateKind
from storage.jobs import JobStatus
from storage.money import DifferenceKind
from storage.orders import Order, OrderStatus
from storage.schema import metadata
from tests.integration.core.world import World
from tests.integration.fake_slack.harness import ADA, NORTH, VIDEOS
from tests.integration.isolation.intruders import ORG

CANARY = "Canary"
"""In all that the team wrote, named or was told: wherever it comes up, something was learnt."""
VIDEO = Link(url=f"https://{CANARY}.example.com/{CANARY}.mp4")
SPOKEN = Script(text=f"{CANARY} one", voice_id="v-1", voice_name=f"{CANARY} voice")
OTHERS = (SPOKEN, Script(text=f"{CANARY} two", voice_id="v-1", voice_name=f"{CANARY} voice"))
WISH = Draft(video=VIDEO, speech=SPOKEN, name=f"{CANARY} film")
FILE = SlackFile(file_id="F0CANARY01", name=f"{CANARY}.mp4", mimetype="video/mp4", size=1_000)
_SHOWN = Consent(Shown(Ground.RELEASE, name=f"{CANARY} person"), ADA, 1.0)
_NAMED = Consent(Shown(Ground.COLLEAGUE, ADA), "U0BEN", 1.0)
CARD: dict[str, Any] = {"card_revision": 1, "card_shown": 1, "card_channel": VIDEOS, "enterprise_id": ORG}


@dataclass(frozen=True, slots=True)
class Names:
    """What a request can name of somebody's row."""

    order: str
    offer: str
    job: str
    created_at: float
    channel: str
    ts: str
    """Of its card, which begins a thread."""
    file: str
    gate: str
    """What it waits at for an approver, if it does."""

    def missing(self) -> "Names":
        """The same of a row that does not exist; each is as long as the real one."""
        order = f"{0xDEAD:032x}"
        ts = f"9{self.ts[1:]}"
        return Names(
            order, "offer-z", f"{order}-00", self.created_at, "C0NOWHERE9", ts, "F0NOWHERE1", _gate(order)
        )

    def hidden(self, told: str) -> str:
        """What was told, without what somebody named themselves."""
        for at, name in enumerate(map(str, astuple(self))):
            told = told.replace(name, f"<{at}>")
        return told


async def all_of_them(there: World) -> list[Names]:
    """Orders and jobs of Ada's: each deed of the app's has one that it would change."""
    orders = [
        await there.order(OrderStatus.DRAFT, draft=Draft(video=VIDEO, name=CANARY), enterprise_id=ORG),
        await there.order(OrderStatus.DRAFT, draft=Draft(video=VIDEO, choices=OTHERS), **_card(1)),
        await there.order(
            OrderStatus.OFFERED,
            draft=WISH,
            offer_id="offer-a",
            expires_at=there.clock() + 3_600,
            estimate_usd=None,
            **_card(2),
        ),
    ]
    for number, status in enumerate((JobStatus.QUEUED, JobStatus.UNRESOLVED, JobStatus.DELIVERED), start=3):
        generation = None if status is JobStatus.QUEUED else f"gen-{CANARY}-{number}"
        job = await there.job(status, draft=WISH, generation_id=generation, **_card(number))
        orders.append(await there.order_of(job))
    orders.append(await _waiting(there, **_card(len(orders))))
    async with there.db.write() as conn:
        await differences.note(conn, map(_difference, orders))
        for number, order in enumerate(orders):
            await allowances.give(conn, _allowance(order, number))
        await consent_store.put(conn, orders[2], [f"link:{CANARY}"], [_SHOWN], now=there.clock())
        await consent_store.put(conn, orders[3], [f"link:{CANARY}"], [_NAMED], now=there.clock())
    return [_names(order, number) for number, order in enumerate(orders)]


async def _waiting(there: World, **card: Any) -> Order:
    """An order that waits for an approver, who is its asker: for nobody else, unless it is let through."""
    now = there.clock()
    order = await there.order(
        OrderStatus.AWAITING_APPROVAL,
        draft=WISH,
        offer_id="offer-a",
        confirmed_by=ADA,
        confirmed_at=now,
        **card,
    )
    gate = Gate(
        id=_gate(order.id),
        order_id=order.id,
        owner_id=NORTH.id,
        enterprise_id=ORG,
        team_id=NORTH.id,
        offer_id="offer-a",
        kind=GateKind.APPROVAL,
        needed=1,
        approvers=(ADA,),
        opened_at=now,
        ends_at=now + 3_600,
    )
    async with there.db.write() as conn:
        await gate_store.open_gate(conn, gate)
    return order


def _gate(order_id: str) -> str:
    return f"gate-of-{order_id}"


def _difference(order: Order) -> Difference:
    return Difference(
        generation_id=f"gen-{order.id}",
        kind=DifferenceKind.UNTOLD,
        owner_id=NORTH.id,
        account_key=f"org:{CANARY}",
        ours=1,
        theirs=None,
        found_at=1.0,
    )


def _allowance(order: Order, number: int) -> Allowance:
    return Allowance(
        id=f"allowance-{order.id}",
        owner_id=NORTH.id,
        enterprise_id=ORG,
        team_id=NORTH.id,
        user_id=ADA,
        channel_id=VIDEOS,
        model=f"{CANARY}-{number}",
        most_usd=Decimal(1),
        at=1.0,
    )


def _card(number: int) -> dict[str, Any]:
    return {**CARD, "card_ts": _ts(number)}


def _ts(number: int) -> str:
    return f"1.0000{number:02}"


def _names(order: Order, number: int) -> Names:
    ts = _ts(number)
    return Names(
        order.id, "offer-a", f"{order.id}-00", order.created_at, VIDEOS, ts, FILE.file_id, _gate(order.id)
    )


async def rows_of(there: World, victims: list[Names]) -> set[str]:
    """Every row, of whatever table, that names the team or one of its orders."""
    marks = (NORTH.id, *(names.order for names in victims))
    async with there.db.read() as conn:
        found = {
            f"{table.name}: {row}"
            for table in metadata.sorted_tables
            if table.name not in _FOR_THE_ASKER
            for row in (await conn.execute(select(table))).all()
        }
    return {row for row in found if any(mark in row for mark in marks) and not _is_anothers_claim(row)}


def _is_anothers_claim(row: str) -> bool:
    """What an organisation says of its workspaces counts for that organisation alone."""
    return row.startswith("team_access: ") and ORG not in row


_FOR_THE_ASKER = {"answers", "people", "holders"}
"""What was said to whoever asked, and who they are."""
