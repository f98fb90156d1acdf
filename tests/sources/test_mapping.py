"""The declaration of a source: what it must say, and what is said of one that does not."""

import shutil
from pathlib import Path

import pytest

from arrears.errors import PolicyError, UsageError
from arrears.lake.contract import TABLES
from arrears.settings import ROOT
from arrears.sources.mapping import load_source

SHIPPED = sorted(path.parent.name for path in (ROOT / "sql" / "sources").glob("*/source.yaml"))


@pytest.fixture
def sql(tmp_path: Path) -> Path:
    """A copy of the mappings that a test may spoil."""
    shutil.copytree(ROOT / "sql" / "sources", tmp_path / "sql" / "sources")
    return tmp_path / "sql"


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_source_maps_every_table_that_it_does_not_lack(name: str) -> None:
    source = load_source(ROOT / "sql", name)
    assert source.name == name
    assert sorted([*source.tables, *source.declared.absent]) == sorted(TABLES)
    for table in source.tables:
        query = source.query(table)
        assert query.connection in source.declared.connections


@pytest.mark.parametrize(
    ("absent", "sentence"),
    [
        ("[premises]", "there is no table premises; there are: customer, premise, account, "),
        ("[bill]", "bill is said to be absent, but there is a bill.sql; take one away"),
    ],
)
def test_what_is_said_to_be_absent_is_a_table_without_a_mapping(sql: Path, absent: str, sentence: str) -> None:
    path = sql / "sources" / "ibm_ar" / "source.yaml"
    lines = [f"absent: {absent}" if line.startswith("absent:") else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines))
    with pytest.raises(PolicyError) as refused:
        load_source(sql, "ibm_ar")
    line = lines.index(f"absent: {absent}") + 1
    assert str(refused.value).startswith(f"{path}:{line}: {sentence}")


@pytest.mark.parametrize("name", ["nowhere", "", "../demo", "Demo", "demo/", "demo;drop"])
def test_an_unknown_source_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        load_source(ROOT / "sql", name)
    assert str(refused.value) == f"there is no source '{name}'; there are: {', '.join(SHIPPED)}"
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("zone: Asia/Shanghai", "zone: Asia/Peking", 2, "zone: Value error, there is no time zone Asia/Peking"),
        ("zone: Asia/Shanghai", "zone: ../etc", 2, "zone: Value error, there is no time zone ../etc"),
        ("currency: CNY", "currency: yuan", 3, "currency: String should match pattern '^[A-Z]{3}$'"),
        ("language: zh-CN", "language: fr", 4, "language: Input should be 'zh-CN' or 'en'"),
        ("language: zh-CN", "colour: red", 1, "language: Field required"),
        ("zone: Asia/Shanghai", "zone: Asia/Shanghai\ncolour: red", 3, "colour: Extra inputs are not permitted"),
        ("  phone:", "  fax:", 5, "creditor.phone: Field required"),
        ("name: demo", "name: other", 1, "its name is other, but the folder's is demo"),
        ("name: demo", "name: demo\nname: demo", 2, "name stands here twice"),
        ("name: demo", "name: [demo", 2, "this is not YAML: did not find expected ',' or ']'"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(sql: Path, old: str, new: str, line: int, sentence: str) -> None:
    path = sql / "sources" / "demo" / "source.yaml"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(PolicyError) as refused:
        load_source(sql, "demo")
    assert str(refused.value).startswith(f"{path}:{line}: {sentence}")
    assert refused.value.exit_code == 4


def test_a_connection_of_no_kind_is_refused_where_it_stands(sql: Path) -> None:
    path = sql / "sources" / "demo" / "source.yaml"
    text = path.read_text().replace("kind: database", "kind: telex")
    path.write_text(text)
    line = text.splitlines().index("  billing:") + 1
    with pytest.raises(PolicyError, match=rf"source\.yaml:{line}: connections\.billing: .*'telex'"):
        load_source(sql, "demo")


def test_an_empty_declaration_is_refused(sql: Path) -> None:
    path = sql / "sources" / "demo" / "source.yaml"
    path.write_text("# nothing yet\n")
    with pytest.raises(PolicyError, match="the file is empty"):
        load_source(sql, "demo")
