"""A practice with booked visits that payers were asked about, and its owner: for the tests of the coverage pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from web_world import PASSWORD

from chalicelib.coverage.authorization import Allowance
from chalicelib.coverage.authorize import Entry, add
from chalicelib.coverage.batch import run_batch
from chalicelib.coverage.records import find_checks
from chalicelib.exchange import realtime
from chalicelib.intake.records import patient_key
from chalicelib.intake.schedule import import_schedule
from chalicelib.local import login_codes
from chalicelib.local.clearinghouse import realtime_doors
from chalicelib.store import directory, identity
from chalicelib.tenancy import enter
from tests.conftest import OPERATOR
from tests.practice import live_practice

COLUMNS = (
    "appointment_id,date_of_service,start_time,patient_id,services,last_name,first_name,date_of_birth,sex,payer_id,"
)
COLUMNS += "line_of_business,member_id,relationship\n"
ROWS = (
    "C1,2026-09-30,09:00,C1,97530x2,=Testcase,Sorrel,1988-04-05,F,60054,commercial,W100200301,self\n"
    "C2,2026-10-02,10:00,C2,97530x2,Testcase,Fennel,1979-04-05,M,60054,commercial,W100200313,self\n"
    "C3,2026-10-02,11:00,C3,97530x2,Testcase,Dill,1979-04-05,M,GEICO,auto,G1,self\n"
    "C4,2026-11-02,11:00,C4,97530x2,Testcase,Anise,1979-04-05,F,GEICO,auto,G2,self\n"
)
LATER = (  # beyond the week the desk shows
    "C5,2026-11-03,09:00,C5,97530x2,Testcase,Tansy,1948-04-05,F,09102,medicare,1EG4TE5MK72,self\n"
    "C6,2026-11-03,10:00,C6,97530x4,Testcase,Yarrow,1950-04-05,M,87726,medicare_advantage,U100200305,self\n"
    "C7,2026-11-05,10:00,C6,97530x4,Testcase,Yarrow,1950-04-05,M,87726,medicare_advantage,U100200305,self\n"
)


@dataclass(frozen=True)
class Desk:
    """Ids of patients: a covered one, an auto one, one with Medicare, one of Medicare Advantage with an authorization."""

    slug: str
    login: str
    first: str
    auto: str
    medicare: str
    advantage: str
    check_id: str
    auth_id: str


_made: dict[str, Desk] = {}


def desk_world(endpoint: str, folder: Path) -> Desk:
    """Made once for each embedded AWS; the payers' doors are open from then on (`realtime.install(None)` shuts them)."""
    realtime.install(realtime_doors(folder / "payers"))
    if endpoint not in _made:
        _made[endpoint] = _make(folder / "schedule.csv")
    return _made[endpoint]


def _make(path: Path) -> Desk:
    slug = live_practice(OPERATOR).slug
    path.write_text(COLUMNS + ROWS + LATER)
    with enter(OPERATOR, slug, "test", directory.directory()) as context:
        import_schedule(path)
        run_batch(realtime.door("simulated"), days=40)
        allowance = Allowance(codes=("97530",), measure="units", approved=6)
        held = add(
            Entry("C6", "87726", "AU-77", start=date(2026, 9, 1), end=date(2026, 11, 30), allowances=(allowance,))
        )
        login = f"{slug}@coverage.invalid"
        identity.ensure_user(login, "Olive Desk", PASSWORD, "practice", ("owner",), (context.tenant.tenant_id,))
        login_codes.enrol(login, PASSWORD)
        first, auto, medicare, advantage = map(patient_key, ("C1", "C4", "C5", "C6"))
        return Desk(slug, login, first, auto, medicare, advantage, find_checks(first)[0].check_id, held.auth_id)
