"""How secrets that only have to be known again are kept: links, cookies and states of browsers."""

from hashlib import sha256


def hashed(secret: str) -> str:
    """What is stored in its place. Enough without salt: each is a long random text, which nobody guesses."""
    return sha256(secret.encode()).hexdigest()
