"""Tokens of a real OIDC issuer on a port: rotation, storms, forgeries, an issuer that is down."""

import asyncio
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from joserfc import jwt
from joserfc.jwk import OctKey

from services.kit.clock import SYSTEM_CLOCK, Clock
from services.kit.errors import InvalidInput, Unauthenticated, Unavailable
from services.kit.identity import Identity, check_identity, identity
from services.kit.identity_keys import REFRESH_S, RETRY_S, UNKNOWN_KEY_S
from services.kit.settings import Settings
from services.kit.tokens import Principal, token_issuer
from tests.fakes.gateway_server import hear, running_gateway, until
from tests.fakes.oidc_issuer import AUDIENCE, Issuer, running_issuer, signing_key


class Time:
    """A monotonic clock and a sleep that the test drives; the wall clock is the real one."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.naps: list[tuple[float, asyncio.Event]] = []

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self.naps.append((self.now_s + seconds, woken))
        await woken.wait()

    def advance(self, seconds: float) -> None:
        self.now_s += seconds
        for at, woken in self.naps:
            if at <= self.now_s:
                woken.set()

    @property
    def clock(self) -> Clock:
        return Clock(SYSTEM_CLOCK.now, lambda: self.now_s, self.sleep)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def _settings(issuer: Issuer, folder: Path, **changes: Any) -> Settings:
    return Settings(
        data_dir=folder,
        **{"env": "production", "issuer": issuer.url, "audience": AUDIENCE} | changes,
    )


@asynccontextmanager
async def _checking(
    folder: Path, *, time: Time | None = None, **changes: Any
) -> AsyncIterator[tuple[Issuer, Identity, Time]]:
    time = time or Time()
    async with (
        running_issuer() as issuer,
        identity(_settings(issuer, folder, **changes), time.clock) as who,
    ):
        yield issuer, who, time


async def _verify(who: Identity, token: str) -> Principal:
    return await who.verify(token, now=datetime.now(UTC))


async def test_a_token_gives_its_principal_and_its_end(tmp_path: Path) -> None:
    async with _checking(tmp_path) as (issuer, who, _):
        token = issuer.token(roles=["crm", "adviser", "unknown"], aud=["other", AUDIENCE])
        principal = await _verify(who, token)
        assert principal == Principal("acme", "adviser", "s1", frozenset({"crm"}))
        assert principal.expires is not None
        left = principal.expires - datetime.now(UTC)
        assert timedelta(minutes=9) < left <= timedelta(minutes=10, seconds=30)


@pytest.mark.parametrize(
    ("kid", "kind", "alg"),
    [("k1", "RSA", "RS256"), ("k1", "RSA", "PS256"), ("e1", "EC", "ES256"), ("o1", "OKP", "EdDSA")],
)
async def test_each_allowed_algorithm_works(tmp_path: Path, kid: str, kind: str, alg: str) -> None:
    async with _checking(tmp_path) as (issuer, who, _):
        issuer.keys = [signing_key("k1"), signing_key("e1", "EC"), signing_key("o1", "OKP")]
        token = issuer.token(signing_key(kid, kind), alg)
        assert (await _verify(who, token)).subject == "s1"


async def test_claims_have_the_names_that_the_operator_gives(tmp_path: Path) -> None:
    names = {
        "tenant_claim": "https://desk.example/org",
        "roles_claim": "realm_access.roles",
        "subject_claim": "agent.id",
        "roles_map": {"Conseiller client": "adviser"},
    }
    async with _checking(tmp_path, **names) as (issuer, who, _):
        token = issuer.token(
            tenant=None,
            roles=None,
            **{
                "https://desk.example/org": "globex",
                "realm_access": {"roles": ["offline", "Conseiller client"]},
                "agent": {"id": "a-7"},
            },
        )
        assert await _verify(who, token) == Principal("globex", "adviser", "a-7")
    async with _checking(tmp_path, roles_claim="scope") as (issuer, who, _):
        token = issuer.token(scope="openid ingest", sub="pbx")
        assert await _verify(who, token) == Principal("acme", "ingest", "pbx")


def _now(seconds: int) -> int:
    return int(datetime.now(UTC).timestamp()) + seconds


MISFITS: list[tuple[dict[str, Any], str]] = [
    ({"aud": "somebody"}, "audience"),
    ({"aud": None}, "audience"),
    ({"aud": 7}, "audience"),
    ({"aud": [["souffleur"]]}, "audience"),
    ({"iss": "https://evil.example"}, "issuer"),
    ({"iss": None}, "issuer"),
    ({"exp": None}, "exp"),
    ({"exp": "tomorrow"}, "exp"),
    ({"exp": True}, "exp"),
    ({"exp": 1e300}, "exp"),
    ({"exp": _now(-31)}, "expired"),
    ({"nbf": _now(86_400)}, "not valid yet"),
    ({"iat": _now(86_400)}, "not valid yet"),
    ({"tenant": None}, "tenant"),
    ({"tenant": ""}, "tenant"),
    ({"tenant": "a/b"}, "tenant"),
    ({"tenant": ["acme"]}, "tenant"),
    ({"sub": None}, "sub"),
    ({"sub": "a b"}, "sub"),
    ({"roles": None}, "role"),
    ({"roles": []}, "role"),
    ({"roles": ["root", 7]}, "role"),
    ({"roles": {"admin": True}}, "role"),
]


async def test_a_claim_that_does_not_fit_is_named(tmp_path: Path) -> None:
    async with _checking(tmp_path) as (issuer, who, _):
        for changes, complaint in MISFITS:
            with pytest.raises(Unauthenticated, match=complaint):
                await _verify(who, issuer.token(**changes))


async def test_the_issuers_clock_may_be_a_little_off(tmp_path: Path) -> None:
    async with _checking(tmp_path) as (issuer, who, _):
        await _verify(who, issuer.token(exp=_now(-20), nbf=_now(20), iat=_now(20)))


def _by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """Sign with HMAC-SHA256 whatever the secret is, which libraries refuse to do."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signature = hmac.digest(secret, b".".join(parts), "sha256")
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


