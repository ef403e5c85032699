"""What a plan and the service itself allow, with what the switchboard makes of it."""

from dataclasses import replace

from bot.sandbox.fake_sync.config import Org, Plan
from bot.sandbox.fake_sync.faults import Faults
from bot.sandbox.fake_sync.problems import payment_needed, problem
from bot.sandbox.media.probe import Probe

LARGEST = (4_096, 2_160)
"""Pixels of the longer and of the shorter side of a picture: any aspect ratio up to "4096x2160" (a digest of
the documentation of July 2026; ComfyUI's sync.so node refuses more). The 480 lines beside it are advice."""
_MB = 1_000_000


def plan_of(org: Org, faults: Faults) -> Plan:
    """The organization's plan, as far as no switch narrows it."""
    plan = org.plan
    if lowered := faults.peek("concurrency_lowered"):
        plan = replace(plan, concurrency=min(plan.concurrency, lowered["limit"]))
    if shorter := faults.peek("only_short_videos"):
        plan = replace(plan, max_output_s=min(plan.max_output_s, float(shorter["seconds"])))
    if smaller := faults.peek("only_small_files"):
        plan = replace(plan, max_file_bytes=min(plan.max_file_bytes, round(smaller["megabytes"] * _MB)))
    return plan


def check(picture: Probe, model: str, length_s: float, org: Org, faults: Faults) -> None:
    """See that an order may be made. Whether a price is refused for it, too, is said nowhere: here it is not.

    Raises:
        Problem: the picture is too large, or the output longer than the plan allows.
    """
    if _is_too_large(picture) and faults.peek("any_picture_size") is None:
        raise problem("generation_input_resolution_unsupported", field="input")
    if length_s > plan_of(org, faults).longest_s(model):
        raise payment_needed("generation_plan_duration_exceeded")


def _is_too_large(picture: Probe) -> bool:
    sides = sorted((picture.width, picture.height), reverse=True)
    return any(side > most for side, most in zip(sides, LARGEST, strict=True))
