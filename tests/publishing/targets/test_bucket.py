"""Releases in a bucket of a real S3-compatible server: what the pointer names, what stays, what is refused."""

import hashlib
import json

import pytest

from publishing.release import drop_old_releases, point_to
from publishing.targets import bucket as target
from publishing.targets import bucket_objects
from publishing.targets.words import Served, TargetFault
from tests.publishing.targets.conftest import follow
from tests.publishing.targets.made_release import DISTRICTS, make_release


@pytest.fixture
def objects(s3_server, bucket):
    """What lies below the test's prefix, by key."""

    def look():
        listed = s3_server.client.list_objects_v2(Bucket=bucket.bucket, Prefix=f"{bucket.path}/").get("Contents", [])
        keys = [one["Key"] for one in listed if not one["Key"].endswith("/")]
        read = {key: s3_server.client.get_object(Bucket=bucket.bucket, Key=key)["Body"].read() for key in keys}
        return {key.removeprefix(f"{bucket.path}/"): content for key, content in read.items()}

    return look


def test_bucket__the_pointer_names_a_list_that_names_every_object(home, bucket, objects):
    release_id = make_release(home, 1)
    assert follow(home, s3=bucket) == ["copied"]
    found = objects()
    pointer = json.loads(found.pop("current.json"))
    listed = found.pop(f"releases/{release_id}/objects.json")
    assert pointer == {"release_id": release_id, "objects_sha256": hashlib.sha256(listed).hexdigest()}
    told = json.loads(listed)["objects"]
    top = f"releases/{release_id}"
    assert {f"{top}/{name}": one for name, one in told.items()} == {
        key: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} for key, content in found.items()
    }
    private = [f"private/{d}/{t}.parquet" for d in DISTRICTS for t in ("fct_metric_value", "student_list")]
    assert {*private, "shared/dim_metric.parquet", "collaborative/mart_metric_value.parquet"} < told.keys()
    assert not list(home.work.glob("bucket-*"))
    assert follow(home, s3=bucket) == ["in_place"]


def test_bucket__goes_back_and_keeps_what_the_home_keeps(home, bucket, objects, monkeypatch):
    ids = [make_release(home, number, rows=2) for number in (1, 2, 3)]
    for release_id in ids:
        point_to(home, release_id)
        follow(home, s3=bucket)
    with monkeypatch.context() as patched:
        patched.setattr(bucket_objects.Bucket, "put_file", lambda *_: pytest.fail("written again"))
        point_to(home, ids[0])
        assert follow(home, s3=bucket) == ["pointed"]
        assert target.served(bucket) == Served(ids[0], tuple(ids))
        point_to(home, ids[2])
        drop_old_releases(home, 1)
        assert follow(home, s3=bucket) == ["pointed"]
    assert target.served(bucket) == Served(ids[2], (ids[2],))
    assert {key.split("/")[1] for key in objects() if key != "current.json"} == {ids[2]}


def test_bucket__an_audience_that_is_left_out_later_goes_from_every_release(home, bucket, objects, monkeypatch):
    ids = [make_release(home, number, rows=2) for number in (1, 2)]
    for release_id in ids:
        point_to(home, release_id)
        follow(home, s3=bucket)
    before = objects()
    without = bucket.model_copy(update={"audiences": ("collaborative", "shared")})
    with monkeypatch.context() as patched:
        patched.setattr(bucket_objects.Bucket, "put_file", lambda *_: pytest.fail("written again"))
        assert [follow(home, s3=without) for _ in range(2)] == [["pointed"], ["in_place"]]
        require_whole(objects(), ids[1])
        point_to(home, ids[0])
        assert follow(home, s3=without) == ["pointed"]
    require_whole(objects(), ids[0])
    lists = {"current.json", *(f"releases/{each}/objects.json" for each in ids)}
    assert {key for key in before if "/private/" not in key} == objects().keys() > lists
    assert follow(home, s3=bucket) == ["copied"]
    require_whole(objects(), ids[0])
    assert {key for key in before if ids[0] in key} == {key for key in objects() if ids[0] in key}
    assert follow(home, s3=bucket) == ["in_place"]


