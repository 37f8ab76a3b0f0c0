"""Accounts, people, products and deals: their fields as recorded, see `standard` for the notation."""

ACCURACY = "Address,NearAddress,Block,Street,ExtendedZip,Zip,Neighborhood,City,County,State,Unknown"
CLEAN = "Matched,Different,Acknowledged,NotFound,Inactive,Pending,SelectMatch,Skipped"
SOURCES = "Web,Phone Inquiry,Partner Referral,Purchased List,Other"
INDUSTRIES = (
    "Agriculture,Apparel,Banking,Biotechnology,Chemicals,Communications,Construction,Consulting,Education,Electronics,"
    "Energy,Engineering,Entertainment,Environmental,Finance,Food & Beverage,Government,Healthcare,Hospitality,"
    "Insurance,Machinery,Manufacturing,Media,Not For Profit,Recreation,Retail,Shipping,Technology,Telecommunications,"
    "Transportation,Utilities,Other"
)
SALUTATIONS = "Mr.,Ms.,Mrs.,Dr.,Prof."


def address(prefix: str, label: str = "") -> str:
    """The parts of an address, and the compound that shows them together."""
    of = f"{label or prefix} " if prefix else ""
    part = f"part={prefix}Address"
    return (
        f"{prefix}Street|{of}Street|textarea:255|{part} extra=plaintextarea\n"
        f"{prefix}City|{of}City|string:40|{part}\n"
        f"{prefix}State|{of}State/Province|string:80|{part}\n"
        f"{prefix}PostalCode|{of}Zip/Postal Code|string:20|{part}\n"
        f"{prefix}Country|{of}Country|string:80|{part}\n"
        f"{prefix}Latitude|{of}Latitude|double:18,15|{part}\n"
        f"{prefix}Longitude|{of}Longitude|double:18,15|{part}\n"
        f"{prefix}GeocodeAccuracy|{of}Geocode Accuracy|picklist:40|= {part}|{ACCURACY}\n"
        f"{prefix}Address|{of}Address|address|-\n"
    )


