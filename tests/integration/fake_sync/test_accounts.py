"""Organizations and their keys: whose a key is, several keys of one, a key that is withdrawn."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.fake_sync.service import Customer, Service, running

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def account(customer: Customer) -> dict[str, Any]:
    told: dict[str, Any] = (await customer.http.get("/v2/account")).raise_for_status().json()
    return told


async def test_two_keys_of_one_organization_are_one_account(service: Service) -> None:
    told = [
        (await account(service.customer(key)))["organization"]["id"]
        for key in ("key-acme", "key-acme-2", "key-globex")
    ]
    assert told == ["org_acme", "org_acme", "org_globex"]


async def test_an_account_may_not_say_whose_it_is(service: Service) -> None:
    service.fake.faults.set("account_untold")
    told = await account(service.customer())
    assert told["organization"] is None
    assert told["credentialType"] == "api_key"


@pytest.mark.parametrize("path", ["/v2/account", "/v2/models", "/v2/generations"])
async def test_a_key_that_was_withdrawn_opens_nothing_any_more(kept_folder: Path, path: str) -> None:
    async with running(kept_folder) as service:
        assert (await service.customer().http.get(path)).status_code == 200
        service.fake.revoke("key-acme")
        refused = await service.customer().http.get(path)
        assert (refused.status_code, "error" in refused.json()) == (401, False)
        assert (await service.customer("key-acme-2").http.get(path)).status_code == 200


async def test_the_panel_withdraws_a_key_and_gives_it_back(kept_folder: Path) -> None:
    async with running(kept_folder) as service:
        customer = service.customer()

        async def turned(**body: Any) -> int:
            return (await customer.http.post("/_control/keys", json=body)).status_code

        assert await turned(key="key-acme", revoked=True) == 200
        assert (await customer.http.get("/v2/account")).status_code == 401
        assert await turned(key="key-acme", revoked=False) == 200
        assert (await customer.http.get("/v2/account")).status_code == 200
        assert await turned(key="key-nobody", revoked=True) == 400
        assert await turned(key="key-acme") == 400


async def test_a_withdrawn_key_stays_withdrawn(kept_folder: Path) -> None:
    async with running(kept_folder) as service:
        service.fake.revoke("key-acme")
        kept = service.fake.kept()
    async with running(kept_folder, kept=kept) as service:
        assert (await service.customer().http.get("/v2/account")).status_code == 401


async def test_what_another_key_made_is_the_organizations_too(kept_folder: Path) -> None:
    async with running(kept_folder) as service:
        mine, theirs, foreign = (service.customer(key) for key in ("key-acme", "key-acme-2", "key-globex"))
        made = (await theirs.create(await theirs.job())).json()["id"]
        in_studio = service.fake.made_elsewhere("org_acme", Decimal("1.25"))

        listed = (await mine.http.get("/v2/generations")).json()
        assert {each["id"] for each in listed} == {made, in_studio.id}
        assert (await foreign.http.get("/v2/generations")).json() == []
        assert (await foreign.http.get(f"/v2/generate/{made}")).status_code == 404
        costs: httpx.Response = await mine.http.get(f"/v2/generate/{in_studio.id}/costs")
        assert costs.json()["generationStatus"] == "COMPLETED"
        records = {each["id"]: each for each in (await mine.records())["generations"]}
        assert records[made]["made_by"] == "me-2"
        assert records[in_studio.id]["made_by"] is None
        assert records[in_studio.id]["charged_usd"] == "1.25"
        await theirs.finished(made)
