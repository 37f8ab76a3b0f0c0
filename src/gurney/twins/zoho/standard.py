"""The modules and fields that every organisation has.

One line per field: `api_name|label|type:length|flags`. Flags: `!` mandatory, `*` mandatory in the layout,
`-` not writable, `=` fixed values, `>Module` what a lookup points to, `[a,b]` pick-list values.
Names, types and lengths of Leads are those of the vendor's sample; the rest is its standard field list (FACTS 5).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gurney.twins.zoho.schema import Field, Module, Option

SOURCES = "[Advertisement,Cold Call,Employee Referral,External Referral,Partner,Online Store,Seminar,Web Download]"
INDUSTRIES = "[ASP,Data/Telecom OEM,Government/Military,Large Enterprise,Management ISV,Small/Medium Enterprise]"
ADDRESS = "{p}Street|{l}Street|text:250\n{p}City|{l}City|text:100\n{p}State|{l}State|text:100\n"
PERSON = f"""
Salutation|Salutation|picklist:25|[Mr.,Mrs.,Ms.,Dr.,Prof.]
First_Name|First Name|text:40
Last_Name|Last Name|text:80|!
Full_Name|Full Name|text:120|-
Email|Email|email:100
Secondary_Email|Secondary Email|email:100
Phone|Phone|phone:30
Mobile|Mobile|phone:30
Fax|Fax|text:30
Lead_Source|Lead Source|picklist:120|{SOURCES}
Email_Opt_Out|Email Opt Out|boolean:5
Skype_ID|Skype ID|text:50
Twitter|Twitter|text:50
Description|Description|textarea:32000
Last_Activity_Time|Last Activity Time|datetime:120|-
Record_Image|Record Image|profileimage:255
"""
EVERY = """
id|Record Id|bigint:18|-
Owner|{singular} Owner|ownerlookup:120
Created_By|Created By|ownerlookup:120|-
Modified_By|Modified By|ownerlookup:120|-
Created_Time|Created Time|datetime:120|-
Modified_Time|Modified Time|datetime:120|-
Layout|Layout|layout:50
Tag|Tag|tags:2000
Locked__s|Locked|boolean:5|-
Record_Status__s|Record Status|picklist:120|-[Available,Draft,Trash]
"""
ACTIVITY = """
Who_Id|Contact Name|lookup:120|>Contacts
What_Id|Related To|multi_module_lookup:120
Description|Description|textarea:32000
Remind_At|Remind At|datetime:120
Recurring_Activity|Recurring Activity|text:255
"""
PERSONAL_ADDRESS = ADDRESS.format(p="", l="") + "Zip_Code|Zip Code|text:30\nCountry|Country|text:100"


def _address(prefix: str, code: str) -> str:
    return ADDRESS.format(p=prefix + "_", l=prefix + " ") + (
        f"{prefix}_{code}|{prefix} {code}|text:30\n{prefix}_Country|{prefix} Country|text:100"
    )


def _document(item: str, extra: str = "") -> str:
    return (
        f"Subject|Subject|text:120|!\n{item}|{item.replace('_', ' ')}|subform|!\n"
        "Account_Name|Account Name|lookup:120|>Accounts\nContact_Name|Contact Name|lookup:120|>Contacts\n"
        "Grand_Total|Grand Total|currency:16|-\nSub_Total|Sub Total|currency:16|-\nTax|Tax|currency:16|-\n"
        "Discount|Discount|currency:16\nAdjustment|Adjustment|currency:16\n"
        "Description|Description|textarea:32000\nTerms_and_Conditions|Terms and Conditions|textarea:32000\n"
        f"{extra}\n{_address('Billing', 'Code')}\n{_address('Shipping', 'Code')}"
    )


MODULES: dict[str, tuple[str, str, str | None, str]] = {
    # api_name: (singular, display field, field upsert merges on, fields)
    "Leads": ("Lead", "Full_Name", "Email", f"""{PERSON}
Company|Company|text:200|*
Designation|Title|text:100
Website|Website|website:255
Lead_Status|Lead Status|picklist:120|[Attempted to Contact,Contacted,Junk Lead,Lost Lead,Not Contacted,Pre-Qualified]
Industry|Industry|picklist:120|{INDUSTRIES}
No_of_Employees|No. of Employees|integer:9
Annual_Revenue|Annual Revenue|currency:16
Rating|Rating|picklist:120|[Acquired,Active,Market Failed,Project Cancelled,Shut Down]
Converted_Account|Converted Account|lookup:120|->Accounts
Converted_Contact|Converted Contact|lookup:120|->Contacts
Converted__s|Is Converted|boolean:5|-
{PERSONAL_ADDRESS}"""),
    "Contacts": ("Contact", "Full_Name", "Email", f"""{PERSON}
