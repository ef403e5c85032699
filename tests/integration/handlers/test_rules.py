"""The team's rules, on every way in: who asks, what stands against it, and what they are told."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.asking.asks import Asker
from bot.asking.drafts import Draft, Script, SlackFile
from bot.asking.room import MOST_OPEN
from bot.messages.catalogue import ENGLISH
from bot.messages.form import FormState, form
from bot.messages.ids import Action, Field, button_value
from bot.messages.rule_words import RULE_WORDS, code_of
from bot.patience import Patience
from bot.sandbox.fake_slack import UserConfig
from bot.sandbox.fake_slack.records import Channel
from bot.slack import SlackTeam
from bot.steps.drafts import Drafts
from bot.steps.prepare import Prepare
from bot.teams.people import People
from bot.teams.rights import Rule
from bot.teams.rules import Rules, Who
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from tests.integration.core.bringing import Preparing
from tests.integration.core.world import LINKS, SCRIPT
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS
from tests.integration.handlers.front import (
    VIDEO_FILE,
    Front,
    Json,
    alert_in,
    block_action,
    message_event,
    view_payload,
)
from tests.integration.handlers.test_part_menu import chosen, two

GUS, OLGA, AMY, EVE = "U0NORTHGUS", "U0ELSEOLGA", "U0NORTHAMY", "U0NORTHEVE"
MET: dict[str, dict[str, Any]] = {
    GUS: {"role": "guest"},
    OLGA: {"home_team": "T0ELSEWHERE"},
    AMY: {"role": "admin"},
    EVE: {"deleted": True},
}
CLIP = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=1_000)
LINE = 'https://example.com/clip.mp4 say "Hello there"'
STUB = {"id": "F9", "created": 0, "mode": "file_access", "file_access": "check_file_info"}
NOBODY_ELSE = Rules(who=Who.NAMED, people=(BEN,))
Way = Callable[[Front, str], Awaitable[str]]


@pytest.fixture(autouse=True)
def everybody(app: Front) -> None:
    """People of the workspace whom the others' tests do not know."""
    workspace = app.there.slack.workspace(NORTH.id)
    for user_id, says in MET.items():
        workspace.users[user_id] = UserConfig(user_id, user_id[-3:].lower(), user_id, "#ffffff", **says)
        workspace.channel(VIDEOS).members.add(user_id)
        direct = {user_id, NORTH.bot_user_id}
        workspace._add(Channel(f"D{user_id[1:]}", "lipsync", "im", True, direct, user_id))


async def setting(app: Front, rules: Rules) -> None:
    """Have rules made by the workspace's admin."""
    rulebook, asker = app.services.roles.rulebook, Asker(None, NORTH.id, AMY)
    assert await rulebook.change(await rulebook.of(asker), rules, by=AMY)


async def meet(app: Front, *people: str) -> None:
    """Have the app know who these are, as after an ask of theirs."""
    for person in people:
        await app.services.roles.people.of(Asker(None, NORTH.id, person), person)


def words_of(rule: Rule) -> str:
    """What everybody whom it keeps out is told of it first."""
    return RULE_WORDS[code_of(rule)].happened


def told(app: Front, person: str) -> str:
    """All that a person was told privately."""
    workspace = app.there.slack.workspace(NORTH.id)
    private = [each.message.text for each in workspace.ephemerals.values() if each.user == person]
    direct = [channel for channel in workspace.channels.values() if channel.user == person]
    return " ".join([*private, *(message.text for one in direct for message in workspace.messages(one.id))])


# --- the ways in ---------------------------------------------------------------------------------------


async def by_line(app: Front, person: str) -> str:
    return (await app.command(LINE, user_id=person)).text


async def by_form_of_a_command(app: Front, person: str) -> str:
    return (await app.command("", user_id=person)).text


async def by_shortcut(app: Front, person: str, **more: Any) -> str:
    pressed: Json = {"callback_id": "lipsync_global", "type": "shortcut", "user": of(person), **more}
    await app.interaction({**block_action(""), **pressed})
    return ""


async def by_shortcut_on_a_message(app: Front, person: str) -> str:
    message = {"ts": "1790000000.000001", "files": [VIDEO_FILE]}
    pressed = {"type": "message_action", "callback_id": "lipsync_message", "message": message}
    return await by_shortcut(app, person, **pressed)


