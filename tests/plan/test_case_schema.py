"""The JSON Schema, the page on the format and the models agree with each other."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from harness.plan.library import load_library, make_plan
from harness.plan.schema import schema_text
from harness.vocabulary import Op

CASES = Path(__file__).parents[2] / "cases"
README = (CASES / "README.md").read_text(encoding="utf-8")
BLOCKS = [
    re.sub(r"^ {0,3}", "", block, flags=re.MULTILINE) if block.startswith("   ") else block
    for block in re.findall(r"^ *```yaml\n(.*?)^ *```", README, flags=re.MULTILINE | re.DOTALL)
]
SCRIPTS = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
FAULTS = Path(__file__).parent / "faults"


def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema_text()))


def loaded(text: str) -> Any:
    """The values as an editor reads them: YAML 1.2 has no dates, which ruamel.yaml makes all the same."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))


def test_the_committed_schema_is_current() -> None:
    committed = (CASES / "schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(), "run: harness cases --schema > cases/schema.json"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_accepts_the_library(path: Path) -> None:
    validator().validate(loaded(path.read_text(encoding="utf-8")))
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=schema.json\n")


@pytest.mark.parametrize(
    "name",
    [
        "unknown-key",
        "missing-why",
        "unknown-op",
        "unknown-cotangent",
        "two-forms-at-once",
        "form-without-content",
        "negative-length",
        "word-among-numbers",
        "axis-is-a-truth-value",
        "ledger-owner-unknown",
        "ledger-expires-in-a-year",
        "adapter-is-a-path",
        "temperature-is-zero",
        "temperature-is-empty",
        "mask-of-numbers",
        "mask-of-two-forms",
        "keep-beyond-one",
        "target-among-words",
        "unknown-reduction",
        "unknown-normalization",
        "label-smoothing-of-one",
        "ignore-index-is-not-whole",
        "ignore-index-beyond-int32",
        "result-dtype-is-int32",
    ],
)
def test_the_schema_refuses_what_the_harness_refuses(name: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(loaded((FAULTS / f"{name}.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_an_example_of_the_page_is_a_case_file(number: int, tmp_path: Path) -> None:
    block = BLOCKS[number]
    if "ledger:" in block:  # the entry speaks of the example of another block
        summed = next(other for other in BLOCKS if "id: summed-output" in other)
        (tmp_path / "cases.yaml").write_text(summed, encoding="utf-8")
    if "{file:" in block:
        for script in SCRIPTS:
            subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    (tmp_path / "example.yaml").write_text(block, encoding="utf-8")
    validator().validate(loaded(block))
    library = load_library([tmp_path])
    assert len(make_plan(library).problems) >= 1
    assert len(library.ledger) == ("ledger:" in block)


def test_the_page_has_the_examples_it_should_have() -> None:
    assert len(BLOCKS) >= 6
    assert any("{normal: {shape" in block for block in BLOCKS)
    for key in json.loads(schema_text())["$defs"]["Case"]["properties"]:
        assert any(re.search(rf"^ +(- )?{key}:", block, flags=re.MULTILINE) for block in BLOCKS), f"no example of {key}"
    for op in Op:
        assert any(re.search(rf"\b{op}\b", block) for block in BLOCKS), f"no example of {op}"


def test_the_messages_of_the_page_are_those_of_the_harness() -> None:
    for name, line in (("unknown-op", ":8:9: "), ("nan-without-its-dot", ":9:14: ")):
        message = (FAULTS / f"{name}.yaml").read_text().splitlines()[0].removeprefix("# ").partition(": ")[2]
        assert f"cases/mine.yaml{line}{message}\n" in README


@pytest.mark.parametrize(
    "key",
    sorted(json.loads(schema_text())["$defs"]["Case"]["properties"]),
)
def test_the_page_describes_every_key_of_a_case(key: str) -> None:
    assert f"| `{key}` |" in README
