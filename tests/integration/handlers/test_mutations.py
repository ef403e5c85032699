"""Whatever Slack might sign: each is answered, none breaks anything, and the log holds no error of ours."""

import json
from collections.abc import Iterator
from random import Random
from urllib.parse import urlencode

import pytest
import stamina
from hypothesis import settings

from bot.web.routes import SLACK_PATH
from storage.orders import OrderStatus
from tests.integration.fake_slack.harness import NORTH
from tests.integration.handlers.front import FORM, Front, command
from tests.integration.handlers.mutations import JSON, mutated, mutated_headers, ours, slacks_own

EACH = 2 * settings().max_examples
HEADERS_EACH = settings().max_examples
"""Fewer, since a body that ends too early is waited for."""


@pytest.fixture(autouse=True)
def once() -> Iterator[None]:
    """What is told to addresses that lead nowhere is not tried again."""
    with stamina.set_testing(True, attempts=1):
        yield


@pytest.fixture(autouse=True)
def lists(app: Front) -> None:
    for path in ("/v2/voices", "/v2/models"):
        app.there.sync.get(path).respond(json=[])


@pytest.mark.parametrize("seed", range(6))
async def test_signed_nonsense_is_taken_or_refused_and_breaks_nothing(
    app: Front, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    chance = Random(seed)
    job = await app.there.order(OrderStatus.OFFERED)
    url = app.there.box.slack.api_url
    samples = ours(job.id, response_url=f"{url}nowhere") * 3 + slacks_own()
    installation = await app.services.teams.need(None, NORTH.id)

    for number in range(EACH):
        body, content_type = mutated(chance, samples)
        answer = await app.signed(body, content_type=content_type)
        assert answer.status_code in {200, 400, 413}, (seed, number, body[:2_000])
        if number % 20 == 0:
            await app.settled(looks=False)
            await app.services.teams.save(installation)  # some of it says that the app was removed

    await app.settled(looks=False)
    assert errors_in(capsys.readouterr().out) == []


@pytest.mark.parametrize("seed", range(3))
async def test_headers_of_any_kind_are_taken_or_refused(
    app: Front, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    chance = Random(seed)
    body = urlencode(command("help")).encode()

    for number in range(HEADERS_EACH):
        signed = app.signature(body) | {"Content-Type": FORM}
        sent = mutated_headers(chance, [(name.encode(), value.encode()) for name, value in signed.items()])
        answer = await app.http.post(SLACK_PATH, content=body, headers=sent)
        assert answer.status_code in {200, 401, 413}, (seed, number, sent)

    assert errors_in(capsys.readouterr().out) == []


def errors_in(logged: str) -> list[str]:
    return [line for line in logged.splitlines() if "level='error'" in line or "Traceback" in line]


async def test_what_slack_has_sent_to_others_is_understood(app: Front) -> None:
    """Our ideas of a payload would refuse it otherwise."""
    for payload in slacks_own():
        if "command" in payload:
            answer = await app.signed(urlencode(payload).encode(), content_type=FORM)
        else:
            answer = await app.signed(json.dumps(payload).encode(), content_type=JSON)
        assert answer.status_code == 200, payload
