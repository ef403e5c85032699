"""usergroups.*: who is in a user group."""

from bot.sandbox.fake_slack.api.call import ApiCall
from bot.sandbox.fake_slack.records import Json
from bot.sandbox.fake_slack.refusals import Refusal


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
