"""Who runs the app, and what it does with data: pages that anybody can open, and the line under the help."""

from dataclasses import dataclass

from bot.messages.catalogue import Words
from bot.messages.pages import PRIVACY_PATH, SUPPORT_PATH, Action, Page, Section, links
from bot.messages.text import linked, user_text

_MAIL = "mailto:"


@dataclass(frozen=True, slots=True)
class About:
    """Who runs this app, as far as its settings say."""

    company: str | None = None
    contact: str | None = None
    """An e-mail address, or a page of their own."""
    public_url: str | None = None
    """Where browsers reach the app's pages; None: they do not."""

    @property
    def contact_url(self) -> str | None:
        """Where a press on the contact leads."""
        if self.contact is None or "://" in self.contact:
            return self.contact
        return _MAIL + self.contact


UNTOLD = About()
"""Nobody has said."""


def where_to_ask(t: Words, about: About) -> str | None:
    """For help in Slack, in mrkdwn; None: nobody has said."""
    if about.public_url is not None:
        support = linked(about.public_url + SUPPORT_PATH, t("Support"))
        privacy = linked(about.public_url + PRIVACY_PATH, t("what happens to your data"))
        return t("Questions? {support} · {privacy}", support=support, privacy=privacy)
    if about.contact is not None:
        return t("Questions? Write to {contact}.", contact=user_text(about.contact))
    return None


def support(t: Words, about: About) -> Page:
    """Where people find help, without an account."""
    return Page(
        t("Help with Lipsync"),
        (t("Lipsync makes a video say something else. In Slack, /lipsync help tells all the ways to ask."),),
        _ask(t, about),
        sections=(
            Section(
                t("It does not start"),
                (
                    t(
                        "An owner or admin of your workspace connects a sync.so account first: in Slack, in "
                        "Lipsync's Home, they press Connect sync.so. Until then nothing can be made."
                    ),
                    t("Where a rule of your team stands against it, Lipsync names who can change the rule."),
                ),
            ),
            Section(
                t("It cannot see a file, or post in a channel"),
                (
                    t(
                        "Lipsync sees only channels that it is in: type /invite @Lipsync there. Or send the "
                        "file to Lipsync in its direct message, as you do with a file over 10 MB."
                    ),
                ),
            ),
            Section(
                t("What was charged"),
                (
                    t(
                        "Nothing is charged before somebody presses Generate beside a price. Afterwards the "
                        "card says what sync.so charged, and /lipsync usage what was spent this month. "
                        "sync.so bills its account's owner; Lipsync takes no payment in Slack."
                    ),
                ),
            ),
            Section(t("How to reach us"), _reach(t, about)),
        ),
        links=links(t),
    )


def privacy(t: Words, about: About) -> Page:
    """What is kept, why, for how long, who else gets it, and how it goes."""
    return Page(
        t("Privacy"),
        (_who(t, about),),
        _ask(t, about),
        sections=(
            Section(t("What Lipsync keeps, and why"), _kept(t)),
            Section(t("Who else gets it"), _given(t)),
            Section(t("How long"), _lives(t)),
            Section(t("How to have it deleted"), _deletion(t)),
            Section(t("How to reach us"), _reach(t, about)),
        ),
        links=links(t),
    )


def _who(t: Words, about: About) -> str:
    if about.company is None:
        return t("What Lipsync, an app in Slack that makes videos say something else, does with data.")
    return t(
        "What Lipsync, an app in Slack that makes videos say something else, does with data. It is run by "
        "{company}.",
        company=about.company,
    )


def _kept(t: Words) -> tuple[str, ...]:
    return (
        t(
            "What you ask for: who asked, in which channel and thread, the words to be said, names of files, "
            "links, the price and who agreed to it. It is needed to make the video, and to bring it back."
        ),
        t(
            "Who is shown in a video, and on what ground face and voice may be used, where somebody says so: "
            "so that it can be shown later. Whoever objects to being shown, and in which videos, until they "
            "withdraw it."
        ),
        t(
            "What was spent, when and by whom, and who changed a rule, a budget or a key: so that the team "
            "can check its bills."
        ),
        t(
            "Who is an admin or a guest of your workspace, or of another organisation: so that rules hold. "
            "Slack is asked for people's names where a page or a file of costs shows them; these are not "
            "stored. No e-mail address is read."
        ),
        t(
            "Of messages, Lipsync reads those in its own direct message, those that name it, and those on "
            "which somebody uses its shortcut; no others."
        ),
        t(
            "Videos and audio pass through and are not stored by Lipsync. Keys, tokens and the addresses of "
            "links are stored encrypted."
        ),
    )


def _given(t: Words) -> tuple[str, ...]:
    return (
        t(
            "sync.so gets the video and the audio, or the words to be said and the chosen voice, and makes "
            "the video by AI. What sync.so does with it is told in its own privacy policy. The finished "
            "video goes into Slack."
        ),
        t(
            "Nobody else gets it but whoever hosts this app for us. Lipsync sells nothing of it, shows no "
            "advertisements, trains no AI with it, and itself uses no language model."
        ),
        t("Results can be wrong: look at each video before you pass it on, and say that AI has made it."),
    )


def _lives(t: Words) -> tuple[str, ...]:
    return (
        t(
            "Your files at sync.so: deleted there a day after they were last asked for if no video was made "
            "of them, else a week after the last Generate, or as long as your team's settings say."
        ),
        t(
            "The address of a link: deleted within a week of the video's end. Answers in words: deleted "
            "after two hours."
        ),
        t(
            "The words to be said, titles and names of files: deleted 90 days after the video's end, or as "
            "long after it as your team's settings say. Names in the audit log: deleted after 400 days."
        ),
    )


def _deletion(t: Words) -> tuple[str, ...]:
    return (
        t(
            "Type /lipsync delete my data in Slack: it says what goes and what stays, and deletes it if you "
            "say so. Your name goes from the books when the month is over, and from the audit log after 30 "
            "days."
        ),
        t(
            "An owner or admin removes Lipsync from Slack: its access ends at once, what was not sent to "
            "sync.so ends, and within seven days the key and all data of the workspace are deleted."
        ),
        t(
            "What stays are the books: what was spent and when, without names; and of the audit log the part "
            "that names nobody."
        ),
    )


def _reach(t: Words, about: About) -> tuple[str, ...]:
    if about.contact is None:
        return (
            t(
                "Ask whoever installed Lipsync in your workspace, or an owner or admin there: they know who "
                "runs it."
            ),
        )
    who = about.company or t("Whoever runs Lipsync")
    return (
        t("{company} answers at {contact}.", company=who, contact=about.contact),
        t("If Lipsync showed you a reference, name it. Never send a key, a token or a password."),
    )


def _ask(t: Words, about: About) -> Action | None:
    url = about.contact_url
    return None if url is None else Action(t("Write to us"), url)
