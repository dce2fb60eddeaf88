"""What the resource holds while a run is at work."""

import dagster as dg

from ingestion.home import Home
from orchestration import resources
from orchestration.resources import EVENTS, WarehouseResource
from schoolstat.ui import prepare_dagster_home


def test_the_index_of_runs__is_held_open_by_a_run_and_closed_whole(tmp_path, monkeypatch, repository):
    home = Home(tmp_path / "home")
    for name, value in prepare_dagster_home(home, repository / "collaboratives" / "demo").items():
        monkeypatch.setenv(name, value)
    index = home.dagster / EVENTS / "index.db"
    log = index.with_name(index.name + "-wal")
    seen = []

    @dg.asset
    def look(context: dg.AssetExecutionContext, warehouse: WarehouseResource):
        context.log_event(dg.AssetMaterialization("pupils", partition="90010000"))
        seen.append(
            (
                log.exists(),
                log.with_name(f"{context.run.run_id}.db-wal").exists(),
                context.instance.get_materialized_partitions(dg.AssetKey("pupils")),
            )
        )

    with dg.DagsterInstance.get() as instance:
        assert index.exists()
        assert not log.exists()
        assert dg.materialize([look], instance=instance, resources={"warehouse": WarehouseResource()}).success
    assert seen == [(True, True, {"90010000"})]
    assert list(log.parent.glob("*-wal")) == []


def test_a_run_on_another_storage__holds_nothing(tmp_path):
    home = Home(tmp_path / "home").ensure()
    with dg.DagsterInstance.ephemeral() as instance:
        resource = WarehouseResource(home=str(home.path))
        with dg.build_init_resource_context(instance=instance) as context, resource.yield_for_execution(context):
            assert not (home.dagster / EVENTS).exists()


def test_a_run__whose_quality_page_cannot_be_written_ends_as_it_would_and_says_so(
    tmp_path, monkeypatch, repository, caplog
):
    name = "Grace".upper()

    def fail(*_):
        raise ValueError(name)

    monkeypatch.setattr(resources, "write_quality_page", fail)
    home = Home(tmp_path / "home").ensure()
    resource = WarehouseResource(home=str(home.path), collaborative=str(repository / "collaboratives" / "demo"))
    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_init_resource_context(instance=instance) as context,
        resource.yield_for_execution(context),
    ):
        assert resource.open().home == home
    assert "was not written (unexpected ValueError)" in caplog.text
    assert name not in caplog.text
    assert resource._opened is None
