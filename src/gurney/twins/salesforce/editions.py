"""What an edition allows (FACTS 1, 7, 12)."""

from __future__ import annotations

from dataclasses import dataclass

MB_PER_GB = 1_024


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition's figures."""

    name: str
    organization_type: str
    """As the record of the organisation calls it."""
    api: bool
    """Whether the API is included; otherwise it is an add-on."""
    daily_requests: int
    requests_per_licence: int
    custom_fields: int
    """Per object."""
    custom_objects: int
    data_mb: int
    data_mb_per_licence: int
    file_mb: int
    file_mb_per_licence: int
    long_requests: int = 25
    """Requests of 20 s and more at a time."""

    def requests(self, licences: int) -> int:
        """API requests in 24 hours."""
        return self.daily_requests + self.requests_per_licence * licences

    def data(self, licences: int) -> int:
        """MB of records."""
        return self.data_mb + self.data_mb_per_licence * licences

    def files(self, licences: int) -> int:
        """MB of files."""
        return self.file_mb + self.file_mb_per_licence * licences


TEN_GB = 10 * MB_PER_GB
EDITIONS = {
    edition.name: edition
    for edition in (
        Edition("developer", "Developer Edition", True, 15_000, 0, 500, 400, 5, 0, 20, 0, 5),
        Edition("starter", "Base Edition", False, 100_000, 1_000, 25, 50, TEN_GB, 20, TEN_GB, 612),
        Edition("professional", "Professional Edition", False, 100_000, 1_000, 100, 50, TEN_GB, 20, TEN_GB, 612),
        Edition("enterprise", "Enterprise Edition", True, 100_000, 1_000, 500, 200, TEN_GB, 20, TEN_GB, 2_048),
        Edition("unlimited", "Unlimited Edition", True, 100_000, 5_000, 800, 2_000, TEN_GB, 120, TEN_GB, 2_048),
    )
}
SANDBOX_REQUESTS = 5_000_000
RELATIONSHIPS = 40
"""Reference fields per object that may be made."""
EXTERNAL_IDS = 25
"""External-id fields per object."""
LONG_TEXT_TOTAL = 1_638_400
"""Characters that all long and rich text fields of an object may declare together."""
