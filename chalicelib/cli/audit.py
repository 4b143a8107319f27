"""`otbill audit`: prove that the audit trail is whole, and read it. `otbill access`: the emergency way in."""

from __future__ import annotations

import argparse
from typing import Any

from chalicelib import clock
from chalicelib.cli import common


def register(commands: Any) -> None:
    top = commands.add_parser("audit", help="prove that the audit trail is whole; read it").add_subparsers(
        required=True
    )
    verify = top.add_parser("verify", help="walk every chain and name what was altered, removed or reordered")
    seal = top.add_parser("seal", help="lay today's root of every chain into the object-locked bucket (once a day)")
    show = top.add_parser("show", help="who did and saw what on a day")
    show.add_argument("--day", default="", metavar="DAY", help="default today")
    show.add_argument("--subject", default="", metavar="ID", help="only entries about this record, e.g. CLM#clm_…")
    left = top.add_parser("disclosures", help="what about a patient left for whom, and when (45 CFR 164.528)")
    who = left.add_mutually_exclusive_group(required=True)
    who.add_argument("--patient", metavar="P", help="our id or the practice's own number")
    who.add_argument("--member-id", metavar="M", help="the member id of the patient's first coverage")
    common.add_tenant(left)
    common.add_common(left)
    left.set_defaults(run=run_disclosures)
    access = commands.add_parser("access", help="emergency access").add_subparsers(required=True)
    glass = access.add_parser("break-glass", help="read a practice you are not assigned to for an hour, on record")
    glass.add_argument("--reason", required=True, help="payer_deadline, outage, patient_request, legal_request, …")
    for command, run in ((verify, run_verify), (seal, run_seal), (show, run_show), (glass, run_break_glass)):
        common.add_tenant(command)
        common.add_common(command)
        command.set_defaults(run=run)


def run_verify(arguments: argparse.Namespace) -> int:
    """Exit 1 when the trail is not whole."""
    from chalicelib.compliance import trail

    with common.in_tenant(arguments, "audit.verify"):
        found = trail.verify_audit()
    if arguments.json:
        common.print_json(found)
    else:
        out = common.console()
        word = "is NOT whole" if found["problems"] else "is whole"
        counts = f"{found['entries']} entries in {found['chains']} chains, {found['seals']} daily seals"
        out.print(f"The audit trail {word}: {counts}")
        for problem in found["problems"]:
            out.print(f"  {problem['what']}: {problem['where']}")
    return 1 if found["problems"] else 0


def run_seal(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance import trail

    with common.in_tenant(arguments, "audit.seal"):
        made = trail.seal_audit()
    if arguments.json:
        common.print_json(made)
    else:
        count = sum(chain["number"] for chain in made["chains"].values())
        common.console().print(f"Sealed {count} entries in {len(made['chains'])} chains, day {made['day']}")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance import trail

    with common.in_tenant(arguments, "audit.show") as context:
        day = arguments.day or clock.today("UTC").isoformat()
        found = trail.audit_entries(day, arguments.subject)
    if arguments.json:
        common.print_json({"tenant": context.tenant.slug, "day": day, "entries": found})
        return 0
    for entry in found:
        more = f" and {len(entry['subjects'])} records" if entry.get("subjects") else ""
        mark = "  EMERGENCY" if entry.get("emergency") else ""
        common.console().print(
            f"{entry['at']}  {entry['actor']:30}  {entry['action']:24}  {entry['subject']}{more}{mark}"
        )
    return 0


def run_disclosures(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance import disclosures
    from chalicelib.compliance.access_log import log_read

    with common.in_tenant(arguments, "audit.disclosures"):
        key = _patient(arguments)
        found = disclosures.of_the_patient(key)
        log_read("audit.disclosures", f"PAT#{key}")
    if arguments.json:
        common.print_json({"patient": key, "disclosures": [item.model_dump(mode="json") for item in found]})
        return 0
    for item in found:
        common.console().print(
            f"{item.at}  {item.what:32}  to {item.to} ({item.to_id})  for {item.purpose}  {item.reference}"
        )
    if not found:
        common.console().print("Nothing about this patient has left.")
    return 0


def _patient(arguments: argparse.Namespace) -> str:
    """Our id of the one patient asked for; Refused when a member id is that of several."""
    from chalicelib.intake.records import patient, patients_by_member_id
    from chalicelib.platform.errors import NotFound, Refused

    if arguments.patient:
        return patient(arguments.patient).key
    found = patients_by_member_id(arguments.member_id)
    if len(found) > 1:
        raise Refused("SEVERAL_PATIENTS", "several patients have this member id", fix="name one with --patient")
    if not found:
        raise NotFound("PATIENT_NOT_FOUND", "no patient's first coverage has this member id")
    return found[0].key


def run_break_glass(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance.break_glass import break_glass

    until = clock.instant_text(break_glass(arguments.principal, arguments.tenant, arguments.reason))
    if arguments.json:
        common.print_json({"tenant": arguments.tenant, "until": until})
    else:
        common.console().print(f"Open for reading until {until}. It is on record, and somebody else will review it.")
    return 0
