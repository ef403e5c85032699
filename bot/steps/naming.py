"""Colleagues who are named as shown: whether they are some, and that they hear of it."""

import asyncio
from collections.abc import Iterable, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.asks import Asker
from bot.errors import NotInstalled
from bot.messages.objection import named
from bot.steps.telling import in_direct_message
from bot.steps.tools import Tools
from bot.together import all_of
from storage import answers, consent_store, objections
from storage.consents import Consent, Ground, Shown
from storage.data_map import DAY_S
from storage.errors import StorageError
from storage.orders import Order
from storage.people import Membership

_log = structlog.get_logger(__name__)

_NOT_THERE = frozenset({Membership.OUTSIDER, Membership.GONE})


async def from_elsewhere(tools: Tools, order: Order, people: Iterable[Shown]) -> frozenset[str]:
    """Who of them is named as a colleague and is none: an app, or of another organisation.

    Of whom Slack does not tell in time, whoever asks is believed.
    """
    colleagues = [each.user_id for each in people if each.ground is Ground.COLLEAGUE and each.user_id]
    try:
        async with asyncio.timeout(tools.patience.check_s):
            profiles = await all_of(tools.roles.people.of(order, each) for each in colleagues)
    except (NotInstalled, StorageError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever keeps Slack from telling, it is not told
        _log.warning("not told who somebody is who is said to be shown", cause=repr(error))
        return frozenset()
    return frozenset(each.user_id for each in profiles if each.membership in _NOT_THERE)


async def tell(
    conn: AsyncConnection,
    tools: Tools,
    order: Order,
    said: Sequence[Consent],
    *,
    before: Sequence[Consent] = (),
    is_again: bool = False,
) -> None:
    """Have colleagues told that they are named, once for each order; not those who were named `before`.

    `is_again`: it is taken over from another order of the same video. So they hear that this is used again:
    once in a thread, and at most once a day, whatever is made of it.
    """
    known, now = {each.shown.user_id for each in before}, tools.clock()
    for consent in said:
        user_id = consent.shown.user_id
        if (
            consent.shown.ground is not Ground.COLLEAGUE
            or user_id is None
            or user_id in known | {order.user_id}
        ):
            continue
        if is_again and await consent_store.has_heard(conn, order, user_id, since=now - DAY_S):
            continue
        person = Asker(order.enterprise_id, order.team_id, user_id)
        objects = await objections.stands(conn, person)
        message = named(tools.words, order, objects=objects, is_again=is_again)
        answer = in_direct_message(person, message, key=f"shown:{order.id}:{user_id}", now=now)
        await answers.begin(conn, answer, due_at=now)
        await consent_store.told(conn, order.id, user_id, now=now)
