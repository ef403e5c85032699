"""The form: a view made from what is known, changing with the choice of video and of speech."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.asking.drafts import SCRIPT_LIMIT, Draft, Link, Script, SlackFile
from bot.messages import blocks, words
from bot.messages.blocks import INPUT_LIMIT, Block, Choice, Group, input_field
from bot.messages.catalogue import N_, Words
from bot.messages.form_options import Options, options_form, options_line, options_of
from bot.messages.form_voice import voice_field
from bot.messages.ids import Callback, Field, Source, file_value
from bot.messages.places import Unreadable, card_place, unreadable_files
from bot.messages.several import beside_the_form
from bot.messages.text import (
    ago,
    cut,
    head,
    listed,
    one_line,
    size,
    user_text,
    width,
)
from storage.orders import Conversation

VIDEO_EXTENSIONS = ("mp4", "mov", "webm", "avi")
_RECENT = 25
"""Files of one kind that a menu offers."""
_FULL_BUT = 2
"""A first script field with fewer characters to spare counts as full; an emoji takes two."""
_BLANK = re.compile(r"\s")
_SPEAK = frozenset({Source.SCRIPT, Source.LONG_SCRIPT, Source.TEXT_FILE})
"""Where a voice speaks."""
_TITLE = N_("Make a lip-sync")


@dataclass(frozen=True, slots=True)
class FormState:
    """All that the form shows."""

    order_id: str
    draft: Draft = field(default_factory=Draft)
    """What is filled in already."""
    videos: tuple[SlackFile, ...] = ()
    """Videos the app may read: of the shortcut's message, then those sent to it, newest first."""
    audios: tuple[SlackFile, ...] = ()
    voices: tuple[Choice, ...] = ()
    """Voices that can speak now; empty where they could not be read."""
    usual_voice: str | None = None
    """The id of the voice that is chosen where the draft names none; None: the first."""
    models: tuple[Choice, ...] = ()
    """See `words.model_choices`; empty for the documented ones."""
    video_choice: str | None = None
    """Value of the video menu, after a person used it; None: follows from the draft."""
    speech_choice: str | None = None
    voice: Choice | None = None
    """What was chosen in the menu of voices; as above."""
    options: Options | None = None
    """What stands in the form for them; None: it follows from the draft."""
    carried: Mapping[str, Any] = field(default_factory=dict)
    """What comes back with the form, beside its order."""
    conversation: Conversation = Conversation.NONE
    channel_id: str = ""
    """Where it was asked."""
    at_home: bool = False
    """Whether the form is opened in the app's direct message."""
    proposes: bool = False
    """Whether the latest video that the person sent to the app is chosen where the draft has none."""
    now: float | None = None
    """Seconds since the epoch; needed to tell how long ago a file was sent."""
    unreadable: Unreadable | None = None
    notice: str | None = None
    """A line of `notices`, in mrkdwn, above the fields: why something named is not chosen."""


def form(t: Words, state: FormState) -> Block:
    """The modal. Fields that stay keep their ids, so Slack keeps what a person typed (Slack: modals)."""
    options, speech = _options(t, state), _speech_choice(state)
    shown = [
        *_notices(t, state),
        *_video_fields(t, state, _video_choice(state)),
        *_speech_fields(t, state, speech),
        options_line(t, options, state.order_id, speaks=speech in _SPEAK),
        *_small_print(t, state),
    ]
    return {
        "type": "modal",
        "callback_id": Callback.FORM,
        "title": blocks.plain(t(_TITLE), 24),
        "submit": blocks.plain(t("Show the price"), 24),
        "close": blocks.plain(t("Cancel"), 24),
        "notify_on_close": True,
        "private_metadata": form_metadata(state.order_id, {**state.carried, **_as_carried(state, options)}),
        "blocks": shown,
    }


def more_options(t: Words, state: FormState) -> Block:
    """The modal above it; it carries what the form below is to be drawn from, once it is sent."""
    options, speech = _options(t, state), _speech_choice(state)
    below = {"order": state.order_id, "video": _video_choice(state), "speech": speech}
    carried = {**below, **state.carried, **_as_carried(state, options)}
    return options_form(t, options, state.models, carried, speaks=speech in _SPEAK)


