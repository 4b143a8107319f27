"""`chalice package` gives what Lambda can run: every dependency, for its machine, and nothing that must stay home."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(600)  # packages may have to be fetched


@pytest.fixture(scope="module")
def packaging() -> ModuleType:
    spec = importlib.util.spec_from_file_location("otbill_package", ROOT / "infra/package.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("package")
    command = [sys.executable, str(ROOT / "infra/package.py"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=560, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.package
def test_every_dependency_is_in_it_for_lambdas_machine(built):
    names = zipfile.ZipFile(built / "deployment.zip").namelist()
    assert any(name.startswith("pydantic_core/_pydantic_core.cpython-3") and "x86_64" in name for name in names)
    packages = {name.split("/")[0] for name in names}
    assert {"aws_lambda_powertools", "pydantic", "pynamodb", "botocore", "stripe", "paramiko", "jinja2"} <= packages
    assert {"chalicelib/codes/tables.py", "app.py", "chalice/app.py"} <= set(names)
    assert any(name.startswith("chalicelib/portal/templates/") for name in names)


@pytest.mark.package
def test_nothing_that_must_stay_home_is_in_it(built):
    names = zipfile.ZipFile(built / "deployment.zip").namelist()
    roots = {name.split("/")[0] for name in names}
    assert not roots & {
        "infra",
        "tenants",
        "tests",
        "docs",
        ".otbill",
        "pip",
        "ministack",
        "pytest",
        "rich",
        "waitress",
    }
    assert not [name for name in names if name.startswith(("chalicelib/local/", "chalicelib/cli/"))]
    practice_files = {path.name for path in (ROOT / "tenants").iterdir()}
    assert not [name for name in names if name.endswith(".pyc") or Path(name).name in practice_files]


@pytest.mark.package
def test_the_unpacked_app_imports_by_itself(built, tmp_path):
    """What Lambda does at a cold start, with this Python but none of its installed packages."""
    zipfile.ZipFile(built / "deployment.zip").extractall(tmp_path / "task")
    script = "import sys; sys.path.insert(0, sys.argv[1]); import app; print(app.app.app_name)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(tmp_path / "task")],
        capture_output=True, text=True, cwd=tmp_path, check=False, env={"AWS_DEFAULT_REGION": "us-east-1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.package
def test_the_template_names_functions_with_a_runtime(built):
    template = json.loads((built / "sam.json").read_text())
    functions = [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    assert functions
    assert {function["Runtime"] for function in functions} == {f"python3.{sys.version_info.minor}"}


def test_chalices_own_command_line_is_left_out_and_shared_packages_stay(packaging):
    lock = (ROOT / "requirements/runtime.lock").read_text()
    kept = set(packaging.pins(packaging.needed(lock)))
    assert {"botocore", "pynamodb", "pydantic-core", "stripe", "paramiko", "cryptography", "jmespath", "six"} <= kept
    assert not kept & {"chalice", "pip", "setuptools", "wheel", "inquirer", "click", "pyyaml"}


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["app.py", "chalicelib/x.py"], "missing: stripe/"),
        (
            ["pydantic_core/_pydantic_core.cpython-311-aarch64-linux-gnu.so"],
            "missing: pydantic_core's extension module",
        ),
        (["tenants/harborview-ot.toml"], "must not be in it: tenants/"),
    ],
)
def test_a_wrong_package_is_seen(packaging, tmp_path, names, fault):
    with zipfile.ZipFile(tmp_path / "deployment.zip", "w") as archive:
        for name in names:
            archive.writestr(name, "")
    assert any(told.startswith(fault) for told in packaging.look(tmp_path / "deployment.zip"))
