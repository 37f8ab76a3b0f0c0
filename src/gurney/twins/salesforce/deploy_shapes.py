"""The types of the metadata WSDL that the twin understands: their elements, which repeat, which must be there.

A kind is "string", "boolean", "int", "double", a tuple of allowed words, another Shape, or UNKNOWN: an element that
the vendor has and the twin does not. What the twin cannot do it refuses; ignoring it would be kinder than the vendor.
"""

from __future__ import annotations

from dataclasses import dataclass, field

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Element:
    """One element of a type."""

    kind: str | tuple[str, ...] | Shape
    many: bool = False
    required: bool = False
    enum: str = ""
    """What the vendor calls the list of allowed words."""


@dataclass(frozen=True)
class Shape:
    """One type of the WSDL. `ignored`: elements that are checked and then without meaning to the twin."""

    name: str
    elements: dict[str, Element] = field(hash=False)


def _texts(*names: str) -> dict[str, Element]:
    return {name: Element("string") for name in names}


def _flags(*names: str) -> dict[str, Element]:
    return {name: Element("boolean") for name in names}


def _numbers(*names: str) -> dict[str, Element]:
    return {name: Element("int") for name in names}


def _lists(*names: str) -> dict[str, Element]:
    return {name: Element("string", many=True) for name in names}


def _unknown(*names: str) -> dict[str, Element]:
    return {name: Element(UNKNOWN, many=True) for name in names}


def _must(kind: str | Shape, *names: str) -> dict[str, Element]:
    return {name: Element(kind, required=True) for name in names}


FULL_NAME = _texts("fullName")

FIELD_TYPES = (
    "AutoNumber", "Lookup", "MasterDetail", "Checkbox", "Currency", "Date", "DateTime", "Email", "Number", "Percent",
    "Phone", "Picklist", "MultiselectPicklist", "Text", "TextArea", "LongTextArea", "Html", "Url", "EncryptedText",
    "Summary", "Hierarchy", "File", "MetadataRelationship", "Location", "ExternalLookup", "IndirectLookup",
    "CustomDataType", "Time", "Address", "Array",
)  # fmt: skip
DELETE_CONSTRAINTS = ("Cascade", "Restrict", "SetNull")
SHARING_MODELS = (
    "Private", "Read", "ReadSelect", "ReadWrite", "ReadWriteTransfer", "FullAccess", "ControlledByParent",
    "ControlledByLeadOrContact", "ControlledByCampaign",
)  # fmt: skip
DEPLOYMENT_STATUSES = ("InDevelopment", "Deployed")
TAB_VISIBILITIES = ("None", "Available", "Visible")
FILTER_OPERATIONS = (
    "equals", "notEqual", "lessThan", "greaterThan", "lessOrEqual", "greaterOrEqual", "contains", "notContain",
    "startsWith", "includes", "excludes", "within",
)  # fmt: skip

