"""Bodies of ``/v1/admin``, and what each kind of integration needs."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from services.contracts.base import Contract, Identifier
from services.kit.errors import InvalidInput
from services.records.integrations import Integration, IntegrationKind

Secret = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
ConfigValue = Annotated[str, StringConstraints(max_length=2048)] | bool | int


class IntegrationSecrets(Contract):
    """What proves who calls; written and never read.

    A ``secret`` that is left out stays. A new one takes its place, and the one before is accepted
    too, as ``previous``, until ``"previous": null`` is sent.
    """

    secret: Annotated[Secret | None, Field(repr=False)] = None
    previous: Annotated[Secret | None, Field(repr=False)] = None


class IntegrationPut(Contract):
    """Body of ``PUT /v1/admin/integrations/{id}``."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "twilio",
                    "key": "AC0123456789abcdef0123456789abcdef",
                    "secrets": {"secret": "the account's auth token"},
                    "config": {"public_url": "wss://assist.example.com"},
                }
            ]
        }
    )

    kind: IntegrationKind
    key: Annotated[
        str, StringConstraints(min_length=1, max_length=256, pattern=r"^[!-~]([ -~]*[!-~])?$")
    ]
    secrets: IntegrationSecrets = IntegrationSecrets()
    config: Annotated[dict[Identifier, ConfigValue], Field(max_length=32)] = {}


class IntegrationShown(Contract):
    """An integration without its secrets."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "reception",
                    "kind": "twilio",
                    "key": "AC0123456789abcdef0123456789abcdef",
                    "has_secret": True,
                    "has_previous": False,
                    "config": {"public_url": "wss://assist.example.com"},
                }
            ]
        }
    )

    id: Identifier
    kind: IntegrationKind
    key: str
    has_secret: bool
    has_previous: bool
    config: dict[str, ConfigValue] = {}

    @classmethod
    def of(cls, integration: Integration) -> "IntegrationShown":
        """Return what may be shown."""
        return cls(
            id=integration.id,
            kind=integration.kind,
            key=integration.key,
            has_secret=bool(integration.secrets.get("secret")),
            has_previous=bool(integration.secrets.get("previous")),
            config=integration.config,
        )


class IntegrationList(Contract):
    """The tenant's integrations, by id."""

    items: tuple[IntegrationShown, ...]


def merged(tenant: str, id_: str, body: IntegrationPut, present: Integration | None) -> Integration:
    """Return the integration that ``body`` makes of the present one."""
    secrets = dict(present.secrets) if present else {}
    given = body.secrets
    if given.secret is not None and given.secret != secrets.get("secret"):
        replaced = secrets.get("secret")
        secrets = {"secret": given.secret} | ({"previous": replaced} if replaced else {})
    if given.previous is not None:
        secrets["previous"] = given.previous
    elif "previous" in given.model_fields_set:
        secrets.pop("previous", None)
    return Integration(
        tenant=tenant, id=id_, kind=body.kind, key=body.key, secrets=secrets, config=body.config
    )


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


def _matches(pattern: str) -> Callable[[object], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


@dataclass(frozen=True)
class Needs:
    """What an integration of one kind must and may hold.

    Attributes:
        secret: what its secret is called over there.
        secret_is: whether a secret can be right, and how it must look.
        unsigned: whether it works without a secret, outside production.
        key: what its key is, and how it must look.
        config: for each field of ``config`` whether a value is right, and what would be.
    """

    secret: str
    key: tuple[Callable[[object], bool], str]
    secret_is: tuple[Callable[[str], bool], str] = (lambda secret: True, "")
    unsigned: bool = False
    config: Mapping[str, tuple[Callable[[object], bool], str]] = field(default_factory=dict)


_ANY_KEY = (_matches(r"[^:/\s]+"), "a name of your choice without spaces, : and /")
_ROLE = (lambda value: value in ("customer", "adviser"), "customer or adviser")
_PUBLIC_URL = (_matches(r"wss://[^/\s?#]+(/[^\s?#]*)?"), "the wss:// URL that Twilio was given")
_ACCOUNT_SID = (_matches(r"AC[0-9a-f]{32}"), "an account SID: AC and 32 digits 0-9a-f")

NEEDS: Mapping[IntegrationKind, Needs] = {
    "audiohook": Needs(
        "the client secret",
        (_matches(r"[!-~]+"), "the API key of the AudioHook integration"),
        secret_is=(_is_base64, "base64, as Genesys Cloud asks"),
        unsigned=True,
    ),
    "twilio": Needs(
        "the account's auth token",
        _ANY_KEY,
        unsigned=True,
        config={
            "account_sid": _ACCOUNT_SID,
            "inbound_role": _ROLE,
            "public_url": _PUBLIC_URL,
        },
    ),
    "telnyx": Needs(
        "the part of stream_auth_token after the :", _ANY_KEY, config={"inbound_role": _ROLE}
    ),
    "asterisk": Needs("the password", _ANY_KEY),
    "jambonz": Needs("the password", _ANY_KEY),
    "vonage": Needs("the password", _ANY_KEY),
    "chatwoot": Needs("the webhook's secret", (_matches(r"[0-9]+"), "the number of the account")),
    "sunshine": Needs("the webhook's X-API-Key", (_matches(r"[!-~]+"), "the id of the app")),
}


def check(integration: Integration, *, production: bool) -> None:
    """Check that an integration can work.

    Raises:
        InvalidInput: naming the field and what its kind needs there.
    """
    needs = NEEDS[integration.kind]
    fits, wanted = needs.key
    if not fits(integration.key):
        raise InvalidInput(f"For {integration.kind} this is {wanted}.", field="key")
    secret = integration.secrets.get("secret")
    if secret is None and (production or not needs.unsigned):
        msg = f"For {integration.kind} this is needed: {needs.secret}."
        raise InvalidInput(msg, field="secrets.secret")
    is_one, form = needs.secret_is
    if secret is not None and not is_one(secret):
        msg = f"For {integration.kind} this is {needs.secret}, in {form}."
        raise InvalidInput(msg, field="secrets.secret")
    for name, value in integration.config.items():
        if name not in needs.config:
            known = ", ".join(sorted(needs.config)) or "nothing"
            msg = f"The configuration of {integration.kind} takes {known}."
            raise InvalidInput(msg, field=f"config.{name}")
        right, form = needs.config[name]
        if not right(value):
            raise InvalidInput(f"Give {form}.", field=f"config.{name}")
