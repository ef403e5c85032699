"""The voices on offer: espeak-ng's, behind ids and names of the kind the service shows."""

from dataclasses import dataclass

from bot.sandbox.media.voice import Voice


@dataclass(frozen=True)
class VoiceCard:
    """A voice as GET /v2/voices tells it; one with a restriction cannot speak now."""

    id: str
    name: str
    sound: Voice
    restriction: str | None = None


VOICES: dict[str, VoiceCard] = {
    card.id: card
    for card in (
        VoiceCard("21m00Tcm4TlvDq8ikWAM", "Rachel", Voice("en-us+f3", 170, 55)),
        VoiceCard("pNInz6obpgDQGcFmaJgB", "Adam", Voice("en-us+m3", 165, 40)),
        VoiceCard("EXAVITQu4vr4xnSDxMaL", "Sarah", Voice("en-us+f2", 180, 60)),
        VoiceCard("onwK4e9ZLuTAKqWW03F9", "Daniel", Voice("en+m2", 160, 45)),
        VoiceCard("XB0fDUnXU5powFXDhCwa", "Charlotte", Voice("en+f4", 165, 65)),
        VoiceCard("nPczCjzI2devNBz1zQrb", "Brian (deep)", Voice("en-us+m7", 150, 20)),
        VoiceCard("ThT5KcBeYPX3keUQqHPh", "Dorothée", Voice("fr+f3", 165, 55)),
        VoiceCard("zcAOhNBS3c14rBihAFp1", "Jürgen", Voice("de+m3", 160, 40)),
        VoiceCard(
            "yoZ06aMxZJJ28mfd3POQ", "Sam (own key needed)", Voice(), restriction="provider_key_required"
        ),
    )
}