def _options(t: Words, state: FormState) -> Options:
    return state.options or options_of(t, state.draft, state.models)


def _as_carried(state: FormState, options: Options) -> dict[str, Any]:
    """What Slack does not keep of a field that is not shown, and of the other form."""
    voice = (
        {}
        if state.voice is None
        else {"voice": [state.voice.value, cut(one_line(state.voice.label), blocks.OPTION_LIMIT)]}
    )
    return {"options": options.model_dump(exclude_none=True), **voice}


def loading_form(t: Words, order_id: str, carried: Mapping[str, Any] | None = None) -> Block:
    """The modal for the moment until voices and files are known."""
    return {
        "type": "modal",
        "callback_id": Callback.FORM,
        "title": blocks.plain(t(_TITLE), 24),
        "close": blocks.plain(t("Cancel"), 24),
        "notify_on_close": True,
        "private_metadata": form_metadata(order_id, carried),
        "blocks": [blocks.section(t("Looking up your videos and the voices… one moment."))],
    }


def closing_form(t: Words, text: str) -> Block:
    """The modal when it can only say something: `text` is a line of `notices`, in mrkdwn."""
    return {
        "type": "modal",
        "title": blocks.plain(t(_TITLE), 24),
        "close": blocks.plain(t("Close"), 24),
        "blocks": [blocks.section(text)],
    }


def form_metadata(order_id: str, carried: Mapping[str, Any] | None = None) -> str:
    """What the form carries for itself (Slack: `private_metadata`, up to 3,000 characters)."""
    return blocks.carried({"order": order_id, **(carried or {})})


def _notices(t: Words, state: FormState) -> list[Block]:
    shown = unreadable_files(t, state.unreadable, state.order_id) if state.unreadable else []
    told = (state.notice, beside_the_form(t, state.draft))
    return [*shown, *(blocks.section(line) for line in told if line)]


def _video_choice(state: FormState) -> str:
    if state.video_choice:
        return state.video_choice
    video = state.draft.video
    if isinstance(video, SlackFile):
        return file_value(video.file_id)
    if isinstance(video, Link):
        return Source.LINK
    # Where the video that was pointed at cannot be used, no other one is chosen in its place; and what
    # somebody sent to the app alone is not proposed where others read along.
    proposed = state.videos if state.notice is None and state.proposes else ()
    return file_value(proposed[0].file_id) if proposed else Source.UPLOAD


def _speech_choice(state: FormState) -> str:
    if state.speech_choice:
        return state.speech_choice
    speech = state.draft.speech
    if isinstance(speech, SlackFile):
        return file_value(speech.file_id)
    if isinstance(speech, Link):
        return Source.LINK
    if isinstance(speech, Script) and width(speech.text) > INPUT_LIMIT:
        return Source.LONG_SCRIPT if split_script(speech.text)[0] else Source.TEXT_FILE
    return Source.SCRIPT


def _video_fields(t: Words, state: FormState, chosen: str) -> list[Block]:
    video = state.draft.video
    menu = _menu(
        t,
        t("Videos I can use"),
        _known(video, state.videos),
        (
            Choice(Source.LINK, t("A link to a video")),
            Choice(Source.UPLOAD, t("Upload a video (up to 10 MB)")),
        ),
        chosen,
        state.now,
    )
    shown = [input_field(Field.VIDEO, t("Video"), menu, live=True)]
    if chosen == Source.LINK:
        link = video if isinstance(video, Link) else Link()
        element = blocks.url_input(initial=link.url, placeholder="https://example.com/video.mp4")
        hint = t("A public https link straight to the video file, not to a page that shows it.")
        shown += _forgotten(t, link)
        shown.append(input_field(Field.VIDEO_LINK, t("Link to the video"), element, hint=hint))
    elif chosen == Source.UPLOAD:
        element = blocks.file_input(VIDEO_EXTENSIONS)
        shown.append(input_field(Field.VIDEO_UPLOAD, t("Your video"), element, hint=_upload_hint(t, state)))
    return shown


