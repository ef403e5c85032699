"""Puts the fake Slack together: `create_fake_slack` wires the parts, `FakeSlack` is what one holds."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bot.sandbox.fake_slack.announce import Announcer
from bot.sandbox.fake_slack.api.dispatch import WebApi
from bot.sandbox.fake_slack.config import FakeSlackConfig
from bot.sandbox.fake_slack.delivery.courier import Courier, Tasks
from bot.sandbox.fake_slack.delivery.payloads import Payloads
from bot.sandbox.fake_slack.delivery.socket_mode import DisconnectReason, SocketMode
from bot.sandbox.fake_slack.delivery.ways import Delivery, HttpDelivery
from bot.sandbox.fake_slack.faults import Faults
from bot.sandbox.fake_slack.files.routes import FileHost
from bot.sandbox.fake_slack.files.sharing import Sharing
from bot.sandbox.fake_slack.files.store import FileStore
from bot.sandbox.fake_slack.hang_up import HangUp
from bot.sandbox.fake_slack.ids import Ids
from bot.sandbox.fake_slack.installs.admins import Admins
from bot.sandbox.fake_slack.installs.codes import Codes
from bot.sandbox.fake_slack.installs.consent import Consent
from bot.sandbox.fake_slack.installs.records import Organisation
from bot.sandbox.fake_slack.installs.tokens import Installs
from bot.sandbox.fake_slack.journal import Records, Wire
from bot.sandbox.fake_slack.manifest import read_manifest
from bot.sandbox.fake_slack.message_json import MessageJson
from bot.sandbox.fake_slack.modals import Modals
from bot.sandbox.fake_slack.page.admin_routes import AdminRoutes
from bot.sandbox.fake_slack.page.hub import Hub
from bot.sandbox.fake_slack.page.routes import PageApi
from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.people.person import Person
from bot.sandbox.fake_slack.response_url import routes as response_url_routes
from bot.sandbox.fake_slack.tickets import ResponseUrls, Triggers
from bot.sandbox.fake_slack.workspace import Workspace


class FakeSlack:
    """A running fake Slack: its ASGI app for uvicorn, and hands and eyes for tests."""

    def __init__(self, parts: Parts, delivery: Delivery, beside: Sequence[BaseRoute]) -> None:
        self.parts = parts
        self.admins = Admins(parts)
        self._delivery = delivery
        # Around Starlette, whose own outermost layer hides the connection that a fault has to break.
        self.asgi: ASGIApp = HangUp(Starlette(routes=[*beside, *_routes(parts)]))

    @property
    def api_url(self) -> str:
        """What `SLACK_API_URL` is set to."""
        return f"{self.parts.config.base_url}/api/"

    @property
    def faults(self) -> Faults:
        """The switches."""
        return self.parts.faults

    def records(self) -> Records:
        """Every message, file share, call, delivery and notice so far."""
        return self.parts.records

    def kept(self) -> object:
        """All that was said, sent and opened, in one piece: a file of a message is the file of the store."""
        workspaces = {team: workspace.kept() for team, workspace in self.parts.workspaces.items()}
        return (
            self.parts.installs.kept(),
            workspaces,
            self.parts.files.kept(),
            self.parts.response_urls.kept(),
            self.parts.modals.kept(),
        )

    def recall(self, kept: Any) -> None:
        """Begin with what `kept` gave."""
        installs, workspaces, files, response_urls, modals = kept
        self.parts.installs.recall(installs)
        for team, workspace in self.parts.workspaces.items():
            workspace.recall(workspaces[team])
        self.parts.files.recall(files)
        self.parts.response_urls.recall(response_urls)
        self.parts.modals.recall(modals)

    def person(self, team_id: str, user_id: str) -> Person:
        """Somebody at the keyboard, as the page would act for them."""
        workspace = self.parts.workspace(team_id)
        return Person(self.parts, workspace, workspace.user(user_id))

    def workspace(self, team_id: str) -> Workspace:
        """A team's conversations and messages."""
        return self.parts.workspace(team_id)

    async def wait_connected(self) -> None:
        """Return once the app is connected by Socket Mode."""
        await self.parts.socket_mode.wait_connected()

    async def disconnect(self, reason: DisconnectReason = "refresh_requested") -> None:
        """Ask the app to open new Socket Mode connections, as Slack does every few hours."""
        await self.parts.socket_mode.disconnect(reason)

    async def drop_connections(self) -> None:
        """Break the app's Socket Mode connections without a word."""
        await self.parts.socket_mode.close()

    async def settled(self) -> None:
        """Wait until no event and no file is on its way any more."""
        await self.parts.tasks.settle()

    async def close(self) -> None:
        """End streams, sockets and tasks. Call it before stopping the server, which waits for them."""
        self.parts.faults.reset()
        self.parts.hub.close()
        await self.parts.tasks.close()
        await self.parts.socket_mode.close()
        await self._delivery.close()