def require_whole(found, release_id):
    """The pointer names the list, and the list what lies there, all of it and no more."""
    listed, top = found[f"releases/{release_id}/objects.json"], f"releases/{release_id}/"
    assert json.loads(found["current.json"])["objects_sha256"] == hashlib.sha256(listed).hexdigest()
    told = {name: one["sha256"] for name, one in json.loads(listed)["objects"].items()}
    there = {key.removeprefix(top): content for key, content in found.items() if key.startswith(top)}
    del there["objects.json"]
    assert told == {name: hashlib.sha256(content).hexdigest() for name, content in there.items()}


@pytest.mark.parametrize("n_objects", [0, 3, 17])
def test_bucket__one_that_goes_away_meanwhile_leaves_the_pointer(home, bucket, objects, monkeypatch, n_objects):
    first = make_release(home, 1)
    follow(home, s3=bucket)
    make_release(home, 2)
    written, put = [], bucket_objects.Bucket.put_file

    def fail_later(self, name, path):
        if len(written) == n_objects:
            raise TargetFault("it went away")
        written.append(name)
        return put(self, name, path)

    with monkeypatch.context() as patched:
        patched.setattr(bucket_objects.Bucket, "put_file", fail_later)
        assert follow(home, s3=bucket) == ["it went away"]
    assert target.served(bucket) == Served(first, (first,))
    assert follow(home, s3=bucket) == ["copied"]
    assert json.loads(objects()["current.json"])["release_id"] == "r000002-00000002"


def test_bucket__bytes_that_come_back_changed_are_refused(home, bucket, s3_server, monkeypatch):
    make_release(home, 1)
    look = bucket_objects.Bucket._look

    def corrupt(self, name):
        if name.endswith("student_list.parquet"):
            s3_server.client.put_object(Bucket=bucket.bucket, Key=f"{bucket.path}/{name}", Body=b"PAR1")
        return look(self, name)

    monkeypatch.setattr(bucket_objects.Bucket, "_look", corrupt)
    (message,) = follow(home, s3=bucket)
    assert "does not give back what was written: releases/r000001-00000001/private/" in message
    assert target.served(bucket).current is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"endpoint": "http://127.0.0.1:9"}, "cannot be reached"),
        ({"endpoint": "http://127.0.0.1:9", "path": "year-404/of-403"}, "cannot be reached"),
        ({"bucket": "no-such-bucket"}, "is not there, or is not shown to this key"),
        ({"bucket": "nowhere"}, "is not there, or is not shown to this key"),
    ],
)
def test_bucket__what_cannot_be_a_target_is_said(home, bucket, change, message):
    make_release(home, 1)
    (said,) = follow(home, s3=bucket.model_copy(update={**change, "timeout_seconds": 1}))
    assert message in said


def test_bucket__its_name_may_be_any(home, bucket, s3_server):
    s3_server.client.create_bucket(Bucket="a-bucket-404")
    make_release(home, 1)
    named = bucket.model_copy(update={"bucket": "a-bucket-404"})
    assert [follow(home, s3=named) for _ in range(2)] == [["copied"], ["in_place"]]


def test_bucket__one_that_is_not_there_serves_nothing(bucket):
    with pytest.raises(TargetFault, match=r"the bucket nowhere at .* is not there, or is not shown to this key"):
        target.served(bucket.model_copy(update={"bucket": "nowhere"}))


def test_bucket__a_missing_key_is_named(home, bucket, monkeypatch):
    make_release(home, 1)
    monkeypatch.delenv("TEST_S3_SECRET_KEY")
    assert follow(home, s3=bucket) == ["set the environment variable TEST_S3_SECRET_KEY, which the configuration names"]
