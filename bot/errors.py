"""The errors of the app itself; each boundary (sync.so, storage, media) has a tree of its own.

BotError
├── BadSettings      the app cannot start as it is set up
├── JobFailed        a step ends its order or job with a reason that the user is told
├── KeyWorks         sync.so accepts the key that pays now: what it refused, it may take
├── Malformed        a signed payload is not what Slack sends
├── NotConnected     no sync.so account is connected that could work for the workspace
│   └── KeyRefused   one is, and sync.so no longer accepts its key
├── NotInstalled     the workspace is not, or no longer, installed
└── TooManyOpen      the person has as many orders open as one person may
"""

from typing import Final

LONGEST_ASKED_S: Final = 600.0
"""The longest wait that another side can ask for: a slip of theirs must put nothing to sleep for good."""


class BotError(Exception):
    """Base of the app's own errors."""


class BadSettings(BotError):
    """The settings do not allow a start; `problems` are lines for the person at the terminal."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class JobFailed(BotError):
    """A step found that its order or job can never end well.

    `code` is sync.so's error code or one of ours; `bot.messages.failures` has its words. `detail` is a plain
    sentence of sync.so's that may be shown.
    """

    def __init__(self, code: str, detail: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Malformed(BotError):
    """A payload that Slack signed lacks what its kind always has, or has it in another type.

    The message names the place, never what stands there.
    """


class NotConnected(BotError):
    """No key of a sync.so account is stored for the workspace: none was connected, or it was taken away."""


class KeyRefused(NotConnected):
    """A key is stored for the workspace that sync.so no longer accepts: a person has to give another."""


class KeyWorks(BotError):
    """sync.so accepts the key that pays now, another one or the same again: what it refused, it may take."""


class NotInstalled(BotError):
    """No installation is stored for the workspace: it was removed, or never was there."""


class TooManyOpen(BotError):
    """The person has `most` orders open, which is as many as one person may have."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} open")
        self.most = most
