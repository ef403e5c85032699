"""What a crash run is played in: both fakes in this process, quick and cheap, behind bad weather."""

import asyncio
import random
import secrets
import socket
import struct
import time
import wave
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from bot.probe.ends import SEEN_WHOLE
from bot.sandbox.fake_slack import (
    ChannelConfig,
    FakeSlack,
    FakeSlackConfig,
    TeamConfig,
    Timings,
    UserConfig,
    create_fake_slack,
)
from bot.sandbox.fake_sync import FakeSyncConfig, create_fake_sync
from bot.sandbox.fake_sync.app import FakeSync
from bot.sandbox.fake_sync.config import CREATOR, SCALE, Org, Rates
from bot.sandbox.serving import served
from bot.sandbox.world import APP_TOKEN, SIGNING_SECRET
from bot.sync_api.models import Account
from bot.teams.keys import Keys
from storage.database import migrate, open_database
from storage.encryption import Cipher, new_key
from storage.installations import Installation, Installations
from tests.crash.people import Media, Resident
from tests.crash.sluice import Sluice
from tests.crash.weather import Spell, Weather

_ROOT = Path(__file__).parents[2]
_WORKSPACES, _PEOPLE = 16, 2
"""Many workspaces, for Slack lets each of them change only so many messages a minute."""
_KEYS = tuple(f"sk-crash-{number:010}" for number in range(8))
"""Several accounts at sync.so, each shared by workspaces: it lets each key create only so many a minute."""
_ORGS = {
    key: Org(f"org_crash_{number}", f"Account {number}", SCALE if number % 4 else CREATOR)
    for number, key in enumerate(_KEYS)
}
"""In some accounts few videos are made at once, so that others of the same order have to wait."""


def _workspace(number: int) -> TeamConfig:
    people = [f"{number:02}{person}" for person in range(_PEOPLE)]
    return TeamConfig(
        id=f"T0CRASH{number:03}",
        name=f"Crash {number}",
        domain=f"crash-{number}",
        bot_token=f"xoxb-{number}-crash-run",
        bot_id=f"B0CRASH{number:03}",
        bot_user_id=f"U0CRASHBOT{number:02}",
        users=tuple(UserConfig(f"U0CRASH{n}", f"p{n}", f"Person {n}", "#7c3aed") for n in people),
        channels=tuple(ChannelConfig(f"C0CRASH{n}", f"room-{n}") for n in people),
    )


_TEAMS = tuple(map(_workspace, range(_WORKSPACES)))
_FILE_PACE = 2_500_000
"""Bytes a second that Slack gives of files, all together: small ones are there at once."""
_MANY = Rates(create=10**6, upload=10**6, speech=10**6, other=10**6)

_SLACK_CALLS = r"(GET|POST) /(?!ui/|media/|socket/).*"
_SYNC_CALLS = r"\w+ /(?!_control).*"
_CREATES, _SIGHT = r"POST /v2/generate\?", r"GET /v2/generations\?(?!.*ids=).*"
_STORMY = (
    Spell(_CREATES, 0.5, (*("lost", "lost", "lost", "slow", "5xx", "429") * 2, "402")),
    Spell(_SIGHT, 0.6, ("5xx", "truncated", "reset", "429")),
)
"""Where a mistake costs money, the weather is worst: nearly one reply in four is lost, and so, mostly, is the
sight of what was created: who cannot see must not pay again."""
_BLIND = (Spell(_CREATES, 1.0, ("lost",)),)
"""Nobody hears that something was created; and who looks, finds a list that does not show it."""


