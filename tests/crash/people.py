"""The people of the crash run: they ask in several ways, say it again after an error, and press."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.sandbox.fake_slack import FakeSlack
from bot.sandbox.fake_slack.people.person import Click, Person
from bot.sandbox.fake_slack.records import DeliveryRecord, File, Message
from bot.sandbox.fake_slack.refusals import Refusal
from tests.crash.board import Card, Face, button_of, read_card, some_run
from tests.crash.judge import Ask, Press

_PAUSE_S = (0.3, 1.5)
"""Until somebody who saw an error tries again."""
_EVENT_WITHIN_S = 8.0
"""Slack has given an event up by then, all its retries included."""
_FORM_WITHIN_S = 4.0
_LOOKS_EVERY_S = 0.5
_HEARD_ENOUGH = 3
_LONG_ONES, _LONG_EVERY, _LONG_EVERY_OF_SEVERAL = 12, 10, 4
"""So many of the first that are dropped, and every so manieth of the others, have a price before their file
is at sync.so; of several clips one is so long, so that others are there before it."""
_SOME_RUN_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Resident:
    """One person, with a channel that nobody else asks in."""

    team: str
    user: str
    channel: str
    dm: str


@dataclass(frozen=True, slots=True)
class Media:
    """What is asked about: files for Slack, and the address under which the same lie on the web."""

    video: Path
    long: Path
    """The same video in a file that takes a while to move."""
    audio: Path
    url: str


def _is_yes(reply: Mapping[str, Any]) -> bool:
    """Whether no words say that it was not taken: at a field, above the form or instead of it, in private."""
    view = reply.get("view", {"submit": None, "blocks": []})
    says_only = "submit" not in view or any(block["type"] == "alert" for block in view["blocks"])
    return "errors" not in reply and "text" not in reply and not says_only


class Crowd:
    """Sends asks and answers cards, each by its own dice: what is done does not hang on what came before."""

    def __init__(self, slack: FakeSlack, residents: tuple[Resident, ...], media: Media, *, seed: int) -> None:
        self._slack = slack
        self._residents = residents
        self._media = media
        self._seed = seed
        self._forms = {resident.user: asyncio.Lock() for resident in residents}
        self._sent: dict[int, int] = {}
        self._several: dict[int, int] = {}
        """How many videos are asked for together, where it is more than one."""
        self._named: defaultdict[tuple[str, str], frozenset[int]] = defaultdict(frozenset)
        """Which clips a card has named so far."""
        self._heard: set[int] = set()
        self._answers: dict[str, asyncio.Task[None]] = {}
        self._open: list[Message] = []
        self._read = 0
        self._jobs: dict[tuple[str, str], str] = {}
        self._priced: dict[int, list[str | None]] = {}
        """The jobs of each ask that came to have a price."""
        self._confirmed: set[str] = set()
        """Jobs whose asker pressed until the app had it."""
        self._gone: set[str] = set()
        """Jobs whose asker pressed until the button was gone; should it come back, they press again."""

    # --- asking ---------------------------------------------------------------------------------------

    async def ask(self, tag: int) -> None:
        """Ask until the app has it. Another try may make another job, as it does in life."""
        dice = random.Random(f"{self._seed} ask {tag}")
        ways: Mapping[Callable[[Resident, int], Awaitable[bool]], int] = {
            self._in_one_line: 5,
            self._by_dropping: 3,
            self._by_dropping_several: 2,
            self._by_saying_several: 1,
            self._by_shortcut: 2,
        }
        way = dice.choices(list(ways), list(ways.values()))[0]
        resident = self._asker(tag)
        while True:
            self._sent[tag] = self._sent.get(tag, 0) + 1
            if await way(resident, tag):
                self._heard.add(tag)
                return
            await asyncio.sleep(dice.uniform(*_PAUSE_S))

    def asks(self) -> list[Ask]:
        """What was asked so far."""
        return [
            Ask(tag, self._asker(tag).user, sent, tag in self._heard, self._several.get(tag, 1))
            for tag, sent in self._sent.items()
        ]

    def _asker(self, tag: int) -> Resident:
        return self._residents[tag % len(self._residents)]

    def _person(self, resident: Resident) -> Person:
        return self._slack.person(resident.team, resident.user)

    async def _in_one_line(self, resident: Resident, tag: int) -> bool:
        links = f"{self._media.url}/t0ken/ask-{tag}.mp4 {self._media.url}/t0ken/ask-{tag}.wav"
        await self._person(resident).say(resident.channel, f"/lipsync {links}")
        return self._taken(lambda sent: f"/ask-{tag}." in str(sent.payload.get("text")))

    async def _by_dropping(self, resident: Resident, tag: int) -> bool:
        every = _LONG_EVERY_OF_SEVERAL if tag in self._several else _LONG_EVERY
        is_long = tag < _LONG_ONES or tag % every == 0
        paths = [self._media.video] * self._several.get(tag, 1)
        paths[-1] = self._media.long if is_long else self._media.video
        videos = [
            self._file(resident, f"ask-{tag} {number}.mp4", "video/mp4", path)
            for number, path in enumerate(paths, start=1)
        ]
        audio = self._file(resident, f"ask-{tag}.wav", "audio/wav", self._media.audio)
        return await self._dropped(resident, "", [*videos, audio])

    async def _by_dropping_several(self, resident: Resident, tag: int) -> bool:
        self._several[tag] = 2 + tag % 3
        return await self._by_dropping(resident, tag)

    async def _by_saying_several(self, resident: Resident, tag: int) -> bool:
        self._several[tag] = 2 + tag % 2
        lines = [f'say "ask-{tag} {number}, and hello."' for number in range(1, self._several[tag] + 1)]
        video = self._file(resident, f"ask-{tag}.mp4", "video/mp4", self._media.video)
        return await self._dropped(resident, "\n".join(lines), [video])

    async def _dropped(self, resident: Resident, text: str, files: Sequence[File]) -> bool:
        said = await self._person(resident).say(resident.dm, text, file_ids=tuple(file.id for file in files))
        assert said is not None
        for _ in range(int(_EVENT_WITHIN_S / 0.2)):
            await asyncio.sleep(0.2)
            if self._taken(lambda sent: sent.kind == "events_api" and sent.payload["event"]["ts"] == said.ts):
                return True
        return False

    async def _by_shortcut(self, resident: Resident, tag: int) -> bool:
        async with self._forms[resident.user]:
            person, modals = self._person(resident), self._slack.parts.modals
            video = self._file(resident, f"ask-{tag}.mp4", "video/mp4", self._media.video)
            said = await person.say(resident.channel, "A clip.", file_ids=(video.id,))
            assert said is not None
            modals.clear(self._slack.workspace(resident.team), resident.user)
            await person.use_shortcut("lipsync_message", resident.channel, said.ts)
            view_id = await self._form(resident)
            if view_id is None:
                return False
            script = {"type": "plain_text_input", "value": "Hello again."}
            try:
                await person.submit(view_id, {"script": {"script": script}})
            except Refusal:
                return False
            return self._taken(
                lambda sent: (
                    sent.payload.get("type") == "view_submission" and sent.payload["view"]["id"] == view_id
                )
            )

    async def _form(self, resident: Resident) -> str | None:
        team = self._slack.workspace(resident.team)
        for _ in range(int(_FORM_WITHIN_S / 0.1)):
            for view in self._slack.parts.modals.stack(team, resident.user):
                if any(block["block_id"] == "script" for block in view.payload["blocks"]):
                    return view.id
            await asyncio.sleep(0.1)
        return None

    def _file(self, resident: Resident, name: str, mimetype: str, path: Path) -> File:
        file = self._slack.parts.files.new_file(resident.team, resident.user, name, mimetype, path=path)
        file.duration_ms, file.completed = 1000, True
        return file

    def _taken(self, which: Callable[[DeliveryRecord], bool]) -> bool:
        """Whether the app acknowledged one of these deliveries, and had nothing to object."""
        sent = (each for each in reversed(self._slack.records().deliveries[-400:]) if which(each))
        return any(each.outcome == "ok" and _is_yes(each.reply or {}) for each in sent)

    # --- answering ------------------------------------------------------------------------------------

    def cards(self) -> list[Card]:
        """All cards as they stand now."""
        return [card for message in self._slack.records().messages if (card := self._card(message))]

    def _card(self, message: Message) -> Card | None:
        """A card, with the job and the clips that it was seen to be about before."""
        card = read_card(message)
        if card is None:
            return None
        where = card.channel, card.ts
        if card.job is not None:
            self._jobs[where] = card.job
        self._named[where] |= card.takes
        return replace(card, job=self._jobs.get(where), takes=self._named[where])

    def moving(self) -> list[Card]:
        """The cards whose jobs are under way. Not those that were posted twice and left behind.

        One that still offers Generate, though the app has the yes, waits for its turn to be changed.
        """
        cards = [
            replace(card, face=Face.MOVING)
            if card.face is Face.READY and card.job in self._confirmed
            else card
            for card in self.cards()
        ]
        resting = {card.job for card in cards if card.face is not Face.MOVING}
        known = {card.tag for card in cards if card.job is not None}
        return [
            card
            for card in cards
            if card.face is Face.MOVING and (card.job not in resting if card.job else card.tag not in known)
        ]

    def unseen(self) -> list[int]:
        """The asks that the app has said yes to, and for which no card is there yet."""
        return sorted(self._heard - {card.tag for card in self.cards()})

    def answering(self) -> list[Card]:
        """The cards that somebody is about to answer."""
        return [card for card in self.cards() if self._is_answering(card)]

    def _is_answering(self, card: Card) -> bool:
        answer = self._answers.get(card.job or "")
        return self._is_unanswered(card) or (answer is not None and not answer.done())

    def _is_unanswered(self, card: Card) -> bool:
        """Whether nobody has answered this price yet, or not for good."""
        answer = self._answers.get(card.job or "")
        gone = answer is not None and answer.done() and card.job in self._gone
        return card.face is Face.READY and (answer is None or gone)

    async def answer_cards(self) -> None:
        """Until cancelled: whoever has a price says yes, no, or nothing."""
        while True:
            for message, card in self._unended():
                if card.job is not None and self._is_unanswered(card):
                    self._gone.discard(card.job)
                    self._answers[card.job] = asyncio.create_task(self._answer(message, card))
            for task in self._answers.values():
                if task.done():
                    task.result()
            await asyncio.sleep(_LOOKS_EVERY_S)

    def _unended(self) -> list[tuple[Message, Card]]:
        messages = self._slack.records().messages
        self._open += messages[self._read :]
        self._read = len(messages)
        read = [(message, card) for message in self._open if (card := self._card(message))]
        unended = [pair for pair in read if pair[1].face in {Face.MOVING, Face.READY, Face.UNRESOLVED}]
        self._open = [message for message, _ in unended]
        return unended

    async def _answer(self, message: Message, card: Card) -> None:
        dice = self._dice_for(card)
        asker = self._asker(card.tag)
        stranger = next(each for each in self._residents if each.team == asker.team and each != asker)
        await asyncio.sleep(dice.uniform(0.0, 1.0))
        mood = dice.random()
        if mood < 0.10:
            await self._press_once(stranger, message, "generate")
        if mood < 0.03:
            return  # nobody says yes to this one
        if mood > 0.94:
            await self._press(asker, message, "cancel", dice)
            return
        is_of_several = len(card.takes) > 1
        presses: list[Coroutine[Any, Any, object]] = [self._press(asker, message, "generate", dice)]
        if dice.random() < (0.5 if is_of_several else 0.2):
            presses.append(self._press_once(asker, message, "generate"))
        if is_of_several and dice.random() < 0.5:
            presses.append(self._press_once(stranger, message, "generate"))
        if dice.random() < 0.06:
            presses.append(self._press_once(asker, message, "cancel"))
        await asyncio.gather(*presses)
        if is_of_several and dice.random() < 0.3:
            await self._cancel_the_rest(asker, message, dice)

    async def _cancel_the_rest(self, asker: Resident, message: Message, dice: random.Random) -> None:
        """As soon as some of several videos run, if others wait."""
        for _ in range(int(_SOME_RUN_WITHIN_S / _LOOKS_EVERY_S)):
            card = self._card(message)
            if card is None or card.face not in {Face.MOVING, Face.READY}:
                return
            if some_run(message):
                await self._press(asker, message, "cancel", dice)
                return
            await asyncio.sleep(_LOOKS_EVERY_S)

    def _dice_for(self, card: Card) -> random.Random:
        """By the number of the job among those of its ask, not by its id, which is new in each run."""
        jobs = self._priced.setdefault(card.tag, [])
        if card.job not in jobs:
            jobs.append(card.job)
        return random.Random(f"{self._seed} answer {card.tag} {jobs.index(card.job) + 1}")

    async def _press(self, resident: Resident, message: Message, action: str, dice: random.Random) -> None:
        """Press until the button is gone: whatever Slack or the app said, the card is what people believe.

        A card that was posted twice may keep its button for ever; then being heard three times is enough.
        """
        heard, wait_s = 0, dice.uniform(*_PAUSE_S)
        while heard < _HEARD_ENOUGH:
            answered = await self._press_once(resident, message, action)
            job = self._jobs.get((message.channel, message.ts), "")
            if answered is None:
                self._gone.add(job)
                return
            if answered:
                self._confirmed.add(job)
            heard += answered
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, 10.0)

    async def _press_once(self, resident: Resident, message: Message, action: str) -> bool | None:
        """One press, and whether the app took it; None: there is no such button (any more)."""
        try:
            block_id, value = button_of(message, action)
            click = Click(
                block_id, action, {"type": "button", "value": value}, {}, message.channel, message.ts
            )
            await self._person(resident).click(click)
        except (KeyError, Refusal):
            return None
        return self._taken(
            lambda sent: (
                sent.payload.get("type") == "block_actions"
                and sent.payload["actions"][0].get("value") == value
                and sent.payload["user"]["id"] == resident.user
            )
        )

    def presses(self) -> list[Press]:
        """Every press that Slack sent to the app, as Slack recorded it."""
        return [
            Press(
                job=str(sent.payload["actions"][0].get("value") or "").partition(":")[0],
                action=sent.payload["actions"][0]["action_id"],
                user=sent.payload["user"]["id"],
                answered=sent.outcome == "ok",
            )
            for sent in self._slack.records().deliveries
            if sent.payload.get("type") == "block_actions"
        ]
