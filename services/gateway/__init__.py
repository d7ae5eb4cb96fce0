"""The gateway: everything that speaks to the outside: calls, chats, the CRM, the panel."""
