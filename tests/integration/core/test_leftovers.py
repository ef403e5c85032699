"""What no order can come to any more is deleted at sync.so; a refusal is kept, and told."""

import pytest

from bot.steps.leftovers import Leftovers
from storage import leftovers
from tests.integration.core.world import World, error

DELETE = "/v2/assets/asset-1"
DAY_S = 24 * 3600.0


async def left(there: World) -> None:
    async with there.db.write() as conn:
        new = leftovers.NewLeftover("asset-1", None, "T0NORTH001", "org:org_app")
        await leftovers.leave(conn, [new], now=there.clock())


async def refused(there: World) -> int:
    async with there.db.read() as conn:
        return await leftovers.refused(conn)


async def a_day_of(there: World, loop: Leftovers) -> None:
    for _ in range(300):
        await loop.turn()
        there.clock.pass_by(DAY_S / 300)


async def test_it_is_deleted_once(there: World) -> None:
    there.sync.delete(DELETE).respond(json={"id": "asset-1"})
    await left(there)

    await a_day_of(there, Leftovers(there.tools))

    assert len(there.sent(DELETE)) == 1
    assert await refused(there) == 0


async def test_what_is_not_there_is_as_good_as_deleted(there: World) -> None:
    there.sync.delete(DELETE).mock(return_value=error(404, "asset_not_found"))
    await left(there)

    await a_day_of(there, Leftovers(there.tools))

    assert (len(there.sent(DELETE)), await refused(there)) == (1, 0)


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "asset_forbidden"), (401, "unauthorized"), (409, "conflict"), (404, "not_found")],
)
async def test_a_refusal_is_kept_and_not_asked_for_again(
    there: World, capsys: pytest.CaptureFixture[str], status: int, code: str
) -> None:
    there.sync.delete(DELETE).mock(return_value=error(status, code))
    await left(there)

    await a_day_of(there, Leftovers(there.tools))

    assert (len(there.sent(DELETE)), await refused(there)) == (1, 1)
    assert "not deleted at sync.so" in capsys.readouterr().out


async def test_trouble_is_tried_again_later_and_later_and_then_kept(there: World) -> None:
    there.sync.delete(DELETE).mock(return_value=error(503, "internal_error"))
    await left(there)

    await a_day_of(there, Leftovers(there.tools))

    assert (len(there.sent(DELETE)), await refused(there)) == (12, 1)


async def test_trouble_that_passes_is_no_refusal(there: World) -> None:
    there.sync.delete(DELETE).mock(side_effect=[error(503, "internal_error"), error(404, "asset_not_found")])
    await left(there)

    await a_day_of(there, Leftovers(there.tools))

    assert (len(there.sent(DELETE)), await refused(there)) == (2, 0)
