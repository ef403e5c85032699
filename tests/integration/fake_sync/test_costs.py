"""The record of what a generation cost: pending first, then complete, and never a float."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.fake_sync.service import Customer, running

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def made(customer: Customer) -> str:
    """A generation that has ended."""
    generation = str((await customer.create(await customer.job())).json()["id"])
    await customer.http.get(f"/v2/generate/{generation}", params={"wait": "true", "timeout": "10"})
    return generation


async def costs_of(customer: Customer, generation: str) -> dict[str, Any]:
    reply = await customer.http.get(f"/v2/generate/{generation}/costs")
    told: dict[str, Any] = reply.raise_for_status().json()
    return told


async def test_the_cost_is_pending_until_it_is_known_and_then_what_was_estimated(kept_folder: Path) -> None:
    now = [1_790_000_000.0]
    async with running(kept_folder, clock=lambda: now[0], costs_after_s=5.0) as service:
        customer = service.customer()
        job = await customer.job()
        (estimate,) = (await customer.http.post("/v2/analyze/cost", json=job)).json()
        generation = await made(customer)

        pending = await costs_of(customer, generation)
        now[0] += 5.0
        complete = await costs_of(customer, generation)

    assert (pending["availability"], pending["totalCostUsd"]) == ("pending", None)
    assert pending["retryAfterSeconds"] == 2
    assert (complete["availability"], complete["retryAfterSeconds"]) == ("complete", None)
    assert isinstance(complete["totalCostUsd"], str)
    assert Decimal(complete["totalCostUsd"]) == Decimal(str(estimate["estimatedGenerationCost"]))


async def test_what_failed_cost_nothing(kept_folder: Path) -> None:
    async with running(kept_folder, costs_after_s=0.0) as service:
        service.fake.faults.set("generation_fails")
        customer = service.customer()
        told = await costs_of(customer, await made(customer))

    assert (told["generationStatus"], told["totalCostUsd"]) == ("FAILED", "0")


async def test_the_switches_make_it_late_partial_unlike_or_not_to_be_had(kept_folder: Path) -> None:
    async with running(kept_folder, costs_after_s=0.0) as service:
        faults, customer = service.fake.faults, service.customer()
        usual = await costs_of(customer, await made(customer))
        faults.set("cost_unlike", times=1, factor=1.5)
        generation = await made(customer)
        unlike = await costs_of(customer, generation)
        seen = {}
        for switch, expected in (
            ("cost_late", "pending"),
            ("cost_partial", "partial"),
            ("cost_unavailable", "unavailable"),
        ):
            faults.set(switch)
            told = await costs_of(customer, generation)
            seen[expected] = told["availability"], told["totalCostUsd"]
            faults.clear(switch)

    assert Decimal(unlike["totalCostUsd"]) == Decimal(usual["totalCostUsd"]) * Decimal("1.5")
    assert seen == {each: (each, None) for each in ("pending", "partial", "unavailable")}


async def test_another_organisations_costs_are_not_told(kept_folder: Path) -> None:
    async with running(kept_folder) as service:
        generation = await made(service.customer())
        stranger = service.customer("key-globex")
        reply = await stranger.http.get(f"/v2/generate/{generation}/costs")

    assert reply.status_code == 404
