"""Tokens: only ours, only unexpired, and never signed with a key that made itself in production."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from services.kit.errors import InvalidInput, Unauthenticated
from services.kit.settings import Settings
from services.kit.tokens import Principal, TokenIssuer, token_issuer

SECRET = "a" * 32
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PRINCIPAL = Principal(tenant="acme", role="adviser", subject="s1")


def test_a_token_gives_back_its_principal_until_it_expires() -> None:
    issuer = TokenIssuer(SECRET)
    token = issuer.issue(PRINCIPAL, now=NOW, lifetime=timedelta(hours=1))
    assert issuer.verify(token, now=NOW + timedelta(minutes=59)) == PRINCIPAL
    with pytest.raises(Unauthenticated, match="expired"):
        issuer.verify(token, now=NOW + timedelta(hours=1))


def _signed(claims: dict[str, object], secret: str = SECRET, alg: str = "HS256") -> str:
    return jwt.encode({"alg": alg}, claims, OctKey.import_key(secret), algorithms=[alg])


GOOD = {
    "iss": "urn:souffleur:development",
    "tenant": "acme",
    "role": "adviser",
    "sub": "s1",
    "exp": int(NOW.timestamp()) + 60,
}


def test_the_claims_of_this_file_are_taken_when_nothing_is_wrong_with_them() -> None:
    assert TokenIssuer(SECRET).verify(_signed(GOOD), now=NOW) == PRINCIPAL


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        "a.b.c",
        _signed(GOOD, secret="b" * 32),
        _signed(GOOD, alg="HS512", secret=SECRET),
        "eyJhbGciOiJub25lIn0." + _signed(GOOD).split(".")[1] + ".",
        _signed(GOOD | {"iss": "somebody else"}),
        _signed(GOOD | {"role": "root"}),
        _signed(GOOD | {"tenant": "a/b"}),
        _signed(GOOD | {"tenant": None}),
        _signed(GOOD | {"sub": 7}),
        _signed(GOOD | {"exp": "tomorrow"}),
        _signed({k: v for k, v in GOOD.items() if k != "exp"}),
    ],
)
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        TokenIssuer(SECRET).verify(token, now=NOW)


@pytest.mark.parametrize(
    ("principal", "lifetime", "field"),
    [
        (Principal("acme", "boss", "s1"), timedelta(hours=1), "role"),  # type: ignore[arg-type]
        (Principal("a/b", "crm", "s1"), timedelta(hours=1), "tenant"),
        (Principal("acme", "crm", ""), timedelta(hours=1), "subject"),
        (PRINCIPAL, timedelta(days=31), "lifetime"),
        (PRINCIPAL, timedelta(0), "lifetime"),
    ],
)
def test_nothing_wrong_is_signed(principal: Principal, lifetime: timedelta, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        TokenIssuer(SECRET).issue(principal, now=NOW, lifetime=lifetime)
    assert refused.value.field == field


def test_a_key_made_at_first_use_is_private_and_kept(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    token = token_issuer(settings).issue(PRINCIPAL, now=NOW)
    assert token_issuer(settings).verify(token, now=NOW) == PRINCIPAL
    (file,) = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_programs_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with ThreadPoolExecutor(16) as pool:
        issuers = list(pool.map(lambda _: token_issuer(settings), range(16)))
    token = issuers[0].issue(PRINCIPAL, now=NOW)
    assert all(issuer.verify(token, now=NOW) == PRINCIPAL for issuer in issuers)
    assert len(list((tmp_path / "data").iterdir())) == 1


def test_production_takes_no_token_of_ours_whatever_the_secret(tmp_path: Path) -> None:
    for secret in ("", SECRET):
        settings = Settings(data_dir=tmp_path, env="production", token_secret=secret)
        with pytest.raises(InvalidInput, match="SOUFFLEUR_ISSUER") as refused:
            token_issuer(settings)
        assert refused.value.field == "issuer"
    assert not list(tmp_path.iterdir())


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="32 bytes"):
        token_issuer(Settings(data_dir=tmp_path, token_secret="short"))


def test_a_token_says_when_it_ends() -> None:
    token = TokenIssuer(SECRET).issue(PRINCIPAL, now=NOW, lifetime=timedelta(hours=1))
    assert TokenIssuer(SECRET).verify(token, now=NOW).expires == NOW + timedelta(hours=1)
