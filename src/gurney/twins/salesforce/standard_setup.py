"""Users, licences and permissions; see `standard` for the notation."""

from gurney.twins.salesforce.access import PERMISSIONS
from gurney.twins.salesforce.standard_crm import address

FLAGS = "\n".join(f"Permissions{name}|{name}|boolean|! + . default=false" for name in PERMISSIONS)
USER = f"""
Username|Username|string:80|! @ .
LastName|Last Name|string:80|! . part=Name extra=personname
FirstName|First Name|string:40|. part=Name extra=personname
Name|Full Name|string:121|! - * . extra=personname
CompanyName|Company Name|string:80|.
{address("")}
Email|Email|email:128|! @ .
Phone|Phone|phone:40|.
MobilePhone|Mobile|phone:40|.
Alias|Alias|string:8|! .
CommunityNickname|Nickname|string:40|+ .
Title|Title|string:80|.
Department|Department|string:80|.
IsActive|Active|boolean|! + . default=true
TimeZoneSidKey|Time Zone|picklist:40|! . =|Australia/Sydney,Australia/Melbourne,Australia/Brisbane,Australia/Perth,\
Pacific/Auckland,Europe/London,America/Los_Angeles
LocaleSidKey|Locale|picklist:40|! . =|en_AU,en_GB,en_NZ,en_US
EmailEncodingKey|Email Encoding|picklist:40|! . =|UTF-8,ISO-8859-1
LanguageLocaleKey|Language|picklist:40|! . =|en_US
ProfileId|Profile ID|reference|! . >Profile rel=Profile kids=Users
UserType|User Type|picklist:40|- . =|Standard,PowerPartner,CspLitePortal,CustomerSuccess,AutomatedProcess,Guest
FederationIdentifier|SAML Federation ID|string:512|.
LastLoginDate|Last Login|datetime|- .
"""
ORGANIZATION = f"""
Name|Name|string:80|! - * .
Division|Division|string:80|- .
{address("")}
Phone|Phone|phone:40|.
PrimaryContact|Primary Contact|string:80|.
DefaultLocaleSidKey|Locale|picklist:40|! . =|en_AU,en_US
TimeZoneSidKey|Time Zone|picklist:40|! . =|Australia/Sydney,America/Los_Angeles
LanguageLocaleKey|Language|picklist:40|! . =|en_US
FiscalYearStartMonth|Fiscal Year Starts In|int:2|- .
DefaultAccountAccess|Default Account Access|picklist:40|- . =|None,Read,Edit,ControlledByLeadOrContact
DefaultContactAccess|Default Contact Access|picklist:40|- . =|None,Read,Edit,ControlledByParent
DefaultOpportunityAccess|Default Opportunity Access|picklist:40|- . =|None,Read,Edit
OrganizationType|Edition|picklist:40|- . =|Developer Edition,Base Edition,Professional Edition,Enterprise Edition,\
Unlimited Edition
NamespacePrefix|Namespace Prefix|string:15|- .
InstanceName|Instance Name|string:5|- .
IsSandbox|Is Sandbox|boolean|! - + . default=false
TrialExpirationDate|Trial Expiration Date|datetime|- .
IsReadOnly|Is Read Only|boolean|! - + . default=false
"""
PROFILE = f"""
Name|Name|string:255|! * .
UserLicenseId|User License ID|reference|! ^ . >UserLicense rel=UserLicense
UserType|User Type|picklist:40|- . =|Standard
Description|Description|string:255|.
{FLAGS}
"""
LICENCE = """
Name|Name|string:40|! - * .
MasterLabel|Label|string:80|! - .
LicenseDefinitionKey|License Definition Key|string:40|! - .
TotalLicenses|Total Licenses|int|- .
UsedLicenses|Used Licenses|int|- .
Status|Status|picklist:40|- . =|Active,Disabled
"""
PERMISSION_SET = f"""
Name|Permission Set Name|string:80|! * .
Label|Permission Set Label|string:80|! .
LicenseId|License ID|reference|^ . >UserLicense rel=License
ProfileId|Profile ID|reference|- . >Profile rel=Profile kids=PermissionSets cascade
IsOwnedByProfile|Is Owned By Profile|boolean|! - + . default=false
IsCustom|Is Custom|boolean|! - + . default=true
Description|Description|string:255|.
{FLAGS}
"""
ASSIGNMENT = """
PermissionSetId|PermissionSet ID|reference|! ^ . >PermissionSet rel=PermissionSet kids=Assignments restrict
AssigneeId|Assignee ID|reference|! ^ . >User rel=Assignee kids=PermissionSetAssignments
"""
FIELD_PERMISSIONS = """
ParentId|Parent ID|reference|! ^ . >PermissionSet rel=Parent kids=FieldPerms cascade
SobjectType|Sobject Type Name|picklist:40|! ^ .
Field|Field Name|picklist:255|! ^ .
PermissionsEdit|Edit Field|boolean|! + . default=false
PermissionsRead|Read Field|boolean|! + . default=false
"""
OBJECT_PERMISSIONS = """
ParentId|Parent ID|reference|! ^ . >PermissionSet rel=Parent kids=ObjectPerms cascade
SobjectType|Sobject Type Name|picklist:40|! ^ .
PermissionsCreate|Create Records|boolean|! + . default=false
PermissionsRead|Read Records|boolean|! + . default=false
PermissionsEdit|Edit Records|boolean|! + . default=false
PermissionsDelete|Delete Records|boolean|! + . default=false
PermissionsViewAllRecords|Read All Records|boolean|! + . default=false
PermissionsModifyAllRecords|Edit All Records|boolean|! + . default=false
"""
RECORD_TYPE = """
Name|Name|string:80|! * .
DeveloperName|Record Type Name|string:80|! .
SobjectType|Sobject Type Name|picklist:40|! ^ .
IsActive|Active|boolean|! + . default=true
Description|Description|string:255|.
"""
PLAIN = "setup nosearch nolayout"
SETUP = (
    ("User", "User", "Users", "005", USER, "setup nodelete"),
    ("Organization", "Organization", "Organizations", "00D", ORGANIZATION, f"{PLAIN} nocreate nodelete"),
    ("Profile", "Profile", "Profiles", "00e", PROFILE, f"{PLAIN} readonly"),
    ("UserLicense", "User License", "User Licenses", "100", LICENCE, f"{PLAIN} readonly"),
    ("PermissionSet", "Permission Set", "Permission Sets", "0PS", PERMISSION_SET, f"{PLAIN} nobin"),
    ("PermissionSetAssignment", "Permission Set Assignment", "Permission Set Assignments", "0Pa", ASSIGNMENT,
     f"{PLAIN} nobin noupdate"),
    ("FieldPermissions", "Field Permissions", "Field Permissions", "01k", FIELD_PERMISSIONS, f"{PLAIN} nobin"),
    ("ObjectPermissions", "Object Permissions", "Object Permissions", "110", OBJECT_PERMISSIONS, f"{PLAIN} nobin"),
    ("RecordType", "Record Type", "Record Types", "012", RECORD_TYPE, f"{PLAIN} nobin nodelete"),
)  # fmt: skip
