"""A practice file that is right, as text, for tests to spoil one piece at a time."""

GOOD = """\
schema = 1
slug = "pelican-ot"
legal_name = "Pelican Testcase Therapy LLC"
npi = "1234567893"
tax_id = "650000001"
tax_id_kind = "EI"
taxonomy = "261QR0400X"
is_person = false
time_zone = "America/New_York"
contact_name = "Petra Testcase"
contact_phone = "3055550100"

[address]
line1 = "100 Testcase Way"
city = "Miami"
state = "FL"
zip = "331011234"

[[therapists]]
id = "ot-1"
npi = "1245319599"
last_name = "Testcase"
first_name = "Olive"
kind = "OT"
taxonomy = "225X00000X"

  [[therapists.credentialing]]
  payer_id = "09102"
  from = "2025-01-01"
  to = ""

  [[therapists.credentialing]]
  payer_id = "87726"
  line_of_business = "commercial"
  from = "2025-03-01"
  to = "2026-06-30"

[[therapists]]
id = "ota-1"
last_name = "Testcase"
first_name = "Ash"
kind = "OTA"
taxonomy = "224Z00000X"

[[payers]]
payer_id = "09102"
name = "Medicare Part B Florida"
lines_of_business = ["medicare"]
  [payers.enrolment]
  "837" = {from = "2025-01-01", state = "live"}
  "835" = {from = "2025-02-01", state = "live"}
  EFT = {from = "2025-02-01", state = "pending"}
  "270" = {from = "2025-01-01", state = "live"}

[[payers]]
payer_id = "87726"
name = "UnitedHealthcare"
lines_of_business = ["commercial", "medicare_advantage"]
  [payers.enrolment]
  "837" = {from = "2026-01-01", state = "test"}

[fee_schedule]
"97530" = "75.00"
"97165" = "180.5"

[fee_agreement]
percent_of_collections = "6.5"
minimum_month = "0.00"

[billing]
trading_partner = "simulated"
receiver_id = "SIMCLEAR"
submitter_id = "OTBILL"
"""