CUSTOM_VALUE = Shape(
    "CustomValue",
    {**FULL_NAME, **_texts("color", "description", "label"), **_must("boolean", "default"), **_flags("isActive")},
)
VALUE_SET_VALUES = Shape(
    "ValueSetValuesDefinition", {**_must("boolean", "sorted"), "value": Element(CUSTOM_VALUE, many=True)}
)
VALUE_SET = Shape(
    "ValueSet",
    {
        **_texts("valueSetName"),
        **_flags("restricted"),
        "valueSetDefinition": Element(VALUE_SET_VALUES),
        **_unknown("controllingField", "valueSettings"),
    },
)
CUSTOM_FIELD = Shape(
    "CustomField",
    {
        **FULL_NAME,
        "type": Element(FIELD_TYPES, enum="FieldType"),
        "deleteConstraint": Element(DELETE_CONSTRAINTS, enum="DeleteConstraint"),
        "valueSet": Element(VALUE_SET),
        **_texts(
            "businessOwnerGroup", "businessOwnerUser", "businessStatus", "complianceGroup", "defaultValue",
            "description", "displayFormat", "formula", "inlineHelpText", "label", "maskChar", "maskType", "referenceTo",
            "relationshipLabel", "relationshipName", "securityClassification",
        ),
        **_flags(
            "caseSensitive", "deprecated", "escapeMarkup", "externalId", "isAIPredictionField",
            "isConvertLeadDisabled", "isFilteringDisabled", "isNameField", "isSortingDisabled", "populateExistingRows",
            "reparentableMasterDetail", "required", "restrictedAdminField", "stripMarkup", "trackFeedHistory",
            "trackHistory", "trackTrending", "translateData", "unique", "writeRequiresMasterRead",
        ),
        **_numbers("length", "precision", "relationshipOrder", "scale", "startingNumber", "visibleLines"),
        **_unknown(
            "customDataType", "elementType", "encryptionScheme", "externalDeveloperName", "fieldManageability",
            "formulaTreatBlanksAs", "lookupFilter", "metadataRelationshipControllingField",
            "mktDataLakeFieldAttributes", "mktDataModelFieldAttributes", "referenceTargetField",
            "summarizedField", "summaryFilterItems",
            "summaryForeignKey", "summaryOperation",
        ),
    },
)  # fmt: skip

ACTION_OVERRIDE = Shape(
    "ActionOverride",
    {
        **_texts("actionName", "comment", "content"),
        "formFactor": Element(("Large", "Small", "Medium"), enum="FormFactor"),
        **_flags("skipRecordTypeSelect"),
        "type": Element(
            ("Default", "Standard", "Scontrol", "Visualforce", "Flexipage", "LightningComponent"),
            enum="ActionOverrideType",
        ),
    },
)
LIST_VIEW_FILTER = Shape(
    "ListViewFilter",
    {
        **_must("string", "field"),
        "operation": Element(FILTER_OPERATIONS, required=True, enum="FilterOperation"),
        **_texts("value"),
    },
)
LIST_VIEW = Shape(
    "ListView",
    {
        **FULL_NAME,
        **_texts("booleanFilter", "division", "language", "queue"),
        **_lists("columns"),
        "filterScope": Element(
            ("Everything", "Mine", "MineAndMyGroups", "Queue", "Delegated", "MyTerritory", "MyTeamTerritory", "Team",
             "AssignedToMe", "SalesTeam", "SalesTeamOfUser"),
            required=True, enum="FilterScope",
        ),
        "filters": Element(LIST_VIEW_FILTER, many=True),
        **_must("string", "label"),
        **_unknown("sharedTo"),
    },
)  # fmt: skip
SEARCH_LAYOUTS = Shape(
    "SearchLayouts",
    _lists(
        "customTabListAdditionalFields", "excludedStandardButtons", "listViewButtons", "lookupDialogsAdditionalFields",
        "lookupFilterFields", "lookupPhoneDialogsAdditionalFields", "massQuickActions", "searchFilterFields",
        "searchResultsAdditionalFields", "searchResultsCustomButtons",
    ),
)  # fmt: skip
CUSTOM_OBJECT = Shape(
    "CustomObject",
    {
        **FULL_NAME,
        "actionOverrides": Element(ACTION_OVERRIDE, many=True),
        "fields": Element(CUSTOM_FIELD, many=True),
        "nameField": Element(CUSTOM_FIELD),
        "listViews": Element(LIST_VIEW, many=True),
        "searchLayouts": Element(SEARCH_LAYOUTS),
        "deploymentStatus": Element(DEPLOYMENT_STATUSES, enum="DeploymentStatus"),
        "sharingModel": Element(SHARING_MODELS, enum="SharingModel"),
        "externalSharingModel": Element(SHARING_MODELS, enum="SharingModel"),
        "gender": Element(("Neuter", "Masculine", "Feminine", "AnimateMasculine"), enum="Gender"),
        "startsWith": Element(("Consonant", "Vowel", "Special"), enum="StartsWith"),
        "visibility": Element(("Public", "Protected", "PackageProtected"), enum="SetupObjectVisibility"),
        **_texts("compactLayoutAssignment", "customHelp", "customHelpPage", "description", "label", "pluralLabel"),
        **_flags(
            "allowInChatterGroups", "deprecated", "enableActivities", "enableBulkApi", "enableDataTranslation",
            "enableDivisions", "enableEnhancedLookup", "enableFeeds", "enableHistory", "enableLicensing",
            "enableReports", "enableSearch", "enableSharing", "enableStreamingApi", "household",
            "recordTypeTrackFeedHistory", "recordTypeTrackHistory",
        ),
        **_unknown(
            "articleTypeChannelDisplay", "businessProcesses", "compactLayouts", "customSettingsType",
            "enablePublishStatusTracking", "eventType", "externalDataSource", "externalName", "externalRepository",
            "fieldSets", "historyRetentionPolicy", "indexes", "mktDataLakeAttributes", "mktDataModelAttributes",
            "profileSearchLayouts", "publishBehavior", "recordTypes", "sharingReasons", "sharingRecalculations",
            "validationRules", "webLinks",
        ),
    },
)  # fmt: skip

