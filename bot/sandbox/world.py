"""Who lives in the sandbox: workspaces with their people, and the sync.so customers that pay for them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from bot.sandbox.fake_slack import ChannelConfig, Sample, SampleKind, TeamConfig, UserConfig
from bot.sandbox.fake_sync.config import CREATOR, GROWTH, Org
from bot.sandbox.media.sample import make_sample, make_sample_audio, make_sample_image

APP_ID = "A0LIPSYNC1"
APP_TOKEN = "xapp-1-A0LIPSYNC1-1-sandbox"
SIGNING_SECRET = "5a9d0b0c0ffee0sandbox0signing0sec"
CLIENT_ID = "1111111111111.2222222222222"
CLIENT_SECRET = "c0ffee0sandbox0client0secret0000"

TEAMS = (
    TeamConfig(
        id="T0ACME0001",
        name="Acme Studio",
        domain="acme",
        bot_token="xoxb-1-acme-sandbox",
        bot_id="B0ACME0001",
        bot_user_id="U0ACMEBOT1",
        users=(
            UserConfig("U0ACMEANA1", "ana", "Ana Moreau", "#7c3aed", role="owner"),
            UserConfig("U0ACMEBEN1", "ben", "Ben Okafor", "#0d9488"),
            UserConfig("U0ACMEGIL1", "gil", "Gil Novak", "#4d7c0f", role="guest"),
            UserConfig("U0PARTNER1", "oda", "Oda Lind", "#9f1239", home_team="T0PARTNER1"),
        ),
        channels=(
            ChannelConfig("C0ACMEVID1", "video-team"),
            ChannelConfig("C0ACMEMKT1", "marketing", bot_is_member=False),
        ),
    ),
    TeamConfig(
        id="T0BIRCH001",
        name="Birch Learning",
        domain="birch",
        bot_token="xoxb-2-birch-sandbox",
        bot_id="B0BIRCH001",
        bot_user_id="U0BIRCHBOT",
        users=(UserConfig("U0BIRCHCHI", "chidi", "Chidi Lund", "#d97706", role="owner"),),
        channels=(ChannelConfig("C0BIRCHTR1", "trainings"),),
    ),
)

NEWCOMERS = TeamConfig(
    id="T0CEDAR001",
    name="Cedar Clinic",
    domain="cedar",
    bot_token="",
    bot_id="B0CEDAR001",
    bot_user_id="U0CEDARBOT",
    users=(
        UserConfig("U0CEDARDIA", "dia", "Dia Castro", "#be123c", role="owner"),
        UserConfig("U0CEDAREFE", "efe", "Efe Demir", "#0369a1"),
    ),
    channels=(ChannelConfig("C0CEDARPR1", "prevention"),),
)
"""A workspace in which nobody has installed the app yet: its page leads to the app's own install."""

NEWCOMERS_KEY = "sk-sandbox-cedar-000000000"
"""Their sync.so API key, which they connect themselves."""

TEAM_KEYS: Mapping[str, str] = MappingProxyType(
    {"T0ACME0001": "sk-sandbox-acme-0000000000", "T0BIRCH001": "sk-sandbox-birch-000000000"}
)
"""The sync.so API key of each workspace."""

SYNC_ORGS: Mapping[str, Org] = MappingProxyType(
    {
        TEAM_KEYS["T0ACME0001"]: Org("org_acme", "Acme Studio", GROWTH, "whsec_sandbox_acme"),
        TEAM_KEYS["T0BIRCH001"]: Org("org_birch", "Birch Learning", CREATOR, "whsec_sandbox_birch"),
        NEWCOMERS_KEY: Org("org_cedar", "Cedar Clinic", CREATOR, "whsec_sandbox_cedar"),
    }
)

_EXAMPLES: Mapping[str, SampleKind] = {
    "https://example.com/video.mp4": "video",
    "https://example.com/audio.mp3": "audio",
    "https://example.com/speech.mp3": "audio",
    "https://example.com/picture.png": "image",
}


def samples(folder: Path) -> tuple[Sample, ...]:
    """The sample clip, audio and picture, drawn and spoken unless they lie in `folder` already."""
    folder.mkdir(parents=True, exist_ok=True)
    video, audio, image = (
        folder / name for name in ("sample-clip.mp4", "sample-voice.mp3", "sample-face.png")
    )
    if not video.exists():
        make_sample(video)
    if not audio.exists():
        make_sample_audio(audio)
    if not image.exists():
        make_sample_image(image)
    return (
        Sample("sample-clip.mp4", "video", "video/mp4", video),
        Sample("sample-voice.mp3", "audio", "audio/mpeg", audio),
        Sample("sample-face.png", "image", "image/png", image),
    )


def examples(samples: Iterable[Sample]) -> Mapping[str, Path]:
    """The samples at the addresses that the app's own words give as examples, so that these work here."""
    by_kind = {sample.kind: sample.path for sample in samples}
    return {address: by_kind[kind] for address, kind in _EXAMPLES.items()}
