"""The parts of one fake Slack, wired once by `create_fake_slack` and handed to every route."""

from dataclasses import dataclass

from bot.sandbox.fake_slack.announce import Announcer
from bot.sandbox.fake_slack.config import FakeSlackConfig
from bot.sandbox.fake_slack.delivery.courier import Courier, Tasks
from bot.sandbox.fake_slack.delivery.payloads import Payloads
from bot.sandbox.fake_slack.delivery.socket_mode import SocketMode
from bot.sandbox.fake_slack.faults import Faults
from bot.sandbox.fake_slack.files.sharing import Sharing
from bot.sandbox.fake_slack.files.store import FileStore
from bot.sandbox.fake_slack.ids import Ids
from bot.sandbox.fake_slack.installs.codes import Codes
from bot.sandbox.fake_slack.installs.records import Organisation
from bot.sandbox.fake_slack.installs.tokens import Installs
from bot.sandbox.fake_slack.journal import Records, Wire
from bot.sandbox.fake_slack.manifest import AppManifest
from bot.sandbox.fake_slack.message_json import MessageJson
from bot.sandbox.fake_slack.modals import Modals
from bot.sandbox.fake_slack.page.hub import Hub
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.tickets import ResponseUrls, Triggers
from bot.sandbox.fake_slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a route may use."""

    config: FakeSlackConfig
    manifest: AppManifest
    workspaces: dict[str, Workspace]
    organisations: dict[str, Organisation]
    installs: Installs
    codes: Codes
    ids: Ids
    hub: Hub
    wire: Wire
    records: Records
    faults: Faults
    tasks: Tasks
    files: FileStore
    render: MessageJson
    payloads: Payloads
    triggers: Triggers
    response_urls: ResponseUrls
    modals: Modals
    socket_mode: SocketMode
    courier: Courier
    announcer: Announcer
    sharing: Sharing

    def workspace(self, team_id: str) -> Workspace:
        """A team by its id.

        Raises:
            Refusal: team_not_found (404: only the page asks by id; the app asks by token).
        """
        if team_id not in self.workspaces:
            raise Refusal("team_not_found", status=404)
        return self.workspaces[team_id]
