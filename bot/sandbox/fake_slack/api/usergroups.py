"""usergroups.*: which user groups a workspace has, and who is in them."""

from bot.sandbox.fake_slack.api.call import ApiCall
from bot.sandbox.fake_slack.config import UsergroupConfig
from bot.sandbox.fake_slack.records import Json
from bot.sandbox.fake_slack.refusals import Refusal


async def list_all(call: ApiCall) -> Json:
    """usergroups.list. Disabled ones, users and counts only where they are asked for; a count is a string."""
    with_disabled = call.flag("include_disabled")
    groups = [each for each in call.workspace.config.usergroups if with_disabled or not each.disabled]
    return {"usergroups": [_group_json(call, group) for group in groups]}


async def users_list(call: ApiCall) -> Json:
    """usergroups.users.list. A disabled group is only read with `include_disabled`.

    Raises:
        Refusal: no_such_subteam.
    """
    wanted = call.required("usergroup")
    for group in call.workspace.config.usergroups:
        if group.id == wanted and (not group.disabled or call.flag("include_disabled")):
            return {"users": list(group.users)}
    raise Refusal("no_such_subteam")


def _group_json(call: ApiCall, group: UsergroupConfig) -> Json:
    body: Json = {
        "id": group.id,
        "team_id": call.workspace.id,
        "is_usergroup": True,
        "name": group.handle.capitalize(),
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": 0,
        "date_update": 0,
        "date_delete": 1 if group.disabled else 0,
        "auto_type": None,
        "created_by": group.users[0] if group.users else "",
        "updated_by": group.users[0] if group.users else "",
        "deleted_by": None,
        "prefs": {"channels": [], "groups": []},
    }
    if call.flag("include_users"):
        body["users"] = list(group.users)
    if call.flag("include_count"):
        body["user_count"] = str(len(group.users))
    return body
