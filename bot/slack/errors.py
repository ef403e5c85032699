"""What can go wrong between the app and Slack, told apart by what helps against it.

    SlackError
     ├ SlackUnreachable        no answer that can be read; whether Slack acted is not known
     └ SlackRefused            an answer, and nothing was done; itself: a code that no table of ours knows
        ├ SlackBusy            wait: the same call is taken later, without anybody's help
        │  └ SlackRateLimited  too many calls of this method (a 429); Slack may say when to come again
        ├ PlaceClosed          other way: this conversation takes nothing of the app's, another one may
        ├ ThreadGone           other way: the message that begins the thread is gone, or takes no replies
        ├ CardFixed            other way: this message cannot be changed any more, a new one can be posted
        ├ FileUnreadable       the app is in no conversation that shows the file
        │  └ FileDeleted       nobody can see it any more
        ├ NotThere             the person or user group is not, or not to be seen from there
        ├ TooLate              a trigger, view or response URL is used up, too old, changed or gone
        ├ NotAllowed           tell: somebody has to change a setting first, however long one waits
        │  ├ ScopeMissing      the app was installed without a permission
        │  ├ UploadRefused     the workspace takes no such file
        │  └ TokenDead         the workspace took the app's token back
        └ CallBroken           tell: a mistake of ours; the same call is never taken

Which code means what for which method is data: `bot.slack.codes`. A code that is not there says nothing of
how long it holds: it is waited for a quarter of an hour, and then the other way is taken.
"""


class SlackError(Exception):
    """Base of what a call of Slack can end in."""


class SlackUnreachable(SlackError):
    """No answer came, or none that can be read; whether Slack acted is not known."""


class SlackRefused(SlackError):
    """Slack answered a call with `ok: false`, a 429 or a 5xx.

    `code` is Slack's error name, or `http_…` where there is none; `retry_after_s` is its wish, where it has
    one; `needed` is the scope that was missing.
    """

    def __init__(
        self, method: str, code: str, retry_after_s: float | None = None, *, needed: str | None = None
    ) -> None:
        super().__init__(f"{method}: {code}")
        self.method = method
        self.code = code
        self.retry_after_s = retry_after_s
        self.needed = needed


class SlackBusy(SlackRefused):
    """Slack is in trouble itself, or asks to wait."""


class SlackRateLimited(SlackBusy):
    """Too many calls of this method (a 429); it says nothing against the call, however often it comes."""


class PlaceClosed(SlackRefused):
    """The app cannot post to this conversation; its direct message with the person may do."""


class ThreadGone(SlackRefused):
    """The message that begins the thread was deleted, or takes no replies."""


class CardFixed(SlackRefused):
    """The message cannot be changed any more; a new one can be posted."""


class FileUnreadable(SlackRefused):
    """The app is in no conversation that shows the file, or there is none."""


class FileDeleted(FileUnreadable):
    """The file was deleted."""


class NotThere(SlackRefused):
    """There is no such person or user group, or none that the app is shown."""


class TooLate(SlackRefused):
    """What the call refers to was there for a moment only: a trigger, a view, a response URL."""


class NotAllowed(SlackRefused):
    """A setting of the workspace or organisation stands against it."""


class ScopeMissing(NotAllowed):
    """The app was installed without a permission; installed once more with it, it may."""


class UploadRefused(NotAllowed):
    """The workspace takes no files, none of this kind or size, or has no room for more."""


class TokenDead(NotAllowed):
    """The workspace took the app's token back."""


class CallBroken(SlackRefused):
    """The call itself is wrong."""
