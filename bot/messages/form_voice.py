"""The part of the form that chooses a voice, and, for those who want it, how it speaks."""

from collections.abc import Sequence

from bot.asking.drafts import Script
from bot.messages import blocks
from bot.messages.blocks import Block, Choice, input_field
from bot.messages.catalogue import Words
from bot.messages.ids import Action, Field
from bot.messages.long_menus import long_menu


def voice_fields(
    t: Words,
    voices: Sequence[Choice],
    script: Script | None,
    *,
    usual: str | None,
    order_id: str,
    with_settings: bool,
) -> list[Block]:
    """The menu of voices, and their settings or the button that shows them.

    Args:
        t: The reader's words.
        voices: Those that can speak now; empty where they could not be read.
        script: What is filled in already; its own settings are always shown.
        usual: The id of the voice that is chosen where none is filled in; None: the first.
        order_id: Of the form.
        with_settings: Whether the settings were asked for.
    """
    if with_settings or (script is not None and script.has_settings):
        return [*_voice(t, voices, script, usual), *_settings(t, script)]
    advanced = blocks.button(t("Advanced: how the voice speaks"), Action.FORM_VOICE_SETTINGS, order_id)
    return [*_voice(t, voices, script, usual), blocks.actions([advanced])]


def _voice(t: Words, voices: Sequence[Choice], script: Script | None, usual: str | None) -> list[Block]:
    offered = blocks.offerable(voices)
    if not offered:
        return [
            blocks.context(t("I could not read the list of voices. I pick one and name it beside the price."))
        ]
    wanted = (script.voice_id if script else None, usual)
    known = {voice.value for voice in offered}
    initial = next((voice for voice in wanted if voice in known), offered[0].value)
    return [input_field(Field.VOICE, t("Voice"), long_menu(t, offered, initial=initial))]


def _settings(t: Words, script: Script | None) -> list[Block]:
    """Left empty, sync.so takes its own values, which it says are 0.5 and 0.75."""
    stability = blocks.share_input(initial=script.stability if script else None)
    similarity = blocks.share_input(initial=script.similarity if script else None)
    return [
        input_field(
            Field.STABILITY,
            t("Stability of the voice"),
            stability,
            hint=t("From 0 (livelier) to 1 (steadier). Leave it empty for sync.so's usual one."),
            optional=True,
        ),
        input_field(
            Field.SIMILARITY,
            t("Similarity to the original voice"),
            similarity,
            hint=t("From 0 (looser) to 1 (closer). Leave it empty for sync.so's usual one."),
            optional=True,
        ),
    ]
