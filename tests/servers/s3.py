"""An S3-compatible server (moto) in this process, with one bucket that no other server has."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.servers.process import LOOPBACK, free_port

REGION = "us-east-1"


@dataclass(frozen=True)
class S3Server:
    """Where it listens, its bucket, and a client that puts objects."""

    endpoint: str
    bucket: str
    client: Any

    def put(self, key: str, content: bytes) -> None:
        """Put one object."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content)

    def source(self, prefix: str, **more: object) -> dict[str, object]:
        """A source of ``sources.yaml`` that reads a prefix of the bucket."""
        return {
            "source": "lake",
            "kind": "s3",
            "bucket": self.bucket,
            "endpoint": self.endpoint,
            "region": REGION,
            "path": prefix,
            "complete": "whole",
            "access_key_from": {"env": "TEST_S3_ACCESS_KEY"},
            "secret_key_from": {"env": "TEST_S3_SECRET_KEY"},
            "timeout_seconds": 5,
            **more,
        }


@contextmanager
def run_s3() -> Iterator[S3Server]:
    """A server until the block ends."""
    import boto3
    from moto.server import ThreadedMotoServer

    port = free_port()
    server = ThreadedMotoServer(LOOPBACK, port, verbose=False)
    server.start()
    try:
        endpoint, bucket = f"http://{LOOPBACK}:{port}", f"drop-{secrets.token_hex(8)}"
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        client = boto3.client("s3", endpoint_url=endpoint, region_name=REGION, **keys)
        assert client.list_buckets()["Buckets"] == [], "another S3 server answers"
        client.create_bucket(Bucket=bucket)
        yield S3Server(endpoint, bucket, client)
    finally:
        server.stop()
