"""The input record: a file that orders name, as sync.so gets it or has it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from storage.encryption import Sealed, SealedFor, Where


class InputKind(StrEnum):
    """What sync.so takes it for; one file may be wanted as either."""

    VIDEO = "VIDEO"
    AUDIO = "AUDIO"


class InputStatus(StrEnum):
    """How far it is."""

    WANTED = "wanted"
    """It is to be sent or looked at, as long as an open order names it."""
    THERE = "there"
    """sync.so has it, or can fetch it."""
    FAILED = "failed"
    """It cannot be had or used; the next order that names it has it tried anew."""


def address_at(input_id: str) -> Where:
    """Where the address of an input stands that is a link."""
    return Where("inputs", "address", input_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SameInput:
    """What makes an input the same one: nobody else's, in no other account."""

    id: str
    enterprise_id: str | None
    team_id: str
    account_key: str
    source: str
    """`slack:` and the file's id, or `link:` and the SHA-256 of the address."""
    kind: InputKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInput(SameInput):
    """An input as an order names it."""

    address: SealedFor | None
    """Of a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input(SameInput):
    """One row of `inputs`. Times are seconds since the epoch."""

    address: Sealed | None
    """Of a link."""
    status: InputStatus
    asset_id: str | None
    """Where sync.so has it; None: not yet, or it is a link that could not be registered."""
    found: str
    """JSON of `bot.asking.drafts.PreparedInput`, as far as it is known."""
    size: int | None
    """Bytes; None: not known, or it is a link."""
    sent_bytes: int
    begun_at: float | None
    """When its bytes began to move; None: they do not."""
    told_at: float | None
    """When so many bytes were sent; None: none ever were."""
    come_at: float | None
    """When sync.so had it last; None: it does not."""
    failure_code: str | None
    failure_detail: str | None
    due_at: float | None
    lease_token: str | None
    attempts: int
    """Failed tries."""
    delete_at: float
    """When it is deleted at sync.so, unless an open order names it."""

    @property
    def is_link(self) -> bool:
        """Whether sync.so fetches it by itself."""
        return self.address is not None
