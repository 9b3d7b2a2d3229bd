"""A throw-away PostgreSQL 15 cluster on a Unix socket, run by a user that is not root."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
MISSING = "PostgreSQL 15 is not installed: apt-get install postgresql-15"


def is_installed() -> bool:
    return _PROGRAMS.is_dir()


@dataclass(frozen=True)
class Server:
    """`url` has `{name}` where the name of a database goes."""

    folder: Path
    url: str
    settings: str

    def start(self) -> None:
        self.control("-o", self.settings, "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        """As a crash would: nobody is waited for, nothing is tidied up."""
        self.control("-m", "immediate", "stop")

    def control(self, *what: str) -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", *what)

    def run(self, program: str, *arguments: str) -> None:
        root = os.geteuid() == 0
        user = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []} if root else {}
        command = [str(_PROGRAMS / program), *arguments]
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=True, cwd="/", stdout=quiet, stdin=quiet, timeout=60, **user)


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """A running one. Unless it is to be `durable` it writes without waiting for the disk, which tests need not."""
    # pytest's own tmp_path lies below folders of mode 0700, which another user cannot enter.
    folder = Path(tempfile.mkdtemp(prefix="publisher-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c max_connections=60"
    made = Server(
        folder, f"postgresql://tests@/{{name}}?host={folder}", settings + ("" if durable else " -c fsync=off")
    )
    plain = ("-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    made.run("initdb", "-D", str(folder / "data"), *plain)
    made.start()
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)
