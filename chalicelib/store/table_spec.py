"""The one specification of a table, a practice's or the control table. Provisioning and `infra` both build from it."""

from __future__ import annotations

from typing import Any

SPEC_VERSION = 1
PARTITION_KEY = "pk"
SORT_KEY = "sk"
INDEXES = {"gsi1": ("gsi1pk", "gsi1sk"), "gsi2": ("gsi2pk", "gsi2sk")}
TTL_ATTRIBUTE = "expires_at"
BILLING_MODE = "PAY_PER_REQUEST"
DELETION_PROTECTION = True
POINT_IN_TIME_RECOVERY = True


def create_request(table_name: str, key_arn: str, tags: dict[str, str]) -> dict[str, Any]:
    """The CreateTable request: on demand, encrypted under the owner's KMS key, protected from deletion."""
    names = [PARTITION_KEY, SORT_KEY, *(name for pair in INDEXES.values() for name in pair)]
    return {
        "TableName": table_name,
        "BillingMode": BILLING_MODE,
        "KeySchema": _keys(PARTITION_KEY, SORT_KEY),
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "GlobalSecondaryIndexes": [
            {"IndexName": name, "KeySchema": _keys(*pair), "Projection": {"ProjectionType": "ALL"}}
            for name, pair in INDEXES.items()
        ],
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_arn},
        "DeletionProtectionEnabled": DELETION_PROTECTION,
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())],
    }


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]
