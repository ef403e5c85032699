"""Speech from text by espeak-ng, called through ctypes; only ever run inside the studio's child process."""

import ctypes
from dataclasses import dataclass
from typing import Any

import espeakng_loader
import numpy as np
import numpy.typing as npt

_RETRIEVE_SYNCHRONOUSLY = 2  # espeak_AUDIO_OUTPUT: hand samples to a callback, return when done
_UTF8 = 1
_RATE, _PITCH = 1, 3  # espeak_PARAMETER
_POSITION_CHARACTER = 1
_SHORTEST_S = 0.5  # a script without a speakable word still needs a sound that players accept

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class VoiceError(Exception):
    """espeak-ng could not speak: unknown voice, or the library refused the text."""


@dataclass(frozen=True)
class Voice:
    """How espeak-ng shall sound: a voice name with an optional variant, words a minute, pitch 0 to 99."""

    name: str = "en-us"
    rate: int = 165
    pitch: int = 50


def speak(text: str, voice: Voice) -> tuple[npt.NDArray[np.int16], int]:
    """Return the mono samples of the spoken text and their rate in Hz.

    Raises:
        VoiceError: the voice does not exist or the library failed.
    """
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_RETRIEVE_SYNCHRONOUSLY, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate <= 0:
        raise VoiceError("espeak-ng did not start")
    pieces: list[bytes] = []

    def collect(samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            pieces.append(ctypes.string_at(samples, count * 2))
        return 0

    callback = _Callback(collect)  # held by name: ctypes does not keep it alive
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice.name.encode()):
        raise VoiceError(f"espeak-ng has no voice {voice.name}")
    library.espeak_SetParameter(_RATE, voice.rate, 0)
    library.espeak_SetParameter(_PITCH, voice.pitch, 0)
    data = text.replace("\0", " ").encode()
    failed = library.espeak_Synth(
        data, ctypes.c_size_t(len(data) + 1), 0, _POSITION_CHARACTER, 0, _UTF8, None, None
    )
    if failed:
        raise VoiceError("espeak-ng refused the text")
    library.espeak_Synchronize()
    spoken = np.frombuffer(b"".join(pieces), dtype=np.int16)
    missing = int(_SHORTEST_S * rate) - len(spoken)
    return np.pad(spoken, (0, max(0, missing))), rate