@dataclass(frozen=True, slots=True)
class World:
    """Both fakes, served."""

    slack: FakeSlack
    sync: FakeSync
    sluice: Sluice
    weathers: Sequence[Weather]
    media: Media
    environment: dict[str, str]
    """The app's settings; those that differ between replicas and engines are missing."""

    @property
    def refused(self) -> frozenset[tuple[str, str]]:
        """The orders' parts whose create call got a final refusal."""
        keys = {key for weather in self.weathers for key in weather.refused if key.startswith("lipsync-")}
        return frozenset((order, part) for _, order, part, _ in (key.split("-") for key in keys))

    @property
    def residents(self) -> tuple[Resident, ...]:
        """Everybody, such that neighbours are of the same workspace."""
        return tuple(
            Resident(team.id, user.id, room.id, self.slack.workspace(team.id).direct_message(user.id).id)
            for team in _TEAMS
            for user, room in zip(team.users, team.channels, strict=True)
        )

    @property
    def sent_again(self) -> bool:
        """Whether sync.so took some create call a second time, by an old key or by a new one."""
        taken = Counter(
            create["body_sha256"]
            for create in self.sync.state.records.creates
            if create.get("outcome") in {"created", "replayed"}
        )
        return any(times > 1 for times in taken.values())

    def clear_up(self) -> None:
        """Everything works again."""
        for weather in self.weathers:
            weather.clear_up()
        self.sync.faults.clear()
        self.slack.faults.reset()


@asynccontextmanager
async def opened(
    folder: Path, *, app_url: str, http: bool, share: float, seed: int, blind: bool = False
) -> AsyncIterator[World]:
    """Serve both fakes for as long as the block runs; `share` of all calls meet trouble.

    `blind`: what creates at sync.so came to is not known before it clears up.
    """
    video, audio = await asyncio.to_thread(_draw, folder)
    long = await asyncio.to_thread(_padded, video)
    slack_socket, sync_socket = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    slack_url, sync_url = (f"http://127.0.0.1:{s.getsockname()[1]}" for s in (slack_socket, sync_socket))
    media = Media(video, long, audio, f"{slack_url}/media")
    sync = create_fake_sync(
        FakeSyncConfig(
            sync_url,
            folder / "sync",
            _ORGS,
            processing_s=0.3,
            rates=_MANY,
        )
    )
    slack = create_fake_slack(
        FakeSlackConfig(
            manifest=_ROOT / "manifest.yml",
            base_url=slack_url,
            data=folder / "slack",
            teams=_TEAMS,
            delivery="http" if http else "socket",
            request_url=f"{app_url}/slack/events",
            timings=Timings(share_s=0.3, event_retries_s=(0.0, 1.0, 2.0)),
        )
    )
    chance = random.Random(f"{seed} weather")
    spells = {
        "slack": (Spell(_SLACK_CALLS, share),),
        "sync": (*(_BLIND if blind else _STORMY), Spell(_SYNC_CALLS, share)),
    }
    sluice = Sluice(_with_media(slack.asgi, media))
    slack_weather = Weather(
        sluice,
        spells["slack"] if share else (),
        chance,
        too_many={"ok": False, "error": "ratelimited"},
    )
    sync_weather = Weather(
        sync.asgi,
        spells["sync"] if share else (),
        chance,
        too_many={
            "message": "Too many requests",
            "error": "Too Many Requests",
            "errorCode": "rate_limit_exceeded",
            "statusCode": 429,
        },
    )
    slack.faults.set("file_slow", {"bytes_per_s": _FILE_PACE})
    if blind:
        sync.faults.set("list_lags", seconds=3600.0)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(served(sync_weather, sync_socket))
        await stack.enter_async_context(served(slack_weather, slack_socket))
        stack.push_async_callback(slack.close)
        yield World(
            slack,
            sync,
            sluice,
            (slack_weather, sync_weather),
            media,
            _settings(slack_url, sync_url, app_url, http=http),
        )


def _settings(slack_url: str, sync_url: str, app_url: str, *, http: bool) -> dict[str, str]:
    slack = {"SLACK_SIGNING_SECRET": SIGNING_SECRET} if http else {"SLACK_APP_TOKEN": APP_TOKEN}
    return slack | {
        "SLACK_BOT_TOKEN": _TEAMS[0].bot_token,
        "SLACK_API_URL": f"{slack_url}/api/",
        "SYNC_API_KEY": _KEYS[0],
        "SYNC_API_URL": sync_url,
        "PUBLIC_URL": app_url,
        "HOST": "127.0.0.1",
        "ENCRYPTION_KEYS": new_key(),
    }