async def test_forgeries_are_refused(tmp_path: Path) -> None:
    async with _checking(tmp_path) as (issuer, who, _):
        good = issuer.token()
        header, body, signature = good.split(".")
        public_pem = signing_key("k1").as_pem(private=False)
        confused = _by_hand({"alg": "HS256", "kid": "k1"}, issuer.claims(), public_pem)
        own = OctKey.import_key("0123456789abcdef0123456789abcdef")
        issuer.extra = [{**own.as_dict(), "kid": "secret"}]
        impostor = signing_key("impostor")
        theirs = jwt.encode({"alg": "RS256", "kid": "k1"}, issuer.claims(), impostor)
        embedded = jwt.encode(
            {"alg": "RS256", "jwk": impostor.as_dict(private=False)}, issuer.claims(), impostor
        )
        ours = token_issuer(Settings(data_dir=tmp_path / "dev"))
        forgeries = {
            "HS256 with the public key": confused,
            "HS256 with a published secret": jwt.encode(
                {"alg": "HS256", "kid": "secret"}, issuer.claims(), own
            ),
            "none": f"eyJhbGciOiJub25lIn0.{body}.",
            "no signature": f"{header}.{body}.",
            "another key under a known id": theirs,
            "its own key in the header": embedded,
            "another algorithm of the same key": issuer.token(alg="RS512"),
            "the key of another kind": issuer.token(signing_key("k1"), "PS256")[:-8] + "AAAAAAAA",
            "altered": f"{header}.{body[:-4]}AAAA.{signature}",
            "a development token": ours.issue(
                Principal("acme", "admin", "s1"), now=datetime.now(UTC)
            ),
            "nothing": "",
            "two parts": "a.b",
            "no JSON": "!!.!!.!!",
            "too long": f"{header}.{'A' * 20_000}.{signature}",
            "deep": "W1tb" * 3000 + ".a.b",
        }
        accepted = [name for name, forged in forgeries.items() if not await _refused(who, forged)]
        assert accepted == []
        assert (await _verify(who, good)).tenant == "acme"


