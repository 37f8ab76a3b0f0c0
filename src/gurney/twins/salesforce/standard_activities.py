"""Events, tasks, notes and attachments; see `standard` for the notation."""

WHO = "WhoId|Name ID|reference|>Contact,Lead rel=Who kids={plural} pointing cascade"
WHAT = (
    "WhatId|Related To ID|reference|>Account,Opportunity,Case,Contract,Asset,Product2 rel=What kids={plural} "
    "pointing cascade"
)
PARENTS = "Account,Contact,Lead,Opportunity,Case,Contract,Asset,Product2"
EVENT = f"""
{WHO.format(plural="Events")}
{WHAT.format(plural="Events")}
Subject|Subject|combobox:255|* .|Call,Email,Meeting,Send Letter/Quote,Other
Location|Location|string:255|
IsAllDayEvent|All-Day Event|boolean|! + default=false
ActivityDateTime|Due Date Time|datetime|.
ActivityDate|Due Date Only|date|.
DurationInMinutes|Duration|int|.
StartDateTime|Start Date Time|datetime|.
EndDateTime|End Date Time|datetime|.
EndDate|End Date|date|- .
Description|Description|textarea:32000|extra=plaintextarea
AccountId|Account ID|reference|- . >Account rel=Account
IsPrivate|Private|boolean|! + . default=false
ShowAs|Show Time As|picklist:40|+ . = default=Busy|Busy,OutOfOffice,Free
IsChild|Is Child|boolean|! - + . default=false
IsGroupEvent|Is Group Event|boolean|! - + . default=false
IsArchived|Archived|boolean|! - + . default=false
IsRecurrence|Create Recurring Series of Events|boolean|! ^ + . default=false
ReminderDateTime|Reminder Date/Time|datetime|.
IsReminderSet|Reminder Set|boolean|! + . default=false
EventSubtype|Event Subtype|picklist:40|^ . =|Event
"""
TASK = f"""
{WHO.format(plural="Tasks")}
{WHAT.format(plural="Tasks")}
Subject|Subject|combobox:255|* .|Call,Email,Send Letter,Send Quote,Other
ActivityDate|Due Date Only|date|.
Status|Status|picklist:255|! + . default=Not Started|Not Started,In Progress,Completed,Waiting on someone else,Deferred
Priority|Priority|picklist:255|! + . default=Normal|High,Normal,Low
Description|Description|textarea:32000|extra=plaintextarea
AccountId|Account ID|reference|- . >Account rel=Account
IsClosed|Closed|boolean|! - + . default=false
IsHighPriority|High Priority|boolean|! - + . default=false
ReminderDateTime|Reminder Date/Time|datetime|.
IsReminderSet|Reminder Set|boolean|! + . default=false
TaskSubtype|Task Subtype|picklist:40|^ . =|Task,Email,Call
CallDurationInSeconds|Call Duration|int|
"""
NOTE = f"""
ParentId|Parent ID|reference|! ^ . >{PARENTS} rel=Parent kids=Notes pointing cascade
Title|Title|string:80|! * .
IsPrivate|Private|boolean|! + . default=false
Body|Body|textarea:32000|. extra=plaintextarea
"""
ATTACHMENT = f"""
ParentId|Parent ID|reference|! ^ . >{PARENTS},Event,Task rel=Parent kids=Attachments pointing cascade
Name|File Name|string:255|! * .
IsPrivate|Private|boolean|! + . default=false
ContentType|Content Type|string:120|.
BodyLength|Body Length|int|- .
Body|Body|base64|! .
Description|Description|string:500|.
"""
ACTIVITIES = (
    ("Event", "Event", "Events", "00U", EVENT, "owner audit"),
    ("Task", "Task", "Tasks", "00T", TASK, "owner audit"),
    ("Note", "Note", "Notes", "002", NOTE, "owner nolayout"),
    ("Attachment", "Attachment", "Attachments", "00P", ATTACHMENT, "owner audit nolayout free"),
)
