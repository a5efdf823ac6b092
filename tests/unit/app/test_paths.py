"""Where things are written: one folder, the user's own choice first."""

from pathlib import Path

import pytest

from pillarbox.app.paths import VARIABLE, Paths
from pillarbox.errors import InvalidInputError


def test_everything_lies_below_the_chosen_folder(tmp_path: Path) -> None:
    paths = Paths.choose(str(tmp_path))
    for path in (paths.wallets, paths.settings, paths.chain, paths.log, paths.run):
        assert tmp_path in path.parents


def test_the_option_comes_before_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "variable"))
    assert Paths.choose().root == tmp_path / "variable"
    assert Paths.choose(str(tmp_path / "option")).root == tmp_path / "option"


def test_a_relative_folder_stays_the_same_when_the_program_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = Paths.choose("data")
    monkeypatch.chdir("/")
    assert paths.root == tmp_path / "data"


def test_without_a_choice_it_is_the_platforms_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Paths.choose().root == tmp_path / "pillarbox"


def test_the_home_of_nobody_is_refused_as_a_data_folder() -> None:
    with pytest.raises(InvalidInputError):
        Paths.choose("~there-is-no-such-user/x")


@pytest.mark.parametrize("name", ["", " "])
def test_a_data_folder_without_a_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError):
        Paths.choose(name)
