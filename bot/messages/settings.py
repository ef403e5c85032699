"""The settings of a team: an overview with one button for each page, and the pages, which are forms."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.messages import blocks, words
from bot.messages.after_settings import after_page, after_told
from bot.messages.approval_settings import approvals_page, approvals_told
from bot.messages.blocks import Block, Choice, button, context, input_field, section
from bot.messages.budget_settings import budgets_page, budgets_told, limit_page
from bot.messages.catalogue import N_, Words
from bot.messages.ids import Action, Callback, Page, Setting
from bot.messages.long_menus import long_menu
from bot.messages.settings_words import many_users, named, settings_closed, some
from bot.messages.text import channel, linked, listed, user_text
from bot.teams.rules import MOST_WORDS, Rules, Who
from storage.limits import Standing

_TITLE = N_("Team settings")
ANY = "any"
"""Stands for no choice of the team's own: an option needs a value."""

_PAGES: Mapping[Page, str] = MappingProxyType(
    {
        Page.PEOPLE: N_("Who may use me, and where"),
        Page.MAKING: N_("How videos are made"),
        Page.BUDGETS: N_("Budgets"),
        Page.APPROVALS: N_("Approvals"),
        Page.AFTER: N_("Files, messages, admins"),
    }
)
_SHORT: Mapping[Page, str] = MappingProxyType(
    {
        Page.PEOPLE: N_("Who may use me"),
        Page.MAKING: N_("Making videos"),
        Page.AFTER: N_("Files, admins"),
    }
)
"""Titles of pages whose names are too long for one in any language."""


@dataclass(frozen=True, slots=True)
class SettingsState:
    """All that the settings show."""

    rules: Rules = field(default_factory=Rules)
    revision: int = 0
    """Of the rules that are shown; comes back with a page."""
    groups: Sequence[Choice] = ()
    """The workspace's user groups."""
    lacks: str | None = None
    """The permission without which user groups cannot be read; None: it is there, or Slack did not say."""
    groups_url: str | None = None
    """Where whoever may install the app gives it that permission; None: whoever runs the app has to."""
    models: Sequence[str] = ()
    """The account's; empty where they could not be read."""
    voices: Sequence[Choice] = ()
    """As above: those that can speak now."""
    budgets: Sequence[Standing] = ()
    """The limits as they stand this month."""
    now: float = 0.0
    """Seconds since the epoch."""


def overview(t: Words, state: SettingsState) -> Block:
    """What holds now, with a button to each page; nothing can be typed here."""
    told = {
        Page.PEOPLE: _people_told(t, state.rules),
        Page.MAKING: _making_told(t, state.rules, state.voices),
        Page.BUDGETS: budgets_told(t, state.budgets, state.rules.zone, state.now),
        Page.APPROVALS: approvals_told(t, state.rules),
        Page.AFTER: after_told(t, state.rules),
    }
    shown = [_with_button(t, page, t(title), told[page]) for page, title in _PAGES.items()]
    first = context(t("These rules hold for everybody who uses me here. Changes hold within a minute."))
    return {
        "type": "modal",
        "callback_id": Callback.SETTINGS,
        "title": blocks.plain(t(_TITLE), 24),
        "close": blocks.plain(t("Close"), 24),
        "blocks": [first, *shown],
    }


def limit_form(t: Words, budget: str, state: SettingsState) -> Block:
    """The form for the limit of one budget, by its scope."""
    standing = next((each for each in state.budgets if each.scope == budget), None)
    if standing is None:
        return settings_closed(t, t("This limit does not hold any more. Go back to see those that do."))
    shown = limit_page(t, standing, state.rules.zone, state.now)
    return _form(t, t("Change a limit"), state, shown, page=Page.BUDGETS, limit=budget)


def settings_page(t: Words, page: Page, state: SettingsState) -> Block:
    """One page as a form."""
    shown = {
        Page.PEOPLE: _people,
        Page.MAKING: _making,
        Page.BUDGETS: _budgets,
        Page.APPROVALS: lambda t, state: approvals_page(t, state.rules),
        Page.AFTER: _after,
    }[page](t, state)
    return _form(t, t(_SHORT.get(page, _PAGES[page])), state, shown, page=page)


