"""A Singer target for Zoho: the SDK's batch sink, a hundred records a call, no checks of its own."""

from __future__ import annotations

from typing import Any, ClassVar

import work
from singer_sdk import BatchSink, Target
from singer_sdk import typing as th
from singer_sdk.contrib.msgspec import MsgSpecReader


class Upserts(BatchSink):
    max_size = work.BATCH
    validate_schema = False

    def process_batch(self, context: dict[str, Any]) -> None:
        make = work.MAKE[self.stream_name]
        work.upsert(work.OBJECTS[self.stream_name], [make(record) for record in context["records"]])


class Zoho(Target):
    name = "target-zoho"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList().to_dict()
    default_sink_class = Upserts
    message_reader_class = MsgSpecReader


if __name__ == "__main__":
    Zoho(config={}, parse_env_config=False).listen()
