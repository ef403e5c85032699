"""The form: opened from everywhere, changed while it is filled in, checked when it is sent."""

import asyncio
import secrets
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.asking.drafts import Draft, SlackFile
from bot.asking.voices import with_voice
from bot.errors import NotConnected, NotInstalled, TooManyOpen
from bot.messages import fields, notices, presses, words
from bot.messages.alerts import with_alert
from bot.messages.blocks import Block, Choice, Message
from bot.messages.catalogue import Words
from bot.messages.form import FormState, closing_form, form, loading_form
from bot.messages.ids import Action, Field
from bot.messages.places import Unreadable
from bot.messages.refusals import ruled_out, ruled_out_at_field
from bot.services import Services
from bot.slack import (
    SlackRefused,
    SlackUnreachable,
    patiently,
)
from bot.sync_api.errors import SyncApiError
from bot.sync_api.models import Voice
from bot.teams.rights import Deed, Forbidden, Rule, RuledOut
from bot.teams.rules import allowed, with_defaults
from bot.together import together
from bot.troubles import log_trouble
from bot.use_cases.askers import there
from bot.use_cases.lately import is_home, spoiled_files
from handlers.consents import ConsentForms
from handlers.form_files import FormFiles, wrong_files
from handlers.form_inputs import form_order, read_choices, read_form
from handlers.modals import again
from handlers.names import name_problem
from handlers.pointers import Pointers, read_way, way_back, written
from handlers.redraws import Redraws, Turn
from handlers.replies import reply_privately
from handlers.routing import Answer, Ask
from handlers.stubs import looked_at
from storage.cards import OrderState
from storage.installations import Installation
from storage.orders import Conversation, Order

_log = structlog.get_logger(__name__)

_OPENED_ONCE_IN_S = 2.0
"""Whoever presses again and again gets one form, and takes no calls from others."""
_TRIGGER_USED = "exchanged_trigger_id"
"""The form stands already: the press or command was delivered twice (Slack: views.open)."""
_AT_FIELD = {Rule.WORDS: Field.SPEECH}
"""Which rule of the team's is about one field; the others stand against the form as a whole."""


@dataclass(frozen=True, slots=True)
class _Offered:
    """The files that the menus show, and whether their form is opened in the app's direct message."""

    videos: tuple[SlackFile, ...]
    audios: tuple[SlackFile, ...]
    at_home: bool


