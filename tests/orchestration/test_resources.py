"""What the resource holds while a run is at work."""

import dagster as dg

from ingestion.home import Home
from orchestration.resources import EVENT_INDEX, WarehouseResource
from schoolstat.ui import prepare_dagster_home


def test_the_index_of_runs__is_held_open_by_a_run_and_closed_whole(tmp_path, monkeypatch, repository):
    home = Home(tmp_path / "home")
    for name, value in prepare_dagster_home(home, repository / "collaboratives" / "demo").items():
        monkeypatch.setenv(name, value)
    index = home.dagster / EVENT_INDEX
    log = index.with_name(index.name + "-wal")
    seen = []

    @dg.asset
    def look(context: dg.AssetExecutionContext, warehouse: WarehouseResource):
        context.log_event(dg.AssetMaterialization("pupils", partition="90010000"))
        seen.append((log.exists(), context.instance.get_materialized_partitions(dg.AssetKey("pupils"))))

    with dg.DagsterInstance.get() as instance:
        assert index.exists()
        assert not log.exists()
        assert dg.materialize([look], instance=instance, resources={"warehouse": WarehouseResource()}).success
    assert seen == [(True, {"90010000"})]
    assert not log.exists()


def test_a_run_on_another_storage__holds_nothing(tmp_path):
    home = Home(tmp_path / "home").ensure()
    with dg.DagsterInstance.ephemeral() as instance:
        resource = WarehouseResource(home=str(home.path))
        with dg.build_init_resource_context(instance=instance) as context, resource.yield_for_execution(context):
            assert not (home.dagster / EVENT_INDEX).exists()
