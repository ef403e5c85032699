"""The media relay against real loopback servers that misbehave in every way seen or feared."""

import asyncio
import hashlib
import os
import socket
import ssl
import struct
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from bot import media
from bot.media import Expect, MediaRelay
from tests.integration.media_servers import (
    Peer,
    Request,
    chunked,
    connecting,
    fall_silent,
    file_server,
    reply,
    saying,
    serving,
    storage,
    storage_saying,
)

MB = 1024 * 1024
VIDEO = Expect(kinds=frozenset({"video"}), max_bytes=200 * MB)
TOKEN = "xoxb-secret"
SIGNED = "/a/./b//../c%2fd%7e?X-Sig=a%2Fb%20c'~&empty="
"""An address that must not be rewritten, or its signature is worth nothing."""


@pytest.fixture
async def relay() -> AsyncIterator[MediaRelay]:
    async with aclosing(MediaRelay(loopback=True, stall_s=1.5, answer_s=1.5)) as relay:
        yield relay


def slack_relay(*hosts: Peer) -> AbstractAsyncContextManager[MediaRelay]:
    return aclosing(
        MediaRelay(loopback=True, slack_token_hosts={peer.authority for peer in hosts}, stall_s=0.5)
    )


def opened(
    relay: MediaRelay, peer: Peer, bearer: str | None = None
) -> AbstractAsyncContextManager[media.Source]:
    return relay.open(f"{peer.base}/file.mp4", bearer=bearer, expect=VIDEO)


async def move(
    relay: MediaRelay, source_peer: Peer, sink: Peer, on_progress: media.Progress | None = None
) -> None:
    async with opened(relay, source_peer) as source:
        await relay.send(source, f"{sink.base}/put", on_progress=on_progress)


async def test_the_bytes_arrive_unchanged_with_their_length_and_type(relay: MediaRelay) -> None:
    body = os.urandom(3 * MB + 17)
    async with file_server(body) as origin, storage() as sink, opened(relay, origin) as source:
        assert (source.length, source.content_type) == (len(body), "video/mp4")
        await relay.send(source, f"{sink.base}{SIGNED}", method="POST", headers={"Content-Type": "video/mp4"})
    assert sink.bodies == [body]
    (asked,) = sink.requests
    assert (asked.method, asked.path) == ("POST", SIGNED)
    assert asked.headers["content-length"] == str(len(body))
    assert asked.headers["content-type"] == "video/mp4"
    assert "transfer-encoding" not in asked.headers


async def test_it_works_over_tls_and_only_with_a_trusted_certificate(
    tmp_path: Path, relay: MediaRelay
) -> None:
    authority, server = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    body = os.urandom(2 * MB)
    async with serving(saying(reply(body=body)), tls=server) as origin, storage(tls=server) as sink:
        async with aclosing(
            MediaRelay(loopback=True, authorities=str(tmp_path / "authority.pem"))
        ) as trusting:
            await move(trusting, origin, sink)
        assert sink.bodies == [body]
        with pytest.raises(media.SourceUnavailable):
            await move(relay, origin, sink)


async def test_a_header_stays_one_line(relay: MediaRelay) -> None:
    headers = {"Content-Type": "video/mp4\r\nX-Smuggled: 1\u00e9"}
    async with file_server(b"video") as origin, storage() as sink, opened(relay, origin) as source:
        await relay.send(source, f"{sink.base}/put", headers=headers)
    assert "x-smuggled" not in sink.requests[0].headers
    assert sink.bodies == [b"video"]


