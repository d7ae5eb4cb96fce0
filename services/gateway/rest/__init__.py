"""REST for CRM integrators: one file per resource, each with its ``router``."""

from fastapi import APIRouter

from services.gateway.rest import (
    admin,
    asyncapi,
    conversations,
    customers,
    imports,
    knowledge,
    messaging,
    page,
    playbook,
    schemas,
    tickets,
    webhooks,
)

ROUTERS: tuple[APIRouter, ...] = (
    admin.router,
    asyncapi.router,
    conversations.router,
    customers.router,
    imports.router,
    webhooks.router,
    knowledge.router,
    messaging.router,
    playbook.router,
    tickets.router,
    schemas.router,
    page.router,
)