Account_Name|Account Name|lookup:120|>Accounts
Vendor_Name|Vendor Name|lookup:120|>Vendors
Title|Title|text:100
Department|Department|text:50
Home_Phone|Home Phone|phone:30
Other_Phone|Other Phone|phone:30
Date_of_Birth|Date of Birth|date:20
Assistant|Assistant|text:50
Asst_Phone|Asst Phone|phone:30
Reporting_To|Reporting To|lookup:120|>Contacts
{_address("Mailing", "Zip")}
{_address("Other", "Zip")}"""),
    "Accounts": ("Account", "Account_Name", "Account_Name", f"""
Account_Name|Account Name|text:200|!
Phone|Phone|phone:30
Fax|Fax|text:30
Website|Website|website:255
Account_Number|Account Number|bigint:18
Account_Site|Account Site|text:80
Account_Type|Account Type|picklist:120|[Analyst,Competitor,Customer,Distributor,Integrator,Investor,Other,Partner]
Parent_Account|Parent Account|lookup:120|>Accounts
Industry|Industry|picklist:120|{INDUSTRIES}
Annual_Revenue|Annual Revenue|currency:16
Rating|Rating|picklist:120|[Acquired,Active,Market Failed,Project Cancelled,Shut Down]
Ownership|Ownership|picklist:120|[Other,Private,Public,Subsidiary,Partnership,Government]
Employees|Employees|integer:9
SIC_Code|SIC Code|integer:9
Ticker_Symbol|Ticker Symbol|text:30
Description|Description|textarea:32000
Last_Activity_Time|Last Activity Time|datetime:120|-
{_address("Billing", "Code")}
{_address("Shipping", "Code")}"""),
    "Deals": ("Deal", "Deal_Name", "Deal_Name", f"""
Deal_Name|Deal Name|text:120|!
Stage|Stage|picklist:120|!=[Qualification,Needs Analysis,Value Proposition,Proposal/Price Quote,Closed Won,Closed Lost]
Pipeline|Pipeline|picklist:120|[Standard (Standard)]
Amount|Amount|currency:16
Closing_Date|Closing Date|date:20|*
Account_Name|Account Name|lookup:120|>Accounts
Contact_Name|Contact Name|lookup:120|>Contacts
Type|Type|picklist:120|[Existing Business,New Business]
Lead_Source|Lead Source|picklist:120|{SOURCES}
Next_Step|Next Step|text:100
Probability|Probability (%)|integer:9
Expected_Revenue|Expected Revenue|currency:16|-
Description|Description|textarea:32000"""),
    "Tasks": ("Task", "Subject", None, f"""
Subject|Subject|text:255|!
Due_Date|Due Date|date:20
Status|Status|picklist:120|[Not Started,Deferred,In Progress,Completed,Waiting for input]
Priority|Priority|picklist:120|[High,Highest,Low,Lowest,Normal]
Send_Notification_Email|Send Notification Email|boolean:5
Closed_Time|Closed Time|datetime:120|-
{ACTIVITY}"""),
    "Events": ("Meeting", "Event_Title", None, f"""
Event_Title|Title|text:255|!
Start_DateTime|From|datetime:120|!
End_DateTime|To|datetime:120|!
All_day|All day|boolean:5
Venue|Location|text:255
Participants|Participants|participants
Check_In_Status|Check-In Status|text:255|-
{ACTIVITY}"""),
    "Calls": ("Call", "Subject", None, f"""
Subject|Subject|text:255|!
Call_Type|Call Type|picklist:120|!=[Outbound,Inbound,Missed]
Call_Start_Time|Call Start Time|datetime:120|!
Call_Duration|Call Duration|text:100|!
Call_Duration_in_seconds|Call Duration (in seconds)|integer:9|-
Call_Purpose|Call Purpose|picklist:120|[Prospecting,Administrative,Negotiation,Demo,Project,Desk]
Call_Agenda|Call Agenda|text:255
Call_Result|Call Result|picklist:120|[Interested,Not interested,No response/Busy,Requested more info,Other]
Outgoing_Call_Status|Outgoing Call Status|picklist:120|[Completed,Scheduled]
{ACTIVITY}"""),
    "Products": ("Product", "Product_Name", "Product_Name", """
