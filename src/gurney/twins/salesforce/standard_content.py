"""Files and notes of the newer kind; see `standard` for the notation. Lengths are those of FACTS 2."""

LINKED = "Account,Contact,Lead,Opportunity,Case,Contract,Asset,Product2,Event,Task,User"
DOCUMENT = """
Title|Title|string:255|! * .
PublishStatus|Publish Status|picklist:40|! - + . = default=P|P,R,U
LatestPublishedVersionId|Latest Published Version ID|reference|- . >ContentVersion rel=LatestPublishedVersion
ParentId|Parent ID|string:18|.
IsArchived|Is Archived|boolean|! + . default=false
Description|Description|textarea:1000|.
ContentSize|Size|int|- .
FileType|File Type|string:20|- .
FileExtension|File Extension|string:40|- .
ContentModifiedDate|Content Modified Date|datetime|- .
"""
VERSION = f"""
ContentDocumentId|ContentDocument ID|reference|^ . >ContentDocument rel=ContentDocument kids=ContentVersions cascade
IsLatest|Is Latest|boolean|! - + . default=true
VersionNumber|Version Number|string:20|- .
Title|Title|string:255|* .
Description|Description|textarea:1000|.
ReasonForChange|Reason For Change|string:1000|^ .
PathOnClient|Path On Client|string:500|! ^ .
RatingCount|Rating Count|int|- .
ContentModifiedDate|Content Modified Date|datetime|- .
ContentModifiedById|User ID|reference|- . >User rel=ContentModifiedBy
TagCsv|Tags|textarea:2000|.
FileType|File Type|string:20|! - + .
PublishStatus|Publish Status|picklist:40|! - + . = default=P|P,R,U
VersionData|Version Data|base64|! .
ContentSize|Size|int|- .
FileExtension|File Extension|string:40|- .
FirstPublishLocationId|First Publish Location ID|reference|^ . >{LINKED} rel=FirstPublishLocation pointing
Origin|Content Origin|picklist:40|! + . = default=C|C,H
ContentLocation|Content Location|picklist:40|! ^ + . = default=S|S,E,L
Checksum|Checksum|string:50|- .
IsMajorVersion|Major Version|boolean|! ^ + . default=true
TextPreview|Text Preview|string:255|- .
SharingOption|Prevent others from sharing and unsharing|picklist:40|! + . = default=A|A,R
SharingPrivacy|File Privacy on Records|picklist:40|! + . = default=N|N,P
"""
LINK = f"""
LinkedEntityId|Linked Entity ID|reference|! ^ . >{LINKED} rel=LinkedEntity kids=ContentDocumentLinks pointing cascade
ContentDocumentId|ContentDocument ID|reference|! ^ . >ContentDocument rel=ContentDocument \
kids=ContentDocumentLinks cascade
ShareType|Share Type|picklist:40|. =|V,C,I
Visibility|Visibility|picklist:40|. =|AllUsers,InternalUsers,SharedUsers
"""
NOTE = """
Title|Title|string:255|! * .
FileType|File Type|string:20|- .
ContentSize|Size|int|- .
FileExtension|File Extension|string:40|- .
LatestPublishedVersionId|Latest Published Version ID|reference|- . >ContentVersion rel=LatestPublishedVersion
Content|Content|base64|! .
TextPreview|Text Preview|string:255|- .
IsReadOnly|Is Read Only|boolean|! - + . default=false
SharingPrivacy|File Privacy on Records|picklist:40|+ . = default=N|N,P
"""
CONTENT = (
    ("ContentDocument", "Content Document", "Content Documents", "069", DOCUMENT, "owner nocreate free"),
    ("ContentVersion", "Content Version", "Content Versions", "068", VERSION, "owner audit nodelete free"),
    ("ContentDocumentLink", "Content Document Link", "Content Document Links", "06A", LINK, "nobin free nosearch"),
    ("ContentNote", "Content Note", "Content Notes", "069", NOTE, "owner audit free"),
)
