"""What holds for a tenant: its own configuration over the installation's settings."""

from collections.abc import Callable
from dataclasses import dataclass

from redis.exceptions import RedisError

from services.contracts.base import Identifier, Language
from services.contracts.conversation import ConversationSummary
from services.kit.clock import Clock
from services.kit.errors import InvalidInput, NotFound
from services.kit.settings import Settings
from services.kit.tokens import Principal
from services.records.conversations import ConversationIndex
from services.records.tenants import TenantConfig, TenantLimits, Tenants

FRESH_S = 2.0
"""So long a configuration is used before it is looked up again: other gateways may change it."""


@dataclass(frozen=True)
class Limits:
    """What a tenant may use; the fields are those of ``TenantLimits``, all of them set."""

    requests_per_s: int
    caller_requests_per_s: int
    ingest_sockets: int
    adviser_sockets: int
    caller_ingest_sockets: int
    caller_adviser_sockets: int
    messages_per_s: int
    message_bytes: int


@dataclass(frozen=True)
class Rules:
    """What holds for one tenant."""

    allowed_origins: frozenset[str]
    languages: tuple[Language, ...]
    retention_days: int
    advisers_see_all: bool
    limits: Limits

    def language(self, given: Language | None) -> Language | None:
        """Return the language of a new conversation; ``None`` lets it be detected.

        Raises:
            InvalidInput: when the tenant has not this language.
        """
        if given is not None and given not in self.languages:
            msg = f"This tenant's languages are {', '.join(self.languages)}."
            raise InvalidInput(msg, field="language")
        return self.languages[0] if len(self.languages) == 1 else given

    def sees_all(self, principal: Principal) -> bool:
        """Say whether the principal may see every conversation of its own tenant."""
        return self.advisers_see_all or bool(principal.roles - {"adviser", "ops"})

    def sees(self, principal: Principal, summary: ConversationSummary) -> bool:
        """Say whether the principal may see a conversation of its own tenant.

        An adviser sees their own and those that nobody has yet; other roles see all.
        """
        return self.sees_all(principal) or summary.adviser_id in (None, principal.subject)


class Tenancy:
    """The rules of every tenant, each looked up every few seconds while it is in use."""

    def __init__(
        self,
        tenants: Tenants,
        index: ConversationIndex,
        settings: Settings,
        clock: Clock,
        away: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take what it works with; ``away`` says that Redis is known not to answer."""
        self._tenants = tenants
        self._index = index
        self._settings = settings
        self._clock = clock
        self._away = away
        self._known: dict[str, tuple[float, Rules]] = {}

    async def rules(self, tenant: str) -> Rules:
        """Return what holds for a tenant; what held last while Redis is away."""
        at, rules = self._known.get(tenant, (0.0, None))
        now = self._clock.monotonic()
        if rules is None or (now - at > FRESH_S and not self._away()):
            try:
                rules = _rules((await self._tenants.get(tenant)).config, self._settings)
            except (RedisError, OSError):
                if rules is None:
                    raise
            self._known[tenant] = (now, rules)
        return rules

    def forget(self, tenant: str) -> None:
        """Look the tenant up afresh next time: its configuration has just been changed here."""
        self._known.pop(tenant, None)

    async def check_sight(self, principal: Principal, conversation_id: Identifier) -> None:
        """Refuse an adviser who asks for a colleague's conversation, as if there were none.

        Raises:
            NotFound: when the principal may not see it. One that does not exist passes.
        """
        rules = await self.rules(principal.tenant)
        if rules.sees_all(principal):
            return
        summary = await self._index.get(principal.tenant, conversation_id)
        if summary is not None and not rules.sees(principal, summary):
            msg = "There is no such conversation; start it with POST /v1/conversations."
            raise NotFound(msg, field="conversation_id")


def _rules(config: TenantConfig, settings: Settings) -> Rules:
    see_all = config.advisers_see_all
    return Rules(
        allowed_origins=frozenset(settings.allowed_origins) | frozenset(config.allowed_origins),
        languages=config.languages,
        retention_days=config.retention_days or settings.retention_days,
        advisers_see_all=settings.env == "development" if see_all is None else see_all,
        limits=_limits(config.limits, settings),
    )


def _limits(limits: TenantLimits, settings: Settings) -> Limits:
    own = limits.model_dump(exclude_none=True)
    names = TenantLimits.model_fields
    return Limits(**{name: own.get(name, getattr(settings, name)) for name in names})