Product_Name|Product Name|text:200|!
Product_Code|Product Code|text:40
Product_Active|Product Active|boolean:5
Product_Category|Product Category|picklist:120|[Hardware,Software,CRM Applications]
Manufacturer|Manufacturer|picklist:120|[AltvetPet Inc.,LexPon Inc.,MetBeat Corp.]
Vendor_Name|Vendor Name|lookup:120|>Vendors
Unit_Price|Unit Price|currency:16
Commission_Rate|Commission Rate|currency:16
Tax|Tax|multiselectpicklist:1000|[GST,Sales Tax,Vat]
Taxable|Taxable|boolean:5
Usage_Unit|Usage Unit|picklist:120|[Box,Carton,Dozen,Each,Hours,Piece]
Qty_in_Stock|Quantity in Stock|double:16
Qty_Ordered|Qty Ordered|double:16
Qty_in_Demand|Quantity in Demand|double:16
Reorder_Level|Reorder Level|double:16
Sales_Start_Date|Sales Start Date|date:20
Sales_End_Date|Sales End Date|date:20
Support_Start_Date|Support Start Date|date:20
Support_Expiry_Date|Support End Date|date:20
Description|Description|textarea:32000"""),
    "Vendors": ("Vendor", "Vendor_Name", "Vendor_Name", f"""
Vendor_Name|Vendor Name|text:120|!
Phone|Phone|phone:30
Email|Email|email:100
Website|Website|website:255
Category|Category|text:50
Description|Description|textarea:32000
{PERSONAL_ADDRESS}"""),
    "Campaigns": ("Campaign", "Campaign_Name", "Campaign_Name", """
Campaign_Name|Campaign Name|text:200|!
Type|Type|picklist:120|[Conference,Webinar,Trade Show,Public Relations,Partners,Email,Direct mail]
Status|Status|picklist:120|[Planning,Active,Inactive,Complete]
Start_Date|Start Date|date:20
End_Date|End Date|date:20
Budgeted_Cost|Budgeted Cost|currency:16
Description|Description|textarea:32000"""),
    "Cases": ("Case", "Subject", "Subject", """
Subject|Subject|text:300|!
Status|Status|picklist:120|![New,On Hold,Escalated,Closed]
Case_Origin|Case Origin|picklist:120|![Email,Phone,Web]
Priority|Priority|picklist:120|[High,Medium,Low]
Account_Name|Account Name|lookup:120|>Accounts
Related_To|Related To|lookup:120|>Contacts
Email|Email|email:100
Phone|Phone|phone:30
Description|Description|textarea:32000
Solution|Solution|textarea:32000"""),
    "Solutions": ("Solution", "Solution_Title", "Solution_Title", """
Solution_Title|Solution Title|text:300|!
Status|Status|picklist:120|[Draft,Reviewed,Duplicate]
Question|Question|textarea:32000
Answer|Answer|textarea:32000"""),
    "Price_Books": ("Price Book", "Price_Book_Name", "Price_Book_Name", """
Price_Book_Name|Price Book Name|text:120|!
Active|Active|boolean:5
Description|Description|textarea:32000"""),
    "Quotes": ("Quote", "Subject", "Subject", _document("Quoted_Items", "Valid_Till|Valid Until|date:20")),
    "Sales_Orders": ("Sales Order", "Subject", "Subject", _document("Ordered_Items", "Due_Date|Due Date|date:20")),
    "Purchase_Orders": ("Purchase Order", "Subject", "Subject", _document(
        "Purchase_Items", "Vendor_Name|Vendor Name|lookup:120|!>Vendors\nPO_Date|PO Date|date:20"
    )),
    "Invoices": ("Invoice", "Subject", "Subject", _document("Invoiced_Items", (
        "Invoice_Date|Invoice Date|date:20\nDue_Date|Due Date|date:20\nInvoice_Number|Invoice Number|bigint:18|-\n"
        "Status|Status|picklist:120|[Created,Approved,Delivered,Cancelled,Closed]"
    ))),
    "Services__s": ("Service", "Service_Name", "Service_Name", """
Service_Name|Service Name|text:255|!
Duration|Duration|integer:9|!
Price|Price|currency:16
Location|Location|picklist:120|=[Business Address,Client Address]
Members|Members|multiuserlookup
Status|Status|picklist:120|=[Active,Inactive]
Description|Description|textarea:2000"""),
    "Appointments__s": ("Appointment", "Appointment_Name", "Appointment_Name", """
