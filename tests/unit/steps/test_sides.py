"""Cards of several teams in one claim: what one meets holds up none of the others."""

from dataclasses import replace

import pytest

from bot.steps.sides import card_by_card
from storage.cards import Card, CardKind
from storage.errors import StorageUnreachable, Undecryptable

CARD = Card(
    id="one",
    enterprise_id=None,
    team_id="T1",
    kind=CardKind.HOME,
    order_id=None,
    user_id="U1",
    channel=None,
    ts=None,
    moved=False,
    revision=1,
    shown=0,
    place=None,
    due_at=None,
    lease_token="held",
    quiet_until=None,
    updated_at=0.0,
)
CARDS = [CARD, replace(CARD, id="two"), replace(CARD, id="three", team_id="T2")]


class Showing:
    """Shows what can be shown, and notes in which order."""

    def __init__(self, broken: dict[str, Exception]) -> None:
        self.broken = broken
        self.shown: list[str] = []
        self.later: list[tuple[str, Exception]] = []

    async def show(self, card: Card) -> None:
        if card.id in self.broken:
            raise self.broken[card.id]
        self.shown.append(card.id)

    async def give_back(self, card: Card, error: Exception) -> None:
        self.later.append((card.id, error))


@pytest.mark.parametrize("error", [KeyError("ours"), Undecryptable("their token")])
async def test_one_that_breaks_is_given_back_and_the_others_are_shown(error: Exception) -> None:
    it = Showing({"one": error})
    await card_by_card(CARDS, it.show, it.give_back, step="show")
    assert (sorted(it.shown), it.later) == (["three", "two"], [("one", error)])


async def test_a_database_that_is_away_is_the_workers_to_wait_for_once_other_teams_are_done() -> None:
    away = StorageUnreachable("away")
    it = Showing({"one": away})
    with pytest.raises(StorageUnreachable):
        await card_by_card(CARDS, it.show, it.give_back, step="show")
    assert (it.shown, it.later) == (["three"], [])