async def test_a_key_bound_to_an_algorithm_or_too_weak_is_not_used_otherwise(
    tmp_path: Path,
) -> None:
    async with _checking(tmp_path) as (issuer, who, _):
        bound = {**signing_key("bound").as_dict(private=False), "alg": "RS256"}
        issuer.extra = [
            bound,
            {**signing_key("enc").as_dict(private=False), "use": "enc"},
            signing_key("weak", "RSA-1024").as_dict(private=False),
            {"kty": "PQC", "kid": "later"},
            {"kty": "RSA", "kid": "broken"},
        ]
        await _verify(who, issuer.token(signing_key("bound")))
        for kid, alg in (("bound", "PS256"), ("enc", "RS256"), ("weak", "RS256")):
            with pytest.raises(Unauthenticated, match="does not publish"):
                await _verify(who, issuer.token(signing_key(kid), alg))


async def test_a_token_without_key_id_needs_an_issuer_with_one_key(tmp_path: Path) -> None:
    async with _checking(tmp_path) as (issuer, who, time):
        nameless = jwt.encode({"alg": "RS256"}, issuer.claims(), signing_key("k1"))
        await _verify(who, nameless)
        issuer.keys = [signing_key("k1"), signing_key("k2")]
        await until(lambda: time.naps)
        time.advance(REFRESH_S)
        await until(lambda: issuer.asked == 2 and len(time.naps) == 2)
        with pytest.raises(Unauthenticated):
            await _verify(who, nameless)


async def test_a_new_key_is_fetched_when_it_is_first_seen_and_an_old_one_forgotten(
    tmp_path: Path,
) -> None:
    async with _checking(tmp_path) as (issuer, who, time):
        old = issuer.token()
        await _verify(who, old)
        issuer.keys = [signing_key("k2")]
        await _verify(who, issuer.token())
        assert issuer.asked == 2
        with pytest.raises(Unauthenticated):
            await _verify(who, old)
        # Taken away without a new one being used: noticed at the next round.
        issuer.keys = [signing_key("k3")]
        await until(lambda: time.naps)
        time.advance(REFRESH_S)
        await until(lambda: issuer.asked == 3 and len(time.naps) == 2)
        with pytest.raises(Unauthenticated):
            await _verify(who, issuer.token(signing_key("k2")))


async def test_a_storm_of_unknown_keys_asks_once_a_minute_and_hinders_nobody(
    tmp_path: Path,
) -> None:
    async with _checking(tmp_path) as (issuer, who, time):
        good = issuer.token()
        await _verify(who, good)
        strange = signing_key("strange")
        storm = [
            jwt.encode({"alg": "RS256", "kid": f"x{n}"}, issuer.claims(), strange)
            for n in range(100)
        ]
        issuer.hanging = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            refused = [tasks.create_task(_refused(who, token)) for token in storm]
            await until(lambda: issuer.asked == 2)
            for _ in range(20):
                assert (await _verify(who, good)).subject == "s1"
            issuer.hanging.set()
        assert all(task.result() for task in refused)
        time.advance(UNKNOWN_KEY_S - 1)
        assert await _refused(who, storm[0])
        assert issuer.asked == 2
        time.advance(1)
        issuer.keys = [signing_key("k1"), signing_key("k2")]
        await _verify(who, issuer.token(signing_key("k2")))
        assert issuer.asked == 3


async def _refused(who: Identity, token: str) -> bool:
    try:
        await _verify(who, token)
    except Unauthenticated:
        return True
    return False