Appointment_Name|Appointment Name|text:255|!
Service_Name|Service Name|lookup:120|!>Services__s
Appointment_For|Appointment For|multi_module_lookup:120|!
Appointment_Start_Time|Appointment Start Time|datetime:120|!
Appointment_End_Time|Appointment End Time|datetime:120|-
Location|Location|picklist:120|!=[Business Address,Client Address]
Status|Status|picklist:120|=[Scheduled,Completed,Cancelled,Overdue]
Price|Price|currency:16
Remind_At|Remind At|datetime:120"""),
    "Notes": ("Note", "Note_Title", None, """
Note_Title|Note Title|text:120
Note_Content|Note Content|textarea:65535|!
Parent_Id|Parent ID|multi_module_lookup:120|!"""),
    "Attachments": ("Attachment", "File_Name", None, """
File_Name|File Name|text:120|-
Size|Size|bigint:20|-
Parent_Id|Parent ID|multi_module_lookup:120|-"""),
}  # fmt: skip
NO_UPSERT = ("Tasks", "Events", "Calls", "Notes", "Attachments")
NO_BULK_WRITE = ("Events", "Calls", "Notes", "Attachments", "Appointments__s", "Services__s")
PARENTS = tuple(name for name in MODULES if name not in ("Notes", "Attachments"))
"""Modules whose records have notes and attachments."""
RELATABLE = tuple(name for name in PARENTS if name not in ("Tasks", "Events", "Calls", "Contacts"))
"""Modules that What_Id points to; a contact goes into Who_Id (FACTS 0)."""

LINE = re.compile(r"(?P<flags>[!*=-]*)(?:>(?P<lookup>\w+))?(?:\[(?P<options>.*)\])?")
NewId = Callable[[], str]


def build(new_id: NewId) -> dict[str, Module]:
    """All standard modules, empty."""
    modules = {name: _module(name, new_id) for name in MODULES}
    for name, (singular, _, _, lines) in MODULES.items():
        for line in (EVERY.format(singular=singular) + lines).splitlines():
            if line:
                modules[name].add_field(_field(line, name, new_id))
    return modules


def every_field(singular: str, new_id: NewId) -> list[Field]:
    """The fields that a new custom module has by itself."""
    lines = (EVERY.format(singular=singular)).splitlines()
    return [_field(line, "", new_id) for line in lines if line]


def _module(name: str, new_id: NewId) -> Module:
    singular, display, system_key, _ = MODULES[name]
    plural = "Meetings" if name == "Events" else name.removesuffix("__s").replace("_", " ")
    return Module(
        id=new_id(),
        api_name=name,
        module_name=name,
        singular=singular,
        plural=plural,
        layout_id=new_id(),
        display=display,
        system_key=system_key,
        upsertable=name not in NO_UPSERT,
        bulk_writable=name not in NO_BULK_WRITE,
        creatable=name != "Attachments",
    )


def _field(line: str, module: str, new_id: NewId) -> Field:
    api_name, label, kind, *rest = line.split("|", 3)
    data_type, _, length = kind.partition(":")
    found = LINE.fullmatch(rest[0] if rest else "")
    if found is None:
        raise ValueError(f"standard field {module}.{api_name} is written wrongly")
    flags = found["flags"]
    return Field(
        id=new_id(),
        api_name=api_name,
        label=label,
        data_type=data_type,
        length=int(length) if length else None,
        mandatory="!" in flags,
        layout_mandatory="*" in flags,
        creatable="-" not in flags,
        updatable="-" not in flags,
        fixed="=" in flags,
        lookup=found["lookup"],
        modules=_several(module, api_name) if data_type == "multi_module_lookup" else (),
        text_kind=("small" if length == "2000" else "large") if data_type == "textarea" else None,
        decimal_places=2 if data_type in ("currency", "double") else None,
        options=_options(found["options"], new_id) if data_type.endswith("picklist") else [],
    )


def _several(module: str, api_name: str) -> tuple[str, ...]:
    if api_name == "Appointment_For":
        return ("Contacts", "Leads")
    return PARENTS if module in ("Notes", "Attachments") else RELATABLE


def _options(text: str | None, new_id: NewId) -> list[Option]:
    names = ["-None-", *(text.split(",") if text else [])]
    return [Option(new_id(), name, name) for name in names]
