"""What is shown is what is paid: a price may change between the card and the order, and nobody pays it."""

from decimal import Decimal

from tests.acceptance.blocks import Json, buttons, find_button, shown
from tests.acceptance.journey import watched
from tests.acceptance.person import Person, together
from tests.acceptance.stage import Stage
from tests.acceptance.ways import Offer, one_line_with_two_links, one_line_with_words

WENT_UP, NOT_CHECKED = "Not made: the price went up", "Not made: its price could not be checked"


async def offered_anew(stage: Stage, person: Person, old: Offer, headline: str) -> Offer:
    """The old card says what happened, and the new offer stands in its thread; nothing was paid."""
    stopped = await person.card(old.channel, headline)
    assert stopped["ts"] == old.card["ts"]
    assert "Nothing was charged" in shown(stopped)
    assert not buttons(stopped)
    new = await person.card(old.channel, "Ready to make it")
    assert new["thread_ts"] == old.thread_ts
    assert {"generate", "change", "cancel"} <= buttons(new)
    assert await stage.generations() == []
    return Offer(new, old.channel, old.thread_ts)


async def made_as_shown(stage: Stage, person: Person, offer: Offer) -> Json:
    """Generate makes one video, for the price on the card."""
    await person.press(offer.card, "generate")
    await watched(person, await person.video(offer.channel, thread_ts=offer.thread_ts))
    generation = await stage.the_generation()
    assert f"${Decimal(generation['charged_usd']):.2f}" in shown(offer.card)
    return generation


async def test_a_price_that_rose_after_the_card_is_not_paid_but_offered(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_two_links(stage, ana)
    await stage.sync_trouble("price_raised", factor=10.0)
    await ana.press(ready.card, "generate")
    new = await offered_anew(stage, ana, ready, WENT_UP)
    assert "you said yes to about $" in shown(new.card)
    await made_as_shown(stage, ana, new)
    assert [job["failure_code"] for job in stage.jobs_of(ana)] == ["price_changed", None]


async def test_what_grew_behind_a_link_is_not_paid_but_offered(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_two_links(stage, ana)
    await stage.sync_trouble("link_grown", factor=6)
    await ana.press(ready.card, "generate")
    new = await offered_anew(stage, ana, ready, WENT_UP)
    assert (await made_as_shown(stage, ana, new))["length_s"] > 20


async def test_a_price_that_fell_goes_on(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_two_links(stage, ana)
    await stage.sync_trouble("price_raised", factor=0.5)
    await ana.press(ready.card, "generate")
    await ana.video(ready.channel, thread_ts=ready.thread_ts)
    await stage.the_generation()
    assert len(stage.jobs_of(ana)) == 1


async def test_a_price_that_rose_while_it_waited_for_a_slot_is_not_paid(stage: Stage, ana: Person) -> None:
    """sync.so has refused it once, for want of a slot, and so has certainly not taken it."""
    ready = await one_line_with_two_links(stage, ana)
    await stage.sync_trouble("concurrency_reached", retry_after=3)
    await ana.press(ready.card, "generate")
    await stage.until_asked_to_create()
    await stage.end_sync_trouble("concurrency_reached")
    await stage.sync_trouble("price_raised", factor=10.0)
    await offered_anew(stage, ana, ready, WENT_UP)


async def test_what_has_no_price_for_two_minutes_asks_for_a_yes_without_one(
    stage: Stage, ana: Person
) -> None:
    ready = await one_line_with_two_links(stage, ana)
    await stage.sync_trouble("estimate_unavailable")
    await ana.press(ready.card, "generate")
    await stage.until_tries(ana, "queued", 1)
    await stage.put_off(ana, by_s=0.0)
    stage.let_time_pass(ana, pricing_since=-120.0)
    new = await offered_anew(stage, ana, ready, NOT_CHECKED)
    assert "could not say what it will cost" in shown(new.card)
    assert "confirm" in find_button(new.card, "generate")[1]
    await ana.press(new.card, "generate")
    await watched(ana, await ana.video(new.channel, thread_ts=new.thread_ts))
    await stage.the_generation()


async def test_pressing_twice_leads_to_one_new_offer(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_two_links(stage, ana)
    await stage.sync_trouble("price_raised", factor=10.0)
    await together(*(ana.press(ready.card, "generate") for _ in range(3)))
    new = await offered_anew(stage, ana, ready, WENT_UP)
    await together(*(ana.press(new.card, "generate") for _ in range(3)))
    await ana.video(new.channel, thread_ts=new.thread_ts)
    await stage.the_generation()
    assert len(stage.jobs_of(ana)) == 2


async def test_a_death_while_a_price_is_asked_for_leads_to_one_new_offer(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_two_links(stage, ana)
    await stage.sync_trouble("price_raised", factor=10.0)
    await stage.sync_trouble("slow_answer", times=1, route="estimate", seconds=30.0)
    await ana.press(ready.card, "generate")
    await stage.until_struck("slow_answer")
    await stage.crash()
    await stage.restart()
    await offered_anew(stage, ana, ready, WENT_UP)
    assert len(stage.jobs_of(ana)) == 2


async def test_one_whose_price_does_not_come_lets_the_others_pass(
    stage: Stage, ana: Person, ben: Person
) -> None:
    """They share an account that makes one video at a time."""
    await stage.sync_trouble("concurrency_lowered", limit=1)
    hers, his = [await one_line_with_words(stage, person) for person in (ana, ben)]
    await stage.sync_trouble("slow_answer", times=1, route="estimate", seconds=15.0)
    await ana.press(hers.card, "generate")
    await stage.until_struck("slow_answer")
    await ben.press(his.card, "generate")
    await ben.video(his.channel, thread_ts=his.thread_ts)
    assert (await stage.until(ana, "queued"))["status"] == "queued"
    await ana.video(hers.channel, thread_ts=hers.thread_ts)
    assert len(await stage.generations()) == 2
