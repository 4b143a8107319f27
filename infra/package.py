"""Builds what AWS Lambda is given: `python infra/package.py [--stage dev] [--out build/package]`.

Chalice packages app.py, chalicelib/ and what requirements.txt names, ships no dependency at all without that file, and
exits 0 when it could not get one. So the requirements come from requirements/runtime.lock, every wheel is fetched
for Lambda's platform with its hash checked, Chalice may use nothing but those, and the result is opened and looked at.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Chalice copies its own runtime into the package; what its command line needs (pip, inquirer …) has no business there.
NOT_NEEDED = {"chalice"}
# The faces of one machine: they start servers and child processes, and Lambda code never imports them.
NOT_SHIPPED = ("local", "cli")
PLATFORMS = (
    "manylinux2014_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux_2_26_x86_64",
)  # Lambda's Amazon Linux 2, glibc 2.26
# What must be in the package, and what must not. A name is the beginning of a path in the zip.
WANTED = (
    "app.py",
    "chalicelib/",
    "chalicelib/portal/templates/",
    "chalicelib/codes/data/",
    "chalice/app.py",
    "aws_lambda_powertools/",
    "botocore/",
    "jinja2/",
    "jwt/",
    "paramiko/",
    "pydantic/",
    "pynamodb/",
    "segno/",
    "stripe/",
)
UNWANTED = ("infra/", "tenants/", "tests/", "chalicelib/local/", "chalicelib/cli/", "pip/", "setuptools/", "inquirer/")
EXTENSION = re.compile(r"pydantic_core/_pydantic_core\.cpython-\d+-x86_64-linux-gnu\.so")
MAX_UNPACKED_BYTES = 250 * 1024 * 1024  # Lambda's limit


class PackageError(Exception):
    """The package is not what Lambda needs."""


def pins(lock: str) -> dict[str, tuple[str, set[str]]]:
    """Package -> (its lines in the lock, who asked for it), from the lock's 'via' remarks."""
    found: dict[str, tuple[str, set[str]]] = {}
    for block in re.split(r"(?m)^(?=[a-z0-9])", lock):
        name = re.match(r"([a-z0-9][a-z0-9._-]*)==", block)
        if name:
            via = block[block.index("# via") + 5 :]
            found[name[1]] = (block, set(re.findall(r"(?m)^\s*(?:#\s+)?([a-z0-9-][^\n#]*?)\s*$", via)))
    return found


def needed(lock: str) -> str:
    """The part of the lock that the deployed code needs: everything not asked for by Chalice alone."""
    entries = pins(lock)
    kept = {name for name, (_, via) in entries.items() if any(by.startswith("-r ") for by in via)} - NOT_NEEDED
    while more := {name for name, (_, via) in entries.items() if via & kept} - kept - NOT_NEEDED:
        kept |= more
    return "".join(block for name, (block, _) in entries.items() if name in kept)


def copy_sources(target: Path) -> None:
    """The project as Chalice shall see it, apart from the working tree."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", *NOT_SHIPPED)
    for name in ("chalicelib", ".chalice"):
        shutil.copytree(ROOT / name, target / name, ignore=ignore if name == "chalicelib" else None)
    shutil.copy(ROOT / "app.py", target / "app.py")


def fetch_wheels(requirements: Path, target: Path) -> None:
    """Every pinned wheel for Lambda's platform, its hash checked against the lock."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    abi = version.replace(".", "")
    command = [sys.executable, "-m", "pip", "download", "-q", "--require-hashes", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", version, "--implementation", "cp", "-d", str(target), "-r", str(requirements)]
    for kind, values in (("--abi", (f"cp{abi}", "abi3", "none")), ("--platform", PLATFORMS)):
        for value in values:
            command += [kind, value]
    run(command, os.environ.copy())


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 (our own arguments)
        command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    told = done.stdout + done.stderr
    if done.returncode or "Could not install dependencies" in told:
        raise PackageError(f"{Path(command[0]).name} {' '.join(command[1:4])} failed:\n{told[-4000:]}")
    return told


def package(stage: str, out: Path) -> Path:
    """The deployment zip of a stage; PackageError when it lacks something or holds too much."""
    with tempfile.TemporaryDirectory(prefix="otbill-package-") as scratch:
        project, wheels = Path(scratch, "project"), Path(scratch, "wheels")
        project.mkdir()
        copy_sources(project)
        requirements = needed((ROOT / "requirements" / "runtime.lock").read_text("utf-8"))
        locked = Path(scratch, "locked.txt")
        locked.write_text(requirements, "utf-8")
        fetch_wheels(locked, wheels)
        # Chalice asks pip for single packages too, which pip refuses beside hashes; fetch_wheels checked them.
        plain = "\n".join(re.findall(r"(?m)^[a-z0-9][a-z0-9._-]*==[^\s\\;]+", requirements)) + "\n"
        (project / "requirements.txt").write_text(plain, "utf-8")
        environment = os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull}
        environment.setdefault("AWS_DEFAULT_REGION", "us-east-1")
        chalice = str(Path(sys.executable).with_name("chalice"))
        run([chalice, "--project-dir", str(project), "package", "--stage", stage, str(out)], environment)
    faults = look(out / "deployment.zip")
    if faults:
        raise PackageError("the package is wrong:\n" + "\n".join(faults))
    return out / "deployment.zip"


def look(path: Path) -> list[str]:
    """What is wrong with a deployment zip, in words; empty when nothing is."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        size = sum(entry.file_size for entry in archive.infolist())
    faults = [f"missing: {want}" for want in WANTED if not any(name.startswith(want) for name in names)]
    faults += [f"must not be in it: {name}" for name in names if name.startswith(UNWANTED)][:20]
    if not any(EXTENSION.fullmatch(name) for name in names):
        faults.append("missing: pydantic_core's extension module for x86_64 Linux")
    if size > MAX_UNPACKED_BYTES:
        faults.append(f"{size} bytes unpacked, Lambda takes {MAX_UNPACKED_BYTES}")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description="Build and inspect the Lambda deployment package.")
    parser.add_argument("--stage", default="dev", help="a stage of .chalice/config.json")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "package")
    options = parser.parse_args()
    try:
        path = package(options.stage, options.out.resolve())
    except PackageError as error:
        print(error, file=sys.stderr)  # noqa: T201 (a command)
        return 1
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, looked at, fit for Lambda (x86_64)")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