async def by_mention(app: Front, person: str) -> str:
    words = f'<@{NORTH.bot_user_id}> say "Hello there"'
    event = message_event(words, channel=VIDEOS, files=[VIDEO_FILE], user=person) | {"type": "app_mention"}
    del event["channel_type"]
    await app.event(event)
    return ""


async def by_drop(app: Front, person: str) -> str:
    event = message_event(
        'say "Hello there"', channel=app.there.box.dm(person), files=[VIDEO_FILE], user=person
    )
    await app.event(event)
    return ""


async def by_drop_of_a_stub(app: Front, person: str) -> str:
    await app.event(message_event("", channel=app.there.box.dm(person), files=[STUB], user=person))
    return ""


def of(person: str) -> Json:
    return {"id": person, "team_id": NORTH.id}


async def press(app: Front, person: str, action: str, value: str) -> str:
    await app.interaction(block_action(action, value, user=of(person)))
    return ""


async def again(app: Front, person: str) -> str:
    done = await app.there.done_order(JobStatus.DELIVERED, user_id=BEN, channel_id=VIDEOS)
    return await press(app, person, Action.RERUN, button_value(done.id))


async def another(app: Front, person: str) -> str:
    done = await app.there.done_order(JobStatus.DELIVERED, user_id=BEN, channel_id=VIDEOS)
    return await press(app, person, Action.ANOTHER, button_value(done.id))


async def again_of_one(app: Front, person: str) -> str:
    return await of_one(app, person, Action.RERUN)


async def another_of_one(app: Front, person: str) -> str:
    return await of_one(app, person, Action.ANOTHER)


async def of_one(app: Front, person: str, action: Action) -> str:
    order, _ = await two(app, JobStatus.FAILED, asker=BEN, failure_code="internal")
    await app.interaction(chosen(action, order, user=of(person)))
    return ""


async def by_home(app: Front, person: str) -> str:
    where = {"type": "view", "view_id": "V0HOME"}
    on_home: Json = {"channel": None, "container": where, "view": {"id": "V0HOME", "type": "home"}}
    await app.interaction(block_action(Action.HOME_START, user=of(person), **on_home))
    return ""


NEW_ASKS: dict[str, Way] = {
    "line": by_line,
    "form of a command": by_form_of_a_command,
    "shortcut": by_shortcut,
    "shortcut on a message": by_shortcut_on_a_message,
    "mention": by_mention,
    "drop": by_drop,
    "drop of a stub": by_drop_of_a_stub,
    "again": again,
    "another": another,
    "again of one": again_of_one,
    "another of one": another_of_one,
    "start in Home": by_home,
}
IN_DIRECT = {"drop": by_drop, "drop of a stub": by_drop_of_a_stub, "shortcut": by_shortcut}
IN_DIRECT |= {"start in Home": by_home}
IN_CHANNELS = {name: way for name, way in NEW_ASKS.items() if name not in IN_DIRECT}
EVERYWHERE = pytest.mark.parametrize("way", NEW_ASKS.values(), ids=NEW_ASKS)

ROLES = {
    "guest": (GUS, Rules(), Rule.GUESTS),
    "outsider": (OLGA, Rules(), Rule.OUTSIDERS),
    "gone": (EVE, Rules(guests=True, outsiders=True), Rule.GONE),
    "not named": (ADA, NOBODY_ELSE, Rule.PEOPLE),
    "blocked": (ADA, Rules(blocked_people=(ADA,)), Rule.BLOCKED),
}
LET_IN = {
    "guest": (GUS, Rules(guests=True)),
    "outsider": (OLGA, Rules(outsiders=True)),
    "named": (ADA, Rules(who=Who.NAMED, people=(ADA,))),
    "somebody else is blocked": (ADA, Rules(blocked_people=(BEN,))),
}


@EVERYWHERE
@pytest.mark.parametrize(("person", "rules", "rule"), ROLES.values(), ids=ROLES)
async def test_whom_a_rule_keeps_out_gets_nowhere_and_hears_why(
    app: Front, way: Way, person: str, rules: Rules, rule: Rule
) -> None:
    await setting(app, rules)
    await meet(app, AMY, person)
    app.there.clock.pass_by(31)

    said = await way(app, person)
    await app.settled()

    assert await app.orders(user_id=person) == []
    answer = said + told(app, person)
    assert words_of(rule) in answer
    assert "Nothing was charged." in answer
    assert (f"<@{AMY}>" in answer) is (rule is not Rule.GONE), "no rule of an admin's keeps those out"