def _speech_fields(t: Words, state: FormState, chosen: str) -> list[Block]:
    speech = state.draft.speech
    menu = _menu(
        t,
        t("Audio I can use"),
        _known(speech, state.audios),
        (
            Choice(Source.SCRIPT, t("Words I type, in a voice I choose")),
            Choice(Source.LONG_SCRIPT, t("A longer script, in two fields")),
            Choice(Source.TEXT_FILE, t("A script in a text file")),
            Choice(Source.LINK, t("A link to an audio file")),
            Choice(Source.UPLOAD, t("Upload audio (up to 10 MB)")),
        ),
        chosen,
        state.now,
    )
    shown = [input_field(Field.SPEECH, t("What it should say"), menu, live=True)]
    if chosen == Source.SCRIPT:
        shown += [_script_field(t, speech, long=False), _voice(t, state)]
    elif chosen == Source.LONG_SCRIPT:
        shown += [_script_field(t, speech, long=True), _second_field(t, speech), _voice(t, state)]
    elif chosen == Source.TEXT_FILE:
        shown += [*_text_file(t, speech), _voice(t, state)]
    elif chosen == Source.LINK:
        link = speech if isinstance(speech, Link) else Link()
        element = blocks.url_input(initial=link.url, placeholder="https://example.com/speech.mp3")
        hint = t("A public https link straight to the audio file.")
        shown += _forgotten(t, link)
        shown.append(input_field(Field.AUDIO_LINK, t("Link to the audio"), element, hint=hint))
    elif chosen == Source.UPLOAD:
        element = blocks.file_input(None)
        shown.append(input_field(Field.AUDIO_UPLOAD, t("Your audio"), element, hint=_upload_hint(t, state)))
    return shown


def _forgotten(t: Words, link: Link) -> list[Block]:
    """Which link it was, where its address is not at hand."""
    if link.url is not None or not link.host:
        return []
    which = user_text(words.link_words(t, link))
    return [
        blocks.section(
            t(
                "*It was a link to {which}.* A whole link can be a key: I show it to nobody but the "
                "person who gave it, and forget it within a week. Please paste it once more.",
                which=which,
            ),
        ),
    ]


def split_script(text: str) -> tuple[str, str]:
    """A script on the two fields, each within Slack's limit; joined again they are the same script.

    It is parted before a space; text without spaces fills the first field. What does not fit the two fields
    is not shown at all, since a script that lost its end unseen would be paid for.
    """
    begin = head(text, INPUT_LIMIT)
    rest = text[len(begin) :]
    spaces = [match.start() for match in _BLANK.finditer(head(begin, INPUT_LIMIT - _FULL_BUT))]
    if rest and spaces:
        begin, rest = text[: spaces[-1]], text[spaces[-1] :]
    return (begin, rest) if width(rest) <= INPUT_LIMIT else ("", "")


def join_script(begin: str, rest: str) -> str:
    """The script of the two fields: a full first field goes on in the second without a space."""
    full = width(begin) > INPUT_LIMIT - _FULL_BUT
    spaced = begin[-1:].isspace() or rest[:1].isspace()
    between = " " if begin and rest and not full and not spaced else ""
    return (begin + between + rest).strip()


def _script_field(t: Words, speech: object, *, long: bool) -> Block:
    text = split_script(speech.text)[0] if isinstance(speech, Script) else None
    element = blocks.text_input(
        initial=text,
        limit=INPUT_LIMIT,
        multiline=True,
        placeholder=t("Hello everybody, this is…"),
    )
    hint = t("Up to {most} characters. For more, choose “A longer script” above.", most=t.number(INPUT_LIMIT))
    if long:
        hint = t(
            "Up to {most} characters here; go on in the next field.",
            most=t.number(INPUT_LIMIT),
        )
    return input_field(Field.SCRIPT, t("Script"), element, hint=hint)


