"""What the gateway's routes and sockets work with, put together once by ``create_app``."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from services.journal.journal import Journal
from services.kit.clock import Clock
from services.kit.identity import Identity
from services.kit.settings import Settings
from services.records.deliveries import Deliveries
from services.records.idempotency import Answers
from services.records.imports import Imports
from services.records.integrations import Integrations
from services.records.knowledge import KnowledgeRecords
from services.records.nonces import Nonces
from services.records.questions import Questions
from services.records.tenants import Tenants
from services.records.tickets import Tickets
from services.records.webhooks import Webhooks

if TYPE_CHECKING:  # the parts' own modules let their callers in with what is here
    from services.gateway.calls import Calls
    from services.gateway.conversations import Conversations
    from services.gateway.customers import CustomerFiles
    from services.gateway.feeds import Feeds
    from services.gateway.journal_watch import JournalWatch
    from services.gateway.lobby import Lobbies
    from services.gateway.measures import GatewayMeasures
    from services.gateway.playbooks import PlaybookFiles
    from services.gateway.webhooks.dispatcher import Dispatcher
    from services.gateway.webhooks.guard import Guard
from services.gateway.rate import RequestRates
from services.gateway.socket_leases import SocketLeases
from services.gateway.tenancy import Tenancy


@dataclass(frozen=True)
class Gateway:
    """The parts of a running gateway."""

    settings: Settings
    clock: Clock
    journal: Journal
    identity: Identity
    tenants: Tenants
    tenancy: Tenancy
    request_rates: RequestRates
    socket_leases: SocketLeases
    tickets: Tickets
    integrations: Integrations
    nonces: Nonces
    knowledge: KnowledgeRecords
    questions: Questions
    answers: Answers
    imports: Imports
    webhooks: Webhooks
    deliveries: Deliveries
    webhook_guard: "Guard"
    dispatcher: "Dispatcher"
    customer_files: "CustomerFiles"
    playbooks: "PlaybookFiles"
    conversations: "Conversations"
    feeds: "Feeds"
    journal_watch: "JournalWatch"
    lobbies: "Lobbies"
    calls: "Calls"
    measures: "GatewayMeasures"


def gateway_of(connection: HTTPConnection) -> Gateway:
    """Return the gateway that serves this request or socket."""
    gateway: Gateway = connection.app.state.gateway
    return gateway
