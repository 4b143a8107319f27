"""What atheris runs, under the environment of `requirements/bench-fuzz.lock`. Bytes are changed as bytes half of the time,
and as segments and elements the other half."""

from __future__ import annotations

import random
import sys

import atheris  # type: ignore[import-not-found, unused-ignore]

with atheris.instrument_imports(include=["chalicelib.x12", "chalicelib.cli.x12"]):
    from chalicelib.x12 import (  # noqa: F401 - instrumented where they are first imported
        read270,
        read276,
        read277,
        read278,
        read835,
        read837,
        read999,
        reader,
        source,
    )
    from tests.x12.fuzz.invariants import check

_VALUES = (
    b"",
    b"-1",
    b"0",
    b"9" * 30,
    b"1e9",
    b".5",
    b"1.005",
    b"\xff\xfe",
    b":::",
    b"X^Y",
    b"20260931",
    b"HC:97530:GO",
    b"HE",
)
_OTHERS: list[bytes] = []  # segments seen lately, to put where they do not belong


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """One change of the whole file's bytes, or a few of its segments."""
    random_ = random.Random(seed)
    if random_.random() < 0.4:
        return bytes(atheris.Mutate(data, max_size))
    segments = data.split(b"~")
    _OTHERS.append(random_.choice(segments))
    if len(_OTHERS) > 2000:
        del _OTHERS[: random_.randrange(1, 1000)]
    for _ in range(random_.randint(1, 4)):
        _change(segments, random_)
    return b"~".join(segments)[:max_size]


def _change(segments: list[bytes], random_: random.Random) -> None:
    at = random_.randrange(len(segments))
    other = random_.randrange(len(segments))
    match random_.randrange(8):
        case 0 if len(segments) > 2:
            del segments[at]
        case 1:
            segments.insert(other, segments[at])
        case 2:
            segments[at], segments[other] = segments[other], segments[at]
        case 3:
            segments[at] = segments[at][: random_.randrange(len(segments[at]) + 1)]
        case 4:
            segments.insert(at, random_.choice(_OTHERS))
        case 5:
            begin, end = sorted((at, other))
            segments[end:end] = segments[begin:end][:40]
        case _:
            elements = segments[at].split(b"*")
            place = random_.randrange(len(elements))
            elements[place] = random_.choice((*_VALUES, random_.choice(elements), elements[place] + b"*"))
            segments[at] = b"*".join(elements)


if __name__ == "__main__":
    atheris.Setup(sys.argv, check, custom_mutator=mutate)
    atheris.Fuzz()
