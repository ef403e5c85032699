"""The part of the form that chooses a voice."""

from collections.abc import Sequence

from bot.asking.drafts import Script
from bot.messages import blocks
from bot.messages.blocks import Block, Choice, input_field
from bot.messages.catalogue import Words
from bot.messages.ids import Field
from bot.messages.long_menus import long_menu


def voice_field(t: Words, voices: Sequence[Choice], script: Script | None, *, usual: str | None) -> Block:
    """The menu of voices.

    Args:
        t: The reader's words.
        voices: Those that can speak now; empty where they could not be read.
        script: What is filled in already.
        usual: The id of the voice that is chosen where none is filled in; None: the first.
    """
    offered = blocks.offerable(voices)
    if not offered:
        return blocks.context(
            t("I could not read the list of voices. I pick one and name it beside the price.")
        )
    wanted = (script.voice_id if script else None, usual)
    known = {voice.value for voice in offered}
    initial = next((voice for voice in wanted if voice in known), offered[0].value)
    return input_field(Field.VOICE, t("Voice"), long_menu(t, offered, initial=initial))
