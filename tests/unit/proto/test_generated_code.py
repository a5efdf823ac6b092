"""What lies beside the .proto files is what their tools make of them today."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "core" / "pillarbox" / "proto"
MADE = ("*_pb2.py", "*_pb2.pyi", "*_grpc.py")


def made_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for form in MADE for path in folder.glob(form)}


def test_the_generated_code_is_made_of_the_files_beside_it(tmp_path: Path) -> None:
    sources = sorted(str(path) for path in FOLDER.glob("*.proto"))
    outputs = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpclib_python")]
    tools = str(Path(sys.executable).parent)
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I", str(ROOT / "core"), *outputs, *sources],
        env={**os.environ, "PATH": os.pathsep.join((tools, os.environ["PATH"]))},
        check=True,
        timeout=60,
    )
    made = made_in(tmp_path / "pillarbox" / "proto")
    assert len(made) == 3 * len(sources) > 0
    assert made == made_in(FOLDER), "run make proto"
