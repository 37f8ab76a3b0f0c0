"""What the organisation may still do: requests of the last 24 hours, storage, bulk batches (FACTS 12)."""

from __future__ import annotations

from collections import deque

from gurney.twins.salesforce.editions import MB_PER_GB, Edition
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.store import Store

DAY_S = 86_400
KB_PER_MB = 1_024
BATCHES = 15_000
QUERY_JOBS = 10_000
BYTES_PER_MB = 1_024 * 1_024


class Rolling:
    """How much was used in the last 24 hours, counted per second."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.used = 0
        self._seconds: deque[list[int]] = deque()

    def use(self, now: float, amount: int = 1) -> None:
        """Count something in."""
        second = int(now)
        if not self._seconds or self._seconds[-1][0] != second:
            self.forget(now)
            self._seconds.append([second, 0])
        self._seconds[-1][1] += amount
        self.used += amount

    def forget(self, now: float) -> None:
        """Drop what is more than a day old."""
        while self._seconds and self._seconds[0][0] <= now - DAY_S:
            self.used -= self._seconds.popleft()[1]

    @property
    def left(self) -> int:
        return max(0, self.most - self.used)


class Limits:
    """The organisation's purse."""

    def __init__(self, edition: Edition, licences: int, store: Store, *, requests: int, unlimited: bool) -> None:
        self.unlimited = unlimited
        self.requests = Rolling(requests)
        self.batches = Rolling(BATCHES)
        self.query_jobs = Rolling(QUERY_JOBS)
        self.data_mb = edition.data(licences)
        self.file_mb = edition.files(licences)
        self._store = store
        self._data_kb = self.data_mb * KB_PER_MB

    def spend(self, now: float) -> None:
        """One request. Raises Refused when the day's are used up (rule salesforce.daily-requests)."""
        if not self.unlimited and self.requests.used >= self.requests.most:
            self.requests.forget(now)
            if self.requests.used >= self.requests.most:
                raise Refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.requests.use(now)

    def check_data(self) -> None:
        """Raises Refused when records fill their storage."""
        if self._store.data_kb >= self._data_kb and not self.unlimited:
            raise Refused("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", [])

    def check_file(self, size_bytes: int) -> None:
        """Raises Refused when a file of this size does not fit any more."""
        if self._store.file_bytes + size_bytes > self.file_mb * BYTES_PER_MB and not self.unlimited:
            raise Refused("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", [])

    def shown(self, now: float) -> dict[str, dict[str, int]]:
        """The body of `/limits`."""
        for rolling in (self.requests, self.batches, self.query_jobs):
            rolling.forget(now)
        file_used = self._store.file_bytes // BYTES_PER_MB
        figures = {
            "DailyApiRequests": (self.requests.most, self.requests.left),
            "DailyBulkApiBatches": (self.batches.most, self.batches.left),
            "DailyBulkV2QueryJobs": (self.query_jobs.most, self.query_jobs.left),
            "DataStorageMB": (self.data_mb, max(0, self.data_mb - self._store.data_kb // KB_PER_MB)),
            "FileStorageMB": (self.file_mb, max(0, self.file_mb - file_used)),
            "DailyBulkV2QueryFileStorageMB": (MB_PER_GB * MB_PER_GB, MB_PER_GB * MB_PER_GB),
        }
        return {name: {"Max": most, "Remaining": left} for name, (most, left) in figures.items()}
