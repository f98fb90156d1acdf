"""What Airflow's processes are told, and the secrets they share. The only place that sets their environment."""

import base64
import json
import os
import secrets
import sys
from pathlib import Path

from arrears.casebook.server import database_url
from arrears.settings import ROOT, Settings

FIRST_PORT = 8080


def airflow_home(settings: Settings) -> Path:
    return settings.state / "airflow"


def log_folder(settings: Settings) -> Path:
    """Where the service's own processes write; the logs of tasks lie in the folder `logs` beside it."""
    folder = airflow_home(settings) / "service"
    folder.mkdir(exist_ok=True)
    return folder


def recorded_port(settings: Settings, name: str = "port", first: int = FIRST_PORT) -> int:
    """The port that a web page of this deployment was last given: Airflow's own, unless another one is named."""
    path = airflow_home(settings) / name
    return int(path.read_text()) if path.exists() else first


def address(settings: Settings) -> str:
    return f"http://127.0.0.1:{recorded_port(settings)}"


def environment(settings: Settings) -> dict[str, str]:
    """Ours, with what leads Airflow to this deployment. Settings given in code reach the processes as variables."""
    given = settings.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return {
        **os.environ,
        **{f"ARREARS_{name.upper()}": str(value) for name, value in given.items()},
        "ARREARS_STATE": str(settings.state),
        "ARREARS_ROOT": str(ROOT),
        "AIRFLOW_HOME": str(airflow_home(settings)),
        "AIRFLOW_CONFIG": str(ROOT / "airflow.cfg"),
        "AIRFLOW__API__PORT": str(recorded_port(settings)),
        "AIRFLOW__API__BASE_URL": address(settings),
        # Tasks call the API server here; a proxy for the outside must not get in between.
        "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"])),
        # DAGs find this checkout even where it was moved after it was installed.
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "PYTHONUNBUFFERED": "1",
    }


def airflow_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *arguments]


def admin_password(settings: Settings) -> str:
    return str(json.loads((airflow_home(settings) / "passwords.json").read_text())["admin"])


def write_secrets(settings: Settings) -> None:
    """Makes what is missing, once; the URL of the metadata follows the server."""
    home = airflow_home(settings)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = {
        "jwt_secret": secrets.token_urlsafe(64),
        "secret_key": secrets.token_urlsafe(32),
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "passwords.json": json.dumps({"admin": secrets.token_urlsafe(12)}),
    }
    for name, text in made.items():
        if not (home / name).exists():
            write_private(home / name, text)
    write_private(home / "metadata_url", database_url(settings, "airflow"))


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others."""
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    aside.rename(path)
