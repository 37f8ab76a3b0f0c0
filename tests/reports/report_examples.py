"""One short, filled example of each report: a made-up clinic, shown to a reader and to the tests."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from gurney.reports.audit import (
    AuditReport,
    CustomFieldRow,
    InventoryRow,
    LimitRow,
    LocationOption,
    OversizeFile,
    PractitionerRow,
    ReadingNote,
    Unmatched,
)
from gurney.reports.check import CheckReport, LimitValue, SystemCheck
from gurney.reports.compare import Compared, Figure, WorkRow
from gurney.reports.delta import Conflict, DeltaReport, Policy, SweepRow
from gurney.reports.forecast import ChoiceRow, EditionRow, Forecast, ForecastRow
from gurney.reports.log import LogReport, OperationCount, OperatorRow
from gurney.reports.model import About, Approval, Counts, FoundRow, ManualItem, Report
from gurney.reports.plan import CompanionField, FieldRow, MapRow, OwnerRow, PlanReport
from gurney.reports.provision import ProvisionReport, ProvisionRow
from gurney.reports.reconcile import (
    Criterion,
    NotMigrated,
    Owners,
    PopulatedField,
    ReconciledCounts,
    ReconcileReport,
    RelationRow,
    SumRow,
)
from gurney.reports.rollback import Impossible, KeptRecord, RollbackReport, RollbackStep
from gurney.reports.sample import Answer, DiffRow, SampleReport, StratumRow
from gurney.reports.setup import (
    FieldToCreate,
    ObjectToCreate,
    OptionsToCreate,
    SetupPlan,
    SetupReport,
    StandardField,
    UserToCreate,
)
from gurney.reports.status import Budget, FailedRecord, Gate, InUse, Paused, RunReport, StatusReport

NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
ABOUT = About(
    migration_id="m-2026-11-harbour",
    workspace="harbour",
    made_at=NOON,
    ledger_head="9f2c41d7a0b3e6c8",
    version="0.1.0",
)
FORECAST = Forecast(
    rows=[
        ForecastRow(
            what="write Contacts", object="Contacts", records=1200, calls=12, units=120, unit="credit", seconds=24
        )
    ],
    unit="credit",
    units=120,
    rollback_units=60,
    seconds=5400,
    window_s=86_400,
    windows=1,
    share=0.4,
    editions=[
        EditionRow(
            edition="standard",
            ceiling=50,
            unit="credit",
            window_s=86_400,
            windows=3,
            seconds=180_000,
            rollback_windows=2,
            rollback_seconds=90_000,
        ),
        EditionRow(
            edition="enterprise",
            yours=True,
            ceiling=306,
            kept=6,
            unit="credit",
            window_s=86_400,
            windows=1,
            seconds=5400,
            rollback_windows=1,
            rollback_seconds=2700,
        ),
    ],
    choices=[
        ChoiceRow(
            what="Z12: treatment_notes as Notes",
            records=400,
            units=40,
            unit="credit",
            share=0.13,
            seconds=8,
            how="mapping.yaml, Z12: enabled: false",
        ),
        ChoiceRow(
            what="Z7: invoices as Invoices, instead of Z7.note",
            records=90,
            units=9,
            unit="credit",
            is_in=False,
            how="mapping.yaml, Z7: enabled: true",
        ),
    ],
    notes=["One call takes 0.5 s.", "Read-back is included."],
)
PEOPLE = Counts(
    map="Z1", source="patients", destination="Contacts", source_count=1200, created=1196, skipped=2, failed=2,
    verified=1190, different=1, unverifiable=5,
)  # fmt: skip
FILE_STEPS = ["Open the patient in the source.", "Download the file.", "Attach it to the contact."]
TOO_LARGE = ManualItem(
    map="Z13",
    object="patient_attachments",
    source_id="88027267",
    reason="51 MiB; the limit is 20 MiB",
    steps=FILE_STEPS,
)
REFUSED = FailedRecord(
    map="Z1", object="patients", source_id="41504152", field="Last_Name", code="INVALID_DATA", words="invalid data",
    next_step="Shorten the name, then: gurney run",
)  # fmt: skip
APPROVAL = Approval(document="plan", digest="4e1c0a77", command="gurney approve plan --by NAME")
SETUP = SetupPlan(
    objects=[ObjectToCreate(name="Locations", label="Locations", reason="Z9")],
    fields=[
        FieldToCreate(
            object="Contacts", name="Health_fund", label="Health fund", type="picklist", options=["North", "South"],
            reason="custom patient field", maps=["Z1"],
        )
    ],
    options=[OptionsToCreate(object="Accounts", field="Account_Type", options=["Insurance"])],
    standard_fields=[StandardField(object="Contacts", name="Last_Name", label="Last name", maps=["Z1"])],
    users=[UserToCreate(practitioner_id="41076406", name="P. Example", email="p@example.org", role="Standard")],
    by_hand=["Allow the new fields on the Contacts layout."],
)  # fmt: skip


def check() -> CheckReport:
    source = SystemCheck(
        system="Cliniko", account="Harbour", account_id="62001", user="admin@example.org", role="administrator"
    )
    destination = SystemCheck(
        system="Zoho CRM",
        account="Harbour CRM",
        edition="Enterprise",
        findings=[
            FoundRow(
                level="warning",
                code="health-data-hidden",
                words="Health-data fields are hidden from the interface: they cannot be verified.",
                next_step="Switch off 'Restrict Data access through API' for the time of the migration.",
            )
        ],
        limits=[LimitValue(name="custom_fields_per_object", value=300, source="FACTS 0.7")],
    )
    return CheckReport(about=ABOUT, ok=True, source=source, destination=destination)


def audit() -> AuditReport:
    return AuditReport(
        about=ABOUT,
        as_of=NOON,
        account="Harbour",
        inventory=[InventoryRow(object="patients", live=1168, archived=32, total=1200)],
        attachments=226,
        attachment_bytes=107_198_207,
        custom_fields=[
            CustomFieldRow(section="Office", label="医保号", type="text", token="f9", filled=3, destination="Field_9")
        ],
        practitioners=[PractitionerRow(id="26713190", name="J. Example", active=True, user_email="j@example.org")],
        unmatched=[Unmatched(id="41076406", active=True, reason="no user is linked", records=210)],
        quality=[
            FoundRow(level="info", code="no-email", object="patients", words="No e-mail address.", count=178),
            FoundRow(
                level="warning", code="duplicate-patients", object="patients", words="Probably entered twice.",
                next_step="Merge them in the source, or leave both.", count=2, ids=["90411359", "88679752"],
            ),
        ],
        limits=[LimitRow(limit="Custom fields on Contacts", needed=61, allowed=300, source="FACTS 0.7")],
        gaps=[FoundRow(level="info", code="object-missing", words="The module Locations does not exist yet.")],
        oversize=[
            OversizeFile(attachment_id="88027267", patient_id="1", size_bytes=53_477_376, limit_bytes=20_971_520)
        ],
        oversize_steps=FILE_STEPS,
        location_options=[LocationOption(title="One account, one field", words="A pick-list of locations.")],
        reading_notes=[ReadingNote(id="GOT3", words="An API key shows what its owner may see.")],
        forecast=FORECAST,
    )  # fmt: skip


def plan() -> PlanReport:
    fields = [
        FieldRow(to="Last_Name", source="last_name", transforms=["text"], field_class="contact"),
        FieldRow(to="Medicare_Number", source="medicare", field_class="government_id"),
        FieldRow(to="Email_Opt_Out", source="accepted_email_marketing", transforms=["opt_out"], field_class="consent"),
    ]
    maps = [
        MapRow(map="Z1", source="patients", destination="Contacts", fields=fields, records=1200),
        MapRow(map="Z2", source="patients", destination="Leads", cardinality="1:many", deviation="Off by default."),
    ]
    return PlanReport(
        about=ABOUT, destination="Zoho CRM", maps=maps, setup=SETUP, fallback_owner="admin@example.org",
        owners=[OwnerRow(practitioner_id="41076406", name="P. Example", active=True, how="fallback", reason="none")],
        limits=[LimitRow(limit="Unique fields on Contacts", needed=3, allowed=2, fits=False)],
        companions=[CompanionField(object="patients", label="Fax", priority=3, reason="fields are used up")],
        consent_sentence="Opted in stays opted in; no answer becomes opted out.",
        forecast=FORECAST, approval=APPROVAL,
    )  # fmt: skip


def setup() -> SetupReport:
    return SetupReport(about=ABOUT, destination="Zoho CRM", setup=SETUP, approval=APPROVAL)


def provision() -> ProvisionReport:
    rows = [
        ProvisionRow(kind="object", name="Locations", state="created", actual_name="Locations"),
        ProvisionRow(kind="field", name="Contacts.Health_fund", state="by_hand", words="Create it in Setup."),
    ]
    return ProvisionReport(about=ABOUT, ok=False, rows=rows)


def sample() -> SampleReport:
    rows = [
        DiffRow(map="Z1", source_id="1", destination_id="91", field="Last_Name", source_value="<b>Ng</b>",
                expected="<b>Ng</b>", actual="<b>Ng</b>", verdict="equal"),
        DiffRow(map="Z1", source_id="1", destination_id="91", field="Mobile", source_value="0491 570 156",
                expected="+61491570156", actual="+61491570156", verdict="converted", reason="written as E.164"),
        DiffRow(map="Z1", source_id="2", destination_id="92", field="Email", source_value="a@example.org",
                expected="a@example.org", actual=None, verdict="different", reason="the destination has nothing"),
    ]  # fmt: skip
    return SampleReport(
        about=ABOUT, asked=200, records=198, rows=rows, objects=[PEOPLE],
        strata=[StratumRow(name="appointment state", value="cancelled", in_source=1223, in_sample=4),
                StratumRow(name="note length", value="over 32,000", in_source=6, in_sample=0)],
        answers=[Answer(question="Is the status right?", answer="7 states, all as expected.", ok=True),
                 Answer(question="Do names read well?", answer="See the comparison.")],
        approval=Approval(document="sample", digest="77aa", by="Dr Example", at=NOON),
    )  # fmt: skip


def status() -> StatusReport:
    return StatusReport(
        about=ABOUT, stage="run", gates={"plan": Gate(state="approved", by="Dr Example", at=NOON, digest="4e1c")},
        objects=[PEOPLE], budget={
            "zoho": Budget(calls=12, units=120, unit="credit", window_s=86_400, used=120, remaining=4880, ceiling=5000,
                           reserved_for_rollback=100, resumes_at=NOON)
        },
        paused=Paused(run="full", why="The credits of this account are spent.", since=NOON, until=NOON),
        eta_s=90, ends_at=NOON, forecast_ends_at=NOON, late_s=-700.0, days_expected=0.01,
        in_use=InUse(what="calls in 10 s", used=98, of=100, share=0.98, at=NOON),
        compared=Compared(unit="credit", paused_s=3600.0, rows=[
            WorkRow(kind="fetch files", at="source", is_done=True, calls=Figure.of(10, 10, is_done=True)),
            WorkRow(kind="write", is_done=True, calls=Figure.of(100, 110, is_done=True),
                    units=Figure.of(1000, 990, is_done=True), seconds=Figure.of(60, 90, is_done=True)),
            WorkRow(kind="read back", calls=Figure.of(100, 3, is_done=False)),
            WorkRow(kind="other", calls=Figure.of(None, 3, is_done=False)),
        ]),
        rate_per_s=41.5, failed=[REFUSED], manual=[TOO_LARGE],
    )  # fmt: skip


def run() -> RunReport:
    return RunReport(**{name: getattr(status(), name) for name in StatusReport.model_fields})


def delta() -> DeltaReport:
    conflict = Conflict(
        map="Z1", source_id="1", destination_id="91", field="Mobile", last_written="0491 570 156",
        source_value="0491 570 157", destination_value="0491 570 158", next_step="Decide which is right.",
    )  # fmt: skip
    return DeltaReport(
        about=ABOUT, since=NOON, until=NOON, swept=[SweepRow(object="patients", created=2, merged=1)],
        policies=[Policy(event="merged", action="children move to the survivor")], objects=[PEOPLE],
        conflicts=[conflict],
    )  # fmt: skip


def reconcile() -> ReconcileReport:
    return ReconcileReport(
        about=ABOUT, ok=False,
        objects=[ReconciledCounts(**PEOPLE.model_dump(), destination_count=1195, expected=1196)],
        relations=[RelationRow(map="Z8", field="Contact", checked=6342, broken=1, ids=["5"])],
        sums=[SumRow(name="invoice total", source=Decimal("1858675.97"), destination=Decimal("1858675.97"))],
        owners=Owners(checked=1196, right=1190, fallback=6, unmatched=["41076406"]),
        custom_fields=[PopulatedField(object="Contacts", field="Health_fund", source=700, destination=700)],
        criteria=[Criterion(name="Counts agree", ok=False, words="Contacts: one is missing.")],
        not_migrated=[NotMigrated(what="Body charts", why="The source does not let them be read.")],
    )  # fmt: skip


def rollback() -> RollbackReport:
    return RollbackReport(
        about=ABOUT,
        steps=[RollbackStep(order=1, map="Z12", object="Notes", to_delete=10, deleted=9)],
        kept=[
            KeptRecord(
                map="Z12", object="Notes", destination_id="99", why="A person changed it.", fields=["Note_Content"],
                changed_by="admin@example.org", changed_at=NOON, next_step="Delete it by hand if it may go.",
            )
        ],
        impossible=[Impossible(what="Module Locations", why="No interface to delete it.", by_hand="Setup, Modules.")],
        remains=["9 deleted records lie in the recycle bin of the CRM for 60 days."],
    )  # fmt: skip


def log() -> LogReport:
    return LogReport(
        about=ABOUT, verified=True, entries=8123, first_at=NOON, last_at=NOON,
        operations=[OperationCount(map="Z1", kind="create", state="done", count=1196)],
        operators=[OperatorRow(operator="kim", entries=8123, first_at=NOON, last_at=NOON)],
    )  # fmt: skip


EVERY: list[Report] = [
    check(), audit(), plan(), setup(), provision(), sample(), status(), run(), delta(), reconcile(), rollback(), log(),
]  # fmt: skip
