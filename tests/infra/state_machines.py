"""Our template on the embedded AWS: the functions from the sources as they are shipped, then the stack, then executions."""

from __future__ import annotations

import io
import itertools
import json
import os
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import jobs as stack

REPOSITORY = Path(__file__).resolve().parents[2]
NOT_SHIPPED = ("local", "cli")
_numbers = itertools.count(1)


@dataclass
class Deployed:
    """A deployed stack: outputs of the template, and the clients to use it."""

    outputs: dict[str, str]
    clients: dict[str, Any]

    def start(self, job: str) -> str:
        """Start the machine of a job as its schedule would; the execution's ARN. Every execution has a fresh name."""
        title = "".join(part.title() for part in job.split("-"))
        name = f"{job}-{os.getpid()}-{next(_numbers)}"
        begun = self.clients["stepfunctions"].start_execution(
            stateMachineArn=self.outputs[f"{title}Arn"], name=name, input="{}"
        )
        return str(begun["executionArn"])

    def wait(self, execution: str, most_s: float = 240) -> dict[str, Any]:
        """What an execution ended with. AssertionError when it did not succeed."""
        until = time.monotonic() + most_s
        while time.monotonic() < until:
            found = self.clients["stepfunctions"].describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                assert found["status"] == "SUCCEEDED", (found["status"], found.get("error"), found.get("cause"))
                return json.loads(found["output"])
            time.sleep(0.25)
        raise AssertionError("the execution did not end")

    def run(self, job: str) -> dict[str, Any]:
        return self.wait(self.start(job))

    def dead_letters(self) -> list[dict[str, Any]]:
        """Take every message off the dead-letter queue."""
        found = []
        while (
            got := self.clients["sqs"]
            .receive_message(QueueUrl=self.outputs["DeadLetterUrl"], MaxNumberOfMessages=10)
            .get("Messages")
        ):
            for message in got:
                found.append(json.loads(message["Body"]))
                self.clients["sqs"].delete_message(
                    QueueUrl=self.outputs["DeadLetterUrl"], ReceiptHandle=message["ReceiptHandle"]
                )
        return found

    def states_of(self, execution: str) -> str:
        """Input and output of an execution and of the children of its map, as text."""
        machines = self.clients["stepfunctions"]
        told = [machines.describe_execution(executionArn=execution)]
        for run in machines.list_map_runs(executionArn=execution)["mapRuns"]:
            listed = machines.list_executions(mapRunArn=run["mapRunArn"])["executions"]
            told += [machines.describe_execution(executionArn=item["executionArn"]) for item in listed]
        return "\n".join(f"{item['input']}\n{item.get('output') or ''}" for item in told)


def deploy(endpoint: str, now: str, most_s: int = 900) -> Deployed:
    """Functions and stack. The functions run the shipped sources with the packages of this environment."""
    clients = _clients(endpoint)
    code = _package()
    arns = {}
    for parameter, name in stack.FUNCTIONS.items():
        made = clients["lambda"].create_function(
            FunctionName=f"otbill-local-{name}",
            Runtime="python3.11",
            Role="arn:aws:iam::000000000000:role/jobs",
            Handler=f"chalicelib.jobs.handlers.{name}",
            Code={"ZipFile": code},
            Timeout=most_s,
            MemorySize=1024,
            Environment={"Variables": _environment(endpoint, now)},
        )
        arns[parameter] = made["FunctionArn"]
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in {"Stage": "local", **arns}.items()]
    clients["cloudformation"].create_stack(
        StackName="otbill-jobs",
        TemplateBody=stack.TEMPLATE.read_text("utf-8"),
        Parameters=parameters,
        Capabilities=["CAPABILITY_IAM"],
    )
    return Deployed(_outputs(clients["cloudformation"]), clients)


def set_now(deployed: Deployed, endpoint: str, now: str) -> None:
    """Let the functions live on another day."""
    for name in stack.FUNCTIONS.values():
        deployed.clients["lambda"].update_function_configuration(
            FunctionName=f"otbill-local-{name}", Environment={"Variables": _environment(endpoint, now)}
        )


def _clients(endpoint: str) -> dict[str, Any]:
    from botocore.session import Session

    session = Session()
    session.set_credentials("otbill-embedded", "otbill-embedded")
    names = ("lambda", "stepfunctions", "cloudformation", "sqs")
    return {name: session.create_client(name, region_name="us-east-1", endpoint_url=endpoint) for name in names}


def _environment(endpoint: str, now: str) -> dict[str, str]:
    import pydantic

    return {
        "OTBILL_AWS_ENDPOINT": endpoint,
        "OTBILL_NOW": now,
        # The server's own interpreter runs the functions; its packages stand behind ours.
        "PYTHONPATH": str(Path(pydantic.__file__).parents[1]),
    }


def _package() -> bytes:
    """app.py and chalicelib as infra/package.py ships them; packages come from the environment."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(REPOSITORY / "app.py", "app.py")
        for path in sorted((REPOSITORY / "chalicelib").rglob("*")):
            place = path.relative_to(REPOSITORY)
            if path.is_file() and path.suffix != ".pyc" and place.parts[1] not in NOT_SHIPPED:
                archive.write(path, str(place))
    return held.getvalue()


def _outputs(cloudformation: Any) -> dict[str, str]:
    for _ in range(480):
        (found,) = cloudformation.describe_stacks(StackName="otbill-jobs")["Stacks"]
        if found["StackStatus"] == "CREATE_COMPLETE":
            return {item["OutputKey"]: item["OutputValue"] for item in found["Outputs"]}
        assert "FAILED" not in found["StackStatus"], found
        assert "ROLLBACK" not in found["StackStatus"], found
        time.sleep(0.25)
    raise AssertionError("the stack did not come up")
