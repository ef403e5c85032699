"""What every route of the page does: read a JSON body, and turn refusals into answers."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.sandbox.fake_slack.records import Json
from bot.sandbox.fake_slack.refusals import Refusal

Handler = Callable[[Request], Awaitable[Response]]
_BAD, _OK = 400, 200


async def body_of(request: Request) -> Json:
    """The body of a call.

    Raises:
        Refusal: 400, it is no JSON object.
    """
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal("the body must be a JSON object", status=_BAD)
    return body


def text_of(body: Json, name: str) -> str:
    """A text that must be there.

    Raises:
        Refusal: 400, it is not.
    """
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Refusal(f"{name} is missing", status=_BAD)
    return value


def refusing(handler: Handler) -> Handler:
    """Turn refusals into answers for the page; those of the Web API carry 200 there, and 400 here."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            status = _BAD if refusal.status == _OK else refusal.status
            return JSONResponse({"ok": False, "error": refusal.error}, status_code=status)

    return answer
