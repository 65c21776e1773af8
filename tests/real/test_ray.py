"""A sweep on a Ray cluster of two nodes, one of which is lost, comes to the same as one on this machine alone."""

import signal

import pytest

from grokyolo.run import extension
from tests.real.sweeps import Sweep, quiet_settings
from tests.real.training import events

QUICK = {
    "RAY_AUTH_MODE": "disabled",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_health_check_initial_delay_ms": "0",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_failure_threshold": "3",
}
"""A lost node is noticed within seconds."""

NODE = {"include_dashboard": False, "object_store_memory": 80_000_000}


@pytest.fixture(scope="module")
def cluster():
    """A cluster whose first node, that of whoever starts a sweep, trains nothing."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in QUICK.items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        cluster = Cluster(initialize_head=True, head_node_args={**NODE, "num_cpus": 0})
        yield cluster
        cluster.shutdown()


@pytest.fixture
def node(cluster):
    """Start a node that trains one point at a time; the nodes of a test are gone at its end."""
    nodes = []

    def start():
        nodes.append(cluster.add_node(**NODE, num_cpus=1))
        return nodes[-1]

    yield start
    for one in nodes:
        if one in cluster.worker_nodes:
            cluster.remove_node(one, allow_graceful=False)


@pytest.mark.parametrize("how", [[], ["--copy"]], ids=["shared", "copied"])
def test_a_lost_node_leaves_no_trace(workplace, tmp_path_factory, undisturbed, cluster, node, how):
    environment = {**quiet_settings(tmp_path_factory.mktemp("settings")), **QUICK}
    lost = node()
    sweep = Sweep(workplace, "--ray", cluster.address, *how, **environment)
    sweep.start()
    sweep.wait_for_state(sweep.runs[0])  # of which a copy was sent, where copies are sent
    cluster.remove_node(lost, allow_graceful=False)
    node()
    assert sweep.end() == 0, sweep.said.read_text()
    assert sweep.equals(undisturbed)
    words = list(events(sweep.runs[0]).values())
    assert "resume" in words and "restart" not in words
    assert "raylet" not in sweep.said.read_text()  # what Ray says of it is no result
    assert "retried" in (sweep.folder / "logs" / "ray.log").read_text()


def test_a_signal_lets_the_points_save(workplace, tmp_path_factory, cluster, node):
    environment = {**quiet_settings(tmp_path_factory.mktemp("settings")), **QUICK}
    node()
    sweep = Sweep(workplace, "--ray", cluster.address, fixed=("data.modulus=5", "epochs=100000"), **environment)
    sweep.start()
    sweep.wait_for(sweep.runs[0], 3)
    sweep.process.send_signal(signal.SIGTERM)
    assert sweep.end() == 75
    assert "stopped by SIGTERM; 0 of 2 points are finished, the others saved" in sweep.said.read_text()
    assert extension.last_saved_epoch(sweep.runs[0]) == sweep.epochs(sweep.runs[0])
    assert not sweep.runs[1].exists()
