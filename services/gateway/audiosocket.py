"""The AudioSocket server: calls from an Asterisk that stands beside us, over bare TCP.

The protocol has no authentication. So it is off unless a port and a tenant are set, it listens on
the loopback address unless told otherwise, and it takes connections of listed networks only.
"""

import asyncio
import ipaddress
import logging
import socket
from typing import Self

from redis.exceptions import RedisError

from services.contracts.conversation import ConversationStarted
from services.gateway.channels.audiosocket import AudioSocketCodec
from services.gateway.channels.base import (
    AudioChunk,
    CodecEvent,
    ConversationOpened,
    Finished,
    LegOpened,
    Refused,
)
from services.gateway.live_leg import LiveLeg
from services.gateway.ports import Gateway
from services.kit.errors import InvalidInput, SouffleurError
from services.kit.settings import Settings
from services.kit.tokens import Principal

CHANNEL = "audiosocket"

FIRST_AUDIO_S = 30.0
"""A connection without audio for so long at its start is closed: it holds resources for nothing."""

_READ = 16_384

_log = logging.getLogger(__name__)


def check_audiosocket(settings: Settings) -> None:
    """Look at the settings before anything is started.

    Raises:
        InvalidInput: when it is to be served and they do not say whose calls come, or from where.
    """
    if settings.audiosocket_port:
        _tenant(settings)
        _networks(settings)


class AudioSocketServer:
    """Serves while used as a context manager; ``port`` is where."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._principal = Principal(_tenant(gateway.settings), "ingest", CHANNEL)
        self._networks = _networks(gateway.settings)
        self._tasks = asyncio.TaskGroup()
        self._running: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        settings = self._gateway.settings
        self._server = await asyncio.start_server(
            self._accept, settings.audiosocket_host, settings.audiosocket_port
        )
        await self._tasks.__aenter__()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._running):
            task.cancel()
        await self._tasks.__aexit__(None, None, None)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._tasks.create_task(self._serve(reader, writer))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gateway = self._gateway
        try:
            if not self._listed(writer):
                gateway.measures.refused.labels(channel=CHANNEL, code="forbidden").inc()
                return
            with gateway.measures.ingest_sockets.labels(channel=CHANNEL).track_inprogress():
                async with gateway.socket_leases.counted(self._principal, "ingest"):
                    await _Connection(gateway, self._principal.tenant).run(reader)
        except (SouffleurError, RedisError, OSError) as error:
            code = error.code if isinstance(error, SouffleurError) else "unavailable"
            gateway.measures.refused.labels(channel=CHANNEL, code=code).inc()
            # Nobody hears an answer on this protocol; an error never quotes what was sent.
            _log.warning("audiosocket refused", extra={"error_code": code})
        except Exception:  # noqa: BLE001 - one connection's trouble must not end the others'
            _log.exception("audiosocket connection failed")
        finally:
            writer.close()

    def _listed(self, writer: asyncio.StreamWriter) -> bool:
        address = ipaddress.ip_address(writer.get_extra_info("peername")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        raw: socket.socket = writer.get_extra_info("socket")
        # A line on hold sends nothing; a host that is gone must be told from it.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return any(address in network for network in self._networks)


class _Connection:
    """One party of one call."""

    def __init__(self, gateway: Gateway, tenant: str) -> None:
        self._gateway = gateway
        self._tenant = tenant
        self._codec = AudioSocketCodec()
        self._legs: list[LiveLeg] = []
        self._finished = False

    async def run(self, reader: asyncio.StreamReader) -> None:
        """Serve the connection until it ends."""
        try:
            while not self._finished:
                async with asyncio.timeout(None if self._legs else FIRST_AUDIO_S):
                    data = await reader.read(_READ)
                await self._take(self._codec.receive(data) if data else self._codec.ended())
                self._finished = self._finished or not data
        except TimeoutError:
            raise InvalidInput("There was no audio.", field="type") from None
        finally:
            if self._legs:
                await self._gateway.calls.close(self._legs, "dropped")

    async def _take(self, events: list[CodecEvent]) -> None:
        leg = next((event for event in events if isinstance(event, LegOpened)), None)
        for event in events:
            match event:
                case ConversationOpened() if leg is not None:
                    await self._open(event, leg)
                case AudioChunk():
                    size = len(event.samples)
                    self._gateway.measures.audio_bytes.labels(channel=CHANNEL).inc(size)
                    await self._legs[event.index].push(event.samples)
                case Finished():
                    legs, self._legs, self._finished = self._legs, [], True
                    await self._gateway.calls.close(legs, "completed")
                case Refused():
                    raise event.error

    async def _open(self, event: ConversationOpened, leg: LegOpened) -> None:
        rules = await self._gateway.tenancy.rules(self._tenant)
        summary = await self._gateway.conversations.join(
            self._tenant,
            event.conversation_id,
            ConversationStarted(channel=event.channel, language=rules.language(None)),
        )
        self._legs = await self._gateway.calls.open(self._tenant, summary, [leg])


def _tenant(settings: Settings) -> str:
    if not settings.audiosocket_tenant:
        msg = "Say whose calls these are: set SOUFFLEUR_AUDIOSOCKET_TENANT."
        raise InvalidInput(msg, field="audiosocket_tenant")
    return settings.audiosocket_tenant


def _networks(
    settings: Settings,
) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(each) for each in settings.audiosocket_allowed)
    except ValueError:
        msg = 'Use addresses or networks, for example ["10.1.0.0/16"].'
        raise InvalidInput(msg, field="audiosocket_allowed") from None
