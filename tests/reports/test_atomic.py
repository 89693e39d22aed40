import os
from pathlib import Path

import pytest
from perturbproof.reports.files import write_atomic


def test_writes_text_and_bytes_and_makes_folders(tmp_path: Path) -> None:
    assert write_atomic(tmp_path / "a" / "b.txt", "τ\n").read_bytes() == "τ\n".encode()
    assert write_atomic(tmp_path / "b.bin", b"\0\1").read_bytes() == b"\0\1"
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b.bin", "b.txt"]


def test_a_failed_rename_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = write_atomic(tmp_path / "report.json", "old")

    def refuse(self: Path, other: Path) -> None:
        raise OSError("disk on fire")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="disk on fire"):
        write_atomic(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "report.json", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_should_be_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_atomic(tmp_path / "file" / "report.json", "new")
