"""One backup that cannot be read, or a birthday long ago, costs no other backup."""

import errno
from pathlib import Path

import pytest
from backup_bench import files, home, wallet_with_words
from wallet_bench import Bench

from pillarbox.errors import PillarboxError
from pillarbox.wallet import backup_files


@pytest.mark.logs_warning("could not be written: folder-unusable")
async def test_a_file_that_cannot_be_read_back_holds_no_later_one_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet = await wallet_with_words(bench)
    await wallet.backing_up.now()
    before, readable, bad = set(files(home(bench))), backup_files.read_bounded, set[Path]()

    def read(path: Path, most: int) -> bytes | None:
        if path.parent == home(bench) and path not in before and (not bad or path in bad):
            bad.add(path)
            raise OSError(errno.EIO, "Input/output error", str(path))
        return readable(path, most)

    monkeypatch.setattr(backup_files, "read_bounded", read)
    bench.clock.time += 600
    await wallet.accounts.rename(wallet.accounts.all()[0].id, "first change")
    with pytest.raises(PillarboxError):
        await wallet.backing_up.now()
    bench.clock.time += 600
    await wallet.accounts.rename(wallet.accounts.all()[0].id, "second change")
    await wallet.backing_up.now()
    assert set(files(home(bench))) - before - bad


async def test_a_birthday_before_1970_comes_back_as_it_was(bench: Bench) -> None:
    wallet = await wallet_with_words(bench)
    await wallet.accounts.note_birthday(-157_766_400)
    await wallet.backing_up.now()
    made = files(home(bench))
    await wallet.backing_up.drill()
    assert set(made) <= set(files(home(bench)))
