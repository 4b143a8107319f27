"""Names for things: deterministic ids and patient control numbers.

An id is a kind prefix and 26 base32 characters of HMAC-SHA256(tenant id key, kind | natural key): importing or posting
the same thing again names the same item, and nothing about a patient can be read from it.
"""

from __future__ import annotations

import hmac

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ID_LENGTH = 26
CONTROL_NUMBER_LENGTH = 14


def _digest(key: bytes, *parts: str) -> int:
    # The unit separator cannot stand in a natural key part, so ('a', 'bc') and ('ab', 'c') differ.
    return int.from_bytes(hmac.digest(key, "\x1f".join(parts).encode(), "sha256"), "big")


def _spell(number: int, alphabet: str, length: int) -> str:
    out = []
    for _ in range(length):
        number, digit = divmod(number, len(alphabet))
        out.append(alphabet[digit])
    return "".join(out)


def make_id(key: bytes, kind: str, *natural_key: str) -> str:
    """`clm_` + 26 characters for kind 'clm'. The same key, kind and natural key give the same id, always."""
    return f"{kind}_{_spell(_digest(key, kind, *natural_key), _BASE32, ID_LENGTH)}"


def blind_index(key: bytes, field: str, value: str) -> str:
    """A keyed hash for searching by a value that must not stand in a key (name, member id); case and spaces folded."""
    return _spell(_digest(key, "blind", field, " ".join(value.casefold().split())), _BASE32, 20)


def tenant_code(key: bytes, slug: str, attempt: int = 0) -> str:
    """Four characters that name a practice inside patient control numbers; the control table keeps them unique."""
    return _spell(_digest(key, "code", slug, str(attempt)), _BASE36, 4)


def check_character(text: str) -> str:
    """ISO 7064 MOD 37,36 check character: catches any one wrong character and any swap of neighbours."""
    check = 36
    for character in text:
        check = (check + _BASE36.index(character)) % 36 or 36
        check = check * 2 % 37
    return _BASE36[(37 - check) % 36]


def patient_control_number(key: bytes, code: str, *submission_key: str) -> str:
    """CLM01: tenant code (4), 9 characters from the submission, 1 check character; payers keep as few as 17."""
    body = code + _spell(_digest(key, "pcn", *submission_key), _BASE36, 9)
    return body + check_character(body)


def is_patient_control_number(text: str) -> bool:
    """True for a well-formed number of ours: 14 of [0-9A-Z] with the right check character."""
    return (
        len(text) == CONTROL_NUMBER_LENGTH
        and all(c in _BASE36 for c in text)
        and check_character(text[:-1]) == text[-1]
    )
