"""The runner of the benchmarks tells what was missed and what did not run."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

RUNNER = Path(__file__).parents[1] / "bench" / "run.py"

BENCHMARKS = {
    "bench_fast": """def run():
    return {
        "derive": {"value": 9, "unit": "1/s", "target": 2.8, "peer": "other", "peer_value": 3, "ratio": 3.0},
        "restore": {"value": 5.0, "unit": "s", "target": 1, "peer": "other", "peer_value": 9.0, "ratio": 0.6},
        "memory": {"value": 40, "unit": "MB", "target": 50},
    }
""",
    "bench_slow": """def run():
    return {
        "hand-outs": {"value": 15000, "unit": "1/s", "target": 20000},
        "pause": {"value": 80, "unit": "ms", "target": 50},
    }
""",
    "bench_broken": "def run():\n    raise OSError('no server')\n",
    "bench_alone": 'def run():\n    return {"scan": {"value": 1, "unit": "s", "peer": "other"}}\n',
}


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The runner over a folder of benchmarks made for the occasion."""
    spec = importlib.util.spec_from_file_location("bench_runner", RUNNER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, source in BENCHMARKS.items():
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(module, "HERE", tmp_path)
    monkeypatch.setattr(module, "RESULT", tmp_path / "build" / "bench.json")
    monkeypatch.setattr(module, "in_a_process_of_its_own", lambda name: run_here(tmp_path / f"{name}.py"))
    return module


def run_here(file: Path) -> object:
    namespace: dict[str, object] = {}
    exec(file.read_text(encoding="utf-8"), namespace)  # noqa: S102  # this test's own lines
    run = namespace["run"]
    assert callable(run)
    return run()


def test_results_are_merged_and_missed_targets_are_no_failure(
    runner: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert runner.main(["bench_fast", "bench_slow"]) == 0
    written = json.loads(runner.RESULT.read_text(encoding="utf-8"))
    assert list(written) == ["derive", "restore", "memory", "hand-outs", "pause"]
    told = capsys.readouterr().out
    assert told.endswith("Missed targets:\n  hand-outs: 15000, target 20000\n  pause: 80, target 50\n")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bench_broken", "bench_broken did not run: OSError: no server"),
        ("bench_alone", "the peer other did not run"),
    ],
)
def test_what_did_not_run_is_a_failure_and_the_rest_is_kept(
    runner: ModuleType, capsys: pytest.CaptureFixture[str], name: str, reason: str
) -> None:
    assert runner.main([name, "bench_fast"]) == 1
    assert reason in capsys.readouterr().out
    assert "derive" in json.loads(runner.RESULT.read_text(encoding="utf-8"))


def test_every_benchmark_is_run_by_default(runner: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main([]) == 1
    assert capsys.readouterr().err.split(" ...\n")[:-1] == sorted(BENCHMARKS)
