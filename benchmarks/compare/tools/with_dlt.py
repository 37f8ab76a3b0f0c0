"""dlt: its REST source, both resources in parallel, and a custom destination with ten load jobs at once."""

from __future__ import annotations

import os
import tempfile

SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "EXTRACT__WORKERS": "4",
    "NORMALIZE__WORKERS": "2",
    "LOAD__WORKERS": "10",
    "DATA_WRITER__FILE_MAX_ITEMS": "1000",
}
"""Files of a thousand items, so that several processes normalise and several threads load (dlt's performance guide)."""
os.environ.update(SETTINGS)

import dlt  # noqa: E402 - reads its settings from the environment
import work  # noqa: E402
from dlt.sources.rest_api import rest_api_source  # noqa: E402


@dlt.destination(
    batch_size=work.BATCH,
    loader_file_format="typed-jsonl",
    name="zoho",
    naming_convention="direct",
    skip_dlt_columns_and_tables=True,
    max_table_nesting=0,
    max_parallel_load_jobs=work.IN_FLIGHT,
    loader_parallelism_strategy="parallel",
)
def zoho(items: list[work.Record], table: dict[str, object]) -> None:
    work.upsert(work.OBJECTS[str(table["name"])], [_plain(item) for item in items])


def source() -> object:
    """Both objects by Cliniko's own links from page to page."""
    return rest_api_source(
        {
            "client": {
                "base_url": f"{work.source_url()}/",
                "headers": {"User-Agent": work.AGENT},
                "auth": {"type": "http_basic", "username": work.source_key(), "password": ""},
                "paginator": {"type": "json_link", "next_url_path": "links.next"},
            },
            "resource_defaults": {
                "max_table_nesting": 0,
                "parallelized": True,
            },
            "resources": [
                {
                    "name": name,
                    "endpoint": {"path": work.PATHS[name], "data_selector": name},
                    "processing_steps": [{"map": make}],
                }
                for name, make in work.MAKE.items()
            ],
        }
    )


def _plain(item: work.Record) -> work.Record:
    """dlt reads dates and moments from text and hands them on as such."""
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in item.items()}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline("bench", destination=zoho, dataset_name="bench", pipelines_dir=folder)
        pipeline.run(source()).raise_on_failed_jobs()