class Forms:
    """One form for every way in; it belongs to one order, whose draft fills it."""

    def __init__(self, services: Services, consents: ConsentForms, redraws: Redraws) -> None:
        self._services = services
        self._redraws = redraws
        self._consents = consents
        self._pointers = Pointers(services)
        self._files = FormFiles(services)

    def open(self, ask: Ask, asked: OrderState, *, notice: str | None = None) -> None:
        """Show the form of an order to the person who asked, right after the answer to Slack."""
        if self._services.once.first("form", ask.asker.user_id, asked.order.id, within_s=_OPENED_ONCE_IN_S):
            self._services.background.start(self._open(ask, asked, notice), name="open the form")

    async def changed(self, ask: Ask) -> Answer:
        """A menu that decides which fields there are was used."""
        order_id, turn = form_order(ask.view), self._redraws.chosen(ask)
        self._services.background.start(self._refresh(ask, order_id, turn), name="change the form")
        return None

    async def submitted(self, ask: Ask) -> Answer:
        """Check everything that can be known now; what is wrong is said at its field and the form stays."""
        asked = await self.own(ask, form_order(ask.view))
        if asked is None:
            return closing(self._services.words, presses.not_found(self._services.words))
        installation = await self._services.teams.need(asked.order.enterprise_id, asked.order.team_id)
        text = await self._files.script_text(ask, installation)
        if isinstance(text, dict):
            return await self._told(ask, asked, text)
        offered = await self._offered(asked)
        draft = read_form(
            self._services.words,
            ask.view,
            user_id=ask.asker.user_id,
            files=[*offered.videos, *offered.audios],
            script_text=text,
        )
        if isinstance(draft, dict):
            return await self._told(ask, asked, draft)
        seen = await self._files.seen_in_time(installation, draft)
        if None in seen.values() and not _says_unreadable(ask):
            state = await self.state(ask, asked, names_within_s=self._services.patience.names_s)
            state = replace(state, unreadable=_unreadable(asked.order, installation))
            return {"response_action": "update", "view": form(self._services.words, state)}
        if wrong := wrong_files(self._services.words, seen):
            return {"response_action": "errors", "errors": wrong}
        return await self._take(ask, asked, draft.model_copy(update=seen))

    async def own(self, ask: Ask, order_id: str) -> OrderState | None:
        """The order of a form, if it is for this person to change."""
        asked = await self._services.orders.find(order_id, ask.asker)
        if asked is None:
            return None
        try:
            await self._services.orders.check(Deed.CHANGE, asked.order, ask.asker)
        except Forbidden:
            return None
        return asked

    async def _told(self, ask: Ask, asked: OrderState, errors: Mapping[str, str]) -> Answer:
        """Words at fields; where the form was sent before it showed them, the form as its menus stand."""
        if errors.keys() <= {block.get("block_id") for block in ask.view["blocks"]}:
            return {"response_action": "errors", "errors": errors}
        t, within_s = self._services.words, self._services.patience.names_s
        anew = form(t, await self.state(ask, asked, names_within_s=within_s))
        return {"response_action": "update", "view": with_alert(anew, t(fields.OF_THE_CHOICE))}

    async def _take(self, ask: Ask, asked: OrderState, draft: Draft) -> Answer:
        try:
            sent = await self._services.orders.submit(asked.order.id, ask.asker, draft)
        except TooManyOpen as error:  # said in the form, so that nothing typed is lost
            return again(ask.view, notices.too_many_open(self._services.words, error.most).text)
        except RuledOut as refusal:  # as above
            field = _AT_FIELD.get(refusal.rule)
            if field is None:
                return again(ask.view, ruled_out(self._services.words, refusal).text)
            words_at_field = ruled_out_at_field(self._services.words, refusal.rule)
            return {"response_action": "errors", "errors": {field: words_at_field}}
        if sent is None:
            return closing(self._services.words, presses.too_late(self._services.words))
        if not asked.is_posted:
            self._pointers.follow(asked.order.id, read_way(ask.view))
        return await self._consents.after_form(ask, sent)

    async def closed(self, ask: Ask) -> Answer:
        """The form was given up; so is its draft, unless a card in a thread still offers it."""
        await self._services.orders.discard(form_order(ask.view), ask.asker)
        return None

    async def _open(self, ask: Ask, asked: OrderState, notice: str | None) -> None:
        try:
            await self._open_in_time(ask, asked, notice)
        except (SlackRefused, SlackUnreachable) as error:
            _log.warning("form not opened", error=str(error))
            if not (isinstance(error, SlackRefused) and error.code == _TRIGGER_USED):
                reply_privately(self._services, ask, notices.open_form(self._services.words, asked.order.id))
        except NotInstalled:
            raise  # without a token nobody can be told
        except Exception as error:  # noqa: BLE001 - this runs by itself: only here can the person be told
            reply_privately(self._services, ask, _went_wrong(self._services.words, error))

    async def _open_in_time(self, ask: Ask, asked: OrderState, notice: str | None) -> None:
        slack = await self._services.slack_of(ask.asker)
        trigger_id = str(ask.body["trigger_id"])
        building = asyncio.ensure_future(self._built(ask, asked, notice))
        try:
            done, _ = await asyncio.wait({building}, timeout=self._services.patience.form_s)
            if done:
                await slack.open_view(trigger_id, building.result())
                return
            opened = await slack.open_view(
                trigger_id, loading_form(self._services.words, asked.order.id, written(way_back(ask)))
            )
            built = await _form_or_words(self._services.words, building)
            await patiently(lambda: slack.update_view(str(opened["id"]), built))
        finally:
            building.cancel()
            await asyncio.gather(building, return_exceptions=True)  # it may be reading still

    async def _built(self, ask: Ask, asked: OrderState, notice: str | None) -> Block:
        """The form; for somebody whom a rule keeps out, the reason before they fill anything in."""
        asker, channel_id = there(ask.asker, asked.order), asked.order.channel_id
        refusal = await self._services.roles.gate.known_against(asker, channel_id)
        if refusal is None:
            return form(self._services.words, await self._checked_state(ask, asked, notice))
        await self._services.orders.discard(asked.order.id, ask.asker)
        return closing_form(self._services.words, ruled_out(self._services.words, refusal).text)

    async def _refresh(self, ask: Ask, order_id: str, turn: Turn) -> None:
        try:
            await self._show_changed(ask, order_id, turn)
        except (SlackRefused, SlackUnreachable) as error:
            _log.warning("form not changed", error=str(error))
        except NotInstalled:
            raise  # as above
        except Exception as error:  # noqa: BLE001 - as above; the form stays with what was typed into it
            reply_privately(self._services, ask, _went_wrong(self._services.words, error))

    async def _show_changed(self, ask: Ask, order_id: str, turn: Turn) -> None:
        asked = await self.own(ask, order_id)
        slack = await self._services.slack_of(ask.asker)
        if asked is None:
            gone = closing_form(self._services.words, presses.not_found(self._services.words).text)
            await self._redraws.draw(slack, turn, gone)
            return
        read = (asked.order.status, asked.order.draft)

        async def holds() -> bool:
            """Whether the form was not sent meanwhile, to another process."""
            now = await self.own(ask, order_id)
            return now is not None and (now.order.status, now.order.draft) == read

        state = await self._checked_state(ask, asked, None)
        await self._redraws.draw(slack, turn, form(self._services.words, state), holds=holds)

    async def _checked_state(self, ask: Ask, asked: OrderState, notice: str | None) -> FormState:
        """What the form shows, with the file of a channel looked up as it is now."""
        asked = await looked_at(self._services, asked)
        installation = await self._services.teams.need(asked.order.enterprise_id, asked.order.team_id)
        state = await self.state(ask, asked)
        state = replace(state, notice=notice or state.notice)
        draft = state.draft
        if isinstance(draft.video, SlackFile):
            try:
                video = await self._files.look_up(installation, draft.video)
            except (SlackRefused, SlackUnreachable) as error:
                _log.info("video not looked up", error=str(error))  # it is when the form is sent
                return state
            if video is None:
                return replace(state, unreadable=_unreadable(asked.order, installation))
            if isinstance(video, SlackFile):
                state = replace(state, draft=draft.model_copy(update={"video": video}))
        return state

    async def state(self, ask: Ask, asked: OrderState, *, names_within_s: float | None = None) -> FormState:
        """What the form shows; where one stands, with what was chosen in it."""
        order = asked.order
        async with together() as reads:
            reading_voices = reads.create_task(self._voices(order, names_within_s))
            reading_models = reads.create_task(self._models(order, names_within_s))
            offered = await self._offered(asked)
        voices, models = reading_voices.result(), reading_models.result()
        rules = (await self._services.roles.rulebook.of(order)).rules
        chosen = read_choices(ask.view) if ask.view else None
        draft = self._services.orders.draft_for(asked.order, ask.asker)
        return FormState(
            order_id=asked.order.id,
            draft=with_voice(with_defaults(draft, rules), voices),
            videos=offered.videos,
            audios=offered.audios,
            voices=tuple(Choice(voice.id, voice.name) for voice in voices),
            models=words.model_choices(self._services.words, allowed(rules, models)),
            usual_voice=rules.voice_id,
            video_choice=chosen.video if chosen else None,
            speech_choice=chosen.speech if chosen else None,
            voice=chosen.voice if chosen else None,
            options=chosen.options if chosen else None,
            conversation=asked.order.conversation,
            channel_id=asked.order.channel_id,
            at_home=offered.at_home,
            proposes=offered.at_home or asked.order.conversation is Conversation.NONE,
            now=self._services.clock(),
            # Once: in a form that stands the person chooses by the menus.
            notice=None if ask.view else name_problem(self._services.words, draft, voices, models),
            carried=written(read_way(ask.view) if ask.view else way_back(ask)),
        )

    async def _offered(self, asked: OrderState) -> _Offered:
        """The draft's own files first, then what the person sent to the app, but nothing that just failed."""
        order = asked.order
        draft = Draft.model_validate_json(order.draft)
        lately = await self._services.orders.lately(order)
        recent, spoiled = self._services.recent_files, spoiled_files(lately)
        videos = await recent.of(order, "video")
        audios = await recent.of(order, "audio")
        return _Offered(
            videos=_first(draft.video, [file for file in videos if file.file_id not in spoiled]),
            audios=_first(draft.speech, [file for file in audios if file.file_id not in spoiled]),
            at_home=is_home(asked, lately),
        )

    async def _voices(self, order: Order, within_s: float | None) -> Sequence[Voice]:
        accounts = self._services.accounts
        try:
            async with asyncio.timeout(within_s):
                return await accounts.voices(await accounts.of_team(order.enterprise_id, order.team_id))
        except (TimeoutError, NotConnected, SyncApiError) as error:
            _log.warning("no voices", error=repr(error))
            return ()

    async def _models(self, order: Order, within_s: float | None) -> Sequence[str]:
        accounts = self._services.accounts
        try:
            async with asyncio.timeout(within_s):
                account = await accounts.of_team(order.enterprise_id, order.team_id)
                return [model.name for model in await accounts.models(account)]
        except (TimeoutError, NotConnected, SyncApiError) as error:
            _log.warning("no models", error=repr(error))
            return ()