@EVERYWHERE
@pytest.mark.parametrize(("person", "rules"), LET_IN.values(), ids=LET_IN)
async def test_whom_the_rules_let_in_is_taken(app: Front, way: Way, person: str, rules: Rules) -> None:
    await setting(app, rules)
    await meet(app, person)

    await way(app, person)
    await app.settled(looks=False)

    assert len(await app.orders(user_id=person)) == 1


@EVERYWHERE
async def test_no_request_waits_to_learn_who_somebody_is(
    app: Front, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    await setting(app, Rules(who=Who.GROUP, group="S1"))
    is_answered, look_up = asyncio.Event(), People.of

    async def slowly(people: People, *of: Any, **how: Any) -> Any:
        await is_answered.wait()
        return await look_up(people, *of, **how)

    monkeypatch.setattr(People, "of", slowly)
    async with asyncio.timeout(60):
        await way(app, GUS)
    is_answered.set()
    await app.settled(looks=False)

    assert len(await app.orders(user_id=GUS)) == 1


async def test_who_is_kept_out_and_not_known_yet_reads_why_in_place_of_the_form(
    app: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    async def open_view(_slack: SlackTeam, _trigger_id: str, view: Json) -> Json:
        shown.append(str(view))
        return {"id": "V1"}

    monkeypatch.setattr(SlackTeam, "open_view", open_view)

    await by_form_of_a_command(app, GUS)
    await app.settled(looks=False)

    (refused,) = shown
    assert words_of(Rule.GUESTS) in refused
    assert "'input'" not in refused
    assert [order.status for order in await app.orders(user_id=GUS)] == [OrderStatus.CANCELLED]


@pytest.mark.parametrize("member", [True, False])
async def test_whom_a_user_group_that_is_known_leaves_out_hears_so_at_once(
    app: Front, *, member: bool
) -> None:
    async def members(*_: Any) -> frozenset[str]:
        return frozenset({ADA if member else BEN})

    groups = app.services.roles.groups
    groups._look_up = members
    await setting(app, Rules(who=Who.GROUP, group="S1"))
    await meet(app, ADA)
    await groups.members(await app.services.teams.need(None, NORTH.id), "S1", NORTH.id)

    said = await by_line(app, ADA)
    await app.settled(looks=False)

    assert bool(await app.orders()) is member
    assert (words_of(Rule.PEOPLE) in said + told(app, ADA)) is not member


# --- what was not known in time: the worker's first step -------------------------------------------------


async def first_step(app: Front, order: Order) -> Order:
    step = Prepare if order.status is OrderStatus.PREPARING else Drafts
    return await app.there.run(step(app.there.tools), order)


@pytest.mark.parametrize("status", [OrderStatus.PREPARING, OrderStatus.DRAFT])
@pytest.mark.parametrize(("person", "rules", "rule"), ROLES.values(), ids=ROLES)
async def test_before_anything_is_uploaded_or_priced_the_worker_sees_to_the_rules(
    app: Front, status: OrderStatus, person: str, rules: Rules, rule: Rule
) -> None:
    await setting(app, rules)
    draft = Draft(video=CLIP, speech=SCRIPT.speech if status is OrderStatus.PREPARING else None)
    order = await app.there.order(status, draft=draft, user_id=person, prepared="{}")

    ended = await first_step(app, order)

    assert (ended.status, ended.failure_code) == (OrderStatus.FAILED, code_of(rule))
    assert app.there.sync.calls.call_count == 0
    assert app.there.calls("files.info") == []


@pytest.mark.parametrize(
    ("rules", "rule"),
    [
        (Rules(channels=("C0OTHER",)), Rule.CHANNELS),
        (Rules(models=("lipsync-2",)), Rule.MODELS),
        (Rules(blocked_words=("hello",)), Rule.WORDS),
    ],
)
async def test_the_worker_sees_to_place_model_and_words_as_well(app: Front, rules: Rules, rule: Rule) -> None:
    await setting(app, rules)
    draft = SCRIPT.model_copy(update={"model": "sync-3"})
    order = await app.there.order(OrderStatus.PREPARING, draft=draft, prepared="{}")

    ended = await first_step(app, order)

    assert (ended.status, ended.failure_code) == (OrderStatus.FAILED, code_of(rule))
    assert app.there.sync.calls.call_count == 0


async def test_a_slack_that_does_not_say_who_it_is_has_the_worker_wait(app: Front) -> None:
    await app.there.box.page.post(
        "/ui/faults", json={"name": "api_error", "params": {"method": "users.info", "error": "fatal_error"}}
    )
    order = await app.there.order(OrderStatus.PREPARING, draft=LINKS, prepared="{}")

    waiting = await first_step(app, order)

    assert waiting.status is OrderStatus.PREPARING
    assert waiting.due_at is not None


async def by_words_with_a_stub(app: Front, person: str) -> str:
    event = message_event('say "Hello there"', channel=app.there.box.dm(person), files=[STUB], user=person)
    await app.event(event)
    return ""


async def by_mention_with_a_stub(app: Front, person: str) -> str:
    event = message_event(f"<@{NORTH.bot_user_id}>", channel=VIDEOS, files=[STUB], user=person)
    del event["channel_type"]
    await app.event(event | {"type": "app_mention"})
    return ""


async def again_of_a_script(app: Front, person: str) -> str:
    said = SCRIPT.model_copy(update={"speech": Script(text="Hello there", voice_id="v-1"), "model": "sync-3"})
    done = await app.there.done_order(JobStatus.DELIVERED, draft=said, user_id=BEN)
    return await press(app, person, Action.RERUN, button_value(done.id))


# --- place, model and words, at once --------------------------------------------------------------------


@pytest.mark.parametrize(
    "way", [*IN_CHANNELS.values(), by_mention_with_a_stub], ids=[*IN_CHANNELS, "mention with a stub"]
)
async def test_in_a_channel_that_is_not_on_the_list_nothing_is_taken(app: Front, way: Way) -> None:
    await setting(app, Rules(channels=("C0OTHER",)))

    said = await way(app, ADA)
    await app.settled()

    assert await app.orders() == []
    answer = said + told(app, ADA)
    assert words_of(Rule.CHANNELS) in answer
    assert "Ask me in our direct message instead." in answer


@pytest.mark.parametrize("way", IN_DIRECT.values(), ids=IN_DIRECT)
async def test_the_direct_message_is_open_whatever_the_list_says(app: Front, way: Way) -> None:
    await setting(app, Rules(channels=("C0OTHER",)))

    await way(app, ADA)
    await app.settled()

    assert len(await app.orders()) == 1


@pytest.mark.parametrize(
    ("rules", "rule"),
    [
        (Rules(models=("lipsync-2",), model="sync-3"), Rule.MODELS),
        (Rules(blocked_words=("hello  THERE",)), Rule.WORDS),
    ],
)
@pytest.mark.parametrize("way", [by_line, by_mention, by_drop, by_words_with_a_stub, again_of_a_script])
async def test_what_is_typed_is_held_against_the_rules_at_once(
    app: Front, way: Way, rules: Rules, rule: Rule
) -> None:
    await setting(app, rules)

    said = await way(app, ADA)
    await app.settled()

    assert await app.orders() == []
    assert words_of(rule) in said + told(app, ADA)


async def test_a_sent_form_says_at_its_field_what_stands_against_what_it_should_say(app: Front) -> None:
    app.there.sync.get("/v2/voices").respond(json=[{"id": "v-1", "name": "Rachel"}])
    app.there.sync.get("/v2/models").respond(json=[])
    order = await app.there.order(OrderStatus.DRAFT, draft=SCRIPT)
    view = form(ENGLISH, FormState(order.id, SCRIPT))
    filled = {**view, "state": {"values": values(view)}}
    await setting(app, Rules(blocked_words=("hello",)))

    answer = (await app.interaction(view_payload("view_submission", filled))).json()

    assert answer["response_action"] == "errors"
    assert set(answer["errors"]) == {Field.SPEECH}
    assert "An admin of your workspace can change that." in answer["errors"][Field.SPEECH]
    assert (await app.there.now(order)).status is OrderStatus.DRAFT


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (Rules(models=("lipsync-2",)), "Your team does not use this model"),
        (Rules(blocked_people=(ADA,)), "An admin of your workspace can change that."),
    ],
)
async def test_a_sent_form_says_above_its_fields_what_is_about_none_of_them(
    app: Front, rules: Rules, words: str
) -> None:
    app.there.sync.get("/v2/voices").respond(json=[{"id": "v-1", "name": "Rachel"}])
    app.there.sync.get("/v2/models").respond(json=[])
    order = await app.there.order(OrderStatus.DRAFT, draft=SCRIPT)
    view = form(ENGLISH, FormState(order.id, SCRIPT))
    await setting(app, rules)

    sent = view_payload("view_submission", {**view, "state": {"values": values(view)}})
    answer = (await app.interaction(sent)).json()

    assert words in alert_in(answer)
    assert answer["view"]["private_metadata"] == view["private_metadata"]
    assert answer["view"]["blocks"][-len(view["blocks"]) :] == view["blocks"]
    assert (await app.there.now(order)).status is OrderStatus.DRAFT


