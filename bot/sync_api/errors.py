"""Everything that can go wrong between us and sync.so, as one tree to catch at the level one cares about.

    SyncApiError
    ├── Refused              the request is not acceptable as it stands; change it, do not repeat it
    │   └── Unexplained      a 403 or 404 without a code: perhaps of something on the way
    ├── NotAuthorised        the API key is missing, wrong or revoked
    ├── PaymentNeeded        the plan or the bill stands in the way
    ├── RateLimited          too many requests; wait, then repeat
    ├── ConcurrencyReached   too many generations at once; wait for a slot
    ├── Unavailable          certainly not done, for now: repeat later
    │   └── Unreachable      no reply came; of a call that costs money, not a byte has left
    ├── OutcomeUnknown       a call that costs money may or may not have been taken: read, never send anew
    ├── Unreadable           answered with success, in words that mean nothing to us
    └── BadSignature         a webhook that cannot be shown to come from sync.so

No error carries the API key, the body of a page that is not JSON, or a signed link.
"""

from dataclasses import dataclass


@dataclass(eq=False, kw_only=True)
class SyncApiError(Exception):
    """The root: catch it for "sync.so did not do what was asked"."""

    message: str = "sync.so could not do this."
    """sync.so's own words where it had some, cleaned and cut; else ours."""
    code: str = "sync_api_error"
    """sync.so's stable `errorCode`, else a word of ours for the class. Branch on it, never on `message`."""
    suggestion: str | None = None
    """What sync.so advises."""
    status: int | None = None
    """HTTP status; None: no reply came."""

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False, kw_only=True)
class Refused(SyncApiError):
    """sync.so understood and said no (400, 403, 404, 409, 413, 422). Nothing was created or charged."""

    message: str = "sync.so refused the request."
    code: str = "sync_refused"
    field: str | None = None
    """Which field of the request it is about."""


@dataclass(eq=False, kw_only=True)
class Unexplained(Refused):
    """A 403 or 404 to which sync.so gave no code; what stands on the way there answers so as well."""


@dataclass(eq=False, kw_only=True)
class NotAuthorised(SyncApiError):
    """The API key was not accepted (401); somebody who owns the account must renew it."""

    message: str = "sync.so did not accept the API key."
    code: str = "sync_not_authorised"


@dataclass(eq=False, kw_only=True)
class PaymentNeeded(SyncApiError):
    """The plan's allowance is used up, an invoice is open, or the plan does not reach so far (402)."""

    message: str = "The sync.so account's plan or billing does not allow this."
    code: str = "account_payment_required"
    billing_url: str | None = None
    upgrade_url: str | None = None


@dataclass(eq=False, kw_only=True)
class RateLimited(SyncApiError):
    """Too many requests with this key (429); nothing was done."""

    message: str = "sync.so asks for fewer requests."
    code: str = "rate_limit_exceeded"
    retry_after_s: float | None = None
    """Seconds to wait; None: sync.so did not say."""


@dataclass(eq=False, kw_only=True)
class ConcurrencyReached(SyncApiError):
    """The account already runs as many generations as its plan allows (429); nothing was created."""

    message: str = "The sync.so account runs as many generations as its plan allows."
    code: str = "concurrency_limit_reached"
    retry_after_s: float | None = None
    """Seconds to wait; None: sync.so did not say."""
    active: int | None = None
    limit: int | None = None
    upgrade_url: str | None = None


@dataclass(eq=False, kw_only=True)
class Unavailable(SyncApiError):
    """sync.so, or the way to it, is in trouble (no connection, time-out, 5xx, a block by the network edge).

    Raised by a call that costs money only when it was certainly not taken.
    """

    message: str = "sync.so cannot be reached at the moment."
    code: str = "sync_unavailable"
    retry_after_s: float | None = None
    """Seconds to wait; None: sync.so did not say."""


@dataclass(eq=False, kw_only=True)
class Unreachable(Unavailable):
    """No reply came. A call that costs money raises it only where there was not even a connection."""


@dataclass(eq=False, kw_only=True)
class OutcomeUnknown(SyncApiError):
    """A call that costs money was sent and no reply tells whether it was taken.

    The same key and the same bytes may be sent again; a new key never (sync.so docs, idempotency guide).
    """

    message: str = "It is not known whether sync.so took the request."
    code: str = "outcome_unknown"
    generation_id: str | None = None
    """The generation to read, where sync.so named it."""
    retry_after_s: float | None = None
    """Seconds to wait; None: sync.so did not say."""


@dataclass(eq=False, kw_only=True)
class Unreadable(SyncApiError):
    """A reply of success that is not what the documentation promises."""

    message: str = "sync.so's reply could not be read."
    code: str = "sync_unreadable"


@dataclass(eq=False, kw_only=True)
class BadSignature(SyncApiError):
    """A webhook whose signature is missing, wrong or too old."""

    message: str = "The webhook's signature is not valid."
    code: str = "bad_signature"
