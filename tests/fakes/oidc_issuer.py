"""A small OIDC issuer on a real port: discovery, JWKS, generated keys, and tokens they sign."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import FastAPI, Response
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from services.kit.identity_keys import without_advice

AUDIENCE = "souffleur"
_KEYS: dict[str, Key] = {}


def signing_key(kid: str, kind: str = "RSA") -> Key:
    """Return a private key, made once per test run: RSA keys take a while."""
    if kid not in _KEYS:
        options = {"kid": kid, "use": "sig"}
        with without_advice():
            _KEYS[kid] = {
                "RSA": lambda: RSAKey.generate_key(2048, options),
                "RSA-1024": lambda: RSAKey.generate_key(1024, options),
                "EC": lambda: ECKey.generate_key("P-256", options),
                "OKP": lambda: OKPKey.generate_key("Ed25519", options),
            }[kind]()
    return _KEYS[kid]


class Issuer:
    """What the server says, which tests change while it runs."""

    def __init__(self) -> None:
        self.url = ""
        self.keys: list[Key] = [signing_key("k1")]
        self.extra: list[dict[str, Any]] = []
        self.says_issuer: str | None = None
        self.failing = False
        self.hanging: asyncio.Event | None = None
        self.asked = 0

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "exp": now + 600,
            "iat": now,
            "sub": "s1",
            "tenant": "acme",
            "roles": ["adviser"],
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key: Key | None = None, alg: str = "RS256", **changes: Any) -> str:
        key = key or self.keys[0]
        header = {"alg": alg, "kid": key.kid} if key.kid else {"alg": alg}
        with without_advice():  # tokens as they should not be made, too
            return jwt.encode(header, self.claims(**changes), key, algorithms=[alg])

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        async def discovery() -> dict[str, str]:
            return {"issuer": self.says_issuer or self.url, "jwks_uri": f"{self.url}/keys"}

        @app.get("/keys")
        async def keys(response: Response) -> dict[str, Any]:
            self.asked += 1
            if self.hanging is not None:
                await self.hanging.wait()
            if self.failing:
                response.status_code = 500
            return {"keys": [*(key.as_dict(private=False) for key in self.keys), *self.extra]}

        return app


@asynccontextmanager
async def running_issuer() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    config = uvicorn.Config(issuer.app(), port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(server._serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        issuer.url = f"http://127.0.0.1:{port}"
        try:
            yield issuer
        finally:
            if issuer.hanging is not None:
                issuer.hanging.set()
            server.should_exit = True
            await task
