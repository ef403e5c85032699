"""What admins do with an installed app: remove it, and say in which workspaces of an organisation it is."""

from bot.sandbox.fake_slack.announce import LAST_WORDS, LastWord
from bot.sandbox.fake_slack.installs.records import DeadTokenError, Install
from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.records import Json
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import Workspace

_MISSING = 404


class Admins:
    """Changes installs, tells the app, and shows the page."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def remove(
        self,
        place_id: str,
        *,
        words: tuple[LastWord, ...] = LAST_WORDS,
        answers: DeadTokenError = "account_inactive",
    ) -> None:
        """Remove the app from a workspace, or from an organisation: its tokens die, and it is told.

        Args:
            place_id: The workspace's or the organisation's id.
            words: The events, in the order in which they are sent.
            answers: What the dead tokens answer.

        Raises:
            Refusal: team_not_found, app_not_installed (404: only the page asks).
        """
        install = self._install_of(place_id)
        self._parts.installs.end(install, answers)
        self._parts.announcer.ended(install, words)
        show_installs(self._parts)

    def add_to(self, team_id: str) -> None:
        """Add the app of the organisation to one of its workspaces.

        Raises:
            Refusal: team_not_found, app_not_installed (404).
        """
        install = self._organisations_install(team_id)
        if team_id not in install.added_to:
            install.added_to.append(team_id)
            self._parts.announcer.access_changed(install, "team_access_granted", [team_id])
            show_installs(self._parts)

    def take_from(self, team_id: str) -> None:
        """Take the app of the organisation out of one of its workspaces.

        Raises:
            Refusal: team_not_found, app_not_installed (404).
        """
        install = self._organisations_install(team_id)
        if team_id in install.added_to:
            install.added_to.remove(team_id)
            self._parts.announcer.access_changed(install, "team_access_revoked", [team_id])
            show_installs(self._parts)

    def _install_of(self, place_id: str) -> Install:
        organisation = self._parts.organisations.get(place_id)
        install = organisation.install if organisation else self._parts.workspace(place_id).own_install
        if install is None:
            raise Refusal("app_not_installed", status=_MISSING)
        return install

    def _organisations_install(self, team_id: str) -> Install:
        organisation = self._parts.workspace(team_id).organisation
        return self._install_of(organisation.id if organisation else team_id)


def show_installs(parts: Parts) -> None:
    """Show every page whether the app is there."""
    for workspace in parts.workspaces.values():
        parts.hub.publish("install", team=workspace.id, **installed(workspace))


def installed(workspace: Workspace) -> Json:
    """How the app stands in a workspace, for the page."""
    organisation = workspace.organisation
    shown: Json = {"is_installed": workspace.install is not None}
    if organisation is None:
        return shown
    has_it = organisation.install is not None
    return shown | {"organisation": {**organisation.as_json(), "is_installed": has_it}}
