"""What arrives over HTTP: only Slack's own signature counts, and a signed click is checked all the same."""

import json
import time
from random import Random

import pytest

from tests.acceptance.blocks import Json, find_button
from tests.acceptance.journey import make_and_check
from tests.acceptance.person import CLIP, Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import READY, Offer, one_line_with_two_links, one_line_with_words
from tests.integration.fake_slack.harness import ADA, NORTH, VIDEOS
from tests.integration.handlers.mutations import mutated, ours, slacks_own

MODE = "http"


def click(person: Person, channel: str, card: Json, value: str) -> Json:
    """A click on Generate as Slack sends it, from a window that may show an older card."""
    return {
        "type": "block_actions",
        "team": {"id": person.team, "domain": "somewhere"},
        "user": {"id": person.user, "username": "x", "name": "x", "team_id": person.team},
        "api_app_id": "A0LIPSYNC1",
        "enterprise": None,
        "is_enterprise_install": False,
        "container": {"type": "message", "message_ts": card["ts"], "channel_id": channel},
        "channel": {"id": channel, "name": "x"},
        "message": card,
        "trigger_id": f"{time.time_ns()}.1.x",
        "actions": [{"type": "button", "action_id": "generate", "block_id": "x", "value": value}],
    }


def price_on(card: Json) -> str:
    value: str = find_button(card, "generate")[1]["value"]
    return value


async def test_the_generate_button_of_an_older_card_cannot_spend(stage: Stage, ana: Person) -> None:
    old = await one_line_with_two_links(stage, ana)
    await ana.press(old.card, "change")
    form = await ana.form(holding="audio_link")
    await ana.submit(await ana.choose_option(form, "model", "lipsync-2"))

    async def repriced() -> Json | None:
        card = (await ana.messages(ana.channel))[0]
        return card if READY in card["text"] and price_on(card) != price_on(old.card) else None

    new = await ana.wait(repriced, "the new price")
    assert await stage.signed_post(click(ana, ana.channel, old.card, price_on(old.card))) == 200
    await ana.card(ana.dm, "That offer is no longer the current one, so nothing was charged")
    assert await stage.generations() == []
    await make_and_check(stage, ana, Offer(new, ana.channel, old.thread_ts))


async def test_another_workspace_cannot_spend_a_price_that_it_got_hold_of(
    stage: Stage, ana: Person, chidi: Person
) -> None:
    ready = await one_line_with_words(stage, ana)
    forged = click(chidi, chidi.channel, ready.card, price_on(ready.card))
    assert await stage.signed_post(forged) == 200
    await chidi.card(chidi.dm, "I no longer know this video")
    assert await stage.generations() == []
    assert CLIP not in str(await chidi.state())
    await make_and_check(stage, ana, ready)


async def test_the_same_click_of_two_people_spends_once(stage: Stage, ana: Person, ben: Person) -> None:
    ready = await one_line_with_words(stage, ana)
    assert await stage.signed_post(click(ben, ana.channel, ready.card, price_on(ready.card))) == 200
    await ben.card(ben.dm, f"Only <@{ana.user}>")
    await make_and_check(stage, ana, ready)


@pytest.mark.parametrize("wrong", ["unsigned", "forged", "old"])
async def test_what_slack_did_not_sign_is_refused(stage: Stage, ana: Person, wrong: str) -> None:
    ready = await one_line_with_words(stage, ana)
    body = click(ana, ana.channel, ready.card, price_on(ready.card))
    assert await stage.signed_post(body, wrong=wrong) == 401
    assert await stage.generations() == []
    assert stage.jobs_of(ana)[-1]["status"] == "offered"


def samples_of(person: Person, card: Json, nowhere: str) -> list[Json]:
    """What leads to every handler, as of this person, save for what would remove the app."""
    order_id = price_on(card).partition(":")[0]
    places = {NORTH.id: person.team, ADA: person.user, VIDEOS: person.channel, "D1": person.dm}
    text = json.dumps(ours(order_id, response_url=nowhere))
    for there, here in places.items():
        text = text.replace(f'"{there}"', f'"{here}"')
    removals = {"app_uninstalled", "tokens_revoked"}
    samples: list[Json] = json.loads(text)
    return [each for each in samples if each.get("event", {}).get("type") not in removals]


async def test_signed_nonsense_breaks_nothing_and_costs_nobody_their_video(
    stage: Stage, ana: Person, ben: Person
) -> None:
    card = (await one_line_with_words(stage, ana)).card
    samples = samples_of(ana, card, f"{stage.page.base_url}/nowhere") * 3 + slacks_own()
    chance = Random(1)
    for _ in range(400):
        body, content_type = mutated(chance, samples)
        assert await stage.signed(body, content_type) in {200, 400, 413}, body[:2_000]
    await make_and_check(stage, ben, await one_line_with_words(stage, ben))
    assert "level='error'" not in stage.new_log()
