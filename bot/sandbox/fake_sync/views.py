"""How generations and assets look on the wire: the reading shape and the webhook's own shape."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.fake_sync.blobs import WEEK_S, Links
from bot.sandbox.fake_sync.faults import Faults
from bot.sandbox.fake_sync.state import Asset, Generation


def iso(moment: float) -> str:
    """ISO 8601 with milliseconds and Z, as the service writes times."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Views:
    """Builds JSON objects; links are signed anew each time they are shown."""

    def __init__(self, links: Links, faults: Faults, clock: Callable[[], float]) -> None:
        self._links, self._faults, self._clock = links, faults, clock

    def generation(self, generation: Generation, *, progress: bool = False) -> dict[str, Any]:
        """The object of create, get, list and delete; error code as `errorCode`."""
        body = generation.body
        shown = self._common(generation) | {
            "errorCode": generation.error_code,
            "segments": body.get("segments"),
            "outputFileName": generation.output_name,
            "projectId": body.get("projectId"),
            "synthesizedAudioUrl": self._links.sign(generation.speech) if generation.speech else None,
        }
        if progress:
            shown["progress_percent"] = generation.progress
        return shown

    def webhook(self, generation: Generation) -> dict[str, Any]:
        """The webhook's payload: fewer fields, and the error code as `error_code`."""
        return self._common(generation) | {"error_code": generation.error_code}

    def download_link(self, generation: Generation) -> str | None:
        """A fresh link to the output, while there is one."""
        expired = self._faults.peek("output_expired")
        return self._output(generation, expired=bool(expired and expired["fresh_too"]))

    def asset(self, asset: Asset) -> dict[str, Any]:
        """An asset of the library."""
        return {
            "id": asset.id,
            "createdAt": iso(asset.created_at),
            "updatedAt": iso(asset.created_at),
            "name": asset.name,
            "url": self._links.sign(asset.url) if asset.url.startswith("/") else asset.url,
            "size": asset.size,
            "format": asset.format,
            "type": asset.type,
            "inputType": asset.input_type,
            "durationSeconds": asset.duration_s,
            "thumbnailUrl": None,
            "visibility": asset.visibility,
            "width": asset.width,
            "height": asset.height,
        }

    def _common(self, generation: Generation) -> dict[str, Any]:
        return {
            "id": generation.id,
            "createdAt": iso(generation.created_at),
            "model": generation.body["model"],
            "status": generation.status,
            "input": generation.body["input"],
            "options": generation.body.get("options"),
            "webhookUrl": generation.body.get("webhookUrl"),
            "outputUrl": self._output(generation, expired=self._faults.peek("output_expired") is not None),
            "outputDuration": generation.length_s if generation.output else None,
            "segmentOutputUrl": None,
            "error": generation.error,
        }

    def _output(self, generation: Generation, *, expired: bool) -> str | None:
        if generation.output is None or self._clock() < generation.shown_from:
            return None
        return self._links.sign(generation.output, -1.0 if expired else WEEK_S)
