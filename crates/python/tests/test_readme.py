"""The cell of the README runs as it stands."""

import re


def test_the_cell_of_the_readme_runs(data, monkeypatch, capsys):
    text = (data.root / "crates" / "python" / "README.md").read_text(encoding="utf-8")
    [cell] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(data.root)
    names = {}
    exec(compile(cell, "README.md", "exec"), names)
    printed = capsys.readouterr().out
    assert len(names["features"].columns) == 122 and names["risky"].height == 3
    assert names["risky"]["score"].is_sorted(descending=True)
    # Three reasons, each with its weight.
    assert len(re.findall(r"^[+-]\d\.\d\d  \S", printed, re.MULTILINE)) == 3
