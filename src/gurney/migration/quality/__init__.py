"""What is wrong with the clinic's data, told before anything is moved (contract AUD5 to AUD9).

Records stream through `QualityAudit.see` once, parents before their children; `finish` tells the findings.
Findings hold codes, counts and ids, never a value: values are compared through keyed hashes and forgotten.
Nothing here corrects anything.
"""

from gurney.migration.quality.audit import QualityAudit, QualityLimits
from gurney.migration.quality.prospects import ProspectField, prospect_fields

__all__ = ["ProspectField", "QualityAudit", "QualityLimits", "prospect_fields"]
