"""An Airbyte source for Cliniko: a manifest of the low-code CDK, both streams at once."""

from __future__ import annotations

import sys
from typing import Any

import work
from airbyte_cdk.entrypoint import launch
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource

MOST_AT_ONCE = 10


def stream(name: str) -> dict[str, Any]:
    return {
        "type": "DeclarativeStream",
        "name": name,
        "primary_key": "id",
        "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object", "properties": {}}},
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {
                "type": "HttpRequester",
                "url_base": work.source_url(),
                "path": f"/{work.PATHS[name]}",
                "http_method": "GET",
                "request_headers": {"User-Agent": work.AGENT},
                "authenticator": {"type": "BasicHttpAuthenticator", "username": "{{ config['key'] }}", "password": ""},
            },
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": [name]},
            },
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": {"type": "RequestPath"},
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": "{{ response['links']['next'] }}",
                    "stop_condition": "{{ not response['links'].get('next') }}",
                },
            },
        },
    }


MANIFEST = {
    "version": "7.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["patients"]},
    "concurrency_level": {"type": "ConcurrencyLevel", "default_concurrency": MOST_AT_ONCE},
    "streams": [stream(name) for name in work.OBJECTS],
    "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {"key": {"type": "string"}}}},
}

if __name__ == "__main__":
    config = {"key": work.source_key()}
    launch(ConcurrentDeclarativeSource(config=config, source_config=MANIFEST), sys.argv[1:])