def _says_unreadable(ask: Ask) -> bool:
    """Whether the form that was sent asks for an invite already: shown once more, it would seem dead."""
    elements = (element for block in ask.view["blocks"] for element in block.get("elements") or [])
    return any(element.get("action_id") == Action.FORM_TRY_AGAIN for element in elements)


def _first(own: object, recent: Sequence[SlackFile]) -> tuple[SlackFile, ...]:
    return (own, *recent) if isinstance(own, SlackFile) else tuple(recent)


def _unreadable(order: Order, installation: Installation) -> Unreadable:
    can_invite = order.conversation is Conversation.CHANNEL
    return Unreadable(order.channel_id, installation.bot_user_id, can_invite=can_invite)


async def _form_or_words(t: Words, building: Awaitable[Block]) -> Block:
    """The form; where it cannot be built, words in its place, since it says that it is being built."""
    try:
        return await building
    except (SlackRefused, SlackUnreachable, NotInstalled):
        raise
    except Exception as error:  # noqa: BLE001 - else the form would say so forever
        return closing_form(t, _went_wrong(t, error).text)


def _went_wrong(t: Words, error: Exception) -> Message:
    reference = secrets.token_hex(4)
    log_trouble("the form broke", error, reference=reference)
    return notices.went_wrong(t, reference)


def closing(t: Words, message: Message) -> Answer:
    """Words in place of a form that was sent."""
    return {"response_action": "update", "view": closing_form(t, message.text)}
