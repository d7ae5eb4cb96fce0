"""REST for CRM integrators: one file per resource, each with its ``router``."""

from fastapi import APIRouter

from services.gateway.rest import (
    admin,
    asyncapi,
    conversations,
    customers,
    knowledge,
    messaging,
    page,
    schemas,
    tickets,
)

ROUTERS: tuple[APIRouter, ...] = (
    asyncapi.router,
    conversations.router,
    admin.router,
    customers.router,
    knowledge.router,
    messaging.router,
    tickets.router,
    schemas.router,
    page.router,
)
