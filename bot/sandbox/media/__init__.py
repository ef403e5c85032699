"""Real media for the sandbox: speech, probing, rendering, the sample clip; nothing here knows HTTP."""