async def test_a_sent_form_says_above_its_fields_that_too_many_are_open(app: Front) -> None:
    for _ in range(MOST_OPEN):
        await app.there.job(JobStatus.PROCESSING, card_revision=1)
    order = await app.there.order(OrderStatus.DRAFT, draft=SCRIPT)
    view = form(ENGLISH, FormState(order.id, SCRIPT))

    sent = view_payload("view_submission", {**view, "state": {"values": values(view)}})
    answer = (await app.interaction(sent)).json()

    assert f"One person can have {MOST_OPEN} videos open at a time" in alert_in(answer)
    assert (await app.there.now(order)).status is OrderStatus.DRAFT


def values(view: Json) -> Json:
    """A form as it is sent when nobody touches it."""
    filled: Json = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            value = {"value": element.get("initial_value"), "selected_option": element.get("initial_option")}
            filled[block["block_id"]] = {element["action_id"]: {"type": element["type"], **value}}
    return filled


# --- the press on Generate ------------------------------------------------------------------------------


async def offered(app: Front, person: str, draft: Draft = LINKS) -> Order:
    return await app.there.order(
        OrderStatus.OFFERED, draft=draft, user_id=person, offer_id="e1", expires_at=app.there.clock() + 3_600
    )


async def generate(app: Front, order: Order, person: str) -> str:
    await press(app, person, Action.GENERATE, button_value(order.id, "e1"))
    await app.settled()
    return told(app, person)


