"""Examples of the OpenAPI document, by operation; a test holds each to its schema."""

from typing import Any

_AT = "2026-11-20T08:00:00Z"

PROBLEM: dict[str, Any] = {
    "type": "urn:souffleur:problem:invalid_input",
    "title": "Invalid input",
    "status": 422,
    "code": "invalid_input",
    "detail": "Input should be 'customer', 'adviser' or 'bot'.",
    "field": "role",
}

_CONVERSATION: dict[str, Any] = {
    "id": "c-2026-0417",
    "channel": "chat",
    "customer_id": "k-1042",
    "adviser_id": "a-7",
    "language": "fr",
    "started_at": _AT,
    "ended_at": None,
    "turns": 2,
}
_TURN: dict[str, Any] = {
    "id": "m-1",
    "role": "customer",
    "text": "Bonjour, mon colis n’est toujours pas arrivé.",
    "language": "fr",
    "start_ms": 0,
    "end_ms": 0,
    "final": True,
    "words": None,
    "confidence": None,
    "channel": "chat",
}
_QUOTE: dict[str, Any] = {
    "source": "turn",
    "turn_id": "m-1",
    "start": 9,
    "end": 44,
    "quote": "mon colis n’est toujours pas arrivé",
}
_SUGGESTION: dict[str, Any] = {
    "id": "9f0c1d5e-1c55-5d8e-9a57-2f4f0d5ac001",
    "kind": "next_best_action",
    "subject": "track_parcel",
    "title": "Suivre le colis",
    "body": None,
    "reason": "Le client attend son colis.",
    "confidence": 0.91,
    "turn_id": "m-1",
    "evidence": [_QUOTE],
    "actions": [],
    "payload": {},
}
_FIELD: dict[str, Any] = {
    "name": "order_status",
    "value": "delayed",
    "label": "Commande",
    "origin": "ERP",
    "date": _AT,
}
_CONTACT: dict[str, Any] = {
    "id": "c-17",
    "at": "2026-11-18T09:12:00Z",
    "channel": "voice",
    "summary": "Colis non reçu",
    "outcome": "promised",
    "promise": "Rappel sous 48 heures",
    "promise_due": "2026-11-20T18:00:00Z",
    "origin": "CRM",
}
_RECORD: dict[str, Any] = {
    "display_name": "Claire Fontaine",
    "language": "fr",
    "fields": [_FIELD],
    "history": [_CONTACT],
}
_CUSTOMER = _RECORD | {"id": "k-1042", "version": 3, "updated_at": _AT}
_EVENT: dict[str, Any] = {
    "id": "1795338272671-3",
    "type": "turn.final",
    "conversation_id": "c-2026-0417",
    "time": _AT,
    "data": _TURN,
}
_WEBHOOK: dict[str, Any] = {
    "id": "5d1f5a1c0d6c4d0e8c3b7f2a9e6d4c11",
    "url": "https://crm.example.com/hooks/souffleur",
    "types": ["conversation.ended", "turn.final"],
    "description": "CRM",
    "created_at": _AT,
    "previous_secret_until": None,
    "disabled": None,
}
_WITH_SECRET = _WEBHOOK | {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDGmU5MjEy0Jk="}
_DELIVERY: dict[str, Any] = {
    "id": "msg_2f4f0d5ac0019f0c1d5e1c555d8e9a57",
    "webhook_id": _WEBHOOK["id"],
    "conversation_id": "c-2026-0417",
    "event_id": "1795338272671-3",
    "type": "turn.final",
    "state": "dead",
    "created_at": _AT,
    "attempts": 20,
    "next_attempt_at": None,
    "tries": [{"at": _AT, "status": 503, "error": None, "took_ms": 41}],
}
_IMPORT: dict[str, Any] = {
    "id": "nightly-2026-11-20",
    "state": "finished",
    "started_at": _AT,
    "updated_at": "2026-11-20T08:00:09Z",
    "lines": 20_000,
    "stored": 312,
    "unchanged": 19_687,
    "refused": 1,
    "errors": [
        {
            "line": 17,
            "code": "invalid_input",
            "detail": "Field required.",
            "field": "fields.0.origin",
        }
    ],
    "errors_left_out": 0,
}
_ASKS: dict[str, Any] = {"text": _TURN["text"], "label": "delivery_late"}
_WHOLE_TURN = _QUOTE | {"start": 0, "end": 45, "quote": _TURN["text"]}
_BRIEFING: dict[str, Any] = {
    "conversation_id": "c-2026-0417",
    "channel": "chat",
    "started_at": _AT,
    "as_of": "2026-11-20T08:01:00Z",
    "asks": _ASKS | {"evidence": _WHOLE_TURN},
    "mood": {
        "text": _TURN["text"],
        "label": "negative",
        "evidence": _WHOLE_TURN,
        "score": -0.6,
        "trend": 0.0,
    },
    "record": [
        {
            "text": "delayed",
            "label": "Commande",
            "evidence": {
                "source": "context",
                "field": "order_status",
                "value": "delayed",
                "origin": "ERP",
                "date": _AT,
            },
        }
    ],
    "history": [],
    "open_promises": [
        {
            "text": "Rappel sous 48 heures",
            "label": None,
            "evidence": {
                "source": "context",
                "field": "history.c-17.promise",
                "value": "Rappel sous 48 heures",
                "origin": "CRM",
                "date": "2026-11-18T09:12:00Z",
            },
            "due": "2026-11-20T18:00:00Z",
            "overdue": False,
        }
    ],
    "tried": [],
}


_PLAYBOOK: dict[str, Any] = {
    "id": "shop",
    "version": 1,
    "name": {"fr": "Boutique", "en": "Shop"},
    "topics": [{"id": "orders", "name": {"fr": "Commandes", "en": "Orders"}}],
    "intents": [
        {
            "id": "delivery_late",
            "topic": "orders",
            "name": {"fr": "Livraison en retard", "en": "Late delivery"},
            "examples": {
                "fr": ["mon colis n'est toujours pas arrivé"],
                "en": ["my parcel still has not come"],
            },
        },
        {
            "id": "order_cancel",
            "topic": "orders",
            "name": {"fr": "Annuler une commande", "en": "Cancel an order"},
            "examples": {
                "fr": ["je voudrais annuler ma commande"],
                "en": ["I want to cancel my order"],
            },
        },
    ],
    "actions": [
        {
            "id": "track_parcel",
            "title": {"fr": "Suivre le colis", "en": "Track the parcel"},
            "reason": {"fr": "Le client attend son colis.", "en": "The customer is waiting."},
            "when": {"intents": ["delivery_late"]},
            "said": {"fr": ["je regarde où est le colis"], "en": ["let me track the parcel"]},
        }
    ],
}
_PLAYBOOK_VERSION: dict[str, Any] = {
    "number": 3,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": _AT,
    "author": "lea@example.com",
    "bytes": 1042,
    "media_type": "application/yaml",
    "note": "Retards de novembre",
    "restored_from": None,
}
_PLAYBOOK_REPORT: dict[str, Any] = {
    "version": _PLAYBOOK_VERSION,
    "changed": True,
    "dry_run": False,
    "intents": 2,
    "actions": 1,
    "cues": 0,
    "warning_count": 1,
    "warnings": [
        {
            "code": "no_action",
            "path": "intents.1.id",
            "line": 13,
            "detail": "No action is for 'order_cancel': it is recognised, and nothing is proposed.",
            "fix": "Add an action with it in when.intents.",
        }
    ],
}


def _page(*items: Any) -> dict[str, Any]:
    return {"items": list(items), "next": None}


_HOOK = "/v1/webhooks/{webhook_id}"
_TALK = "/v1/conversations/{conversation_id}"
_WHO = "/v1/customers/{customer_id}"

REQUESTS: dict[str, Any] = {
    "POST /v1/conversations": {
        "channel": "chat",
        "customer_id": "k-1042",
        "adviser_id": "a-7",
        "language": "fr",
        "id": "c-2026-0417",
    },
    f"POST {_TALK}/turns": {"id": "m-1", "role": "customer", "text": _TURN["text"]},
    f"POST {_TALK}/end": {"reason": "completed"},
    f"POST {_TALK}/transfer": {"to_adviser_id": "a-9", "note": "Voit avec le transporteur."},
    f"PUT {_WHO}": _RECORD,
    "POST /v1/customers/import": '{"id":"k-1042","display_name":"Claire Fontaine"}\n',
    "POST /v1/webhooks": {
        "url": _WEBHOOK["url"],
        "types": _WEBHOOK["types"],
        "description": "CRM",
    },
    "POST /v1/tickets": {"conversation_id": "c-2026-0417"},
    "PUT /v1/playbook": _PLAYBOOK,
    "POST /v1/playbook/rollback": {"version": 2, "note": "La 3 confond retard et perte."},
    "POST /v1/knowledge/search": {"query": "Comment suivre mon colis ?", "language": "fr", "k": 3},
}
"""Bodies, by operation."""

RESPONSES: dict[str, Any] = {
    "POST /v1/conversations": _CONVERSATION | {"turns": 0},
    "GET /v1/conversations": _page(_CONVERSATION),
    f"GET {_TALK}": _CONVERSATION,
    f"GET {_TALK}/events": _page(_EVENT),
    f"GET {_TALK}/turns": _page(_TURN),
    f"POST {_TALK}/turns": _TURN,
    f"GET {_TALK}/suggestions": _page({"suggestion": _SUGGESTION, "state": "accepted"}),
    f"GET {_TALK}/briefing": _BRIEFING,
    f"POST {_TALK}/end": _CONVERSATION | {"ended_at": "2026-11-20T08:09:00Z"},
    f"POST {_TALK}/transfer": _CONVERSATION | {"adviser_id": "a-9"},
    f"PUT {_WHO}": _CUSTOMER,
    f"GET {_WHO}": _CUSTOMER,
    f"DELETE {_WHO}": {
        "id": "3f1e9f5a6c0b4d0e8c3b7f2a9e6d4c11",
        "customer_id": "k-1042",
        "erased_at": _AT,
        "record": True,
        "contacts": 1,
        "conversations": 1,
        "events": 9,
        "deliveries": 2,
        "kept_answers": 1,
        "log_rewritten": True,
    },
    f"GET {_WHO}/export": {
        "customer_id": "k-1042",
        "exported_at": _AT,
        "customer": _CUSTOMER,
        "conversations": [
            {"conversation": _CONVERSATION, "events": [_EVENT], "deliveries": [_DELIVERY]}
        ],
    },
    f"GET {_WHO}/timeline": _page(
        {"at": _AT, "channel": "chat", "conversation": _CONVERSATION, "contact": None},
        {"at": _CONTACT["at"], "channel": "voice", "conversation": None, "contact": _CONTACT},
    ),
    "POST /v1/customers/import": _IMPORT,
    "GET /v1/imports": _page(_IMPORT),
    "GET /v1/imports/{import_id}": _IMPORT,
    "POST /v1/webhooks": _WITH_SECRET,
    "GET /v1/webhooks": _page(_WEBHOOK),
    f"GET {_HOOK}": _WEBHOOK,
    f"POST {_HOOK}/rotate": _WITH_SECRET | {"previous_secret_until": "2026-11-21T08:00:00Z"},
    f"GET {_HOOK}/deliveries": _page(_DELIVERY),
    f"POST {_HOOK}/replay": {"replayed": 2},
    f"POST {_HOOK}/deliveries/{{delivery_id}}/replay": _DELIVERY
    | {"state": "waiting", "attempts": 0, "next_attempt_at": _AT},
    "POST /v1/tickets": {
        "ticket": "YWNtZQ.2f4f0d5ac0019f0c1d5e1c555d8e9a57-1042",
        "expires_in_s": 30,
        "conversation_id": "c-2026-0417",
    },
    "POST /v1/knowledge/documents": {
        "kept": [{"id": "livraison", "version": "1", "new": True}],
        "refused": [],
    },
    "POST /v1/knowledge/search": {
        "passages": [
            {
                "title": "Suivre une livraison",
                "language": "fr",
                "score": 0.93,
                "evidence": {
                    "source": "document",
                    "document_id": "livraison",
                    "version": "1",
                    "date": _AT,
                    "start": 0,
                    "end": 37,
                    "quote": "Le suivi est dans votre espace client",
                },
                "url": None,
            }
        ],
        "pending": 0,
    },
    "GET /v1/playbook": _PLAYBOOK,
    "PUT /v1/playbook": _PLAYBOOK_REPORT,
    "GET /v1/playbook/versions": _page(_PLAYBOOK_VERSION) | {"active": 3},
    "GET /v1/playbook/versions/{number}": _PLAYBOOK,
    "POST /v1/playbook/rollback": _PLAYBOOK_REPORT,
    "GET /v1/playbook/status": {
        "active": 3,
        "changed_at": _AT,
        "ready": True,
        "assistants": [
            {
                "assistant": "assist-0-17",
                "version": 3,
                "since": _AT,
                "failed": None,
                "reason": None,
            }
        ],
        "confusions": [
            {
                "intent": "delivery_lost",
                "taken_for": "delivery_late",
                "share": 0.58,
            }
        ],
    },
    "GET /v1/admin/integrations": {
        "items": [
            {
                "id": "twilio-fr",
                "kind": "twilio",
                "key": "AC00000000000000000000000000000001",
                "has_secret": True,
                "has_previous": False,
                "config": {"public_url": "wss://assist.example.com"},
            }
        ]
    },
    "POST /v1/ingest/chatwoot": {"turns": 1},
    "POST /v1/ingest/sunshine": {"turns": 1},
    "GET /v1/schemas/{name}.json": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "turn",
        "type": "object",
    },
    "GET /healthz": {"status": "ok"},
    "GET /readyz": {"status": "ready", "waiting_for": [], "degraded": None},
    "GET /metrics": "# HELP souffleur_feeds Conversations that at least one panel follows.\n",
}
"""Answers of a call that went well, by operation."""