async def install(settings: Mapping[str, str]) -> None:
    """The first workspace comes from the settings; the others are rows, as an install would leave them."""
    async with open_database(settings["DATABASE_URL"]) as database:
        await migrate(database)
        cipher = Cipher([settings["ENCRYPTION_KEYS"]])
        installations = Installations(database, cipher)
        keys = Keys(database, cipher, new_id=lambda: secrets.token_hex(16), clock=time.monotonic)
        for number, team in enumerate(_TEAMS[1:], start=1):
            await installations.save(
                Installation(
                    id=team.id,
                    enterprise_id=None,
                    team_id=team.id,
                    team_name=team.name,
                    app_id="A0LIPSYNC1",
                    bot_id=team.bot_id,
                    bot_user_id=team.bot_user_id,
                    bot_token=team.bot_token,
                    scopes=(),
                    installed_at=0.0,
                ),
            )
            api_key = _KEYS[number % len(_KEYS)]
            told = Account(organization_id=_ORGS[api_key].id)
            await keys.put(team.id, api_key, told, by=None, now=0.0)


def let_it_rain(world: World, share: float, *, bad_ends: float) -> None:
    """Troubles that only sync.so itself can make: webhooks that fail, odd answers, bad ends, odd bills."""
    faults = world.sync.faults
    faults.set("webhook_never", share=0.25)
    faults.set("webhook_twice", share=0.25)
    faults.set("webhook_late", share=0.2, seconds=2.0)
    faults.set("webhook_early", share=0.1)
    faults.set("webhook_forged", share=0.05)
    faults.set("webhook_foreign", share=0.05)
    faults.set("outcome_unknown", share=share / 2, with_id=False)
    faults.set("concurrency_reached", share=share / 2, retry_after=1)
    faults.set("output_expired", share=share / 4)
    faults.set("generation_fails", share=bad_ends * 0.6)
    faults.set("generation_rejected", share=bad_ends * 0.4)
    faults.set("cost_unlike", share=0.3, factor=1.3)
    faults.set("cost_partial", share=0.3)


async def change_moods(world: World, chance: random.Random) -> None:
    """Until cancelled: for a second now and then Slack delivers all twice or does not hear an ack.

    Or sync.so knows no key any more, or asks for more.
    """
    slack, (_, at_sync) = world.slack, world.weathers
    while True:
        at_sync.revoked = chance.random() < 0.05
        if chance.random() < 0.1:
            world.sync.faults.set("price_raised", times=None, factor=1.5)
        else:
            world.sync.faults.clear("price_raised")
        slack.faults.set("duplicate_delivery", active=chance.random() < 0.2)
        if chance.random() < 0.2:
            slack.faults.set("lose_ack", {"times": 1})
        await asyncio.sleep(1.0)


def _draw(folder: Path) -> tuple[Path, Path]:
    """A video and a sound of one second each, a few kilobytes in all."""
    folder.mkdir(parents=True, exist_ok=True)
    video, audio = folder / "clip.mp4", folder / "voice.wav"
    with av.open(str(video), "w", format="mp4", options={"movflags": "faststart"}) as out:
        pictures = out.add_stream("libx264", rate=12, options={"preset": "ultrafast"})
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        for shade in range(0, 240, 20):
            image = np.full((64, 64, 3), shade, dtype=np.uint8)
            out.mux(pictures.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(pictures.encode(None))
    with wave.open(str(audio), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes((np.sin(np.arange(16_000) / 6) * 9000).astype("<i2").tobytes())
    return video, audio


def _padded(video: Path) -> Path:
    """The video in a file so large that it is read before it is moved."""
    long = video.with_name("long.mp4")
    free = struct.pack(">I4s", SEEN_WHOLE, b"free") + bytes(SEEN_WHOLE - 8)
    long.write_bytes(video.read_bytes() + free)
    return long


def _with_media(slack: ASGIApp, media: Media) -> ASGIApp:
    """The web on which people's links lead to files: `/media/t0ken/ask-7.mp4`."""

    async def file(request: Request) -> Response:
        is_video = request.path_params["name"].endswith(media.video.suffix)
        return FileResponse(media.video if is_video else media.audio)

    return Starlette(routes=[Route("/media/{token}/{name}", file), Mount("/", slack)])
