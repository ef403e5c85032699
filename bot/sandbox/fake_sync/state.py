"""Everything the fake service remembers, in memory: generations, assets, uploads, and the judge's records."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from bot.sandbox.fake_sync.blobs import Blob

TERMINAL = frozenset({"COMPLETED", "FAILED", "REJECTED"})
_WIRE_KEPT = 2000
_ELSEWHERE_S, _ELSEWHERE_FPS = 10.0, 25


@dataclass
class Generation:
    """One paid job. `body` is the request as it came; `shown_from` is when its output URL may be seen.

    `made_by` is the API key that ordered it; None: it was ordered in sync.so's own Studio. `recorded` is how
    far its costs are known; None: as the clock and the switches say.
    """

    id: str
    org_id: str
    created_at: float
    body: Mapping[str, Any]
    output_name: str | None
    length_s: float
    frames: int
    usd: Decimal
    made_by: str | None = None
    recorded: str | None = None
    status: str = "PENDING"
    ended_at: float | None = None
    output: str | None = None
    shown_from: float = 0.0
    speech: str | None = None
    error: str | None = None
    error_code: str | None = None
    progress: int = 0
    deleted: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "ended"}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        vars(self).update(kept)
        self.ended = asyncio.Event()
        if not self.running:
            self.ended.set()

    @property
    def charged_usd(self) -> Decimal:
        """What it costs its owner: nothing, unless a video came of it (sync.so docs)."""
        return self.usd if self.status == "COMPLETED" else Decimal(0)

    @property
    def running(self) -> bool:
        """Whether it takes one of the account's slots; an unknown status does too."""
        return self.status not in TERMINAL


@dataclass
class Upload:
    """A presigned upload: what was announced, and what came."""

    id: str
    org_id: str
    path: str
    content_type: str
    announced: int
    blob: Blob | None = None


@dataclass(frozen=True)
class Asset:
    """A file of an organization's library.

    `url` is a path to be signed, or a public link. `owner` an API key.

    `upload_id` is the upload it was registered from; None: it was registered by a public link.
    """

    id: str
    org_id: str
    owner: str
    upload_id: str | None
    created_at: float
    name: str
    type: str
    input_type: str
    visibility: str
    file: Path
    size: int
    url: str
    format: str
    duration_s: float | None
    width: int | None
    height: int | None


@dataclass
class Records:
    """What really happened, for those who judge the app by it."""

    creates: list[dict[str, Any]] = field(default_factory=list)
    webhooks: list[dict[str, Any]] = field(default_factory=list)
    downloads: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[dict[str, Any]] = field(default_factory=list)
    deletions: list[dict[str, Any]] = field(default_factory=list)
    wire: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_WIRE_KEPT))
    seq: int = 0

    def log(self, at: float, **exchange: Any) -> None:
        """Put one exchange on the wire log."""
        self.seq += 1
        self.wire.append({"seq": self.seq, "at": at} | exchange)


@dataclass
class State:
    """The service's memory."""

    generations: dict[str, Generation] = field(default_factory=dict)
    assets: dict[str, Asset] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    revoked_keys: set[str] = field(default_factory=set)
    """API keys that are taken no more."""
    records: Records = field(default_factory=Records)

    def kept(self) -> object:
        """What was made, and from what; the records are of one run."""
        return self.generations, self.assets, self.uploads, self.revoked_keys

    def recall(self, kept: Any) -> None:
        """Begin with what `kept` gave."""
        self.generations, self.assets, self.uploads, self.revoked_keys = kept

    def made_elsewhere(self, org_id: str, usd: Decimal, made_by: str | None, at: float) -> Generation:
        """Add a finished generation that nobody asked for here."""
        made = Generation(
            id=str(uuid4()),
            org_id=org_id,
            created_at=at,
            body={"model": "lipsync-2", "input": []},
            output_name=None,
            length_s=_ELSEWHERE_S,
            frames=round(_ELSEWHERE_S * _ELSEWHERE_FPS),
            usd=usd,
            made_by=made_by,
            status="COMPLETED",
            ended_at=at,
        )
        made.ended.set()
        self.generations[made.id] = made
        return made

    def of(self, org_id: str) -> list[Generation]:
        """The organization's generations that were not deleted, oldest first."""
        return [each for each in self.generations.values() if each.org_id == org_id and not each.deleted]

    def accepted(self, org_id: str) -> int:
        """How many generations the organization ever made; deleting one does not give it back."""
        return sum(each.org_id == org_id for each in self.generations.values())

    def running(self, org_id: str) -> int:
        """How many slots the organization uses."""
        return sum(each.running for each in self.of(org_id))
