"""What keeps Airflow at the edge, and secrets out of the repository."""

import configparser
import re
import subprocess
import sys

import pytest

from arrears.settings import ROOT

IMPORT_ALL = """
import importlib, pkgutil, sys
import arrears
for module in pkgutil.walk_packages(arrears.__path__, "arrears."):
    if module.name != "arrears.__main__" and ".migrations." not in module.name:
        importlib.import_module(module.name)
print(sorted(name for name in sys.modules if name.split(".")[0] == "airflow"))
"""
LIGHT = """
import sys
import arrears.pipeline, arrears.settings, arrears.domain.schedule, arrears.errors
print(sorted({"duckdb", "pandas", "pyarrow", "numpy", "sqlalchemy"} & set(sys.modules)))
"""


@pytest.mark.parametrize("code", [IMPORT_ALL, LIGHT], ids=["arrears imports no airflow", "what a DAG imports is light"])
def test_imports(code: str) -> None:
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.stdout == "[]\n", result.stderr


def configuration() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "airflow.cfg")
    return parser


def test_the_configuration_holds_no_secret() -> None:
    keys = {key for section in configuration().values() for key in section}
    secret = {key for key in keys if re.search(r"key|secret|conn|password", key) and not key.endswith("_cmd")}
    assert secret == {"simple_auth_manager_passwords_file"}


def test_the_configuration_holds_no_path_of_a_machine() -> None:
    for section in configuration().values():
        for key, value in section.items():
            assert not re.search(r"""(^|[\s'"=])/\w""", value), f"{key} = {value}"


def test_the_configuration_is_short_and_listens_to_this_machine_only() -> None:
    assert len((ROOT / "airflow.cfg").read_text().splitlines()) <= 30
    assert configuration()["api"]["host"] == "127.0.0.1"
