"""One Web API call: its arguments as slack_sdk sends them (query, form or JSON), and its workspace."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from bot.sandbox.fake_slack.installs.records import Install
from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.records import Json
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import Workspace

_TRUE = frozenset({True, "1", "true", "True"})


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call that passed the gate: the token is known and has the method's scope.

    Attributes:
        install: What the token speaks for.
        workspace: Where the call acts; with an organisation's token, where the arguments say.
    """

    parts: Parts
    install: Install
    workspace: Workspace
    args: Mapping[str, Any]

    @property
    def teams(self) -> frozenset[str]:
        """The workspaces that the token speaks for."""
        return frozenset(self.install.added_to if self.install.is_enterprise else [self.workspace.id])

    def text(self, name: str) -> str | None:
        """A string argument, None where it is absent or empty.

        Raises:
            Refusal: It is no string or number.
        """
        value = self.args.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
        raise Refusal(
            "invalid_arguments", messages=(f"[ERROR] must provide a string [json-pointer:/{name}]",)
        )

    def required(self, name: str, error: str = "invalid_arguments") -> str:
        """A string argument that must be there.

        Raises:
            Refusal: `error`, naming the argument.
        """
        value = self.text(name)
        if value is None:
            raise Refusal(error, messages=(f"[ERROR] missing required field: {name}",))
        return value

    def flag(self, name: str) -> bool:
        """A boolean argument as JSON or form sends it."""
        return self.args.get(name) in _TRUE

    def structure(self, name: str, error: str = "invalid_arguments") -> Any:
        """An argument that is JSON, or JSON in a string.

        Raises:
            Refusal: `error`: it cannot be parsed.
        """
        value = self.args.get(name)
        if not isinstance(value, str) or value == "":
            return value or None
        try:
            return json.loads(value)
        except ValueError:
            raise Refusal(error) from None


async def read_args(request: Request, *, takes_json: bool) -> Json:
    """Arguments of a request. A JSON body counts only where the method takes one (Slack: using the Web API).

    Raises:
        Refusal: invalid_json, json_not_object, invalid_post_type.
    """
    args: Json = dict(request.query_params)
    if request.method == "GET":
        return args
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "application/json":
        body = _json_object(await request.body())
        return args | body if takes_json else args
    if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        async with request.form() as form:
            return args | {key: value for key, value in form.items() if isinstance(value, str)}
    if await request.body():
        raise Refusal("invalid_post_type")
    return args


def _json_object(raw: bytes) -> Json:
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise Refusal("invalid_json") from None
    if not isinstance(body, dict):
        raise Refusal("json_not_object")
    return body