PERSON = f"""
LastName|Last Name|string:80|! . part=Name extra=personname
FirstName|First Name|string:40|. part=Name extra=personname
Salutation|Salutation|picklist:40|. part=Name extra=personname|{SALUTATIONS}
Name|Full Name|string:121|! - * . extra=personname
"""
ACCOUNT = f"""
MasterRecordId|Master Record ID|reference|- . >Account rel=MasterRecord
Name|Account Name|string:255|! * . extra=switchablepersonname
Type|Account Type|picklist:40||Prospect,Customer - Direct,Customer - Channel,Channel Partner / Reseller,\
Installation Partner,Technology Partner,Other
ParentId|Parent Account ID|reference|>Account rel=Parent kids=ChildAccounts
{address("Billing")}{address("Shipping")}
Phone|Account Phone|phone:40|
Fax|Account Fax|phone:40|
AccountNumber|Account Number|string:40|
Website|Website|url:255|
PhotoUrl|Photo URL|url:255|- . extra=imageurl
Sic|SIC Code|string:20|
Industry|Industry|picklist:40||{INDUSTRIES}
AnnualRevenue|Annual Revenue|currency:18,0|
NumberOfEmployees|Employees|int|
Ownership|Ownership|picklist:40||Public,Private,Subsidiary,Other
TickerSymbol|Ticker Symbol|string:20|
Description|Account Description|textarea:32000|extra=plaintextarea
Rating|Account Rating|picklist:40||Hot,Warm,Cold
Site|Account Site|string:80|
Jigsaw|Data.com Key|string:20|
JigsawCompanyId|Jigsaw Company ID|string:20|- . rel=JigsawCompany
CleanStatus|Clean Status|picklist:40|=|{CLEAN}
AccountSource|Account Source|picklist:40||{SOURCES}
DunsNumber|D-U-N-S Number|string:9|
Tradestyle|Tradestyle|string:255|
NaicsCode|NAICS Code|string:8|
NaicsDesc|NAICS Description|string:120|
YearStarted|Year Started|string:4|
SicDesc|SIC Description|string:80|
"""
CONTACT = f"""
MasterRecordId|Master Record ID|reference|- . >Contact rel=MasterRecord
AccountId|Account ID|reference|>Account rel=Account kids=Contacts cascade
{PERSON}{address("Other")}{address("Mailing")}
Phone|Business Phone|phone:40|
Fax|Business Fax|phone:40|
MobilePhone|Mobile Phone|phone:40|
HomePhone|Home Phone|phone:40|
OtherPhone|Other Phone|phone:40|
AssistantPhone|Asst. Phone|phone:40|
ReportsToId|Reports To ID|reference|>Contact rel=ReportsTo
Email|Email|email:80|@
Title|Title|string:128|
Department|Department|string:80|
AssistantName|Assistant's Name|string:40|
LeadSource|Lead Source|picklist:255||{SOURCES}
Birthdate|Birthdate|date|
Description|Contact Description|textarea:32000|extra=plaintextarea
LastCURequestDate|Last Stay-in-Touch Request Date|datetime|- .
LastCUUpdateDate|Last Stay-in-Touch Save Date|datetime|- .
EmailBouncedReason|Email Bounced Reason|string:255|.
EmailBouncedDate|Email Bounced Date|datetime|.
IsEmailBounced|Is Email Bounced|boolean|! - + . default=false
PhotoUrl|Photo URL|url:255|- . extra=imageurl
Jigsaw|Data.com Key|string:20|
JigsawContactId|Jigsaw Contact ID|string:20|- . rel=JigsawContact
CleanStatus|Clean Status|picklist:40|=|{CLEAN}
"""
LEAD = f"""
{PERSON}
Company|Company|string:255|! .
Title|Title|string:128|
{address("")}
Phone|Phone|phone:40|
MobilePhone|Mobile Phone|phone:40|
Email|Email|email:80|@
Website|Website|url:255|
Description|Description|textarea:32000|extra=plaintextarea
LeadSource|Lead Source|picklist:255||{SOURCES}
Status|Lead Status|picklist:255|! + default=Open|Open,Contacted,Qualified,Unqualified
"""
OPPORTUNITY = f"""
AccountId|Account ID|reference|>Account rel=Account kids=Opportunities cascade
ContactId|Contact ID|reference|^ >Contact rel=Contact kids=Opportunities
Name|Name|string:120|! * .
Description|Description|textarea:32000|extra=plaintextarea
StageName|Stage|picklist:255|! .|Prospecting,Qualification,Needs Analysis,Value Proposition,Closed Won,Closed Lost
Amount|Amount|currency:18,2|
Probability|Probability (%)|percent:3,0|
CloseDate|Close Date|date|! .
Type|Opportunity Type|picklist:255||Existing Business,New Business
LeadSource|Lead Source|picklist:255||{SOURCES}
"""
CASE = """
CaseNumber|Case Number|string:30|! - + * .
ContactId|Contact ID|reference|>Contact rel=Contact kids=Cases restrict
AccountId|Account ID|reference|>Account rel=Account kids=Cases restrict
Subject|Subject|string:255|
Status|Status|picklist:255|+ default=New|New,Working,Escalated,Closed
Origin|Case Origin|picklist:255||Phone,Email,Web
Priority|Priority|picklist:255|+ default=Medium|High,Medium,Low
Description|Description|textarea:32000|extra=plaintextarea
"""
CONTRACT = """
AccountId|Account ID|reference|! . >Account rel=Account kids=Contracts restrict
CustomerSignedId|Customer Signed By ID|reference|>Contact rel=CustomerSigned kids=ContractsSigned restrict
ContractNumber|Contract Number|string:30|! - + * .
StartDate|Contract Start Date|date|
Status|Status|picklist:255|! + default=Draft|In Approval Process,Activated,Draft
Description|Description|textarea:32000|extra=plaintextarea
"""
ASSET = """
ContactId|Contact ID|reference|>Contact rel=Contact kids=Assets cascade
AccountId|Account ID|reference|>Account rel=Account kids=Assets cascade
Product2Id|Product ID|reference|>Product2 rel=Product2 kids=Assets
Name|Asset Name|string:255|! * .
SerialNumber|Serial Number|string:80|
Description|Description|textarea:32000|extra=plaintextarea
"""
PRODUCT = """
Name|Product Name|string:255|! * .
ProductCode|Product Code|string:255|
Description|Product Description|textarea:4000|extra=plaintextarea
IsActive|Active|boolean|! + default=false
Family|Product Family|picklist:40||None
ExternalDataSourceId|External Data Source ID|reference|>ExternalDataSource rel=ExternalDataSource
ExternalId|External ID|string:255|
DisplayUrl|Display URL|url:1000|
QuantityUnitOfMeasure|Quantity Unit Of Measure|picklist:255||Each
StockKeepingUnit|Product SKU|string:180|
IsArchived|Is Archived|boolean|! - + . default=false
"""
PRICEBOOK = """
Name|Price Book Name|string:255|! * .
IsActive|Active|boolean|! + default=false
IsArchived|Is Archived|boolean|! - + . default=false
Description|Price Book Description|string:255|
IsStandard|Is Standard Price Book|boolean|! - + . default=false
"""
PRICE = """
Name|Product Name|string:255|- * .
Pricebook2Id|Price Book ID|reference|! ^ . >Pricebook2 rel=Pricebook2 kids=PricebookEntries
Product2Id|Product ID|reference|! ^ . >Product2 rel=Product2 kids=PricebookEntries restrict
UnitPrice|List Price|currency:18,2|! .
IsActive|Active|boolean|! + default=false
UseStandardPrice|Use Standard Price|boolean|! + default=false
ProductCode|Product Code|string:255|- .
"""

CRM = (
    ("Account", "Account", "Accounts", "001", ACCOUNT, "owner audit seen"),
    ("Contact", "Contact", "Contacts", "003", CONTACT, "owner audit seen"),
    ("Lead", "Lead", "Leads", "00Q", LEAD, "owner audit seen"),
    ("Opportunity", "Opportunity", "Opportunities", "006", OPPORTUNITY, "owner audit seen"),
    ("Case", "Case", "Cases", "500", CASE, "owner audit seen"),
    ("Contract", "Contract", "Contracts", "800", CONTRACT, "owner audit seen"),
    ("Asset", "Asset", "Assets", "02i", ASSET, "owner seen"),
    ("Product2", "Product", "Products", "01t", PRODUCT, "seen free"),
    ("Pricebook2", "Price Book", "Price Books", "01s", PRICEBOOK, "seen free"),
    ("PricebookEntry", "Price Book Entry", "Price Book Entries", "01u", PRICE, "free nobin"),
)
