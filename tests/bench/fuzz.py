"""A long run of the REST fuzzing: ``make fuzz`` (minutes; as many examples as fit)."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from tests.fakes.gateway_server import running_gateway
from tests.integration.test_rest_fuzz import fuzz


async def _main(seconds: float) -> int:
    with tempfile.TemporaryDirectory() as folder:
        async with running_gateway(Path(folder)) as gateway:
            found = await fuzz(gateway, examples=200, seconds=seconds)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 1 if found["failures"] else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(float(sys.argv[1]) if len(sys.argv) > 1 else 300.0)))
