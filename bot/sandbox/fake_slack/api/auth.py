"""auth.test and auth.revoke: whose token this is, and its end."""

from bot.sandbox.fake_slack.api.call import ApiCall
from bot.sandbox.fake_slack.installs.admins import show_installs
from bot.sandbox.fake_slack.records import Json


async def test(call: ApiCall) -> Json:
    """auth.test. An organisation's token has its enterprise where others have their team.

    (Slack: organisation-ready apps; the same in the recorded answers of slackapi/java-slack-sdk.)
    """
    install, team, organisation = call.install, call.workspace.config, call.workspace.organisation
    body: Json = {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": call.workspace.bot_name,
        "team_id": team.id,
        "user_id": install.bot_user_id,
        "bot_id": install.bot_id,
        "is_enterprise_install": install.is_enterprise,
    }
    if organisation is not None:
        body["enterprise_id"] = organisation.id
    if organisation is not None and install.is_enterprise:
        domain, name = organisation.config.domain, organisation.config.name
        body |= {"url": f"https://{domain}.enterprise.slack.com/", "team": name, "team_id": organisation.id}
    return body


async def revoke(call: ApiCall) -> Json:
    """auth.revoke: the token and whatever else the install had are dead; `test` only tries."""
    if call.flag("test"):
        return {"revoked": False}
    call.parts.installs.end(call.install, "token_revoked")
    call.parts.announcer.ended(call.install, ("tokens_revoked",))
    show_installs(call.parts)
    return {"revoked": True}
