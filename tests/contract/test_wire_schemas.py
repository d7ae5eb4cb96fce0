"""The JSON Schemas that are served: valid, complete, and true of what is really on the wire."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.contracts.events import EVENT
from services.gateway.rest.schemas import SCHEMAS, json_schema
from tests.fakes.gateway_events import analysis, suggestion
from tests.fakes.gateway_server import hear, running_gateway, tell


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_a_valid_schema(name: str) -> None:
    schema = json_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == name


def _fits(name: str, body: Any) -> None:
    Draft202012Validator(json_schema(name)).validate(body)


async def test_what_goes_over_the_wire_fits_its_schema(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create(customer_id="k1")
        turn = await gateway.say(conversation, "Où est mon colis ?")
        _fits("turn", turn)
        for kind, data in (
            ("turn.analysed", analysis(turn["id"], -0.5, "delivery_late").model_dump()),
            ("suggestion.offered", {"suggestion": suggestion("s1").model_dump()}),
        ):
            event = EVENT.validate_python(
                {"type": kind, "conversation_id": conversation, "time": "2026-01-05T09:00:00Z"}
                | {"data": data}
            )
            await gateway.journal.publish("acme", event, producer=kind, seq=1)
        async with gateway.adviser(conversation) as panel:
            snapshot = await hear(panel)
            _fits("adviser-frame", snapshot)
            _fits("screen", snapshot["screen"])
            assert snapshot["screen"]["intent"]["label"] == "delivery_late"
            message = {"type": "suggestion.accepted", "suggestion_id": "s1"}
            _fits("adviser-message", message)
            await tell(panel, **message)
            event_frame = await hear(panel)
            _fits("adviser-frame", event_frame)
            assert event_frame["event"]["type"] == "suggestion.accepted"
        events = await gateway.http.get(
            f"/v1/conversations/{conversation}/events", headers=gateway.auth("crm")
        )
        for event_body in events.json()["items"]:
            _fits("event", event_body)
        served = await gateway.http.get("/v1/schemas/turn.json", headers=gateway.auth("crm"))
        assert served.json() == json_schema("turn")


def test_an_event_of_no_known_type_does_not_fit() -> None:
    validator = Draft202012Validator(json_schema("event"))
    assert not validator.is_valid({"id": "1-1", "type": "made.up", "data": {}})
