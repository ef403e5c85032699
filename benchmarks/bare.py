"""The peer: the best bare Bolt app, with one listener that only acknowledges.

`python -m benchmarks.bare http SLACK_API_URL [PORT]` serves Bolt's own ASGI adapter and prints its port;
`python -m benchmarks.bare socket SLACK_API_URL` connects Bolt's own Socket Mode handler.
"""

import asyncio
import socket
import sys

import uvicorn
import uvloop
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.slack_requests import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET


def bare_app(slack_api_url: str) -> AsyncApp:
    client = AsyncWebClient(token=BOT_TOKEN, base_url=slack_api_url)
    app = AsyncApp(client=client, signing_secret=SIGNING_SECRET, process_before_response=True)

    @app.command("/lipsync")
    async def lipsync(ack: AsyncAck) -> None:
        await ack()

    return app


async def serve_http(app: AsyncApp, port: int) -> None:
    from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler  # noqa: PLC0415 - its start counts

    with socket.create_server(("127.0.0.1", port)) as listener:
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(
            AsyncSlackRequestHandler(app), log_level="warning", access_log=False, lifespan="off"
        )
        await uvicorn.Server(config).serve(sockets=[listener])


async def serve_socket(app: AsyncApp) -> None:
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler  # noqa: PLC0415 - as above

    await AsyncSocketModeHandler(app, APP_TOKEN).connect_async()
    print("connected", flush=True)
    await asyncio.Event().wait()


async def main() -> None:
    way, slack_api_url, *port = sys.argv[1:]
    app = bare_app(slack_api_url)
    await (serve_socket(app) if way == "socket" else serve_http(app, int(port[0]) if port else 0))


if __name__ == "__main__":
    uvloop.run(main())
