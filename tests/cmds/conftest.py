"""The tree that archives are made of."""

import os

import pytest

from tests.support.reference import make_tree


@pytest.fixture
def tree(tmp_path, monkeypatch):
    root = tmp_path / "tree"
    root.mkdir()
    make_tree(root)
    os.link(root / "words", root / "hard")
    monkeypatch.chdir(root)
    return root
