"""The names the EDI language offers are the ones it can load."""

import chalicelib.x12 as x12


def test_every_public_name_loads() -> None:
    assert set(x12.__all__) == set(x12._MODULE_OF)
    for name in x12.__all__:
        assert getattr(x12, name).__name__ == name
