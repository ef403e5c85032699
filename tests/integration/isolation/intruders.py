"""Who tries: of another team, of another organisation in a shared channel, of a sister without the app."""

from dataclasses import dataclass
from typing import Any

from tests.integration.fake_slack.harness import NORTH, SOUTH
from tests.integration.handlers.front import Json

CLEO, DAN = (user.id for user in SOUTH.users)
THEIR_CHANNEL = SOUTH.channels[0].id
ORG, SISTER_TEAM = "E0NORTHORG", "T0SISTER01"


@dataclass(frozen=True, slots=True)
class Intruder:
    """Somebody, and under which names Slack tells of them."""

    name: str
    user: str
    team: str
    """Whose app they use."""
    home: str
    enterprise: str | None = None

    @property
    def is_visitor(self) -> bool:
        """Of elsewhere, in a channel of the team's: such people get neither commands nor shortcuts nor a Home
        of its app (Slack: Slack Connect)."""
        return self.team != self.home

    def command(self) -> Json:
        """What differs in a command of theirs."""
        who = {"team_id": self.team, "user_id": self.user, "enterprise_id": self.enterprise}
        return {**who, "channel_id": THEIR_CHANNEL, "channel_name": "cutting-room"}

    def interaction(self, payload: Json) -> Json:
        """A press or a form of theirs."""
        who: Json = {"team": {"id": self.team}, "user": {"id": self.user, "team_id": self.home}}
        if self.enterprise is not None:
            who |= {"enterprise": {"id": self.enterprise}}
        return {**payload, **who}

    def event(self, event: Json) -> tuple[Json, dict[str, Any]]:
        """An event of theirs, and what stands around it."""
        bot = {"enterprise_id": self.enterprise, "team_id": self.team, "user_id": "UBOT", "is_bot": True}
        around = {
            "team_id": self.team,
            "enterprise_id": self.enterprise,
            "authorizations": [bot],
            "is_ext_shared_channel": self.is_visitor,
        }
        return {**event, "user": self.user, "user_team": self.home}, around


OF_ANOTHER_TEAM = Intruder("of another team", CLEO, SOUTH.id, SOUTH.id)
OF_ANOTHER_ORGANISATION = Intruder("of another organisation", DAN, SOUTH.id, SOUTH.id, "E0OTHERORG")
VISITOR = Intruder("a visitor in a shared channel", CLEO, NORTH.id, SOUTH.id)
OF_A_SISTER = Intruder("of a sister workspace without the app", DAN, NORTH.id, SISTER_TEAM, ORG)
INTRUDERS = (OF_ANOTHER_TEAM, OF_ANOTHER_ORGANISATION, VISITOR, OF_A_SISTER)
