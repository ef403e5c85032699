"""Who is calling: from Slack's payload to the installation, without a call and mostly without a read."""

from functools import lru_cache

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext

from bot.teams.installations import Teams


class Authorize(AsyncAuthorize):
    """Bolt's `authorize`, from the stored installations.

    Bolt's own asks `auth.test` and the store on every request, within the three seconds.
    """

    def __init__(self, teams: Teams) -> None:
        self._teams = teams

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,  # noqa: ARG002 - Bolt's signature
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,  # noqa: ARG002 - as above; Bolt knows it already
        actor_enterprise_id: str | None = None,  # noqa: ARG002 - Bolt's signature
        actor_team_id: str | None = None,  # noqa: ARG002 - Bolt's signature
        actor_user_id: str | None = None,  # noqa: ARG002 - Bolt's signature
    ) -> AuthorizeResult:
        """The installation's identity, without its token: Bolt calls nothing for us.

        Raises:
            NotInstalled: there is none. Bolt would log an error for None, and answer in words of its own by a
                call to Slack; this it hands to our error listener.
        """
        installation = await self._teams.need(enterprise_id, team_id)
        # A payload may leave out the organisation of a workspace that has one.
        enterprise_id = enterprise_id or installation.enterprise_id
        return _identity(enterprise_id, team_id, installation.bot_id, installation.bot_user_id)


@lru_cache(maxsize=4_096)
def _identity(
    enterprise_id: str | None, team_id: str | None, bot_id: str, bot_user_id: str
) -> AuthorizeResult:
    """Both ids of the bot are needed to tell the app's own messages from people's."""
    return AuthorizeResult(
        enterprise_id=enterprise_id, team_id=team_id, bot_id=bot_id, bot_user_id=bot_user_id
    )
