"""An object store on this machine: moto's server, and an empty bucket for a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count

import pytest

__all__ = ["bucket", "object_store"]

numbers = count()
MISSING = "moto[server] and s3fs are missing; `pip install '.[test]'` installs them."


@pytest.fixture(scope="session")
def object_store() -> Iterator[str]:
    """The address of an object store on this machine; skipped without its packages, not in CI."""
    try:
        from moto.server import ThreadedMotoServer

        __import__("s3fs")
    except ImportError:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(object_store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty bucket, as AUTOGRADER_FILES names it."""
    import s3fs

    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**keys, "AWS_ENDPOINT_URL": object_store}.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    name = f"course-{next(numbers)}"
    s3fs.S3FileSystem().mkdir(name)
    return f"s3://{name}/files"
