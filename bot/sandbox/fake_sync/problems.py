"""Refusals in the shapes of the real service: each error code with its status, message and suggestion."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.responses import JSONResponse

UPGRADE_URL = "https://sync.so/settings/billing"


class Problem(Exception):
    """An error answer; raised anywhere in a request and turned into JSON at the edge."""

    def __init__(
        self,
        status: int,
        message: str | list[str],
        *,
        code: str | None = None,
        suggestion: str | None = None,
        field: str | None = None,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code or ''} {message}")
        self.status, self.message, self.code = status, message, code
        self.suggestion, self.field = suggestion, field
        self.extra, self.headers = dict(extra or {}), dict(headers or {})

    def response(self) -> JSONResponse:
        """The answer: `message` and `statusCode` always, the rest where there is something to say."""
        body: dict[str, Any] = {"message": self.message, "statusCode": self.status}
        optional = {"errorCode": self.code, "suggestion": self.suggestion, "field": self.field}
        body |= {name: value for name, value in optional.items() if value is not None}
        return JSONResponse(body | self.extra, self.status, headers=self.headers)


class Entry(NamedTuple):
    """One error code: HTTP status, message, what the user may do."""

    status: int
    message: str
    suggestion: str


_SUPPORT = "Try again later, or contact support if it keeps happening."
_AGAIN = "Try again with the same request."
_LINK = (
    "Check that the link is public and stays valid until the job has started, or upload the file as an asset."
)
_BILLING = "Open the billing page."

CATALOG: dict[str, Entry] = {
    "account_on_hold": Entry(402, "The account is on hold", _BILLING),
    "account_payment_required": Entry(402, "A payment is due", _BILLING),
    "asset_forbidden": Entry(403, "The asset belongs to somebody else", "Use an asset of your organization."),
    "asset_not_found": Entry(404, "Asset not found", "Upload the file again."),
    "concurrency_limit_reached": Entry(
        429, "Too many generations are running", "Wait until one has ended, or upgrade your plan."
    ),
    "controller_dependency_error": Entry(503, "A service we depend on failed", _AGAIN),
    "controller_timeout": Entry(504, "The request took too long", _AGAIN),
    "controller_unavailable": Entry(503, "The service is unavailable", _AGAIN),
    "dubbing_duration_exceeded": Entry(422, "The video is too long for dubbing", "Shorten the video."),
    "elevenlabs_api_key_invalid": Entry(422, "The ElevenLabs key is not valid", "Set a new key."),
    "elevenlabs_quota_exceeded": Entry(422, "The ElevenLabs quota is used up", "Raise the quota."),
    "elevenlabs_service_unavailable": Entry(503, "The speech provider is unavailable", _AGAIN),
    "file_not_in_org_storage": Entry(
        422, "The file is not in your organization's storage", "Upload it with POST /v2/assets/upload."
    ),
    "file_size_exceeds_plan_limit": Entry(
        422, "The file is larger than your plan allows", "Use a smaller file or upgrade your plan."
    ),
    "free_tier_generations_exhausted": Entry(
        402, "The free generations of this month are used up", "Upgrade your plan or wait for next month."
    ),
    "generation_conflict": Entry(409, "The generation is in a state that conflicts", "Read its state first."),
    "generation_infra_resource_exhausted": Entry(503, "No capacity at the moment", _SUPPORT),
    "generation_infra_service_unavailable": Entry(503, "The service is unavailable", _SUPPORT),
    "generation_infra_storage_error": Entry(503, "Storage failed", _SUPPORT),
    "generation_input_asset_type_mismatch": Entry(
        422, "The asset's type does not fit this input", "Use an asset of the right type."
    ),
    "generation_input_audio_inaccessible": Entry(422, "The audio cannot be fetched", _LINK),
    "generation_input_audio_invalid": Entry(422, "The audio cannot be read", "Export it as WAV or MP3."),
    "generation_input_dub_audio_conflict": Entry(
        422, "Dubbing takes one video and no audio or text", "Remove the audio or text, or dubParams."
    ),
    "generation_input_duration_greater_than_max_duration": Entry(422, "The input is too long", "Shorten it."),
    "generation_input_face_selection_invalid": Entry(
        422, "The chosen face cannot be used", "Choose another face or use auto_detect."
    ),
    "generation_input_image_inaccessible": Entry(422, "The image cannot be fetched", _LINK),
    "generation_input_resolution_unsupported": Entry(
        422, "The resolution is not supported", "Use 480p up to 4096x2160."
    ),
    "generation_input_segments_invalid": Entry(
        422, "The segments overlap or lie outside the media", "Correct the times."
    ),
    "generation_input_too_many_visual": Entry(
        422, "More than one visual input", "Send one video or one image."
    ),
    "generation_input_trim_invalid": Entry(422, "The crop range is not valid", "Correct the crop range."),
    "generation_input_validation_failed": Entry(400, "The input is not valid", "Correct the input."),
    "generation_input_video_inaccessible": Entry(422, "The video cannot be fetched", _LINK),
    "generation_input_video_invalid": Entry(422, "The video cannot be read", "Export it as MP4 with H.264."),
    "generation_media_probe_timeout": Entry(503, "Reading the source took too long", _AGAIN),
    "generation_media_probe_unavailable": Entry(503, "The source cannot be read for now", _AGAIN),
    "generation_model_duration_exceeded": Entry(
        422, "Too long for this model", "Shorten it or change the model."
    ),
    "generation_not_deletable_while_processing": Entry(
        409, "A running generation cannot be deleted", "Wait until it has ended."
    ),
    "generation_not_found": Entry(404, "Generation not found", "Check the id."),
    "generation_pipeline_failed": Entry(500, "Processing failed", "Try again, or use another input."),
    "generation_plan_duration_exceeded": Entry(
        402,
        "The output would be longer than your plan allows",
        "Shorten it, use cut_off, or upgrade your plan.",
    ),
    "generation_unknown_error": Entry(500, "An unknown error happened", _SUPPORT),
    "generation_unsupported_model": Entry(400, "The model does not fit this job", "Choose another model."),
    "internal_error": Entry(500, "Internal server error", _AGAIN),
    "invalid_asset_id_format": Entry(400, "The asset id is not a UUID", "Check the id."),
    "invalid_generation_id": Entry(400, "The generation id is not a UUID", "Check the id."),
    "plan_feature_unavailable": Entry(403, "Your plan does not include this", "Upgrade your plan."),
    "project_not_found": Entry(422, "Project not found", "Leave the project out."),
    "rate_limit_exceeded": Entry(429, "Too many requests", "Slow down."),
    "unsupported_generation_id_format": Entry(400, "The id has an unsupported format", "Check the id."),
    "uploaded_file_not_found": Entry(
        422, "The uploaded file is not there", "Upload the file, then register it."
    ),
    "usage_dependency_unavailable": Entry(503, "Usage cannot be read", _AGAIN),
    "voice_clone_busy": Entry(429, "The provider is busy", "Try again later."),
    "voice_clone_limit_reached": Entry(403, "No free place for a cloned voice", "Delete one or upgrade."),
    "voice_name_conflict": Entry(409, "The name is taken", "Use another name."),
    "voice_not_found": Entry(404, "Voice not found", "Choose another voice."),
    "voice_sample_extraction_failed": Entry(422, "No voice found in the sample", "Upload a clean sample."),
    "voice_sample_invalid": Entry(400, "The sample cannot be used", "Upload 30 seconds or more."),
    "voice_sample_not_accessible": Entry(422, "The sample cannot be fetched", "Upload the sample."),
    "voice_sample_source_too_large": Entry(413, "The sample is over 1 GiB", "Use a shorter sample."),
    "voice_sample_too_short": Entry(400, "The sample is too short", "Upload 30 seconds or more."),
    "voice_sample_type_unsupported": Entry(
        422, "The sample's type is not supported", "Upload audio or video."
    ),
    "voice_sample_upload_required": Entry(422, "External samples are refused", "Upload the sample."),
}
"""The public catalog: 62 codes in August 2026. Messages and suggestions are our own words."""

_UNLISTED: dict[str, Entry] = {
    "INVALID_IDEMPOTENCY_KEY": Entry(
        400, "Idempotency-Key must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -", "Send one valid key."
    ),
    "IDEMPOTENCY_KEY_CONFLICT": Entry(
        409, "This Idempotency-Key was used with other inputs", "Use a new key for a new request."
    ),
    "IDEMPOTENCY_OUTCOME_UNKNOWN": Entry(
        503, "It is unclear whether the generation was accepted", "Do not send it again under another key."
    ),
    "cost_estimate_unavailable": Entry(422, "The cost cannot be estimated", "Check the request."),
}


def problem(code: str, message: str | None = None, *, status: int | None = None, **more: Any) -> Problem:
    """Build the refusal for an error code; words and status of the catalog unless others are given."""
    entry = CATALOG.get(code) or _UNLISTED.get(code) or Entry(status or 500, code, _SUPPORT)
    return Problem(
        status or entry.status, message or entry.message, code=code, suggestion=entry.suggestion, **more
    )


def no_key() -> Problem:
    """401 without a key: the shape that has `error` (probed in August 2026)."""
    return Problem(401, "Unauthorized", extra={"error": "Unauthorized"})


def bad_key() -> Problem:
    """401 with a wrong key: the shape that has no `error`."""
    return Problem(401, "Invalid API key")


def too_many_requests(retry_after_s: int) -> Problem:
    """429 of the rate limit."""
    return problem(
        "rate_limit_exceeded",
        extra={"error": "Too Many Requests"},
        headers={"Retry-After": str(retry_after_s)},
    )


def too_many_running(*, active: int, limit: int, retry_after_s: int) -> Problem:
    """429 of the concurrency limit, with its own extra fields."""
    extra = {
        "activeGenerations": active,
        "concurrencyLimit": limit,
        "retryAfterSeconds": retry_after_s,
        "upgradeUrl": UPGRADE_URL,
    }
    return problem("concurrency_limit_reached", extra=extra, headers={"Retry-After": str(retry_after_s)})


def payment_needed(code: str) -> Problem:
    """402 or 403 of billing and plan, with the pages that help."""
    return problem(code, extra={"billingUrl": UPGRADE_URL, "upgradeUrl": UPGRADE_URL})


def outcome_unknown(generation_id: str | None) -> Problem:
    """503 for a create of which nobody knows whether it was accepted."""
    return problem(
        "IDEMPOTENCY_OUTCOME_UNKNOWN", extra={"generationId": generation_id} if generation_id else None
    )
