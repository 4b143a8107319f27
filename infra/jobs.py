"""The batch jobs as CloudFormation: state machines, their schedules, the work queue and the dead-letter queue.

`python infra/jobs.py` writes infra/jobs.template.json from the job registry and infra/state_machines/; a test fails when the
file is not what the registry says. The Lambda functions are Chalice's; their ARNs are the template's parameters.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MACHINES = HERE / "state_machines"
TEMPLATE = HERE / "jobs.template.json"
ZONE = "America/New_York"
KEPT_S = 14 * 24 * 3600
FUNCTIONS = {
    "JobPlanArn": "job_plan",
    "JobWorkArn": "job_work",
    "JobPutAsideArn": "job_put_aside",
    "JobFinishArn": "job_finish",
    "JobMessagesArn": "job_messages",
}
_OF_MACHINES = tuple(name for name in FUNCTIONS if name != "JobMessagesArn")


def template(jobs: dict[str, Any]) -> dict[str, Any]:
    """The whole template for these jobs; one with a schedule has a machine of its name."""
    scheduled = {name: job for name, job in jobs.items() if job.schedule}
    resources = {**_queues(), **_roles(scheduled)}
    for name, job in scheduled.items():
        resources |= _machine(name, job.schedule)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "otbill batch jobs: state machines, schedules and queues. Made by infra/jobs.py; not edited by hand.",
        "Parameters": {"Stage": {"Type": "String"}, **{name: {"Type": "String"} for name in FUNCTIONS}},
        "Resources": resources,
        "Outputs": {
            "WorkQueueUrl": {"Value": {"Ref": "WorkQueue"}},
            "DeadLetterUrl": {"Value": {"Ref": "DeadLetters"}},
            **{f"{_title(name)}Arn": {"Value": {"Ref": f"{_title(name)}Machine"}} for name in scheduled},
        },
    }


def _title(name: str) -> str:
    return "".join(part.title() for part in name.split("-"))


def _sub(text: str) -> dict[str, str]:
    return {"Fn::Sub": text}


def _arn(resource: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [resource, "Arn"]}


def _queues() -> dict[str, Any]:
    """Standard queues are fair between practices when every message carries its practice as MessageGroupId."""
    kept = {"MessageRetentionPeriod": KEPT_S, "SqsManagedSseEnabled": True}
    work = {
        "QueueName": _sub("otbill-${Stage}-work"),
        # Six times the function's own limit, as Lambda asks for.
        "VisibilityTimeout": 6 * 900,
        "RedrivePolicy": {"deadLetterTargetArn": _arn("DeadLetters"), "maxReceiveCount": 5},
        **kept,
    }
    source = {
        "EventSourceArn": _arn("WorkQueue"),
        "FunctionName": {"Ref": "JobMessagesArn"},
        "BatchSize": 5,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 5},
    }
    alarm = {
        "AlarmDescription": "a practice or partner was given up in a batch job: read the message, then `otbill jobs runs`",
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}],
        "Statistic": "Maximum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    return {
        "DeadLetters": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": _sub("otbill-${Stage}-dead-letters"), **kept},
        },
        "WorkQueue": {"Type": "AWS::SQS::Queue", "Properties": work},
        "WorkSource": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": source},
        "DeadLetterAlarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
    }


def _machine_arn(name: str) -> str:
    return "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:otbill-${Stage}-" + name


def _roles(scheduled: dict[str, Any]) -> dict[str, Any]:
    invoke = {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": [{"Ref": name} for name in _OF_MACHINES],
    }
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": _arn("DeadLetters")}
    start = {
        "Effect": "Allow",
        "Action": "states:StartExecution",
        "Resource": [_sub(_machine_arn(n)) for n in scheduled],
    }
    # A distributed map starts and watches children of its own machine.
    runs = [
        _sub(_machine_arn(name).replace(":stateMachine:", f":{kind}:") + end)
        for name in scheduled
        for kind, end in (("execution", "/*"), ("mapRun", "/*"))
    ]
    watch = {"Effect": "Allow", "Action": ["states:DescribeExecution", "states:StopExecution"], "Resource": runs}
    return {
        "MachineRole": _role("states.amazonaws.com", [invoke, send, start, watch]),
        "ScheduleRole": _role("scheduler.amazonaws.com", [start, send]),
    }


def _role(service: str, statements: list[dict[str, Any]]) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": statements}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [{"PolicyName": "jobs", "PolicyDocument": document}],
        },
    }


def _machine(name: str, schedule: str) -> dict[str, Any]:
    definition = json.loads((MACHINES / f"{name}.asl.json").read_text("utf-8"))
    given: dict[str, Any] = {function: {"Ref": function} for function in _OF_MACHINES}
    machine = {
        "StateMachineName": _sub(f"otbill-${{Stage}}-{name}"),
        "RoleArn": _arn("MachineRole"),
        "DefinitionString": json.dumps(definition, separators=(",", ":")),
        "DefinitionSubstitutions": {**given, "DeadLetterUrl": {"Ref": "DeadLetters"}},
    }
    target = {
        "Arn": {"Ref": f"{_title(name)}Machine"},
        "RoleArn": _arn("ScheduleRole"),
        "Input": "{}",
        "DeadLetterConfig": {"Arn": _arn("DeadLetters")},
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 600},
    }
    when = {
        "Name": _sub(f"otbill-${{Stage}}-{name}"),
        "ScheduleExpression": schedule,
        "ScheduleExpressionTimezone": ZONE,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "State": "ENABLED",
        "Target": target,
    }
    return {
        f"{_title(name)}Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
        f"{_title(name)}Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": when},
    }


def text() -> str:
    """The template as it is kept."""
    sys.path.insert(0, str(HERE.parent))
    from chalicelib.jobs.registry import JOBS

    return json.dumps(template(JOBS), indent=1) + "\n"


if __name__ == "__main__":
    TEMPLATE.write_text(text(), "utf-8")