AT_THE_YES = {
    **ROLES,
    "channel": (ADA, Rules(channels=("C0OTHER",)), Rule.CHANNELS),
    "model": (ADA, Rules(models=("lipsync-2",)), Rule.MODELS),
    "words": (ADA, Rules(blocked_words=("hello",)), Rule.WORDS),
}


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize(("person", "rules", "rule"), AT_THE_YES.values(), ids=AT_THE_YES)
async def test_a_yes_that_a_rule_stands_against_by_now_spends_nothing(
    app: Front, person: str, rules: Rules, rule: Rule, *, is_known: bool
) -> None:
    order = await offered(app, person, SCRIPT.model_copy(update={"model": "sync-3"}))
    await setting(app, rules)
    if is_known:
        await meet(app, person)

    answer = await generate(app, order, person)

    assert words_of(rule) in answer
    assert "Nothing was charged." in answer
    assert (await app.there.now(order)).status is OrderStatus.OFFERED


@pytest.mark.parametrize(("person", "rules"), LET_IN.values(), ids=LET_IN)
async def test_a_yes_of_somebody_whom_the_rules_let_in_is_taken(
    app: Front, person: str, rules: Rules
) -> None:
    order = await offered(app, person)
    await setting(app, rules)

    await generate(app, order, person)

    assert (await app.there.now(order)).status is OrderStatus.RUNNING


@pytest.mark.parametrize("error", ["fatal_error", "missing_scope"])
async def test_a_yes_of_somebody_of_whom_slack_tells_nothing_is_none(app: Front, error: str) -> None:
    fault = {"name": "api_error", "params": {"method": "users.info", "error": error}}
    await app.there.box.page.post("/ui/faults", json=fault)
    order = await offered(app, ADA)

    answer = await generate(app, order, ADA)

    lacks = error == "missing_scope"
    assert (words_of(Rule.UNTOLD) in answer) is not lacks
    assert ("Try again in a minute" in answer) is not lacks
    assert ("I lack the permission `users:read`" in answer) is lacks
    assert "An admin of your workspace can change that" not in answer
    assert (await app.there.now(order)).status is OrderStatus.OFFERED


