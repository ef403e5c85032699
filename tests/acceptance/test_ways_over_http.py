"""From every way in to a video in the thread, with Slack calling the app over signed HTTP."""

import pytest

from tests.acceptance.journey import make_and_check
from tests.acceptance.person import Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import WAYS, Way

MODE = "http"


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_leads_to_one_video_in_its_thread(stage: Stage, ana: Person, way: Way) -> None:
    await make_and_check(stage, ana, await way(stage, ana))