FIELD_PERMISSION = Shape(
    "PermissionSetFieldPermissions", {**_must("boolean", "editable"), **_must("string", "field"), **_flags("readable")}
)
OBJECT_PERMISSION = Shape(
    "PermissionSetObjectPermissions",
    {
        **_must("boolean", "allowCreate", "allowDelete", "allowEdit", "allowRead"),
        **_must("boolean", "modifyAllRecords", "viewAllRecords"),
        **_must("string", "object"),
        **_flags("viewAllFields"),
    },
)
TAB_SETTING = Shape(
    "PermissionSetTabSetting",
    {
        **_must("string", "tab"),
        "visibility": Element(TAB_VISIBILITIES, required=True, enum="PermissionSetTabVisibility"),
    },
)
USER_PERMISSION = Shape("PermissionSetUserPermission", {**_must("boolean", "enabled"), **_must("string", "name")})
CLASS_ACCESS = Shape("PermissionSetApexClassAccess", {**_must("string", "apexClass"), **_must("boolean", "enabled")})
PERMISSION_SET = Shape(
    "PermissionSet",
    {
        **FULL_NAME,
        **_must("string", "label"),
        **_texts("description", "license"),
        **_flags("hasActivationRequired"),
        "classAccesses": Element(CLASS_ACCESS, many=True),
        "fieldPermissions": Element(FIELD_PERMISSION, many=True),
        "objectPermissions": Element(OBJECT_PERMISSION, many=True),
        "tabSettings": Element(TAB_SETTING, many=True),
        "userPermissions": Element(USER_PERMISSION, many=True),
        **_unknown(
            "applicationVisibilities", "customMetadataTypeAccesses", "customPermissions", "customSettingAccesses",
            "emailRoutingAddressAccesses", "externalCredentialPrincipalAccesses", "externalDataSourceAccesses",
            "flowAccesses", "pageAccesses", "recordTypeVisibilities",
        ),
    },
)  # fmt: skip

CUSTOM_TAB = Shape(
    "CustomTab",
    {
        **FULL_NAME,
        **_flags("customObject", "hasSidebar"),
        **_texts("description", "icon", "label", "motif", "splashPageLink"),
        "actionOverrides": Element(ACTION_OVERRIDE, many=True),
        **_unknown(
            "auraComponent", "flexiPage", "frameHeight", "lwcComponent", "page", "scontrol", "url", "urlEncodingKey"
        ),
    },
)

PACKAGE_TYPE_MEMBERS = Shape("PackageTypeMembers", {**_lists("members"), **_must("string", "name")})
PACKAGE = Shape(
    "Package",
    {
        **FULL_NAME,
        **_texts("description", "namespacePrefix", "packageType", "postInstallClass", "setupWeblink", "uninstallClass"),
        "types": Element(PACKAGE_TYPE_MEMBERS, many=True),
        **_must("string", "version"),
        **_unknown("apiAccessLevel", "objectPermissions"),
    },
)
