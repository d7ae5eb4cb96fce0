"""Over TLS the receiver's name is checked although the connection goes to a looked-at address."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.gateway.webhooks.guard import Guard
from services.gateway.webhooks.sender import Sender
from services.kit.clock import SYSTEM_CLOCK

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDGmU5MjEy0Jk="


def _certificate(folder: Path, host: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(pem, pkcs8, plain) + made.public_bytes(pem))
    return path


@asynccontextmanager
async def _server(certificate: Path, heard: list[bytes]) -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_the_name_is_checked_and_not_the_address(tmp_path: Path) -> None:
    guard = Guard(("127.0.0.0/8", "localhost"), https_only=True)
    right, wrong = _certificate(tmp_path, "localhost"), _certificate(tmp_path, "elsewhere.example")
    for certificate, trusted, expected in (
        (right, right, (204, None)),
        (wrong, wrong, (None, "connection")),
        (right, None, (None, "connection")),
    ):
        heard: list[bytes] = []
        verify = True if trusted is None else ssl.create_default_context(cafile=trusted)
        async with (
            _server(certificate, heard) as port,
            Sender.open(guard, SYSTEM_CLOCK, verify) as sender,
        ):
            sent = await sender.send(f"https://localhost:{port}/h", "msg_1", b"{}", [SECRET])
        assert (sent.tried.status, sent.tried.error) == expected
        assert bool(heard) == (expected[0] == 204)