async def test_words_before_the_answer_are_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a proxy that connects, and hints that come early."""
    authority, server = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
    async with (
        serving(saying(hints + reply(body=b"video")), tls=server) as origin,
        storage(tls=server) as sink,
        connecting() as proxy,
        aclosing(MediaRelay(loopback=True, authorities=str(tmp_path / "authority.pem"))) as relay,
    ):
        monkeypatch.setenv("https_proxy", proxy.base)
        await move(relay, origin, sink)
    assert sink.bodies == [b"video"]
    assert [asked.method for asked in proxy.requests] == ["CONNECT", "CONNECT"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(body=b"<html>Sign in", Content_Type="text/html; charset=utf-8"), media.NotMedia),
        (
            reply(body=b" \n<!DOCTYPE html><p>Sign in", Content_Type="application/octet-stream"),
            media.NotMedia,
        ),
        (reply(body=b"\xef\xbb\xbf<HTML>", Content_Type="video/mp4"), media.NotMedia),
        (reply(404), media.Gone),
        (reply(410), media.Gone),
        (reply(403), media.Gone),
        (reply(body=b"%PDF", Content_Type="application/pdf"), media.WrongType),
        (reply(body=b"ID3", Content_Type="audio/mpeg"), media.WrongType),
        (reply(body=b""), media.Empty),
        (reply(Content_Length=str(200 * MB + 1)), media.TooLarge),
        (reply(body=b"video", Content_Length=""), media.NoLength),
        (
            chunked(b"video"),
            media.NoLength,
        ),
        (reply(body=b"\x1f\x8b", Content_Encoding="gzip"), media.NoLength),
        (reply(Content_Length="5" * 5000), media.NoLength),
        (reply(302, Location="http://[::1", Content_Length="0"), media.Redirected),
        (reply(302, Location="https:///x", Content_Length="0"), media.Redirected),
        (reply(302, Location="https://h:99999/", Content_Length="0"), media.Redirected),
        (reply(302, Location="https://xn--/", Content_Length="0"), media.Redirected),
        (reply(302, Location="http://example.com/plain", Content_Length="0"), media.UnsafeAddress),
        (reply(302, Location="/again", Content_Length="0"), media.Redirected),
        (reply(500), media.SourceUnavailable),
        (reply(429), media.SourceUnavailable),
        (b"not http\r\n\r\n", media.SourceUnavailable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", media.SourceUnavailable),
        (b"", media.SourceUnavailable),
    ],
)
async def test_what_is_not_the_file_is_named_before_a_byte_is_sent(
    relay: MediaRelay, answer: bytes, error: type[media.MediaError]
) -> None:
    async with serving(saying(answer)) as origin, storage() as sink:
        with pytest.raises(error):
            await move(relay, origin, sink)
    assert not sink.requests


@pytest.mark.parametrize(
    "content_type",
    ["video/quicktime", "application/octet-stream", "binary/octet-stream", "application/x-ogg", ""],
)
async def test_media_served_as_plain_bytes_is_taken(relay: MediaRelay, content_type: str) -> None:
    async with serving(saying(reply(body=b"bytes", Content_Type=content_type))) as origin, storage() as sink:
        await move(relay, origin, sink)
    assert sink.bodies == [b"bytes"]


@pytest.mark.parametrize("content_type", ["video/mp4", "text/html"])
@pytest.mark.parametrize(("more", "error"), [(0, media.IsPage), (1, media.NotMedia)])
async def test_a_page_of_the_files_own_length_is_the_file(
    relay: MediaRelay, content_type: str, more: int, error: type[media.MediaError]
) -> None:
    page = b"<!doctype html><p>Hello"
    expect = Expect(kinds=frozenset({"video"}), max_bytes=MB, length=len(page) + more)
    async with serving(saying(reply(body=page, Content_Type=content_type))) as origin:
        with pytest.raises(error):
            async with relay.open(f"{origin.base}/file.mp4", expect=expect):
                pass


async def test_a_page_that_comes_in_pieces_is_one_all_the_same(relay: MediaRelay) -> None:
    async def hesitate(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        page = b" \n<!doctype html><p>Sign in"
        writer.write(reply(body=page[:3], Content_Length=str(len(page))))
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.write(page[3:])

    async with serving(hesitate) as origin:
        with pytest.raises(media.NotMedia):
            await move(relay, origin, origin)


async def test_odd_headers_and_trailers_of_a_source_do_no_harm(relay: MediaRelay) -> None:
    odd = reply(body=b"video", HTTP_="odd", Content_Encoding="identity").replace(b"HTTP-:", b"HTTP/x:")
    async with serving(saying(odd)) as origin, storage() as sink:
        await move(relay, origin, sink)
    assert sink.bodies == [b"video"]


async def test_a_source_that_never_answers_or_is_not_there_is_unavailable(relay: MediaRelay) -> None:
    async def silent(_request: Request, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as origin:
        with pytest.raises(media.SourceUnavailable):
            await move(relay, origin, origin)
    with pytest.raises(media.SourceUnavailable):
        await move(relay, origin, origin)  # closed by now


async def test_a_source_cut_half_way_is_not_blamed_on_the_sink(relay: MediaRelay) -> None:
    cut = reply(body=bytes(MB), Content_Length=str(2 * MB))
    async with serving(saying(cut)) as origin, storage() as sink:
        with pytest.raises(media.SourceCut):
            await move(relay, origin, sink)
    assert not sink.bodies  # it saw the connection break, not the end of a shorter file


async def test_a_refusal_is_told_with_its_status_and_words(relay: MediaRelay) -> None:
    async with file_server(b"video") as origin, storage(403) as sink:
        with pytest.raises(media.SinkRefused) as refusal:
            await move(relay, origin, sink)
    assert (refusal.value.status, refusal.value.text) == (403, "OK")


async def test_the_words_of_a_refusal_may_come_behind_its_head(relay: MediaRelay) -> None:
    async def hesitate(_request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(5)
        writer.write(reply(403, Content_Length="7"))
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.write(b"expired")

    async with file_server(b"video") as origin, serving(hesitate) as sink:
        with pytest.raises(media.SinkRefused) as refusal:
            await move(relay, origin, sink)
    assert refusal.value.text == "expired"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, media.SinkRefused),
        (413, media.SinkRefused),
        (429, media.SinkUnavailable),
        (503, media.SinkUnavailable),
    ],
)
async def test_whose_fault_an_answer_of_the_sink_is(
    relay: MediaRelay, status: int, error: type[media.MediaError]
) -> None:
    async with file_server(b"video") as origin, storage(status) as sink:
        with pytest.raises(error):
            await move(relay, origin, sink)


async def test_a_sink_that_refuses_before_reading_stops_the_sending(relay: MediaRelay) -> None:
    async def refuse(_request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(403, b"expired", Content_Type="text/plain"))
        await writer.drain()
        await reader.read(1)
        await asyncio.sleep(0.3)  # goes on listening, without reading

    async with file_server(bytes(64 * MB)) as origin, serving(refuse) as sink:
        with pytest.raises(media.SinkRefused, match="403"):
            await move(relay, origin, sink)


@pytest.mark.parametrize("size", [1, 5_000, 3 * MB + 17])
async def test_a_file_that_comes_without_its_length_goes_on_with_the_one_that_is_known(
    relay: MediaRelay, size: int
) -> None:
    """Slack serves some in chunks; `files.info` tells their size."""
    body = os.urandom(size)
    expect = replace(VIDEO, length=size)
    async with serving(saying(chunked(body))) as origin, storage() as sink:
        async with relay.open(f"{origin.base}/a", expect=expect) as source:
            assert source.length == size
            await relay.send(source, f"{sink.base}/put")
        assert await relay.read(f"{origin.base}/a", expect=expect) == body
    assert sink.bodies == [body]
    assert sink.requests[0].headers["content-length"] == str(size)


@pytest.mark.parametrize("off", [-1, 1, MB, -MB])
async def test_more_or_fewer_bytes_than_were_known_are_another_file(relay: MediaRelay, off: int) -> None:
    body = os.urandom(2 * MB)
    expect = replace(VIDEO, length=2 * MB + off)
    async with serving(saying(chunked(body))) as origin, storage() as sink:
        with pytest.raises(media.WrongLength):
            async with relay.open(f"{origin.base}/a", expect=expect) as source:
                await relay.send(source, f"{sink.base}/put")
        with pytest.raises(media.WrongLength):
            await relay.read(f"{origin.base}/a", expect=expect)


async def test_one_byte_too_many_that_comes_late_is_still_seen(relay: MediaRelay) -> None:
    async def dribble(_request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, last = chunked(b"video")[:-5], b"1\r\n!\r\n0\r\n\r\n"
        writer.write(first)
        await writer.drain()
        await asyncio.sleep(0.3)
        writer.write(last)

    async with serving(dribble) as origin, storage() as sink:
        with pytest.raises(media.WrongLength):
            async with relay.open(f"{origin.base}/a", expect=replace(VIDEO, length=5)) as source:
                await relay.send(source, f"{sink.base}/put")
    assert sink.bodies == [b"video"]  # of which nothing will be made


async def test_a_source_that_never_says_that_this_was_all_has_stalled(relay: MediaRelay) -> None:
    async def hold(_request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(chunked(b"video")[:-5])
        await reader.read()

    async with serving(hold) as origin, storage() as sink:
        with pytest.raises(media.Stalled, match="source"):
            async with relay.open(f"{origin.base}/a", expect=replace(VIDEO, length=5)) as source:
                await relay.send(source, f"{sink.base}/put")


async def test_a_chunked_source_that_breaks_off_may_be_tried_again(relay: MediaRelay) -> None:
    async with serving(saying(chunked(bytes(MB))[: MB // 2])) as origin, storage() as sink:
        with pytest.raises(media.SourceCut):
            async with relay.open(f"{origin.base}/a", expect=replace(VIDEO, length=MB)) as source:
                await relay.send(source, f"{sink.base}/put")


async def test_a_length_that_the_source_tells_itself_counts(relay: MediaRelay) -> None:
    expect = replace(VIDEO, length=99)
    async with (
        file_server(b"video") as origin,
        storage() as sink,
        relay.open(f"{origin.base}/a", expect=expect) as source,
    ):
        await relay.send(source, f"{sink.base}/put")
    assert sink.bodies == [b"video"]


@pytest.mark.parametrize("size", [MB, 64 * MB])
async def test_a_sink_that_claims_success_too_early_is_not_believed(relay: MediaRelay, size: int) -> None:
    async with file_server(bytes(size)) as origin, serving(saying(reply(200, b"OK"))) as sink:
        with pytest.raises(media.SinkUnavailable):
            await move(relay, origin, sink)


async def test_a_sink_that_says_yes_and_resets_before_the_last_bytes_is_not_believed(
    relay: MediaRelay,
) -> None:
    async def reset(_request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(4 * MB)
        writer.write(reply(200, b"OK"))
        await writer.drain()
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    async with file_server(bytes(32 * MB)) as origin, serving(reset) as sink:
        with pytest.raises(media.SinkUnavailable):
            await move(relay, origin, sink)


async def test_a_yes_is_not_believed_while_libcurl_has_bytes_left(
    relay: MediaRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.media.transfers.Upload.sent", 4)
    async with file_server(b"video") as origin, storage() as sink:
        with pytest.raises(media.SinkUnavailable):
            await move(relay, origin, sink)


@pytest.mark.parametrize(
    "half", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Le", reply(200, Content_Length="-5")]
)
async def test_half_an_answer_is_no_yes(relay: MediaRelay, half: bytes) -> None:
    async with file_server(b"video") as origin, storage_saying(half) as sink:
        with pytest.raises(media.SinkUnavailable):
            await move(relay, origin, sink)


@pytest.mark.parametrize(
    ("head", "error"),
    [
        (reply(200, b"O", Content_Length="9"), None),
        (reply(200, Content_Length=""), None),
        (reply(403, b"no", Content_Length="9"), media.SinkRefused),
    ],
)
async def test_an_answer_counts_when_its_head_is_there(
    head: bytes, error: type[media.MediaError] | None
) -> None:
    async with (
        aclosing(MediaRelay(loopback=True, stall_s=120, answer_s=120)) as relay,
        file_server(b"video") as origin,
        storage_saying(head, then_wait_s=120) as sink,
    ):
        async with asyncio.timeout(60):
            with pytest.raises(error) if error else nullcontext():
                await move(relay, origin, sink)
    assert sink.bodies == [b"video"]


async def test_a_sink_that_reads_slowly_without_a_pause_is_not_cut() -> None:
    async def sip(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = int(request.headers["content-length"])
        while left:
            left -= len(await reader.read(64 * 1024))
            await asyncio.sleep(0.05)
        writer.write(reply(200, b"OK"))

    async with (
        aclosing(MediaRelay(loopback=True, stall_s=2, answer_s=2)) as relay,
        file_server(bytes(4 * MB)) as origin,
        serving(sip) as sink,
    ):
        await move(relay, origin, sink)  # more than 3 s, most of them with every byte out of our hands


async def test_a_sink_that_hangs_up_or_is_not_there_is_unavailable(relay: MediaRelay) -> None:
    async def hang_up(_request: Request, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(MB)

    async with file_server(bytes(8 * MB)) as origin:
        async with serving(hang_up) as sink:
            with pytest.raises(media.SinkUnavailable):
                await move(relay, origin, sink)
        with pytest.raises(media.SinkUnavailable):
            await move(relay, origin, sink)  # closed by now


async def test_a_sink_that_never_reads_stalls_and_the_source_is_held_back(relay: MediaRelay) -> None:
    async def never_read(
        _request: Request, _reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        await asyncio.sleep(2)

    async def pour(_request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(Content_Length=str(128 * MB)))
        for _ in range(128):
            writer.write(bytes(MB))
            await writer.drain()
            origin.bytes_sent += MB

    async with serving(pour) as origin, serving(never_read) as sink:
        with pytest.raises(media.Stalled) as stall:
            await move(relay, origin, sink)
    assert stall.value.side == "sink"
    assert origin.bytes_sent < 32 * MB  # what kernels buffer; the relay asks for no more


async def test_a_sink_that_takes_all_and_never_answers_stalls(relay: MediaRelay) -> None:
    async def swallow(_request: Request, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)

    async with file_server(b"video") as origin, serving(swallow) as sink:
        with pytest.raises(media.Stalled, match="sink after 5 bytes"):
            await move(relay, origin, sink)


async def test_a_source_that_falls_silent_stalls(relay: MediaRelay) -> None:
    async with serving(fall_silent) as origin, storage() as sink:
        with pytest.raises(media.Stalled, match="source after 4 bytes"):
            await move(relay, origin, sink)


async def test_a_slow_but_steady_source_is_not_cut(relay: MediaRelay) -> None:
    async def drip(_request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(Content_Length="8"))
        for _ in range(8):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.1)

    async with serving(drip) as origin, storage() as sink:
        await move(relay, origin, sink)  # 0.8 s in all, where 0.5 s of silence would stall
    assert sink.bodies == [b"x" * 8]


async def test_progress_is_told_at_the_end_and_what_it_raises_reaches_the_caller(relay: MediaRelay) -> None:
    told: list[int] = []

    async def note(sent: int) -> None:
        told.append(sent)

    class LostLeaseError(Exception):
        pass

    async def lose(_sent: int) -> None:
        raise LostLeaseError

    async with file_server(b"video") as origin, storage() as sink:
        await move(relay, origin, sink, note)
        with pytest.raises(LostLeaseError):
            await move(relay, origin, sink, lose)
    assert told == [5]


async def test_the_last_progress_is_told_though_all_went_out_meanwhile(
    relay: MediaRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.media.relay._PROGRESS_EVERY_S", 0.0)
    told: list[int] = []

    async def slow_note(sent: int) -> None:
        told.append(sent)
        await asyncio.sleep(1)

    async def pause(_request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(body=b"half", Content_Length="8"))
        await writer.drain()
        await asyncio.sleep(0.8)
        writer.write(b"half")

    async with serving(pause) as origin, storage() as sink:
        await move(relay, origin, sink, slow_note)
    assert told == [4, 8]


async def test_redirects_are_let_go_of(relay: MediaRelay) -> None:
    gone = asyncio.Event()

    async def redirect(_request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(302, Location=f"{bucket.base}/x", Content_Length="99"))
        await reader.read()
        gone.set()

    async with (
        file_server(b"video") as bucket,
        serving(redirect) as origin,
        opened(relay, origin),
    ):
        await asyncio.wait_for(gone.wait(), 10)


async def test_loopback_is_reached_without_a_proxy(
    relay: MediaRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connecting() as proxy, file_server(b"video") as origin, storage() as sink:
        for name in ("http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.base)
        await move(relay, origin, sink)
    assert proxy.requests == []


async def test_a_cancelled_transfer_lets_go_of_both_sides(relay: MediaRelay) -> None:
    started, let_go = asyncio.Event(), asyncio.Event()

    async def wait(_request: Request, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        started.set()
        await reader.read()
        let_go.set()

    async with serving(fall_silent) as origin, serving(wait) as sink:
        transfer = asyncio.create_task(move(relay, origin, sink))
        await started.wait()
        transfer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await transfer
        await asyncio.wait_for(let_go.wait(), 10)


async def test_the_token_goes_to_slack_and_never_to_the_sink() -> None:
    async with (
        file_server(b"video") as slack,
        storage() as sink,
        slack_relay(slack) as relay,
        opened(relay, slack, bearer=TOKEN) as source,
    ):
        await relay.send(source, f"{sink.base}/put")
    assert slack.requests[0].headers["authorization"] == f"bearer {TOKEN}"
    assert "authorization" not in sink.requests[0].headers


async def test_a_token_is_not_sent_to_a_host_that_is_not_slacks(relay: MediaRelay) -> None:
    async with file_server(b"video") as other:
        with pytest.raises(media.UnsafeAddress):
            async with opened(relay, other, bearer=TOKEN):
                pass
    assert not other.requests


async def test_slacks_redirect_to_a_login_page_elsewhere_is_not_followed() -> None:
    async with file_server(b"video") as elsewhere:
        login = reply(302, Location=f"{elsewhere.base}/?redir=file", Content_Length="0")
        async with serving(saying(login)) as slack, slack_relay(slack) as relay:
            with pytest.raises(media.Redirected):
                async with opened(relay, slack, bearer=TOKEN):
                    pass
    assert not elsewhere.requests


async def test_a_redirect_within_slack_keeps_the_token_only_on_the_same_host() -> None:
    async with file_server(b"video") as second:
        hops = {"/file.mp4": "/here", "/here": f"{second.base}/there"}

        async def script(
            request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            writer.write(reply(302, Location=hops[request.path], Content_Length="0"))

        async with (
            serving(script) as first,
            slack_relay(first, second) as relay,
            opened(relay, first, bearer=TOKEN) as source,
        ):
            assert source.length == 5
    assert [("authorization" in asked.headers) for asked in first.requests] == [True, True]
    assert "authorization" not in second.requests[0].headers


async def test_a_public_file_may_redirect_to_its_storage(relay: MediaRelay) -> None:
    async with file_server(b"video") as bucket:
        moved = reply(307, Location=f"{bucket.base}/x?sig=a%2Bb", Content_Length="0")
        async with serving(saying(moved)) as origin, opened(relay, origin) as source:
            assert source.length == 5
    assert bucket.requests[0].path == "/x?sig=a%2Bb"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a",
        "ftp://127.0.0.1/a",
        "file:///etc/passwd",
        "nonsense",
        "",
        "https:///a",
        "https://xn--/a",
        "https://h\u00e9/a",
        "https://h:99999/a",
        "https://[::1/a",
        "https://h/a b",
        "https://h/a\r\nX-Smuggled: 1",
    ],
)
async def test_plain_http_is_spoken_on_loopback_only(relay: MediaRelay, url: str) -> None:
    with pytest.raises(media.UnsafeAddress):
        async with relay.open(url, expect=VIDEO):
            pass
    async with file_server(b"video") as origin, opened(relay, origin) as source:
        with pytest.raises(media.UnsafeAddress):
            await relay.send(source, url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "0.0.0.0", "[::ffff:127.0.0.1]"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_outside_the_sandbox_this_machine_is_nobodys_storage(
    relay: MediaRelay, host: str, scheme: str
) -> None:
    async with (
        file_server(b"video") as origin,
        opened(relay, origin) as source,
        aclosing(MediaRelay()) as real,
    ):
        here = f"{scheme}://{host}:{origin.base.rpartition(':')[2]}/secrets"
        with pytest.raises(media.UnsafeAddress, match="this machine"):
            async with real.open(here, expect=VIDEO):
                pass
        with pytest.raises(media.UnsafeAddress, match="this machine"):
            await real.send(source, here)
        assert len(origin.requests) == 1


async def test_a_small_text_file_is_read_whole(relay: MediaRelay) -> None:
    script = Expect(kinds=frozenset({"text"}), max_bytes=20_000)
    async with serving(saying(reply(body="Grüße".encode(), Content_Type="text/plain"))) as origin:
        assert await relay.read(f"{origin.base}/script.txt", expect=script) == "Grüße".encode()


async def test_reading_a_file_that_falls_silent_stalls_and_a_cut_one_is_told(relay: MediaRelay) -> None:
    async with serving(fall_silent) as origin:
        with pytest.raises(media.Stalled, match="source after 4"):
            await relay.read(f"{origin.base}/a", expect=VIDEO)
    async with serving(saying(reply(body=b"half", Content_Length="8"))) as origin:
        with pytest.raises(media.SourceCut):
            await relay.read(f"{origin.base}/a", expect=VIDEO)


async def test_memory_does_not_grow_with_the_file(relay: MediaRelay) -> None:
    block, blocks = os.urandom(MB), 96
    digest = hashlib.sha256()

    async def pour(_request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(Content_Length=str(blocks * MB)))
        for _ in range(blocks):
            writer.write(block)
            await writer.drain()

    async def drink(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = int(request.headers["content-length"])
        while left:
            data = await reader.read(MB)
            digest.update(data)
            left -= len(data)
        writer.write(reply())

    async with serving(pour) as origin, serving(drink) as sink:
        tracemalloc.start()
        try:
            await move(relay, origin, sink)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert digest.digest() == hashlib.sha256(block * blocks).digest()
    assert peak < 16 * MB  # both servers' own buffers included


def test_every_error_is_in_the_tree_with_a_code_of_its_own() -> None:
    def leaves(error: type[media.MediaError]) -> Iterator[type[media.MediaError]]:
        below = error.__subclasses__()
        yield from (leaf for child in below for leaf in leaves(child)) if below else [error]

    found = list(leaves(media.MediaError))
    assert {error.__name__ for error in found} < set(media.__all__)
    assert len({error.code for error in found}) == len(found)