async def test_keys_stay_while_the_issuer_is_down_and_come_when_it_is_back(tmp_path: Path) -> None:
    async with _checking(tmp_path) as (issuer, who, time):
        await _verify(who, issuer.token())
        issuer.failing = True
        for rounds in (1, 2):
            await until(lambda rounds=rounds: len(time.naps) == rounds)
            time.advance(REFRESH_S)
        await until(lambda: issuer.asked == 3 and len(time.naps) == 3)
        await _verify(who, issuer.token())


async def test_an_issuer_that_is_down_at_start_is_waited_for(tmp_path: Path) -> None:
    time = Time()
    async with running_issuer() as issuer:
        issuer.failing = True
        async with identity(_settings(issuer, tmp_path), time.clock) as who:
            with pytest.raises(Unavailable):
                await _verify(who, issuer.token())
            issuer.failing = False
            await until(lambda: time.naps)
            asked = issuer.asked
            time.advance(RETRY_S)
            await until(lambda: issuer.asked > asked)
            assert (await _verify(who, issuer.token())).tenant == "acme"


async def test_a_discovery_of_another_issuer_gives_no_keys_and_a_given_url_needs_none(
    tmp_path: Path,
) -> None:
    async with running_issuer() as issuer:
        issuer.says_issuer = "https://evil.example"
        async with identity(_settings(issuer, tmp_path), Time().clock) as who:
            with pytest.raises(Unavailable):
                await _verify(who, issuer.token())
        given = _settings(issuer, tmp_path, jwks_url=f"{issuer.url}/keys")
        async with identity(given, Time().clock) as who:
            await _verify(who, issuer.token())


async def test_development_takes_both_kinds_and_neither_passes_for_the_other(
    tmp_path: Path,
) -> None:
    async with _checking(tmp_path, env="development") as (issuer, who, _):
        ours = token_issuer(Settings(data_dir=tmp_path))
        principal = Principal("acme", "crm", "dev")
        assert await _verify(who, ours.issue(principal, now=datetime.now(UTC))) == principal
        assert (await _verify(who, issuer.token())).subject == "s1"
        for claims in ({"iss": "urn:souffleur:development", "role": "admin"}, {"role": "admin"}):
            forged = jwt.encode(
                {"alg": "RS256", "kid": "nobody"}, issuer.claims(**claims), signing_key("k9")
            )
            with pytest.raises(Unauthenticated):
                await _verify(who, forged)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"env": "production"}, "issuer"),
        ({"env": "production", "token_secret": "a" * 40}, "issuer"),
        ({"issuer": "https://id.example"}, "audience"),
        ({"issuer": "id.example", "audience": "x"}, "issuer"),
        ({"issuer": "https://id.example", "audience": "x", "jwks_url": "file:///keys"}, "jwks_url"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(
    tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_identity(Settings(data_dir=tmp_path, **changes))
    assert refused.value.field == field


async def test_a_gateway_in_production_takes_the_issuers_tokens_and_no_others(
    tmp_path: Path,
) -> None:
    async with running_issuer() as issuer:
        changes = {
            "env": "production",
            "issuer": issuer.url,
            "audience": AUDIENCE,
            "secrets_key": Fernet.generate_key().decode(),
        }
        async with running_gateway(tmp_path, changes=changes) as gateway:
            theirs = {"Authorization": f"Bearer {issuer.token(roles=['adviser', 'ingest'])}"}
            ours = gateway.auth("admin")
            path = "/v1/conversations"
            assert (await gateway.http.get(path, headers=theirs)).status_code == 200
            made = await gateway.http.post(path, json={"channel": "chat"}, headers=theirs)
            assert made.status_code == 201
            assert (await gateway.http.put("/v1/customers/k", headers=theirs)).status_code == 403
            refused = await gateway.http.get(path, headers=ours)
            assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
            async with gateway.adviser(made.json()["id"], headers=theirs) as panel:
                assert (await hear(panel))["type"] == "snapshot"


async def test_a_gateway_in_production_does_not_start_without_an_issuer(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="SOUFFLEUR_ISSUER"):
        async with running_gateway(tmp_path, changes={"env": "production"}):
            pass
