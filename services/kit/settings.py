"""Every setting of Souffleur: from ``SOUFFLEUR_*`` variables or a TOML file."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

SigningAlgorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
]  # fmt: skip
"""Those that sign with a private key: whoever can check a token must not be able to make one."""


def default_data_dir() -> Path:
    """Return the user's data directory for Souffleur (XDG on Linux and macOS alike)."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "souffleur"


class Settings(BaseSettings):
    """The settings, validated once at start; a test holds the README's table to this class."""

    model_config = SettingsConfigDict(env_prefix="SOUFFLEUR_", extra="forbid", frozen=True)

    env: Annotated[
        Literal["development", "production"],
        Field(description="production refuses development tokens and the embedded Redis"),
    ] = "development"
    data_dir: Annotated[
        Path, Field(description="models, embedded Redis data and the development signing key")
    ] = Field(default_factory=default_data_dir)
    redis_url: Annotated[
        str,
        Field(
            description="redis:// URL; empty starts a private redis-server in the data directory"
        ),
    ] = ""
    redis_fsync: Annotated[
        Literal["everysec", "always"],
        Field(description="AOF policy of the private redis-server"),
    ] = "everysec"
    host: Annotated[str, Field(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="port to listen on")] = 8080
    transcribe_url: Annotated[
        str, Field(description="ws:// URL of the transcribe service, for a gateway on its own")
    ] = ""
    audiosocket_port: Annotated[
        int, Field(ge=0, le=65535, description="port for Asterisk's AudioSocket; 0 is off")
    ] = 0
    audiosocket_host: Annotated[
        str, Field(description="address that AudioSocket listens on: it has no authentication")
    ] = "127.0.0.1"
    audiosocket_tenant: Annotated[str, Field(description="whose calls come by AudioSocket")] = ""
    audiosocket_allowed: Annotated[
        tuple[str, ...],
        Field(description="JSON: addresses and networks that may connect to AudioSocket"),
    ] = ("127.0.0.0/8", "::1")
    issuer: Annotated[
        str,
        Field(description="OIDC issuer whose tokens are taken; production needs one"),
    ] = ""
    jwks_url: Annotated[
        str, Field(description="where the issuer's keys are; empty asks the issuer's discovery")
    ] = ""
    audience: Annotated[
        str, Field(description="what a token's `aud` must hold; an issuer needs it")
    ] = ""
    signing_algorithms: Annotated[
        tuple[SigningAlgorithm, ...],
        Field(description="how the issuer may sign", min_length=1),
    ] = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
    tenant_claim: Annotated[
        str, Field(min_length=1, description="claim that names the tenant; dots lead inwards")
    ] = "tenant"
    subject_claim: Annotated[
        str, Field(min_length=1, description="claim that names the caller: an adviser's id")
    ] = "sub"
    roles_claim: Annotated[
        str,
        Field(min_length=1, description="claim with the roles: a list, or words in one text"),
    ] = "roles"
    roles_map: Annotated[
        dict[str, Literal["adviser", "crm", "ingest", "admin", "ops"]],
        Field(description="JSON: the issuer's own names of our roles, which count besides ours"),
    ] = {}
    token_secret: Annotated[
        str,
        Field(
            description="key that signs development tokens; empty makes one in the data directory"
        ),
    ] = ""
    secrets_key: Annotated[
        str,
        Field(
            description="seals tenants' secrets: 32 bytes in URL-safe base64, several with commas "
            "to rotate; empty makes one in the data directory, but not in production"
        ),
    ] = ""
    service_token: Annotated[
        str, Field(description="shared secret between gateway and transcribe service")
    ] = ""
    allowed_origins: Annotated[
        tuple[str, ...],
        Field(description="Origins that may open the adviser's socket, besides our own"),
    ] = ()
    webhook_allowed: Annotated[
        tuple[str, ...],
        Field(
            description="private networks (10.1.0.0/16) and host names that webhooks may go to; "
            "addresses inside the house are refused otherwise"
        ),
    ] = ()
    speech_model: Annotated[
        str, Field(description="name of the speech model in the manifest, or a directory")
    ] = "whisper-base"
    speech_workers: Annotated[
        int, Field(ge=1, le=64, description="utterances decoded at the same time")
    ] = 2
    speech_partials: Annotated[
        bool, Field(description="show words while they are being spoken")
    ] = True
    speech_words: Annotated[bool, Field(description="keep the time of each word")] = False
    encoder_backend: Annotated[
        Literal["onnx", "torch"], Field(description="torch needs the gpu extra")
    ] = "onnx"
    encoder_workers: Annotated[
        int, Field(ge=1, le=64, description="one-thread encoder sessions")
    ] = 2
    playbook: Annotated[
        str,
        Field(
            description="playbook of tenants without their own: a built-in one's name, or a YAML "
            "file's path"
        ),
    ] = "general"
    playbooks_fitted: Annotated[
        int, Field(ge=1, description="tenants' own playbooks that one assistant keeps ready")
    ] = 32
    retention_days: Annotated[
        int, Field(ge=1, le=3650, description="days after which a conversation expires")
    ] = 30
    requests_per_s: Annotated[
        int, Field(ge=1, description="requests a second of one tenant, per gateway")
    ] = 1000
    caller_requests_per_s: Annotated[
        int, Field(ge=1, description="requests a second of one caller, per gateway")
    ] = 200
    ingest_sockets: Annotated[
        int, Field(ge=0, description="ingest sockets that one tenant may hold open")
    ] = 2000
    adviser_sockets: Annotated[
        int, Field(ge=0, description="adviser sockets that one tenant may hold open")
    ] = 5000
    caller_ingest_sockets: Annotated[
        int, Field(ge=0, description="ingest sockets that one caller may hold open")
    ] = 2000
    caller_adviser_sockets: Annotated[
        int, Field(ge=0, description="adviser sockets that one caller may hold open")
    ] = 100
    messages_per_s: Annotated[
        int, Field(ge=1, description="messages a second on one ingest socket")
    ] = 1000
    message_bytes: Annotated[
        int, Field(ge=1024, le=65_536, description="longest message on one socket")
    ] = 65_536
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="least level logged")
    ] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Explicit arguments win over the environment, which wins over the TOML file."""
        del dotenv_settings, file_secret_settings
        toml = os.environ.get("SOUFFLEUR_CONFIG")
        files = (TomlConfigSettingsSource(settings_cls, Path(toml)),) if toml else ()
        return (init_settings, env_settings, *files)
