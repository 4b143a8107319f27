"""`otbill documents add|list|get`: papers a practice hands in beside its visits, such as prescriptions and disclosure forms."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from chalicelib.cli import common
from chalicelib.cli.tenant import print_table
from chalicelib.platform.errors import Misuse


def register(commands: Any) -> None:
    top = commands.add_parser("documents", help="papers beside the visits: prescriptions, forms, cards")
    verbs = top.add_subparsers(required=True)
    added = verbs.add_parser("add", help="keep a paper (PDF, PNG, JPEG, TIFF; at most 10 MB)")
    common.add_tenant(added)
    added.add_argument("file", type=Path, metavar="FILE", help="the paper")
    added.add_argument("--name", required=True, metavar="NAME", help="what it is, as rules ask for it: prescription")
    where = added.add_mutually_exclusive_group(required=True)
    where.add_argument("--claim", metavar="ID", help="the claim whose visit it belongs to")
    where.add_argument("--patient", metavar="P", help="our id or the practice's own number")
    added.add_argument("--visit", default="", metavar="V", help="with --patient: only for this visit")
    added.add_argument("--case", default="", metavar="C", help="with --patient: only for this case")
    common.add_common(added)
    added.set_defaults(run=run_add)
    listed = verbs.add_parser("list", help="a patient's papers")
    fetched = verbs.add_parser("get", help="write a paper to a file")
    for command in (listed, fetched):
        common.add_tenant(command)
        command.add_argument("--patient", required=True, metavar="P", help="our id or the practice's own number")
        common.add_common(command)
    listed.set_defaults(run=run_list)
    fetched.add_argument("--paper", required=True, metavar="ID", help="its id, from the list")
    fetched.add_argument(
        "--to", type=Path, required=True, metavar="FILE", help="where to; never over a file that is there"
    )
    fetched.set_defaults(run=run_get)


def run_add(arguments: argparse.Namespace) -> int:
    from chalicelib.documentation import attachments

    content = _content(arguments.file)
    with common.in_tenant(arguments, "documents.add"):
        patient, visit, case = _belongs_to(arguments)
        paper = attachments.add(arguments.name, content, patient=patient, visit_id=visit, case_id=case)
    if arguments.json:
        common.print_json(paper.model_dump(mode="json"))
    else:
        out = common.console()
        out.print(f"{paper.name} kept as {paper.paper_id}. Run `otbill claims scrub` to judge held claims again.")
    return 0


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misuse("FILE_UNREADABLE", "the file cannot be read", where=str(path), fix="check the path") from error


def _belongs_to(arguments: argparse.Namespace) -> tuple[str, str, str]:
    """(patient, visit, case): of a claim of one visit that visit, else the claim's case."""
    from chalicelib.claims.records import get_claim
    from chalicelib.intake import records

    if not arguments.claim:
        return records.patient(arguments.patient).key, arguments.visit, arguments.case
    content = get_claim(arguments.claim).claim.content
    if len(content.visit_ids) == 1:
        return content.patient_key, content.visit_ids[0], ""
    return content.patient_key, "", content.case_id


def run_list(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance.access_log import log_read
    from chalicelib.documentation.attachments import papers_of
    from chalicelib.intake import records

    with common.in_tenant(arguments, "documents.list"):
        patient = records.patient(arguments.patient).key
        papers = papers_of(patient)
        log_read("documents.list", f"PAT#{patient}")
    if arguments.json:
        common.print_json({"papers": [paper.model_dump(mode="json") for paper in papers]})
    else:
        heads = ("paper", "id", "for", "kind", "KB", "received")
        print_table(
            heads,
            [
                (
                    p.name,
                    p.paper_id,
                    _scope(p),
                    p.content_type,
                    str(-(-p.size_bytes // 1024)),
                    f"{p.received_at:%Y-%m-%d}",
                )
                for p in papers
            ],
        )
    return 0


def _scope(paper: Any) -> str:
    return "one visit" if paper.visit_key else f"case {paper.case_id}" if paper.case_id else "the patient"


def run_get(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance.access_log import log_read
    from chalicelib.documentation import attachments
    from chalicelib.intake import records

    if arguments.to.exists():
        raise Misuse("FILE_EXISTS", "there is a file of that name", where=str(arguments.to), fix="name another")
    with common.in_tenant(arguments, "documents.show"):
        patient = records.patient(arguments.patient).key
        paper, content = attachments.read(patient, arguments.paper)
        log_read("documents.show", f"PAT#{patient}")
    arguments.to.touch(mode=0o600)
    arguments.to.write_bytes(content)
    if arguments.json:
        common.print_json(paper.model_dump(mode="json"))
    return 0
