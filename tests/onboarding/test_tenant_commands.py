"""The commands for practices and inquiries as a script sees them: JSON and exit codes."""

from __future__ import annotations

import argparse
import json

import pytest
from practice_text import GOOD

from chalicelib.cli import inquiry, tenant
from chalicelib.onboarding.inquiries import read_form, submit_inquiry
from chalicelib.platform.errors import Forbidden
from chalicelib.store import provision
from chalicelib.tenancy import Principal

pytestmark = pytest.mark.aws
PELICAN = GOOD.replace("pelican-ot", "command-ot").replace("1234567893", "1999999984").replace("650000001", "659999999")


@pytest.fixture
def otbill(aws, operator, capsys):
    provision.ensure_platform()

    def run(*words: str, principal: Principal = operator) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        commands = parser.add_subparsers()
        tenant.register(commands)
        inquiry.register(commands)
        arguments = parser.parse_args(words)
        arguments.principal = principal
        code = arguments.run(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_apply_plans_acts_and_then_has_nothing_to_do(otbill, tmp_path):
    file = tmp_path / "command-ot.toml"
    file.write_text(PELICAN)
    code, out, _ = otbill("tenant", "apply", str(file), "--plan")
    assert (code, "create" in out) == (0, True)
    code, out, _ = otbill("tenant", "apply", str(file), "--json")
    first = json.loads(out)
    assert (code, first["state"], first["version"], first["changed"]) == (0, "live", 1, True)
    code, out, _ = otbill("tenant", "apply", str(file))
    assert code == 0
    assert "nothing to do" in out
    assert "(0 writes)" in out
    code, out, _ = otbill("tenant", "list", "--json")
    assert first["tenant_id"] in {one["tenant_id"] for one in json.loads(out)["tenants"]}


def test_a_bad_file_is_refused_with_every_problem_and_exit_1(otbill, tmp_path):
    file = tmp_path / "command-ot.toml"
    file.write_text(PELICAN.replace("1999999984", "1999999985").replace("331011234", "33101"))
    code, out, _ = otbill("tenant", "apply", str(file), "--json")
    assert code == 1
    assert [(one["table"], one["key"]) for one in json.loads(out)["problems"]] == [("", "npi"), ("address", "zip")]
    code, _, err = otbill("tenant", "apply", str(file))
    assert code == 1
    assert "address: zip: a ZIP here is nine digits" in " ".join(err.split())


def test_the_schema_is_printed(otbill):
    code, out, _ = otbill("tenant", "schema")
    assert (code, json.loads(out)["type"]) == (0, "object")


def test_an_inquiry_is_listed_and_accepted(otbill, tmp_path):
    form = {"practice_name": "Command Testcase", "contact_name": "Cora Testcase", "email": "cora@example.com"}
    form |= {"phone": "3055550133", "state": "TX", "therapists": "2", "monthly_visits": "150"}
    inquiry_id = submit_inquiry(read_form(form))
    code, out, _ = otbill("inquiry", "list", "--json")
    assert (code, inquiry_id in out) == (0, True)
    code, out, _ = otbill("inquiry", "accept", inquiry_id, "--tenants", str(tmp_path), "--json")
    accepted = json.loads(out)
    assert (code, accepted["slug"], accepted["state"]) == (0, "command-testcase", "onboarding")
    assert (tmp_path / "command-testcase.toml").exists()
    assert any("npi" in line for line in accepted["missing"])


def test_a_practices_people_see_no_inquiries_and_apply_no_files(otbill, tmp_path):
    owner = Principal(user_id="usr_o", name="Owner", kind="practice", roles={"owner"}, tenants={"tnt_x"})
    file = tmp_path / "command-ot.toml"
    file.write_text(PELICAN)
    for words in (("inquiry", "list"), ("inquiry", "accept", "inq_x"), ("tenant", "apply", str(file))):
        with pytest.raises(Forbidden):
            otbill(*words, principal=owner)
    assert json.loads(otbill("tenant", "list", "--json", principal=owner)[1]) == {"tenants": []}
