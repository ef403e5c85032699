"""The words of the pages that a browser shows. Plain text: whoever writes the page escapes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.messages.catalogue import N_, Words

PRIVACY_PATH, SUPPORT_PATH = "/privacy", "/support"


@dataclass(frozen=True, slots=True)
class Action:
    """The one thing to do next on a page."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page, under a heading of its own."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page: what it is about, what to know, and what to do next."""

    title: str
    lines: tuple[str, ...]
    action: Action | None = None
    sections: tuple[Section, ...] = ()
    links: tuple[Action, ...] = ()
    """To other pages, at its foot."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    title: str
    line: str


def links(t: Words) -> tuple[Action, Action]:
    """The way to what anybody may want to know first."""
    return (Action(t("Privacy"), PRIVACY_PATH), Action(t("Support"), SUPPORT_PATH))


def add_to_slack(t: Words, begin_url: str) -> Page:
    """Where a person decides to install the app."""
    lines = (
        t("Lipsync makes a video say something else: give it a video, and audio or a script with a voice."),
        t("You see the price of each video first, and pay nothing before somebody presses Generate."),
        t(
            "Videos are made by AI at sync.so, which gets the video and what it should say. Results can be "
            "wrong: look at each before you pass it on."
        ),
        t("Slack shows you next what Lipsync may do, and asks whether you allow it."),
    )
    return Page(t("Add Lipsync to Slack"), lines, Action(t("Add to Slack"), begin_url), links=links(t))


def installed(t: Words, name: str, open_url: str, *, is_paid: bool) -> Page:
    """The app is in a workspace; `is_paid`: a sync.so account works for it already."""
    lines = (
        t("One step is left: in Slack, an owner or admin opens Lipsync's Home and presses Connect sync.so."),
        t("Until then nothing can be made, and nothing is charged."),
    )
    if is_paid:
        lines = (
            t("Members of the workspace can use it now: type /lipsync in Slack, or open Lipsync's Home."),
            t("Nothing is charged before somebody presses Generate."),
        )
    return Page(t("Lipsync is installed in {name}", name=name), lines, Action(t("Open Slack"), open_url))


def installed_for_all(t: Words, name: str, add_url: str) -> Page:
    """The app is allowed in an organisation, and in none of its workspaces by that."""
    lines = (
        t("It is in no workspace yet: an admin of your organisation chooses where people may use it."),
        t("Nothing is charged before somebody there presses Generate."),
    )
    return Page(t("{name} allows Lipsync", name=name), lines, Action(t("Choose workspaces"), add_url))


def not_installed(t: Words, refusal: str, again_url: str) -> Page:
    """An install came to nothing; `refusal` is a code of Slack's, or of `bot.use_cases.installing`."""
    words = REFUSALS.get(refusal, _ANY)
    nothing = t("Nothing was changed, and nothing is charged.")
    return Page(t(words.title), (t(words.line), nothing), Action(t("Try again"), again_url))


def not_begun(t: Words, again_url: str) -> Page:
    """Slack was not asked for anything yet: the app's own records did not answer."""
    line = t("Nothing was changed, and nothing is charged. Try again in a minute.")
    title = t("Lipsync cannot begin just now")
    return Page(title, (line,), Action(t("Try again"), again_url))


def unfinished(t: Words, again_url: str) -> Page:
    """Slack may have let the app in, and the app does not know, or could not store it."""
    line = t(
        "Slack, or my own records, did not answer just now. Slack may list Lipsync as installed already; "
        "please install it once more in a minute. Nothing is charged."
    )
    title = t("Lipsync could not finish the installation")
    return Page(title, (line,), Action(t("Try again"), again_url))


_ANY = _Trouble(
    N_("Lipsync was not installed"),
    N_("Slack did not give its permission. If it happens again, tell whoever runs Lipsync for you."),
)
_ASK_AN_ADMIN = N_("Ask an owner or admin of your workspace to allow it, or to install it for you.")
_SET_UP_WRONG = _Trouble(
    N_("Lipsync was not installed"),
    N_("It is not set up the way Slack expects. Tell whoever runs Lipsync for you to look into its log."),
)
_BEGIN_HERE = _Trouble(
    N_("There is nothing to finish here"),
    N_(
        "If Lipsync is installed already, open Slack. Otherwise it took longer than ten minutes or began in "
        "another browser: begin again here."
    ),
)
REFUSALS: Mapping[str, _Trouble] = MappingProxyType(
    {
        "access_denied": _Trouble(
            N_("You did not allow it"), N_("Lipsync was not installed. You can come back at any time.")
        ),
        "unknown_state": _BEGIN_HERE,
        "invalid_code": _BEGIN_HERE,
        "no_answer": _BEGIN_HERE,
        "unapproved_scope": _Trouble(N_("Your workspace has to allow this app first"), _ASK_AN_ADMIN),
        "scope_not_allowed_on_enterprise": _Trouble(
            N_("Your organisation does not allow what Lipsync needs"), _ASK_AN_ADMIN
        ),
        "cannot_install_an_org_installed_app": _Trouble(
            N_("Your organisation has Lipsync already"),
            N_("An admin of the organisation adds it to your workspace; it need not be installed again."),
        ),
        "invalid_team_for_non_distributed_app": _Trouble(
            N_("Lipsync is not open to other workspaces"),
            N_("Whoever runs Lipsync has to allow its distribution in the app's settings at Slack."),
        ),
        "bad_redirect_uri": _SET_UP_WRONG,
        "bad_client_secret": _SET_UP_WRONG,
        "invalid_client_id": _SET_UP_WRONG,
        "invalid_scope": _SET_UP_WRONG,
    }
)
"""What happened and what to do, by Slack's error on the redirect or the token call, or by our own."""
