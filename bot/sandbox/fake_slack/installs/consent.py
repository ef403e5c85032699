"""/oauth/v2/authorize: the page on which somebody allows the app, or not (Slack: installing with OAuth)."""

from urllib.parse import urlencode, urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_slack.config import UserConfig
from bot.sandbox.fake_slack.installs import scopes
from bot.sandbox.fake_slack.installs.codes import InstallRequest
from bot.sandbox.fake_slack.installs.consent_page import Choice, consent_page, error_page
from bot.sandbox.fake_slack.parts import Parts

_BAD, _FORBIDDEN = 400, 403
_PATH = "/oauth/v2/authorize"


class Consent:
    """Shows what the app asks for, and sends the person back with a code or an error."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> list[Route]:
        """The page, and its form."""
        return [
            Route(_PATH, self._show, methods=["GET"]),
            Route(_PATH, self._decide, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        """Ask the person.

        With a wrong client id or address Slack sends nobody anywhere and shows the error itself.
        """
        query = request.query_params
        if query.get("client_id") != self._parts.config.client_id:
            return _refused("invalid_client_id", "No app has this client_id.")
        address = query.get("redirect_uri") or next(iter(self._registered()), "")
        if not scopes.is_registered(address, self._registered()):
            return _refused("bad_redirect_uri", "redirect_uri did not match any configured URIs.")
        asked = InstallRequest(
            scopes=scopes.split(query.get("scope", "")),
            state=query.get("state", ""),
            redirect_uri=address,
            named_redirect=bool(query.get("redirect_uri")),
            team=query.get("team", ""),
        )
        if error := self._wrong_scopes(asked.scopes, query.get("user_scope", "")):
            return _back(asked, error=error)
        choices = self._choices(asked.team)
        optional = [scope for scope in asked.scopes if scope in self._parts.manifest.optional_scopes]
        name = self._parts.codes.show(asked)
        return HTMLResponse(
            consent_page(self._parts.manifest.app_name, name, choices, asked.scopes, optional)
        )

    def _registered(self) -> tuple[str, ...]:
        return (*self._parts.manifest.redirect_urls, *self._parts.config.redirect_urls)

    def _wrong_scopes(self, asked: tuple[str, ...], of_person: str) -> str | None:
        """Slack's error for what it would not grant.

        What the manifest does not name was approved by nobody. This fake knows no tokens of people.
        """
        if not asked or of_person or not set(asked) <= scopes.KNOWN:
            return "invalid_scope"
        return None if set(asked) <= set(self._parts.manifest.scopes) else "unapproved_scope"

    def _choices(self, team: str) -> list[Choice]:
        """Who may install it where: people of a workspace but guests; an organisation's admins."""
        workspaces, organisations = self._parts.workspaces, self._parts.organisations
        asked_for = organisations[team].config.teams if team in organisations else (team,)
        known = [each for each in workspaces.values() if each.id in asked_for] or list(workspaces.values())
        choices = [
            Choice(workspace.id, workspace.config.name, user.id, user.real_name)
            for workspace in known
            for user in workspace.config.users
            if _may_install(user)
        ]
        if not self._parts.manifest.org_deploy_enabled:
            return choices
        people = {user.id: user for each in workspaces.values() for user in each.config.users}
        return choices + [
            Choice(organisation.id, organisation.config.name, admin, people[admin].real_name)
            for organisation in organisations.values()
            if not team or team == organisation.id or team in organisation.config.teams
            for admin in organisation.config.admins
        ]

    async def _decide(self, request: Request) -> Response:
        async with request.form() as form:
            name = str(form.get("request") or "")
            asked = self._parts.codes.shown(name)
            if asked is None:
                return _refused("invalid_request", "This page was answered already, or is too old.")
            if form.get("decision") != "allow":
                self._parts.codes.answered(name)
                return _back(asked, error="access_denied")
            return self._allowed(asked, name, form)

    def _allowed(self, asked: InstallRequest, name: str, form: FormData) -> Response:
        place, _, installer = str(form.get("who") or "").partition(":")
        if (place, installer) not in {(each.place, each.user) for each in self._choices(asked.team)}:
            return _refused("not_allowed", "This person may not install apps there.", _FORBIDDEN)
        self._parts.codes.answered(name)
        first = self._parts.config.teams[0].id
        if not self._parts.config.is_distributed and place != first:
            return _back(asked, error="invalid_team_for_non_distributed_app")
        ticked = {str(scope) for scope in form.getlist("optional")}
        optional = self._parts.manifest.optional_scopes
        granted = tuple(scope for scope in asked.scopes if scope not in optional or scope in ticked)
        return _back(asked, code=self._parts.codes.mint(asked, place, granted, installer))


def _may_install(user: UserConfig) -> bool:
    return not user.home_team and not user.deleted and "guest" not in user.role


def _refused(error: str, words: str, status: int = _BAD) -> Response:
    return HTMLResponse(error_page(error, words), status_code=status)


def _back(asked: InstallRequest, **told: str) -> Response:
    """Send the person back to the app; `state` goes back as it came."""
    query = urlencode({**told, "state": asked.state})
    glue = "&" if urlsplit(asked.redirect_uri).query else "?"
    return RedirectResponse(f"{asked.redirect_uri}{glue}{query}", status_code=302)
