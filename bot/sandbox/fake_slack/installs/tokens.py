"""The tokens of all installs: whose each is, how they are made, rotated, exchanged and revoked."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.fake_slack.config import Timings
from bot.sandbox.fake_slack.installs.records import DeadTokenError, Install, Organisation, Token
from bot.sandbox.fake_slack.manifest import AppManifest
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import Workspace

_MOST_ACTIVE = 2
_LONG_LIVED, _EXPIRING, _REFRESH = "xoxb-", "xoxe.xoxb-1-", "xoxe-1-"


class Installs:
    """Where the app is installed, and with which tokens.

    What stands from the start was granted all that the manifest asks for, unless its team says otherwise.
    """

    def __init__(
        self,
        workspaces: Mapping[str, Workspace],
        organisations: Mapping[str, Organisation],
        manifest: AppManifest,
        timings: Timings,
        now: Callable[[], float],
    ) -> None:
        self._workspaces = workspaces
        self._organisations = organisations
        self._rotates = manifest.token_rotation_enabled
        self._timings = timings
        self._now = now
        self._known: dict[str, tuple[Install, Token]] = {}
        granted = manifest.scopes
        for workspace in workspaces.values():
            if workspace.config.bot_token:
                scopes = workspace.config.scopes
                workspace.own_install = self._stand(
                    _of_workspace(workspace, granted if scopes is None else scopes),
                    workspace.config.bot_token,
                )
        for organisation in organisations.values():
            if organisation.config.bot_token:
                install = self._of_organisation(organisation, granted)
                install.added_to = list(organisation.config.added_to)
                organisation.install = self._stand(install, organisation.config.bot_token)

    def kept(self) -> object:
        """All tokens with their installs, and the organisations' own."""
        return self._known, {org.id: org.install for org in self._organisations.values()}

    def recall(self, kept: Any) -> None:
        """Begin with what `kept` gave."""
        self._known, installed = kept
        for organisation in self._organisations.values():
            organisation.install = installed.get(organisation.id)

    def _stand(self, install: Install, access: str) -> Install:
        """An install that stands from the start, with a long-lived token."""
        self._keep(install, Token(access))
        return install

    def _keep(self, install: Install, token: Token) -> Token:
        install.tokens.append(token)
        self._known[token.access] = (install, token)
        return token

    def _of_organisation(
        self, organisation: Organisation, scopes: tuple[str, ...], installer: str = ""
    ) -> Install:
        first = self._workspaces[organisation.config.teams[0]].config
        return Install(None, organisation.id, first.bot_id, first.bot_user_id, scopes, installer)

    def in_workspace(
        self, workspace: Workspace, scopes: tuple[str, ...], installer: str
    ) -> tuple[Install, Token]:
        """Install the app, or install it again: scopes add up, and a token that lives stays the token.

        Raises:
            Refusal: cannot_install_an_org_installed_app.
        """
        if workspace.own_install is None and workspace.install is not None:
            raise Refusal("cannot_install_an_org_installed_app")
        if workspace.own_install is None:
            workspace.own_install = _of_workspace(workspace, (), installer)
        workspace.own_install.add_scopes(scopes)
        return workspace.own_install, self._token(workspace.own_install)

    def in_organisation(
        self, organisation: Organisation, scopes: tuple[str, ...], installer: str
    ) -> tuple[Install, Token]:
        """Install the app for a whole organisation; it is in none of its workspaces by that."""
        if organisation.install is None:
            organisation.install = self._of_organisation(organisation, (), installer)
        organisation.install.add_scopes(scopes)
        return organisation.install, self._token(organisation.install)

    def _token(self, install: Install) -> Token:
        living = self._living(install)
        if living and not self._rotates:
            return living[-1]
        if not self._rotates:
            return self._keep(install, Token(_LONG_LIVED + secrets.token_hex(20)))
        for surplus in living[: len(living) + 1 - _MOST_ACTIVE]:
            surplus.dead = "token_revoked"
        return self._keep(
            install,
            Token(
                _EXPIRING + secrets.token_urlsafe(40),
                ends_at=self._now() + self._timings.token_s,
                refresh=_REFRESH + secrets.token_urlsafe(40),
            ),
        )

    def _living(self, install: Install) -> list[Token]:
        return [token for token in install.tokens if token.dead is None and not self._has_expired(token)]

    def _has_expired(self, token: Token) -> bool:
        return token.ends_at is not None and self._now() >= token.ends_at

    def find(self, access: str) -> Install:
        """The install that a token speaks for.

        Raises:
            Refusal: invalid_auth for a token that never was, token_expired, or what a dead one answers.
        """
        install, token = self._known.get(access, (None, None))
        if install is None or token is None:
            raise Refusal("invalid_auth")
        if token.dead is not None:
            raise Refusal(token.dead)
        if self._has_expired(token):
            raise Refusal("token_expired")
        return install

    def refresh(self, refresh_token: str) -> tuple[Install, Token]:
        """A new pair for a refresh token, which works once (Slack: using token rotation).

        Raises:
            Refusal: invalid_refresh_token.
        """
        for install, token in self._known.values():
            if token.refresh == refresh_token and token.dead is None and self._may_refresh(token):
                token.refreshed_at = self._now() if token.refreshed_at is None else token.refreshed_at
                _end_exchanged(install)
                return install, self._token(install)
        raise Refusal("invalid_refresh_token")

    def _may_refresh(self, token: Token) -> bool:
        spent_at = token.refreshed_at
        return spent_at is None or self._now() < spent_at + self._timings.refresh_grace_s

    def exchange(self, access: str) -> tuple[Install, Token]:
        """An expiring pair for a long-lived token, which lives until the pair is refreshed.

        (Slack: oauth.v2.exchange; using token rotation.)

        Raises:
            Refusal: token_rotation_not_enabled, invalid_token, token_already_exchanged,
                authorization_not_found.
        """
        if not self._rotates:
            raise Refusal("token_rotation_not_enabled")
        install, token = self._known.get(access, (None, None))
        if install is None or token is None or token.refresh is not None:
            raise Refusal("invalid_token")
        if token.is_exchanged:
            raise Refusal("token_already_exchanged")
        if token.dead is not None:
            raise Refusal("authorization_not_found")
        token.is_exchanged = True
        return install, self._token(install)

    def end(self, install: Install, answers: DeadTokenError = "account_inactive") -> None:
        """Take the app away: every token is dead from now on, and answers that error.

        `account_inactive` is for bot tokens, `token_revoked` for those of people (Slack: common errors);
        apps meet all three.
        """
        for token in install.tokens:
            token.dead = token.dead or answers
        for organisation in self._organisations.values():
            if organisation.install is install:
                organisation.install = None
        for workspace in self._workspaces.values():
            if workspace.own_install is install:
                workspace.own_install = None


def _end_exchanged(install: Install) -> None:
    """A refresh ends the long-lived token that the first pair was for (Slack: using token rotation)."""
    for token in install.tokens:
        if token.is_exchanged:
            token.dead = token.dead or "token_revoked"


def _of_workspace(workspace: Workspace, scopes: tuple[str, ...], installer: str = "") -> Install:
    enterprise = workspace.organisation.id if workspace.organisation else None
    config = workspace.config
    return Install(config.id, enterprise, config.bot_id, config.bot_user_id, scopes, installer)
