"""The words of connecting a team's sync.so account: the page in a browser, and what Slack says of it."""

from datetime import UTC, datetime

from babel.dates import format_datetime

from bot.messages import blocks
from bot.messages.blocks import Block, Message
from bot.messages.catalogue import Words
from bot.messages.ids import Action
from bot.messages.notices import say
from bot.messages.pages import Page
from bot.messages.text import date


def invitation(t: Words, team: str, person: str) -> Page:
    """What a link shows before its button is pressed."""
    lines = (
        t("{person} asked for this link in Slack, for the workspace {team}.", person=person, team=team),
        t(
            "On the next page you give the API key of a sync.so account. That account then pays for the "
            "videos that people in this workspace say yes to."
        ),
        t("If you do not know this workspace or this person, close this page."),
        t("The link works once. What follows belongs to this browser."),
    )
    return Page(t("Connect sync.so to {team}", team=team), lines)


def begin(t: Words) -> str:
    """The one button of that page."""
    return t("Go on in this browser")


def no_use(t: Words) -> Page:
    """The link, or what came of it, leads nowhere."""
    lines = (
        t(
            "It was used before, has run out, or belongs to another browser; or Slack does not tell just now "
            "that you are an admin there."
        ),
        t("Nothing was changed. Open Lipsync's Home in Slack and press Connect sync.so for a new link."),
    )
    return Page(t("This link does not work any more"), lines)


def not_connected(t: Words, team: str, person: str) -> Page:
    """The page with the form, where the team has no key of its own."""
    lines = (
        _you_are(t, team, person),
        t("Make an API key at sync.so under Settings, API keys, and paste it here."),
        t("It is checked first and kept encrypted; from then on only its last four characters are shown."),
    )
    return Page(t("Connect sync.so to {team}", team=team), lines)


def connected(t: Words, team: str, person: str, ending: str, account: str | None, since: float) -> Page:
    """The page with the form, where the team has one."""
    key = t("A key was connected on {day}.", day=_day(t, since))
    if ending:
        key = t("The key ends in {ending} and was connected on {day}.", ending=ending, day=_day(t, since))
    whose = () if account is None else (t("It belongs to {account} at sync.so.", account=account),)
    lines = (
        _you_are(t, team, person),
        key,
        *whose,
        t("Videos can be made now: go back to Slack and type /lipsync. You can close this page."),
        t("Another key of the same sync.so organisation changes nothing for videos that are on their way."),
        t(
            "With a key of another organisation, videos already at sync.so are still brought here and paid "
            "by the old account; those not sent yet are offered anew at the new one."
        ),
        t("Where no account pays any more, those not sent yet end, and cost nothing."),
    )
    return Page(t("{team} is connected to sync.so", team=team), lines)


def removed(t: Words, team: str, *, is_paid: bool) -> Page:
    """A key was taken away; `is_paid`: another one works for the team by itself."""
    new = t("Nothing new can be made until an admin connects one. Videos not sent yet end, and cost nothing.")
    if is_paid:
        new = t(
            "New videos are paid by the account of whoever runs Lipsync. Those not sent yet are offered anew "
            "there."
        )
    lines = (
        new,
        t("What was sent to sync.so is still brought into Slack, and paid with the key that was removed."),
        t("You can close this page."),
    )
    return Page(t("{team} has no sync.so key of its own any more", team=team), lines)


def key_label(t: Words) -> str:
    """Above the field."""
    return t("sync.so API key")


def connect_button(t: Words, *, replaces: bool) -> str:
    """Below the field."""
    return t("Check and replace the key") if replaces else t("Check and connect")


def remove_button(t: Words) -> str:
    """By itself, below all else."""
    return t("Remove the key")


def not_a_key(t: Words) -> str:
    """What was typed cannot be one."""
    return t("This is not an API key. Copy it anew at sync.so; nothing was changed.")


def key_refused(t: Words) -> str:
    """sync.so does not know it."""
    return t("sync.so does not accept this key. Make a new one there; nothing was changed.")


def key_untried(t: Words) -> str:
    """sync.so did not answer."""
    return t("sync.so cannot be asked about the key just now. Nothing was changed; try again in a minute.")


def opened_twice(t: Words, first_at: float, again_at: float) -> Message:
    """To the admin whose link was tried a second time."""
    return say(
        t(
            "Somebody tried to use your link to connect sync.so a second time, {again}. I refused it. It was "
            "first used {first}. If that was not you, ask me for a new link, look at which key is connected, "
            "and replace it.",
            again=date(t, again_at),
            first=date(t, first_at),
        )
    )


def key_is_refused(t: Words, ending: str, *, is_apps_own: bool) -> Message:
    """To the admins of whoever has given a key; `is_apps_own`: it stands in the app's settings."""
    what = t("sync.so no longer accepts the key that pays for videos here.")
    if ending:
        what = t(
            "sync.so no longer accepts the key that pays for videos here (it ends in {ending}).",
            ending=ending,
        )
    waits = t(
        "Nothing new is sent or charged until another one is connected. What people ask for meanwhile waits "
        "for up to a day, and goes on by itself."
    )
    step = t("Make a new key at sync.so, and connect it here.")
    if is_apps_own:
        step = t("Connect another one here, or ask whoever runs me to renew the setting SYNC_API_KEY.")
    text = f"{what} {waits} {step}"
    connect = blocks.button(t("Connect sync.so"), Action.HOME_CONNECT, "connect")
    return Message(text, [blocks.section(text), blocks.actions([connect])])


def link(t: Words, url: str) -> Message:
    """To the admin who asked for it."""
    line = t(
        "On a page in your browser you connect your team's sync.so account. The link works once, within ten "
        "minutes. Pass it to nobody: whoever opens it connects an account in your name."
    )
    shown = [
        blocks.section(line),
        blocks.actions([blocks.link_button(t("Open the page"), Action.OPEN_LINK, url)]),
    ]
    return Message(line, shown)


def over_home(t: Words, message: Message) -> Block:
    """The link, or why there is none, in a modal over the Home in which it was asked for."""
    return {
        "type": "modal",
        "title": blocks.plain(t("Connect sync.so"), 24),
        "close": blocks.plain(t("Close"), 24),
        "blocks": message.blocks,
    }


def only_admins(t: Words) -> Message:
    """Somebody else asked for the link."""
    return say(t("Only admins of this workspace can connect its sync.so account. Ask one of them."))


def no_page(t: Words) -> Message:
    """The app cannot be reached by browsers."""
    return say(
        t(
            "This app has no web page, so whoever runs it connects the account: by `lipsync-bot connect` "
            "on its machine, or by the setting SYNC_API_KEY."
        )
    )


def _you_are(t: Words, team: str, person: str) -> str:
    return t("You do this for {person}, for the workspace {team}.", person=person, team=team)


def _day(t: Words, moment: float) -> str:
    return format_datetime(datetime.fromtimestamp(moment, UTC), "d MMMM y", locale=t.locale)