def _form(t: Words, title: str, state: SettingsState, shown: Sequence[Block], **known: str) -> Block:
    """`known`: what it is about, to come back with it."""
    return {
        "type": "modal",
        "callback_id": Callback.SETTINGS_PAGE,
        "title": blocks.plain(title, 24),
        "submit": blocks.plain(t("Save"), 24),
        "close": blocks.plain(t("Back"), 24),
        "private_metadata": blocks.carried({"revision": state.revision, **known}),
        "blocks": [*shown],
    }


def _with_button(t: Words, page: Page, title: str, lines: Sequence[str]) -> Block:
    made = section("\n".join([f"*{title}*", *lines]))
    label = blocks.plain(t("Change {page}", page=title), blocks.BUTTON_LIMIT)["text"]
    made["accessory"] = button(t("Change"), Action.SETTINGS_PAGE, page) | {"accessibility_label": label}
    return made


def _people_told(t: Words, rules: Rules) -> list[str]:
    lines = [_who_told(t, rules)]
    others = [
        *([t("guests")] if rules.guests else []),
        *([t("people of other organisations")] if rules.outsiders else []),
    ]
    if others:
        lines.append(t("Let in as well: {others}.", others=listed(t, others)))
    if rules.blocked_people:
        lines.append(t("Kept out: {people}.", people=named(t, rules.blocked_people)))
    where = t("In every channel, and in my direct messages.")
    if rules.channels:
        places = some(t, [channel(each) for each in rules.channels])
        where = t("In these channels, and in my direct messages: {channels}.", channels=places)
    return [*lines, where]


def _who_told(t: Words, rules: Rules) -> str:
    if rules.who is Who.NAMED:
        return t("These people: {people}.", people=named(t, rules.people))
    if rules.who is Who.GROUP and rules.group:
        group = f"<!subteam^{rules.group}>"
        return t("The people of {group}.", group=group)
    return t("Everybody of this workspace.")


def _making_told(t: Words, rules: Rules, voices: Sequence[Choice]) -> list[str]:
    models = [words.model_words(t, name) for name in rules.models]
    lines = [t("Models: {models}.", models=some(t, models)) if models else t("All models may be used.")]
    usual = words.model_words(t, rules.default_model)
    lines.append(t("Where nobody says which: {model}.", model=usual))
    voice = next((each.label for each in voices if each.value == rules.voice_id), None)
    if voice is not None:
        lines.append(t("Voice where nobody says which: {voice}.", voice=user_text(voice)))
    if rules.blocked_words:
        lines.append(
            t.n(
                "Scripts with the one word on your list are refused.",
                "Scripts with any of the {count} words on your list are refused.",
                len(rules.blocked_words),
            )
        )
    if rules.consent_required:
        lines.append(t("Before Generate it has to be said who is shown, and on what ground."))
    return lines


_WHO: Mapping[Who, str] = MappingProxyType(
    {
        Who.EVERYBODY: N_("Everybody of this workspace"),
        Who.GROUP: N_("The people of a user group"),
        Who.NAMED: N_("The people named below"),
    }
)
GUESTS, OUTSIDERS = "guests", "outsiders"
REQUIRED = "required"


def _people(t: Words, state: SettingsState) -> list[Block]:
    rules = state.rules
    offered = [who for who in Who if who is not Who.GROUP or state.groups or rules.who is Who.GROUP]
    who = blocks.menu([Choice(each, t(_WHO[each])) for each in offered], initial=rules.who)
    others = (
        Choice(GUESTS, t("Guests of this workspace")),
        Choice(OUTSIDERS, t("People of other organisations"), t("In channels shared with them")),
    )
    chosen = {GUESTS: rules.guests, OUTSIDERS: rules.outsiders}
    return [
        input_field(Setting.WHO, t("Who may use me"), who),
        *_group(t, state),
        input_field(
            Setting.PEOPLE,
            t("Named people"),
            many_users(rules.people),
            hint=t("Used only with “The people named below”."),
            optional=True,
        ),
        input_field(
            Setting.OTHERS,
            t("Let in as well"),
            blocks.checkboxes(others, initial=[name for name, is_on in chosen.items() if is_on]),
            optional=True,
        ),
        input_field(
            Setting.BLOCKED,
            t("Kept out, whatever else holds"),
            many_users(rules.blocked_people),
            optional=True,
        ),
        input_field(
            Setting.CHANNELS,
            t("Channels"),
            blocks.many_channels(rules.channels),
            hint=t("Leave it empty for every channel. My direct messages are always open."),
            optional=True,
        ),
    ]


