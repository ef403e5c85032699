"""What can go wrong while media is relayed.

A caller catches at the level it cares about:

    MediaError
    ├── Unusable            the source will not get better by asking again
    │   ├── NotMedia        a web page came instead of the file
    │   ├── IsPage          the file itself is a web page
    │   ├── Gone            refused, deleted or expired
    │   ├── WrongType       a file, but of another kind
    │   ├── Empty           a file of no bytes
    │   ├── TooLarge        more bytes than expected
    │   ├── NoLength        the length cannot be told before sending
    │   ├── WrongLength     more or fewer bytes than were told
    │   ├── NoRanges        it is given as a whole only
    │   ├── Redirected      sent elsewhere, where we do not follow
    │   └── UnsafeAddress   plain http, or a token for a host that must not see it
    ├── Interrupted         another try may succeed
    │   ├── SourceUnavailable
    │   ├── SourceCut       the source ended before its length
    │   ├── SinkUnavailable
    │   └── Stalled         no byte moved for too long
    └── SinkRefused         the sink answered no
"""

from typing import ClassVar, Literal


class MediaError(Exception):
    """Media could not be relayed. `code` names it in a job's `failure_code`; no address is in the words."""

    code: ClassVar[str] = "media_error"


class Unusable(MediaError):
    """The source will not get better by asking again."""


class NotMedia(Unusable):
    """A web page came with status 200: how Slack answers a token that may not read the file."""

    code = "slack_file_html"


class IsPage(Unusable):
    """All that the file holds is a web page, whatever it is called."""

    code = "media_web_page"


class Gone(Unusable):
    """The source refused, or has the file no more."""

    code = "slack_file_gone"

    def __init__(self, status: int) -> None:
        super().__init__(f"the source answered {status}")
        self.status = status


class WrongType(Unusable):
    """A file came, but of another kind than expected."""

    code = "media_wrong_type"

    def __init__(self, content_type: str) -> None:
        super().__init__(f"the source is {content_type}")
        self.content_type = content_type


class Empty(Unusable):
    """The file has no bytes, which Slack and sync.so both refuse."""

    code = "media_empty"


class TooLarge(Unusable):
    """The file is larger than expected. `length` and `limit` in bytes."""

    code = "media_too_large"

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"{length} bytes, at most {limit} are taken")
        self.length = length
        self.limit = limit


class NoLength(Unusable):
    """The source does not tell its length, which both upload calls want before the first byte."""

    code = "media_no_length"


class WrongLength(Unusable):
    """A source that did not tell its own length brought another number of bytes than was known of it."""

    code = "media_wrong_length"

    def __init__(self, received: int, length: int) -> None:
        super().__init__(f"{received} bytes came, {length} were to come")
        self.received = received
        self.length = length


class NoRanges(Unusable):
    """The server gives the file as a whole only, or not the part that was asked for."""

    code = "media_no_ranges"


class Redirected(Unusable):
    """The source sent us where we do not follow: in Slack's case, usually to its login page."""

    code = "media_redirected"


class UnsafeAddress(Unusable):
    """Plain http outside loopback, or a host that must not see the token."""

    code = "media_unsafe_address"


class Interrupted(MediaError):
    """Another try may succeed."""


class SourceUnavailable(Interrupted):
    """The source cannot be reached, or answers that it is in trouble."""

    code = "media_source_unavailable"


class SourceCut(Interrupted):
    """The source ended before the length that it had told."""

    code = "media_source_cut"


class SinkUnavailable(Interrupted):
    """The sink cannot be reached, broke off, or answers that it is in trouble."""

    code = "media_sink_unavailable"


class Stalled(Interrupted):
    """No byte moved for too long."""

    code = "media_stalled"

    def __init__(self, side: Literal["source", "sink"], sent: int) -> None:
        super().__init__(f"waited in vain for the {side} after {sent} bytes")
        self.side = side
        self.sent = sent


class SinkRefused(MediaError):
    """The sink answered no. `text` is the start of its answer: for the log, not for users."""

    code = "media_sink_refused"

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"the sink answered {status}")
        self.status = status
        self.text = text
