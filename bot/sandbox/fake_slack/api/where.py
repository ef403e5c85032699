"""In which workspace a call acts: a workspace's token says it, an organisation's does not."""

from collections.abc import Iterator

from bot.sandbox.fake_slack.installs.records import Install
from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.records import Json
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import Workspace


def place_of(parts: Parts, install: Install, args: Json, *, needs_team: bool) -> Workspace:
    """The workspace of a call. A workspace's token ignores `team_id` (Slack: organisation-ready apps).

    Raises:
        Refusal: missing_argument and team_not_found for `team_id`; team_access_not_granted where the app
            was not added to the workspace.
    """
    if install.team is not None:
        return parts.workspaces[install.team]
    sisters = [parts.workspaces[team] for team in parts.organisations[install.enterprise or ""].config.teams]
    if named := args.get("team_id"):
        workspace = next((each for each in sisters if each.id == named), None)
        if workspace is None:
            raise Refusal("team_not_found")
    elif needs_team:
        raise Refusal("missing_argument", messages=("[ERROR] missing required field: team_id",))
    else:
        workspace = next(_meant(parts, sisters, args), None)
    if workspace is None:
        added = [each for each in sisters if each.id in install.added_to]
        return (added or sisters)[0]
    if workspace.id not in install.added_to:
        raise Refusal("team_access_not_granted")
    return workspace


def _meant(parts: Parts, sisters: list[Workspace], args: Json) -> Iterator[Workspace]:
    """Workspaces that have what the arguments name; one that the app was added to comes first."""
    named = [str(args.get(name) or "") for name in ("user", "user_id", "users", "channel")]
    people = {person for names in named for person in names.split(",") if person}
    channels = {str(args[name]) for name in ("channel", "channel_id") if args.get(name)}
    trigger, file = str(args.get("trigger_id") or ""), str(args.get("file") or "")
    for each in sorted(sisters, key=lambda sister: sister.install is None):
        if (
            channels & each.channels.keys()
            or people & each.users.keys()
            or parts.triggers.team_of(trigger) == each.id
            or parts.files.team_of(file) == each.id
            or parts.modals.has(each, args.get("view_id"), args.get("external_id"))
        ):
            yield each
