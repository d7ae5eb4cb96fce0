"""Secrets of tenants at rest: sealed with a key that the environment gives, never the database."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from services.kit.errors import InvalidInput, Unavailable
from services.kit.keyfile import kept
from services.kit.settings import Settings

_KEY_FILE = "secrets-key"


class Sealer:
    """Seals and opens short texts (Fernet: AES-128-CBC with HMAC-SHA256).

    The first key seals, every key opens: to rotate, put a new key in front, write the integrations
    again, then drop the old one.
    """

    def __init__(self, keys: str) -> None:
        """Take one key or several, comma-separated, each 32 bytes in URL-safe base64.

        Raises:
            InvalidInput: when a key is not one.
        """
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
        except ValueError as error:
            msg = (
                "Give 32 random bytes in URL-safe base64, for example "
                "`python -c 'from cryptography.fernet import Fernet as F; "
                "print(F.generate_key().decode())'`."
            )
            raise InvalidInput(msg, field="secrets_key") from error

    def seal(self, text: str) -> str:
        """Return ``text`` sealed; the same text is sealed differently each time."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed.

        Raises:
            Unavailable: when it was sealed with a key that is not here, or was altered.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            msg = "A stored secret cannot be opened: SOUFFLEUR_SECRETS_KEY lacks the key it needs."
            raise Unavailable(msg) from error


def sealer(settings: Settings) -> Sealer:
    """Return the sealer of these settings, making a key in the data directory at first use.

    Raises:
        InvalidInput: in production without ``secrets_key``: a key that lies beside the data it
            protects protects nothing.
    """
    if settings.secrets_key:
        return Sealer(settings.secrets_key)
    if settings.env == "production":
        msg = "Set SOUFFLEUR_SECRETS_KEY: in production no key is made up."
        raise InvalidInput(msg, field="secrets_key")
    return Sealer(kept(settings.data_dir / _KEY_FILE, lambda: Fernet.generate_key().decode()))