async def test_a_yes_waits_for_slack_no_longer_than_slack_waits_for_its_answer(
    app: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(People, "of", never)
    monkeypatch.setattr(app.services.roles.gate, "_patience", Patience(press_s=0.05))
    order = await offered(app, ADA)

    async with asyncio.timeout(30):
        answer = await generate(app, order, ADA)

    assert words_of(Rule.UNTOLD) in answer
    assert (await app.there.now(order)).status is OrderStatus.OFFERED


@pytest.mark.parametrize("member", [True, False])
async def test_a_user_group_is_asked_for_who_is_in_it(app: Front, *, member: bool) -> None:
    people = frozenset({ADA}) if member else frozenset({BEN})

    async def members(_installed: Any, group: str, _team: str) -> frozenset[str]:
        assert group == "S1"
        return people

    app.services.roles.groups._look_up = members
    order = await offered(app, ADA)
    await setting(app, Rules(who=Who.GROUP, group="S1"))

    answer = await generate(app, order, ADA)

    assert (await app.there.now(order)).status is (OrderStatus.RUNNING if member else OrderStatus.OFFERED)
    assert (words_of(Rule.PEOPLE) in answer) is not member


async def test_what_was_said_yes_to_goes_on_whatever_the_rules_become(app: Front) -> None:
    running = await app.there.job(JobStatus.QUEUED)
    await setting(app, Rules(blocked_people=(ADA,)))

    await app.interaction(block_action(Action.CANCEL, button_value(running.order_id)))

    assert (await app.there.now(running)).status is JobStatus.CANCELLED


# --- what the team chose --------------------------------------------------------------------------------


async def test_what_nobody_named_is_filled_in_by_the_worker_as_the_team_chose(app: Front) -> None:
    app.there.sync.get("/v2/voices").respond(
        json=[{"id": "v-1", "name": "Rachel"}, {"id": "v-2", "name": "Adam"}]
    )
    app.there.sync.post("/v2/assets").respond(json={"id": "asset-1", "url": "https://x.test"})
    app.there.sync.post("/v2/analyze/cost").respond(
        json=[{"estimatedFrameCount": 125, "estimatedGenerationCost": 0.42}]
    )
    await setting(app, Rules(model="lipsync-2", voice_id="v-2", sync_mode="loop"))
    said = Draft(video=LINKS.video, speech=Script(text="Hello", voice_id=None))
    order = await app.there.order(OrderStatus.PREPARING, draft=said, prepared="{}")

    offered = await app.there.run(Preparing(app.there), order)

    draft = Draft.model_validate_json(offered.draft)
    assert offered.status is OrderStatus.OFFERED

    assert (draft.model, draft.sync_mode) == ("lipsync-2", "loop")
    assert isinstance(draft.speech, Script)
    assert (draft.speech.voice_id, draft.speech.voice_name) == ("v-2", "Adam")


async def test_a_form_comes_with_what_the_team_chose(app: Front) -> None:
    app.there.sync.get("/v2/voices").respond(
        json=[{"id": "v-1", "name": "Rachel"}, {"id": "v-2", "name": "Adam"}]
    )
    app.there.sync.get("/v2/models").respond(json=[])
    await setting(app, Rules(model="lipsync-2", voice_id="v-2", sync_mode="loop"))

    await app.command("", trigger_id=app.there.slack.parts.triggers.mint(NORTH.id, ADA))
    await app.settled()

    (view,) = app.there.slack.parts.modals.stack(app.there.slack.workspace(NORTH.id), ADA)
    voice = values(view.payload)[Field.VOICE][Field.VOICE]["selected_option"]["value"]
    said = json.loads(view.payload["private_metadata"])["options"]
    assert (voice, said) == ("v-2", {"model": "lipsync-2", "sync_mode": "loop"})


def test_every_rule_is_tried_at_the_yes() -> None:
    """But for what Slack does not tell, which has a test of its own."""
    assert {rule for _, _, rule in AT_THE_YES.values()} == set(Rule) - {Rule.UNTOLD}
