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
from bot.sandbox.fake_slack.installs.records import Install, Organisation
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

    def install_of(self, place_id: str) -> Install:
        """The install of a workspace, or of an organisation.

        Raises:
            Refusal: team_not_found, app_not_installed (404, for the page).
        """
        organisation = self.organisations.get(place_id)
        install = organisation.install if organisation else self.workspace(place_id).own_install
        if install is None:
            raise Refusal("app_not_installed", status=404)
        return install

    def give_access(self, team_id: str) -> None:
        """An organisation's admin adds the app to a workspace.

        Raises:
            Refusal: team_not_found, app_not_installed (404, for the page).
        """
        install = self._organisations_install(team_id)
        if team_id not in install.added_to:
            install.added_to.append(team_id)
            self.announcer.access_changed(install, "team_access_granted", [team_id])

    def take_access(self, team_id: str) -> None:
        """An organisation's admin takes the app out of a workspace.

        Raises:
            Refusal: team_not_found, app_not_installed (404, for the page).
        """
        install = self._organisations_install(team_id)
        if team_id in install.added_to:
            install.added_to.remove(team_id)
            self.announcer.access_changed(install, "team_access_revoked", [team_id])

    def _organisations_install(self, team_id: str) -> Install:
        organisation = self.workspace(team_id).organisation
        return self.install_of(organisation.id if organisation else team_id)
