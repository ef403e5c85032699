"""The sandbox's addresses: any free ones, those of last time, or words on why not."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest

from bot.sandbox.addresses import take_addresses


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def ports_of(port: int, kept: Path | None) -> tuple[int, int, int]:
    with closing(take_addresses(port, kept)) as addresses:
        return addresses.ports()


def test_a_port_that_is_taken_is_told_in_words(taken: int) -> None:
    with pytest.raises(click.ClickException) as refused:
        take_addresses(taken, None)
    assert refused.value.message == (
        f"Port {taken} is taken by another program, perhaps by another sandbox. Name another one."
    )


def test_a_kept_folder_has_the_same_addresses_again(tmp_path: Path) -> None:
    kept = tmp_path / "ports.json"
    first = ports_of(0, kept)
    assert ports_of(0, kept) == first


def test_an_address_that_was_taken_meanwhile_is_replaced_and_told(
    tmp_path: Path, taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "ports.json"
    _page, sync, app = ports_of(0, kept)
    kept.write_text(f"[{taken}, {sync}, {app}]")
    now = ports_of(0, kept)
    assert now[0] not in {taken, 0}
    assert now[1:] == (sync, app)
    assert "some old links lead nowhere now" in capsys.readouterr().out
