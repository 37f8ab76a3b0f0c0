"""Who is in the organisation on its first day: the record of itself, licences, profiles, users, the price book."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gurney.twins.salesforce.access import ADMIN_PERMISSIONS, USER_PERMISSIONS
from gurney.twins.salesforce.store import Row

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

ADMINISTRATOR = "admin@example.com"
ORGANIZATION = "Banksia Clinic"
ZONE = "Australia/Sydney"
MANGLED = ".invalid"


def populate(world: World) -> Row:
    """Fill an empty organisation; its administrator."""
    admin_id = world.ids.new("005")
    make = _Maker(world, admin_id)
    make.row("Organization", **_organization(world))
    licence = make.row(
        "UserLicense", Name="Salesforce", MasterLabel="Salesforce", LicenseDefinitionKey="SFDC",
        TotalLicenses=int(world.switches["licences"]), UsedLicenses=1 + len(world.options.users), Status="Active",
    )  # fmt: skip
    administrators = make.profile("System Administrator", licence, ADMIN_PERMISSIONS)
    standard = make.profile("Standard User", licence, USER_PERMISSIONS)
    admin = make.user(ADMINISTRATOR, "Ada Admin", administrators, id=admin_id)
    for email in world.options.users:
        make.user(email, email.partition("@")[0].replace(".", " ").title(), standard)
    make.row("Pricebook2", Name="Standard Price Book", IsActive=True, IsStandard=True, IsArchived=False)
    return admin


def add_user(world: World, email: str, name: str, *, active: bool = True) -> Row:
    """One more user with the profile Standard User."""
    profile = next(row for row in world.table("Profile").rows.values() if row["Name"] == "Standard User")
    return _Maker(world, world.admin["Id"]).user(email, name, profile, active=active)


def grant(world: World, user_id: str, *, permission: str | None = None, field: str | None = None) -> str:
    """A permission set of its own for one user: a permission by name, or sight of `Contact.X__c`; its id."""
    make = _Maker(world, world.admin["Id"])
    flags = {f"Permissions{permission}": True} if permission else {}
    made = make.row("PermissionSet", Name=f"Granted_{world.secret(8)}", Label="Granted", IsCustom=True, **flags)
    if field is not None:
        sees = {"PermissionsRead": True, "PermissionsEdit": True}
        make.row("FieldPermissions", ParentId=made["Id"], SobjectType=field.partition(".")[0], Field=field, **sees)
    make.row("PermissionSetAssignment", PermissionSetId=made["Id"], AssigneeId=user_id)
    return str(made["Id"])


def _organization(world: World) -> dict[str, Any]:
    return {
        "Name": ORGANIZATION, "Country": "AU", "PrimaryContact": "Ada Admin", "DefaultLocaleSidKey": "en_AU",
        "TimeZoneSidKey": ZONE, "LanguageLocaleKey": "en_US", "FiscalYearStartMonth": 7,
        "DefaultAccountAccess": "Edit", "DefaultContactAccess": "ControlledByParent",
        "DefaultOpportunityAccess": "Edit", "OrganizationType": world.edition.organization_type,
        "InstanceName": "AUS52S" if world.sandbox else "AUS52", "IsSandbox": world.sandbox, "IsReadOnly": False,
    }  # fmt: skip


class _Maker:
    """Puts rows into tables without asking anybody."""

    def __init__(self, world: World, by: str) -> None:
        self._world = world
        self._by = by

    def row(self, name: str, **values: Any) -> Row:
        kind = self._world.schema.objects[name]
        now = self._world.now_text()
        row = {"Id": values.pop("id", None) or self._world.ids.new(str(kind.key_prefix)), **values}
        row |= {"CreatedDate": now, "CreatedById": self._by, "LastModifiedDate": now, "LastModifiedById": self._by}
        row["SystemModstamp"] = now
        return self._world.table(name).add(row)

    def profile(self, name: str, licence: Row, permissions: Iterable[str]) -> Row:
        """A profile, and the permission set that it owns."""
        flags = {f"Permissions{permission}": True for permission in permissions}
        made = self.row("Profile", Name=name, UserLicenseId=licence["Id"], UserType="Standard", **flags)
        owned = {"ProfileId": made["Id"], "IsOwnedByProfile": True, "IsCustom": False}
        self.row("PermissionSet", Name="X" + made["Id"], Label=made["Id"], **owned, **flags)
        return made

    def user(self, email: str, name: str, profile: Row, *, id: str | None = None, active: bool = True) -> Row:
        first, _, last = name.rpartition(" ")
        mangled = self._world.sandbox and email != ADMINISTRATOR
        return self.row(
            "User", id=id, Username=email, Email=email + (MANGLED if mangled else ""), LastName=last, Name=name,
            **({"FirstName": first} if first else {}), Alias=email[:8], CommunityNickname=email.partition("@")[0],
            IsActive=active, ProfileId=profile["Id"], UserType="Standard", TimeZoneSidKey=ZONE, LocaleSidKey="en_AU",
            EmailEncodingKey="UTF-8", LanguageLocaleKey="en_US",
        )  # fmt: skip
