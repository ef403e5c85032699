"""What was read lately: nobody waits for it twice, and a change is never hidden by a read from before it."""

import asyncio

import pytest

from bot.teams.last_read import LastRead
from storage.errors import StorageUnreachable

FRESH_S = 30.0


class Shelf:
    """What can be read, and how often it was."""

    def __init__(self) -> None:
        self.now, self.reads, self.value = 0.0, 0, "old"
        self.is_away = False
        self.hold: asyncio.Event | None = None
        self.known = LastRead(self.read, fresh_s=lambda _: FRESH_S, elapsed=lambda: self.now)

    async def read(self, key: str) -> str:
        self.reads += 1
        found = f"{key} {self.value}"
        if self.hold is not None:
            await self.hold.wait()
        if self.is_away:
            raise StorageUnreachable("away")
        return found


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def test_it_is_read_once_until_it_is_old(shelf: Shelf) -> None:
    assert [await shelf.known.of("a") for _ in range(3)] == ["a old"] * 3
    shelf.value, shelf.now = "new", FRESH_S
    assert await shelf.known.of("a") == "a old"
    shelf.now += 0.1
    assert await shelf.known.of("a") == "a new"
    assert shelf.reads == 2


async def test_what_does_not_suit_is_read_now(shelf: Shelf) -> None:
    await shelf.known.of("a")
    shelf.value = "new"

    assert await shelf.known.of("a", suits=lambda found: found == "a new") == "a new"
    assert await shelf.known.of("a") == "a new"


async def test_while_the_database_is_away_what_was_read_last_holds(shelf: Shelf) -> None:
    await shelf.known.of("a")
    shelf.is_away, shelf.now = True, FRESH_S * 100

    assert await shelf.known.of("a") == "a old"
    for never_read in (shelf.known.of("b"), shelf.known.latest("a")):
        with pytest.raises(StorageUnreachable):
            await never_read


@pytest.mark.parametrize("forgotten", ["a", None])
async def test_a_read_from_before_a_change_hides_it_from_nobody_who_asks_after_it(
    shelf: Shelf, forgotten: str | None
) -> None:
    shelf.hold = asyncio.Event()
    before = asyncio.create_task(shelf.known.of("a"))
    await asyncio.sleep(0)
    shelf.value = "new"
    shelf.known.forget(forgotten)
    shelf.hold.set()

    assert await before == "a old"
    assert await shelf.known.of("a") == "a new"


async def test_of_several_one_alone_is_forgotten(shelf: Shelf) -> None:
    await shelf.known.of("a")
    await shelf.known.of("b")
    shelf.value = "new"
    shelf.known.forget("a")

    assert [await shelf.known.of(key) for key in ("a", "b")] == ["a new", "b old"]
