"""The part of the form that chooses a voice."""

from collections.abc import Sequence

from bot.asking.drafts import Script
from bot.messages import blocks
from bot.messages.blocks import Block, Choice, input_field
from bot.messages.catalogue import Words
from bot.messages.ids import Field
from bot.messages.long_menus import long_menu


def voice_field(
    t: Words,
    voices: Sequence[Choice],
    script: Script | None,
    *,
    usual: str | None,
    chosen: Choice | None = None,
) -> Block:
    """The menu of voices; of what was chosen alone, where the others could not be read.

    Args:
        t: The reader's words.
        voices: Those that can speak now; empty where they could not be read.
        script: What is filled in already.
        usual: The id of the voice that is chosen where none is filled in; None: the first.
        chosen: What somebody chose in the menu, before the form was drawn anew.
    """
    offered = blocks.offerable(voices)
    filled_in = chosen or _of(script)
    if not offered and filled_in is not None:
        alone = t("I could not read the list of voices just now: this one stays.")
        menu = blocks.menu([filled_in], initial=filled_in.value)
        return input_field(Field.VOICE, t("Voice"), menu, hint=alone)
    if not offered:
        return blocks.context(
            t("I could not read the list of voices. I pick one and name it beside the price.")
        )
    wanted = (filled_in.value if filled_in else None, script.voice_id if script else None, usual)
    known = {voice.value for voice in offered}
    initial = next((voice for voice in wanted if voice in known), offered[0].value)
    return input_field(Field.VOICE, t("Voice"), long_menu(t, offered, initial=initial))


def _of(script: Script | None) -> Choice | None:
    """The voice of a script, where it is more than a name that somebody typed."""
    if script is None or script.voice_id is None:
        return None
    return Choice(script.voice_id, script.voice_name or script.voice_id)
