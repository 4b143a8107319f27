"""Ordinary claims are read whole; what stands beside them is read as if every segment had gone to its handler."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib import x12
from chalicelib.local.bench_x12_files import write_claims, write_remittance
from tests.x12.fuzz.invariants import Pieces, Stepwise

CHANGES = {
    "837": (
        (b"PCN000000003*", b"PCN000000002*"),  # said twice
        (b"***11:B:1*", b"***11:B:7*"),
        (b"~LX*1~", b"~~LX*1~"),
        (b"*DMG*", b"*DMG**"),
        (b"DMG*D8*", b"DMG*D8*9"),
        (b"HL*5*1*22*0", b"HL*5*1*22*1"),
        (b"HL*4*1*22*0", b"HL*9*1*22*0"),
        (b"HL*4*1*22*0~", b"HL*4*2*23*0~PAT*19~"),
        (b"DTP*472*D8*", b"DTP*472*D8*0"),
        (b"***1:2~", b"***1:3~"),
        (b"~HL*6*", b"~NTE*ADD*A note~HL*6*"),
        (b"~HL*6*", b"~CLM*SECOND*1***11:B:1*Y*A*Y*Y~HL*6*"),
        (b"NM1*DN*1*Doctor*Dee****XX*1245319599", b"NM1*DN*1*Doctor*Dee****XX*1245319590"),
        (b"SV1*HC:", b"SV1*ZZ:"),
        (b"~SV1", b"~XX*LX*1~SV1"),
        (b"*UN*1*", b"*UN*-1*"),
    ),
    "835": (
        (b"CAS*CO*45*", b"CAS*CO*45*1"),
        (b"CAS*PR*2*", b"CAS*PR*9999*"),
        (b"~CAS*PR", b"*CAS*PR"),
        (b"~SVC", b"~~SVC"),
        (b"AMT*B6*", b"AMT*B6*-"),
        (b"DTM*050*20260901", b"DTM*050*20261301"),
        (b"~CLP*PCN000000005", b"~LX*2~CLP*PCN000000005"),
        (b"~CLP*PCN000000006", b"~PLB*1*20261231*L6*1~CLP*PCN000000006"),
        (b"REF*6R*3L0~", b"REF*6R*3L0~LQ*HE*N1~LQ*HE*M15~"),
        (b"SVC*HC:97530:GO*", b"SVC*HC:97530:GO*."),
        (b"*1~CAS", b"*1*HC:1~CAS"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["835", "837"])
def test_a_run_reads_what_the_handlers_would(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"some.{kind}"
    (write_remittance if kind == "835" else write_claims)(path, 80)
    plain = path.read_bytes()
    for old, new in (*CHANGES[kind], (b"~", b"~\r\n"), (b"*", b"|")):
        for data in (plain.replace(old, new), plain.replace(old, new, 1)):
            values = list(x12.read(data))
            assert list(Stepwise(data).run()) == values, (old, new)
            assert list(x12.read(Pieces(data))) == values or new == b"~~SVC" or new == b"~~LX*1~", (old, new)
