"""Who people, teams and bots are: users.info, team.info, bots.info."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.sandbox.fake_slack.api.call import ApiCall
from bot.sandbox.fake_slack.config import Role, UserConfig
from bot.sandbox.fake_slack.records import Json
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import Workspace

_ADMINS: frozenset[Role] = frozenset({"admin", "owner", "primary_owner"})
_OWNERS: frozenset[Role] = frozenset({"owner", "primary_owner"})
_GUESTS: frozenset[Role] = frozenset({"guest", "single_channel_guest"})


async def info(call: ApiCall) -> Json:
    """users.info, of people and of the app's own bot. `locale` only where it is asked for.

    Raises:
        Refusal: user_not_found.
    """
    wanted, workspace = call.required("user"), call.workspace
    if wanted == workspace.config.bot_user_id:
        return {"user": _bot(call)}
    user = workspace.user(wanted)
    now = datetime.fromtimestamp(call.parts.config.now(), UTC)
    body = {**_person(user, workspace, now), **_rights(user, workspace)}
    if call.flag("include_locale"):
        body["locale"] = user.locale
    return {"user": body}


def _person(user: UserConfig, workspace: Workspace, now: datetime) -> Json:
    zone = now.astimezone(ZoneInfo(user.tz))
    offset = zone.utcoffset()
    home = user.home_team or workspace.id
    return {
        "id": user.id,
        "team_id": home,
        "name": user.name,
        "deleted": user.deleted,
        "color": user.color.removeprefix("#"),
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": zone.tzname() or user.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "profile": {
            "real_name": user.real_name,
            "real_name_normalized": user.real_name,
            "display_name": user.name,
            "display_name_normalized": user.name,
            "team": home,
        },
        "is_bot": False,
        "is_app_user": False,
        "updated": 0,
    }


def _rights(user: UserConfig, workspace: Workspace) -> Json:
    """What a person may do, as far as the app is told.

    Of other organisations' people Slack tells that they are strangers where no channel that the app sees has
    them (Slack: user object, `is_stranger`), and nothing of their rights; a deactivated account keeps none.
    Whether it repeats a sister workspace's rights is written nowhere: nobody has any here but in their own.
    """
    if user.home_team and not workspace.is_sister(user):
        shared = any(user.id in each.members and each.bot_is_member for each in workspace.channels.values())
        return {"is_stranger": not shared}
    role: Role = "member" if user.home_team else user.role
    rights: Json = {
        "is_admin": role in _ADMINS,
        "is_owner": role in _OWNERS,
        "is_primary_owner": role == "primary_owner",
        "is_restricted": role in _GUESTS,
        "is_ultra_restricted": role == "single_channel_guest",
    }
    if user.deleted:
        return {}
    return rights | ({"enterprise_user": _enterprise_user(user, workspace)} if workspace.organisation else {})


def _enterprise_user(user: UserConfig, workspace: Workspace) -> Json:
    """What a person is in the organisation; its admins are not by that admins of a workspace."""
    if workspace.organisation is None:
        return {}
    config = workspace.organisation.config
    return {
        "id": user.id,
        "enterprise_id": config.id,
        "enterprise_name": config.name,
        "is_admin": user.id in config.admins,
        "is_owner": False,
        "is_primary_owner": False,
        "teams": [user.home_team or workspace.id],
    }


def _bot(call: ApiCall) -> Json:
    workspace = call.workspace
    profile = {"real_name": workspace.bot_name, "api_app_id": call.parts.config.app_id}
    return {
        "id": workspace.config.bot_user_id,
        "team_id": workspace.id,
        "name": workspace.bot_name,
        "real_name": workspace.bot_name,
        "deleted": False,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": True,
        "is_app_user": False,
        "updated": 0,
        "profile": profile | {"bot_id": workspace.config.bot_id, "team": workspace.id},
    }


async def team_info(call: ApiCall) -> Json:
    """team.info."""
    team, organisation = call.workspace.config, call.workspace.organisation
    body: Json = {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": {}}
    if organisation is not None:
        body |= {"enterprise_id": organisation.id, "enterprise_name": organisation.config.name}
    return {"team": body}


async def bots_info(call: ApiCall) -> Json:
    """bots.info of the app's own bot."""
    team = call.workspace.config
    if (call.text("bot") or team.bot_id) != team.bot_id:
        raise Refusal("bot_not_found")
    return {
        "bot": {
            "id": team.bot_id,
            "deleted": False,
            "name": call.workspace.bot_name,
            "updated": 0,
            "app_id": call.parts.config.app_id,
            "user_id": team.bot_user_id,
            "icons": {},
        }
    }
