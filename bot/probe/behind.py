"""What a server tells of the file behind a link."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behind:
    """Size in bytes, `ETag` and `Last-Modified` as written; None: not told."""

    size: int | None = None
    etag: str | None = None
    modified: str | None = None

    @property
    def is_marked(self) -> bool:
        """Whether another file of the same size would be told from it."""
        return bool(self.etag or self.modified)
