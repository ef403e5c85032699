"""views.* methods: modals and Home."""

from typing import Any

from bot.sandbox.fake_slack.api.call import ApiCall
from bot.sandbox.fake_slack.records import Json, View
from bot.sandbox.fake_slack.refusals import Refusal


async def open_view(call: ApiCall) -> Json:
    """views.open: once for each trigger, within three seconds."""
    return _answer(call, call.parts.modals.open(call.workspace, _trigger(call), _view(call)))


async def push(call: ApiCall) -> Json:
    """views.push: up to three views on top of each other."""
    return _answer(call, call.parts.modals.push(call.workspace, _trigger(call), _view(call)))


async def update(call: ApiCall) -> Json:
    """views.update by view_id or external_id, with an optional hash."""
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if view_id is None and external_id is None:
        raise Refusal("invalid_arguments", messages=("[ERROR] must provide view_id or external_id",))
    view = call.parts.modals.update(
        call.workspace, _view(call), view_id=view_id, external_id=external_id, known_hash=call.text("hash")
    )
    return _answer(call, view)


async def publish(call: ApiCall) -> Json:
    """views.publish: a person's Home tab."""
    user = call.required("user_id")
    return _answer(call, call.parts.modals.publish(call.workspace, user, _view(call), call.text("hash")))


def _trigger(call: ApiCall) -> str:
    return call.text("trigger_id") or call.required("interactivity_pointer")


def _view(call: ApiCall) -> Any:
    view = call.structure("view")
    if view is None:
        raise Refusal("invalid_arguments", messages=("[ERROR] missing required field: view",))
    return view


def _answer(call: ApiCall, view: View) -> Json:
    return {"view": call.parts.modals.as_json(view, call.workspace)}
