"""Objects below a place: a prefix of an object store, `s3://BUCKET/…`, or a folder. Conditional writes are those of
docs/contracts/registry.md, which a folder has none of: a registry is in an object store."""

import datetime
import json
import os
import pathlib

import obstore
from obstore.exceptions import AlreadyExistsError, NotFoundError, PreconditionError
from obstore.store import LocalStore, S3Store

TIMEOUT = datetime.timedelta(seconds=60)


def of(place, environment=os.environ):
    """The store at a place. An object that a test hands over is one already."""
    if not isinstance(place, str):
        return Store(place)
    if not place.startswith("s3://"):
        return Store(LocalStore(prefix=pathlib.Path(place).absolute(), mkdir=True))
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    endpoint = environment.get("S3_ENDPOINT", "")
    config = {"region": environment.get("S3_REGION", "us-east-1"), "virtual_hosted_style_request": False}
    if endpoint:
        config["endpoint"] = endpoint
    return Store(
        S3Store(
            bucket,
            prefix=prefix or None,
            config=config,
            client_options={"allow_http": endpoint.startswith("http://"), "timeout": TIMEOUT},
        )
    )


class Store:
    def __init__(self, store):
        self.store = store

    def read(self, key):
        """The bytes, and what a replacement is conditional on; `None` twice where there is nothing."""
        try:
            found = obstore.get(self.store, key)
        except (NotFoundError, FileNotFoundError):
            return None, None
        return bytes(found.bytes()), found.meta.get("e_tag")

    def put(self, key, content):
        """Whole or not at all, whatever was there."""
        obstore.put(self.store, key, content)

    def put_new(self, key, content):
        """Whether it was put: not if there is one."""
        try:
            obstore.put(self.store, key, content, mode="create", use_multipart=False)
        except (AlreadyExistsError, FileExistsError):
            return False
        return True

    def replace(self, key, etag, content):
        """Whether it was put: not if it is another than was read; `None` is none."""
        if etag is None:
            return self.put_new(key, content)
        try:
            obstore.put(self.store, key, content, mode={"e_tag": etag}, use_multipart=False)
        except (PreconditionError, NotFoundError):
            return False
        return True

    def json(self, key):
        content, _ = self.read(key)
        return None if content is None else json.loads(content)

    def put_json(self, key, record):
        self.put(key, json.dumps(record, indent=2, ensure_ascii=False).encode())

    def folders(self, key):
        """Names of what lies directly below that is no object."""
        found = obstore.list_with_delimiter(self.store, prefix=key)
        return sorted(prefix.rstrip("/").rpartition("/")[2] for prefix in found["common_prefixes"])

    def objects(self, key=None):
        """All below: `path`, `size`, `last_modified`."""
        for batch in obstore.list(self.store, prefix=key):
            yield from batch

    def delete(self, keys):
        keys = list(keys)
        if keys:
            obstore.delete(self.store, keys)
