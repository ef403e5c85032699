"""Two workspaces that know nothing of each other, for the tests of Slack's side."""

from bot.sandbox.fake_slack import ChannelConfig, TeamConfig, UserConfig

NORTH = TeamConfig(
    id="T0NORTH001",
    name="Northwind Studio",
    domain="northwind",
    bot_token="xoxb-north-sandbox-token",
    bot_id="B0NORTH001",
    bot_user_id="U0NORTHBOT",
    users=(
        UserConfig("U0NORTHADA", "ada", "Ada Moreau", "#1264a3"),
        UserConfig("U0NORTHBEN", "ben", "Ben Okafor", "#2bac76"),
    ),
    channels=(
        ChannelConfig("C0NORTHVID", "videos"),
        ChannelConfig("C0NORTHRND", "random", bot_is_member=False),
    ),
)
SOUTH = TeamConfig(
    id="T0SOUTH001",
    name="Southpaw Films",
    domain="southpaw",
    bot_token="xoxb-south-sandbox-token",
    bot_id="B0SOUTH001",
    bot_user_id="U0SOUTHBOT",
    users=(
        UserConfig("U0SOUTHCLE", "cleo", "Cleo Lindqvist", "#e01e5a"),
        UserConfig("U0SOUTHDAN", "dan", "Dan Haddad", "#ecb22e"),
    ),
    channels=(
        ChannelConfig("C0SOUTHCUT", "cutting-room"),
        ChannelConfig("C0SOUTHRND", "lounge", bot_is_member=False),
    ),
)
