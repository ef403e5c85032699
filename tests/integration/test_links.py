"""What is behind links: real servers, strangers all of them, and closed ways into our own network."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from bot import media
from bot.media import Known, LinkFile, Links, Looks, links
from bot.probe.behind import Behind
from bot.probe.reader import Reader
from tests import films
from tests.integration.media_servers import Peer, Request, Script, connecting, reply, saying, serving

MB = 1024 * 1024
HERE = Links(loopback=True, answer_s=2)
SLACK_AND_SYNC = ("authorization", "cookie", "x-api-key", "referer", "origin")


def giving_parts(body: bytes, *, etag: str | Callable[[], str] = '"1"', bytes_a_second: float = 0) -> Script:
    """A server that gives parts of a file (RFC 9110, 14), at a pace."""

    async def script(request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begin, _, end = request.headers["range"].removeprefix("bytes=").partition("-")
        part = body[int(begin) : int(end) + 1]
        place = f"bytes {begin}-{int(begin) + len(part) - 1}/{len(body)}"
        tag = etag if isinstance(etag, str) else etag()
        length = str(len(part))
        writer.write(reply(206, Content_Range=place, ETag=tag, Content_Length=length))
        for at in range(0, len(part), 16 * 1024):
            writer.write(part[at : at + 16 * 1024])
            await writer.drain()
            if bytes_a_second:
                await asyncio.sleep(16 * 1024 / bytes_a_second)

    return script


async def looked_at(opener: Links, url: str) -> LinkFile:
    async with opener.open(url) as file:
        return file


async def test_what_a_server_tells_is_kept_and_its_parts_are_read() -> None:
    body = os.urandom(3 * MB)
    modified = "Fri, 27 Nov 2026 08:00:00 GMT"
    async with serving(giving_parts(body)) as server, HERE.open(f"{server.base}/clip.mp4?token=1") as file:
        assert file.behind == Behind(len(body), '"1"')
        assert file.ranges is not None
        assert file.ranges.size == len(body)
        assert await file.ranges.read(0, 1_000) == body[:1_000]
        assert await file.ranges.read(2 * MB, 1_000) == body[2 * MB : 2 * MB + 1_000]
    async with serving(saying(reply(200, b"all of it", Last_Modified=modified))) as server:
        file = await looked_at(HERE, f"{server.base}/clip.mp4")
        assert (file.behind, file.ranges) == (Behind(9, None, modified), None)


@pytest.mark.parametrize(
    ("content_type", "body", "is_page"),
    [
        ("text/html", b"<!-- made by a machine --><p>Sign in", True),
        ("text/html; charset=utf-8", b"\n\n <!DOCTYPE html><title>Shared</title>", True),
        ("video/mp4", b"<html><title>Shared</title>", True),
        ("text/html", b"\0\0\0\x18ftypisom", False),
        ("text/plain", b"WEBVTT", False),
    ],
)
async def test_a_page_is_told_from_a_file(content_type: str, body: bytes, *, is_page: bool) -> None:
    script = saying(reply(200, body, Content_Type=content_type))
    async with serving(script) as server:
        looks = Looks(HERE)
        if is_page:
            with pytest.raises(media.IsPage):
                await looks.at_link(server.base)
            assert await looks.again(server.base, Known(Behind(9))) == Known()  # no longer what it was
        else:
            known = await looks.at_link(server.base)
            assert known.behind == Behind(len(body))


async def test_nothing_of_ours_goes_to_a_stranger() -> None:
    async with serving(giving_parts(b"video" * 99)) as server:
        await looked_at(HERE, server.base.replace("//", "//somebody:secret@") + "/clip.mp4")
    (asked,) = server.requests
    assert not asked.headers.keys() & set(SLACK_AND_SYNC)
    assert set(asked.headers) == {"host", "user-agent", "accept", "accept-encoding", "range"}


async def test_a_token_goes_to_slacks_hosts_alone_and_to_no_other_that_they_send_on_to() -> None:
    async with serving(giving_parts(bytes(2 * MB))) as slack, serving(giving_parts(b"x")) as stranger:
        slacks = Links(loopback=True, token_hosts=frozenset({slack.authority}))
        async with slacks.open(slack.base, bearer="xoxb-secret") as file:
            assert file.ranges is not None
            await file.ranges.read(MB, 9)
        assert [asked.headers["authorization"] for asked in slack.requests] == ["bearer xoxb-secret"] * 2
        with pytest.raises(media.UnsafeAddress):
            async with slacks.open(stranger.base, bearer="xoxb-secret"):
                pass
        on = saying(reply(302, Location=stranger.base, Content_Length="0"))
        async with serving(on) as sender:
            sends = Links(loopback=True, token_hosts=frozenset({sender.authority}))
            with pytest.raises(media.UnsafeAddress):
                async with sends.open(sender.base, bearer="xoxb-secret"):
                    pass
    assert not stranger.requests


async def test_a_film_behind_a_link_is_known_by_a_little_of_it() -> None:
    film = films.film("mp4", frames=2_000, size=(640, 360), sound="aac")
    async with serving(giving_parts(film)) as server, HERE.open(server.base) as file:
        assert file.ranges is not None
        facts = await Reader().read(file.ranges)
    assert (facts.frames, facts.fps, facts.has_sound, facts.is_exact) == (2_000, 25, True, True)


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example.com/clip.mp4",
        "ftp://files.example.com/clip.mp4",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "https://localhost/clip.mp4",
        "https://app.localhost/clip.mp4",
        "https://127.0.0.1/clip.mp4",
        "https://127.1/clip.mp4",
        "https://0x7f.1/clip.mp4",
        "https://2130706433/clip.mp4",
        "https://0.0.0.0/clip.mp4",
        "https://[::1]/clip.mp4",
        "https://[::]/clip.mp4",
        "https://[::ffff:127.0.0.1]/clip.mp4",
        "https://[::ffff:7f00:1]/clip.mp4",
        "https://[::7f00:1]/clip.mp4",
        "https://[64:ff9b::7f00:1]/clip.mp4",
        "https://[2002:7f00:1::]/clip.mp4",
        "https://[fe80::1]/clip.mp4",
        "https://[fd00:ec2::254]/clip.mp4",
        "https://10.0.0.1/clip.mp4",
        "https://172.16.0.1/clip.mp4",
        "https://192.168.1.1/clip.mp4",
        "https://100.64.0.1/clip.mp4",
        "https://100.100.100.200/latest/meta-data",
        "https://169.254.169.254/latest/meta-data",
        "https://168.63.129.16/machine",
        "https://192.0.0.192/opc",
        "https://255.255.255.255/",
        "https://224.0.0.1/",
    ],
)
async def test_ways_into_this_machine_and_its_network_are_closed(url: str) -> None:
    with pytest.raises(media.UnsafeAddress):
        await looked_at(Links(answer_s=2), url)


@asynccontextmanager
async def stranger(folder: Path, script: Script) -> AsyncIterator[tuple[Peer, Links]]:
    """A server under a name of its own, over TLS, and an opener for which that name leads to it."""
    authority, server = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("files.example.com").configure_cert(server)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    async with serving(script, tls=server) as peer:
        port = peer.base.rpartition(":")[2]
        peer.base = f"https://files.example.com:{port}"
        resolved = (f"files.example.com:{port}:127.0.0.1", f"inside.example.com:{port}:127.0.0.2")
        yield peer, Links(authorities=str(folder / "authority.pem"), resolved=resolved, answer_s=2)


async def test_a_name_that_leads_to_this_machine_is_not_asked(tmp_path: Path) -> None:
    async with stranger(tmp_path, giving_parts(b"secret")) as (server, opener):
        with pytest.raises(media.UnsafeAddress):
            await looked_at(opener, f"{server.base}/clip.mp4")
    assert not server.requests


@pytest.mark.parametrize(
    "target",
    [
        "https://127.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "//inside.example.com:{port}/",
        "http://files.example.com:{port}/",
        "http://127.0.0.1:{port}/",
    ],
)
async def test_a_redirect_leads_no_way_in_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """For this test 127.0.0.1 is the internet, where a connection is made."""
    monkeypatch.setattr(links, "is_public", lambda address: address == "127.0.0.1")

    async def script(_request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = server.base.rpartition(":")[2]
        writer.write(reply(302, Location=target.format(port=port), Content_Length="0"))

    async with stranger(tmp_path, script) as (server, opener):
        with pytest.raises((media.UnsafeAddress, media.Redirected)):
            await looked_at(opener, f"{server.base}/clip.mp4")
    assert len(server.requests) == 1


async def test_no_proxy_is_asked_which_would_look_names_up_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "is_public", lambda address: address == "127.0.0.1")
    async with (
        connecting() as proxy,
        stranger(tmp_path, giving_parts(b"video")) as (server, opener),
    ):
        for variable in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(variable, proxy.base)
        assert (await looked_at(opener, server.base)).behind.size == 5
    assert not proxy.requests


@pytest.mark.parametrize("times", [4, 5])
async def test_four_redirects_are_followed_and_no_more(times: int) -> None:
    async def script(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = int(request.path.strip("/"))
        if left:
            writer.write(reply(302, Location=f"/{left - 1}", Content_Length="0"))
        else:
            await giving_parts(b"video")(request, reader, writer)

    async with serving(script) as server:
        if times == 5:
            with pytest.raises(media.Redirected):
                await looked_at(HERE, f"{server.base}/5")
        else:
            assert (await looked_at(HERE, f"{server.base}/4")).behind.size == 5
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(404), media.Gone),
        (reply(403), media.Gone),
        (reply(410), media.Gone),
        (reply(416, Content_Range="bytes */0"), media.SourceUnavailable),
        (reply(429), media.SourceUnavailable),
        (reply(500), media.SourceUnavailable),
        (reply(204), media.SourceUnavailable),
        (b"", media.SourceUnavailable),
        (b"SSH-2.0-OpenSSH\r\n", media.SourceUnavailable),
        (reply(302, Location="https:///", Content_Length="0"), media.Redirected),
    ],
)
async def test_what_is_not_there_is_told_from_what_cannot_be_had_now(
    answer: bytes, error: type[media.MediaError]
) -> None:
    async with serving(saying(answer)) as server:
        with pytest.raises(error):
            await looked_at(HERE, server.base)


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b"video", Content_Length="9000000000"),
        reply(200, b"video", Content_Length="", Transfer_Encoding="chunked"),
        reply(206, b"video", Content_Range="bytes 7-11/90"),
        reply(206, b"video", Content_Range="bytes 0-4/*"),
        reply(206, b"video", Content_Range="pictures 0-4/90"),
        reply(206, b"video", Content_Range=""),
        reply(206, b"video", Content_Range=f"bytes 0-4/{'9' * 5000}"),
        reply(206, b"video", Content_Range="bytes 0-4/90", Content_Encoding="gzip"),
    ],
)
async def test_where_no_parts_are_given_none_are_promised(answer: bytes) -> None:
    async with serving(saying(answer)) as server:
        assert (await looked_at(HERE, server.base)).ranges is None


async def test_a_server_that_sends_more_than_it_was_asked_for_is_cut_off() -> None:
    async def pouring(request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begin = int(request.headers["range"].removeprefix("bytes=").partition("-")[0])
        place = f"bytes {begin}-{begin + 64 * MB - 1}/{128 * MB}"
        writer.write(reply(206, Content_Range=place, Content_Length=str(64 * MB)))
        for _ in range(64):
            writer.write(bytes(MB))
            await writer.drain()
            server.bytes_sent += MB

    async with serving(pouring) as server, HERE.open(server.base) as file:
        assert file.ranges is not None
        assert await file.ranges.read(MB, 1_000) == bytes(1_000)
    assert server.bytes_sent < 32 * MB


async def test_a_file_that_changes_while_it_is_read_is_not_pieced_together() -> None:
    tags = iter(('"1"', '"2"'))
    changing = giving_parts(bytes(2 * MB), etag=lambda: next(tags))
    async with serving(changing) as server, HERE.open(server.base) as file:
        assert file.ranges is not None
        with pytest.raises(media.NoRanges):
            await file.ranges.read(MB, 1_000)


async def test_a_server_that_does_not_answer_is_not_waited_for() -> None:
    async def silent(_request: Request, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as server:
        with pytest.raises(media.SourceUnavailable):
            await looked_at(Links(loopback=True, answer_s=0.3), server.base)


async def test_a_slow_server_gives_what_it_gives_within_the_time() -> None:
    body = os.urandom(400_000)
    async with serving(giving_parts(body, bytes_a_second=300_000)) as server, HERE.open(server.base) as file:
        assert file.ranges is not None
        assert await file.ranges.read(300_000, 50_000) == body[300_000:350_000]


async def test_a_body_that_breaks_off_gives_what_came() -> None:
    answer = reply(206, b"half", Content_Range="bytes 0-7/8", Content_Length="8")
    async with serving(saying(answer)) as server, HERE.open(server.base) as file:
        assert file.ranges is not None
        assert await file.ranges.read(0, 8) == b"half"


async def test_tags_of_any_length_are_not_kept() -> None:
    async with serving(giving_parts(b"video", etag="x" * 300)) as server:
        assert (await looked_at(HERE, server.base)).behind == Behind(5)
