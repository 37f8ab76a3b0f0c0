"""An Airbyte destination for Zoho: a hundred records a call, ten calls at once."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import work
from airbyte_cdk.destinations import Destination
from airbyte_cdk.models import AirbyteConnectionStatus, AirbyteMessage, ConnectorSpecification, Status, Type


class Zoho(Destination):
    def spec(self, *_: Any) -> ConnectorSpecification:
        return ConnectorSpecification(connectionSpecification={"type": "object", "properties": {}})

    def check(self, *_: Any) -> AirbyteConnectionStatus:
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def write(
        self, config: Mapping[str, Any], configured_catalog: Any, input_messages: Iterable[AirbyteMessage]
    ) -> Iterable[AirbyteMessage]:
        waiting: dict[str, list[work.Record]] = defaultdict(list)
        sent: list[Future[None]] = []
        with ThreadPoolExecutor(work.IN_FLIGHT) as calls:
            for message in input_messages:
                if message.type is Type.RECORD and message.record is not None:
                    rows = waiting[message.record.stream]
                    rows.append(work.MAKE[message.record.stream](message.record.data))
                    if len(rows) == work.BATCH:
                        sent.append(calls.submit(work.upsert, work.OBJECTS[message.record.stream], rows))
                        waiting[message.record.stream] = []
                elif message.type is Type.STATE:
                    yield message
            sent += [calls.submit(work.upsert, work.OBJECTS[name], rows) for name, rows in waiting.items() if rows]
        for one in sent:
            one.result()


if __name__ == "__main__":
    Zoho().run(sys.argv[1:])