def _group(t: Words, state: SettingsState) -> list[Block]:
    if state.groups:
        menu = long_menu(t, state.groups, initial=state.rules.group)
        return [
            input_field(
                Setting.GROUP,
                t("User group"),
                menu,
                hint=t("Used only with “The people of a user group”."),
                optional=True,
            )
        ]
    if state.lacks is None:
        return []
    return [context(_group_needs(t, state.lacks, state.groups_url))]


def _group_needs(t: Words, scope: str, install_url: str | None) -> str:
    if install_url is None:
        return t(
            "To let a user group in, I need the permission `{scope}`: ask whoever runs Lipsync for it.",
            scope=scope,
        )
    again = linked(install_url, t("install me again with it"))
    return t(
        "To let a user group in, I need the permission `{scope}`: {again}, or ask somebody who may install "
        "apps here.",
        scope=scope,
        again=again,
    )


def _making(t: Words, state: SettingsState) -> list[Block]:
    rules = state.rules
    typed = "\n".join(rules.blocked_words)
    known = words.model_choices(t, {*state.models, *rules.models} if state.models else ())
    usual = words.model_choices(t, {*state.models, rules.default_model} if state.models else ())
    usual_model = Choice(ANY, t("As Lipsync chooses"))
    modes = (Choice(ANY, t("As sync.so does it")), *words.sync_mode_choices(t))
    return [
        input_field(
            Setting.MODELS,
            t("Models that may be used"),
            blocks.many(blocks.offerable(known)[: blocks.OPTIONS_LIMIT], initial=rules.models),
            hint=t("Leave it empty for all of them."),
            optional=True,
        ),
        input_field(
            Setting.MODEL,
            t("Model where nobody says which"),
            long_menu(t, blocks.offerable(usual), initial=rules.model or ANY, first=usual_model),
        ),
        *_voice(t, state),
        input_field(
            Setting.SYNC_MODE,
            t("If the lengths differ, and nobody says how"),
            blocks.menu(modes, initial=rules.sync_mode or ANY),
        ),
        input_field(
            Setting.WORDS,
            t("Words that no script may have in it"),
            blocks.text_input(initial=typed, limit=blocks.INPUT_LIMIT, multiline=True),
            hint=t.n("One to a line, up to {count}.", "One to a line, up to {count}.", MOST_WORDS),
            optional=True,
        ),
        _consent(t, rules),
    ]


def _consent(t: Words, rules: Rules) -> Block:
    required = Choice(REQUIRED, t("Has to be said before Generate"))
    return input_field(
        Setting.CONSENT,
        t("Who is shown in a video"),
        blocks.checkboxes([required], initial=[REQUIRED] if rules.consent_required else []),
        hint=t("I ask it once for each video. Ticked, nothing is made before it is answered."),
        optional=True,
    )


def _voice(t: Words, state: SettingsState) -> list[Block]:
    offered = blocks.offerable(state.voices)
    if not offered:
        return [context(t("I could not read the list of voices, so the team's own stays as it is."))]
    own = Choice(ANY, t("The account's first voice"))
    menu = long_menu(t, offered, initial=_known(state.rules.voice_id, offered) or ANY, first=own)
    return [input_field(Setting.VOICE, t("Voice where nobody says which"), menu)]


def _known(value: str | None, choices: Collection[Choice]) -> str | None:
    return value if value in {choice.value for choice in choices} else None


def _budgets(t: Words, state: SettingsState) -> list[Block]:
    return budgets_page(t, state.budgets, state.rules.zone, state.models, state.now)


def _after(t: Words, state: SettingsState) -> list[Block]:
    return after_page(t, state.rules)