def _routes(parts: Parts) -> list[BaseRoute]:
    routes: list[BaseRoute] = [
        *WebApi(parts).routes(),
        *FileHost(parts).routes(),
        *response_url_routes(parts),
        *Consent(parts).routes(),
        *PageApi(parts).routes(),
        *AdminRoutes(parts).routes(),
        WebSocketRoute("/socket/{ticket}", parts.socket_mode.serve),
    ]
    if parts.config.page is not None:
        routes.append(Mount("/", StaticFiles(directory=parts.config.page, html=True)))
    return routes


def _places(
    config: FakeSlackConfig, ids: Ids, bot_name: str
) -> tuple[dict[str, Organisation], dict[str, Workspace]]:
    organisations = {each.id: Organisation(each) for each in config.organisations}
    belongs = {team: org for org in organisations.values() for team in org.config.teams}
    workspaces = {team.id: Workspace(team, ids, bot_name, belongs.get(team.id)) for team in config.teams}
    return organisations, workspaces


def create_fake_slack(config: FakeSlackConfig, *, beside: Sequence[BaseRoute] = ()) -> FakeSlack:
    """Wire a fake Slack. Nothing is listening yet: serve its bare `.asgi` at `config.base_url`.

    Args:
        config: Who lives there, and where.
        beside: Routes of the page that are no part of Slack.

    Raises:
        OSError: The manifest cannot be read, or the data folder not made.
    """
    manifest = read_manifest(config.manifest)
    now, timings = config.now, config.timings
    ids, hub, records, faults, tasks = Ids(now), Hub(), Records(), Faults(), Tasks()
    wire = Wire(hub, now)
    socket_mode = SocketMode(ids, config.base_url, config.app_id, ack_s=timings.ack_s)
    delivery: Delivery = socket_mode
    if config.delivery == "http":
        delivery = HttpDelivery(config.request_url, config.signing_secret, ack_s=timings.ack_s, now=now)
    courier = Courier(delivery, faults, records, wire, tasks, retries_s=timings.event_retries_s, now=now)
    files = FileStore(config.data, ids, now, config.base_url)
    render, payloads = MessageJson(files, config.app_id, faults), Payloads(ids, config.app_id, now)
    triggers = Triggers(ids, now, timings.trigger_s)
    announcer = Announcer(manifest, hub, courier, records, render, payloads, ids)
    organisations, workspaces = _places(config, ids, manifest.bot_name)
    parts = Parts(
        config=config,
        manifest=manifest,
        workspaces=workspaces,
        organisations=organisations,
        installs=Installs(workspaces, organisations, manifest, timings, now),
        codes=Codes(now, timings.code_s),
        ids=ids,
        hub=hub,
        wire=wire,
        records=records,
        faults=faults,
        tasks=tasks,
        files=files,
        render=render,
        payloads=payloads,
        triggers=triggers,
        response_urls=ResponseUrls(ids, now, config.base_url, timings.response_url_s),
        modals=Modals(ids, triggers, hub, config.app_id, home_enabled=manifest.home_tab_enabled),
        socket_mode=socket_mode,
        courier=courier,
        announcer=announcer,
        sharing=Sharing(announcer, files, faults, records, tasks, share_s=timings.share_s, now=now),
    )
    return FakeSlack(parts, delivery, beside)
