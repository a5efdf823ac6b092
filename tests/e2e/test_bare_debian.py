"""A fresh clone on a Debian 12 that has Python and make only: `make run` and `make test` do the rest."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
INSIDE = "/home/pillarbox"
IN_A_ROOT_OF_ITS_OWN = f"""
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
exec chroot "$1" sh -c "cd {INSIDE} && exec $2"
"""
ABOUT_CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


@pytest.fixture(scope="module")
def bare_debian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a Debian 12 with a clone of this project in it."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a root of its own")
    subprocess.run([ROOT / "tools/debian_packages.sh", "debootstrap"], check=True)
    root = tmp_path_factory.mktemp("bookworm")
    packages = "--include=python3,make,ca-certificates"
    subprocess.run(["debootstrap", "--variant=minbase", packages, "bookworm", root], check=True)
    subprocess.run(["git", "clone", "--quiet", ROOT, f"{root}{INSIDE}"], check=True)
    for file in (CERTIFICATES, Path("/etc/resolv.conf"), Path("/etc/hosts")):
        shutil.copyfile(file, root / file.relative_to("/"))
    return root


def make(root: Path, target: str) -> str:
    """What `make` prints there; it fails the test with its output if it fails."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
    environment |= {name: str(CERTIFICATES) for name in ABOUT_CERTIFICATES if name in os.environ}
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", IN_A_ROOT_OF_ITS_OWN, "sh", root, f"make {target}"],
        env=environment | {"PILLARBOX_REQUIRE_PEERS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-8000:]
    return done.stdout


@pytest.mark.slow
def test_without_a_display_the_tour_is_run_and_says_where_its_pictures_are(bare_debian: Path) -> None:
    told = make(bare_debian, "run")
    assert f"{INSIDE}/build/tour" in told
    assert len(list(bare_debian.glob(f"{INSIDE[1:]}/build/tour/*.png"))) >= 8


@pytest.mark.slow
def test_every_test_passes(bare_debian: Path) -> None:
    assert " passed" in make(bare_debian, "test").splitlines()[-1]
