"""CumulusCI's loader: `load_dataset` from a SQLite file by Collections of 200, upserting by our key.

Bulk API 1.0, which it prefers from 2,000 records on, is not something that the stand-in has, so the route is set.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

from cumulusci.core.config import BaseProjectConfig, OrgConfig, TaskConfig, UniversalConfig
from cumulusci.core.keychain import BaseProjectKeychain
from cumulusci.tasks.bulkdata.load import LoadData
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

VERSION = "67.0"


class WithoutTls(HTTPAdapter):
    """Takes what is meant for a vendor's https to the stand-in, which has none."""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        request.url = str(request.url).replace("https://", "http://", 1)
        return super().send(request, *args, **kwargs)


class Plain(LoadData):
    """The loader at a stand-in."""

    def _init_api(self, base_url: str | None = None) -> Any:
        connection = super()._init_api(base_url)
        connection.session.mount("https://", WithoutTls())
        return connection


def main(folder: Path, records: int) -> None:
    names = json.loads(os.environ["WORK_FIELDS"])
    _database(folder / "data.sqlite", names, records)
    steps = {
        "Contacts": {
            "sf_object": "Contact", "table": "contact", "api": "rest", "batch_size": 200, "action": "upsert",
            "update_key": names[0], "fields": {name: name for name in names},
        }
    }  # fmt: skip
    (folder / "mapping.yml").write_text(json.dumps(steps), "utf-8")  # JSON is YAML
    project = BaseProjectConfig(
        UniversalConfig(), {"project": {"name": "bench", "package": {"name": "bench", "api_version": VERSION}}}
    )
    project.set_keychain(BaseProjectKeychain(project, None))
    org = OrgConfig({"instance_url": os.environ["WORK_CRM_URL"], "access_token": os.environ["WORK_CRM_TOKEN"]}, "bench")
    org.refresh_oauth_token = lambda *_, **__: None
    options = {
        "database_url": f"sqlite:///{folder / 'data.sqlite'}",
        "mapping": str(folder / "mapping.yml"),
        "set_recently_viewed": False,
        "inject_namespaces": False,
    }
    Plain(project, TaskConfig({"options": options}), org)()


def _database(file: Path, names: list[str], records: int) -> None:
    """The data set as the loader wants it, the values of `benchmarks.routes`."""
    rows = (
        (f"{number}", f"{number}", f"Given{number % 977}", f"Family{number}", f"patient{number}@example.com",
         f"04 5555 {number % 10_000:04}", f"{number % 300} Example Street, Unit {number % 9}", "Newtown")
        for number in range(records)
    )  # fmt: skip
    columns = ", ".join(f'"{name}" TEXT' for name in names)
    with sqlite3.connect(file) as database:
        database.execute(f"CREATE TABLE contact (id TEXT PRIMARY KEY, {columns})")
        database.executemany(f"INSERT INTO contact VALUES ({', '.join('?' * (len(names) + 1))})", rows)


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    main(Path(sys.argv[1]), int(sys.argv[2]))