def _second_field(t: Words, speech: object) -> Block:
    rest = split_script(speech.text)[1] if isinstance(speech, Script) else ""
    element = blocks.text_input(initial=rest, limit=INPUT_LIMIT, multiline=True)
    hint = t("Both fields together: up to {most} characters.", most=t.number(SCRIPT_LIMIT))
    return input_field(Field.SCRIPT_MORE, t("Script, continued"), element, hint=hint, optional=True)


def _text_file(t: Words, speech: object) -> list[Block]:
    unseen = isinstance(speech, Script) and not split_script(speech.text)[0]
    lost = t("Your script does not fit the fields of a form. Add it as a text file once more.")
    hint = t("A .txt file of up to {most} characters.", most=t.number(SCRIPT_LIMIT))
    return [
        *([blocks.context(lost)] if unseen else []),
        input_field(Field.SCRIPT_FILE, t("Your text file"), blocks.file_input(("txt",)), hint=hint),
    ]


def _voice(t: Words, state: FormState) -> Block:
    script = state.draft.speech if isinstance(state.draft.speech, Script) else None
    return voice_field(t, state.voices, script, usual=state.usual_voice, chosen=state.voice)


def _upload_hint(t: Words, state: FormState) -> str:
    if state.at_home:
        return t(
            "Up to 10 MB, which is all that Slack lets a form take. Bigger? "
            "Close this form and send it here instead."
        )
    return t(
        "Up to 10 MB, which is all that Slack lets a form take. Bigger? "
        "Send it to me in our direct message first; it then stands in the menu above."
    )


def _small_print(t: Words, state: FormState) -> list[Block]:
    where = card_place(t, state.conversation, state.channel_id, at_home=state.at_home)
    return [
        blocks.context(t("Next you see the price. Nothing is charged until you press Generate.")),
        blocks.context(where),
        blocks.context(t("By going on you confirm that you may use this person's face and voice.")),
    ]


def _menu(
    t: Words,
    heading: str,
    files: Sequence[SlackFile],
    others: Sequence[Choice],
    chosen: str,
    now: float | None,
) -> Block:
    if not files:
        return blocks.menu(others, initial=chosen)
    groups = [Group(heading, _file_choices(t, files, now)), Group(t("Something else"), tuple(others))]
    return blocks.menu(groups, initial=chosen)


def _known(chosen: object, recent: Iterable[SlackFile]) -> list[SlackFile]:
    """The draft's own file first, then the recent ones, each once, as what is known latest."""
    first = [chosen] if isinstance(chosen, SlackFile) else []
    return list({file.file_id: file for file in (*first, *recent)}.values())[:_RECENT]


def _file_choices(t: Words, files: Sequence[SlackFile], now: float | None) -> tuple[Choice, ...]:
    """Each file by name and size; those that look the same also by when they were sent, or by a number."""
    looks = Counter(_facts(t, file) for file in files)
    choices = [_file_choice(t, file, now if looks[_facts(t, file)] > 1 else None) for file in files]
    alike = Counter(choice.label for choice in choices)
    seen: Counter[str] = Counter()
    for place, choice in enumerate(choices):
        seen[choice.label] += 1
        if alike[choice.label] > 1:
            number = t("{number} of {all}", number=seen[choice.label], all=alike[choice.label])
            which = f" · {number}"
            label = cut(choice.label, blocks.OPTION_LIMIT - width(which)) + which
            choices[place] = replace(choice, label=label)
    return tuple(choices)


def _facts(t: Words, file: SlackFile) -> tuple[str, ...]:
    return one_line(file.name), size(t, file.size)


def _file_choice(t: Words, file: SlackFile, now: float | None) -> Choice:
    name, *facts = _facts(t, file)
    if now is not None and file.sent_at is not None:
        facts.append(ago(t, now - file.sent_at))
    tail = f" ({listed(t, facts)})"
    return Choice(file_value(file.file_id), cut(name, blocks.OPTION_LIMIT - width(tail)) + tail)
