"""Sends what schemathesis makes up to every operation of a gateway, as every role.

A process of its own: ``python -m tests.fakes.fuzzing URL EXAMPLES SECONDS`` with the tokens and the
ids of things that exist on standard input, as JSON ``{"tokens": {role: token}, "ids": {name: id},
"skip": [path]}``. It prints one JSON object and ends with 1 when something was wrong.
"""

import json
import sys
import time
from collections import Counter
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import CHECKS, not_a_server_error

NAMES = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)

BATCH = 2


@schemathesis.serializer("application/x-ndjson")
def _ndjson(_: Any, value: Any) -> bytes:
    """Lines, where the schema says a text; and one JSON object where it says one."""
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


class Fuzzing:
    """One run."""

    def __init__(self, url: str, told: dict[str, Any]) -> None:
        self.schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        self.tokens = told["tokens"]
        self.ids = told["ids"]
        self.skip = set(told.get("skip", ()))
        self.checks = [not_a_server_error, *CHECKS.get_by_names(list(NAMES))]
        self.statuses: Counter[str] = Counter()
        self.tried: Counter[str] = Counter()
        self.failures: list[str] = []

    def operations(self) -> list[Any]:
        """What a tenant may use comes last: it may be made too little for the rest."""
        found = [each.ok() for each in self.schema.get_all_operations()]
        kept = [each for each in found if each.path not in self.skip]
        return sorted(kept, key=lambda each: each.path == "/v1/admin/tenant")

    def run(self, examples: int, until: float) -> None:
        operations = self.operations()
        for number, operation in enumerate(operations):
            left = until - time.monotonic()
            deadline = time.monotonic() + max(0.2, left / (len(operations) - number))
            self._operation(operation, examples, deadline)

    def _operation(self, operation: Any, examples: int, deadline: float) -> None:
        for batch in range(0, examples, BATCH):
            # Making cases up costs more than sending them: in batches, so that time is kept.
            self._batch(operation, min(BATCH, examples - batch), batch)
            if time.monotonic() > deadline:
                return

    def _batch(self, operation: Any, examples: int, number: int) -> None:
        @seed(7 + number)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            for role, token in self.tokens.items():
                self._call(case, role, token)
            # And on things that exist, where the path names some.
            known = {k: v for k, v in self.ids.items() if k in (case.path_parameters or {})}
            if known:
                case.path_parameters.update(known)
                self._call(case, "admin", self.tokens["admin"])

        send()

    def _call(self, case: Any, role: str, token: str) -> None:
        name = f"{case.method} {case.path}"
        self.tried[case.operation.label] += 1
        try:
            response = case.call(headers={"Authorization": f"Bearer {token}"})
        except Exception as error:  # noqa: BLE001 - also a connection that was cut is a finding
            self.failures.append(f"{role} {name}: {type(error).__name__} {str(error)[:300]}")
            return
        self.statuses[str(response.status_code)] += 1
        try:
            case.validate_response(response, checks=self.checks)
        except BaseException as error:  # noqa: BLE001 - groups of failures are no Exception
            parts = getattr(error, "exceptions", [error])
            self.failures += [
                f"{role} {name} {response.status_code}: {part}"[:900] for part in parts
            ]


def main() -> int:
    """Fuzz and tell."""
    url, examples, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    run = Fuzzing(url, json.load(sys.stdin))
    run.run(examples, time.monotonic() + seconds)
    told = {
        "operations": len(run.tried),
        "calls": sum(run.tried.values()),
        "statuses": dict(sorted(run.statuses.items())),
        "failures": run.failures[:20],
    }
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
