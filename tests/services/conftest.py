"""Real servers on the loopback: OpenSSH's sshd, PostgreSQL. Absent, their tests are skipped and listed, or fail."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def absent(what: str, how: str) -> None:
    """Skip, unless the services are required."""
    if os.environ.get("MENTORAT_EXIGER_SERVICES") == "1":
        pytest.fail(f"{what} est exigé (MENTORAT_EXIGER_SERVICES=1) et n'est pas installé.")
    pytest.skip(f"{what} n'est pas installé : {how}")


@dataclass(frozen=True)
class SshServer:
    """sshd for the current user: its port, the line of its public key, a user key it accepts, the folder it serves."""

    port: int
    host_key: str
    user_key: Path
    other_key: Path
    user: str
    folder: Path


def _key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path


@pytest.fixture(scope="session")
def ssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    import getpass

    sshd = shutil.which("sshd") or "/usr/sbin/sshd"
    if not Path(sshd).exists():
        absent("OpenSSH (sshd)", "apt install openssh-server")
    home = tmp_path_factory.mktemp("sshd")
    host, user, other = _key(home / "hote"), _key(home / "compte"), _key(home / "autre")
    (home / "autorisees").write_bytes(user.with_suffix(".pub").read_bytes())
    served, port = home / "depots", free_port()
    served.mkdir()
    (home / "sshd_config").write_text(
        "\n".join(
            [
                f"Port {port}",
                "ListenAddress 127.0.0.1",
                f"HostKey {host}",
                f"PidFile {home / 'pid'}",
                f"AuthorizedKeysFile {home / 'autorisees'}",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "UsePAM no",
                "StrictModes no",  # pytest's folder stands under /tmp, writable by all
                "PermitRootLogin prohibit-password",
                "Subsystem sftp internal-sftp",
            ]
        )
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where a privileged sshd separates itself
    with (home / "log").open("w") as log:
        server = subprocess.Popen([sshd, "-D", "-e", "-f", str(home / "sshd_config")], stderr=log)
        try:
            _wait(port, server, home / "log")
            yield SshServer(port, host.with_suffix(".pub").read_text().strip(), user, other, getpass.getuser(), served)
        finally:
            server.terminate()
            server.wait(timeout=10)


def _wait(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(100):
        assert server.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL cluster: its port, a database, an account that may only read, its password."""

    port: int
    base: str
    user: str
    password: str

    def execute(self, *statements: str) -> None:
        """Run statements as the owner of the cluster."""
        import psycopg

        with psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=self.base, user="postgres", password=self.password, autocommit=True
        ) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = found[-1] if found else Path(shutil.which("initdb") or "/absent")
    if not initdb.exists():
        absent("PostgreSQL", "apt install postgresql")
    # PostgreSQL refuses to run as root: there, its own account does, in a folder of its own
    account = {"user": "postgres"} if os.geteuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="postgres-"))  # pytest's own folders are closed to that account
    if account:
        shutil.chown(home, "postgres")
    password = "simulation-sans-secret"
    (home / "mdp").write_text(password)
    data, port = home / "data", free_port()

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd="/", **account)

    run(str(initdb), "-D", str(data), "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={home / 'mdp'}", "-E", "UTF8",
        "--no-sync")  # fmt: skip
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    control = str(initdb.with_name("pg_ctl"))
    run(control, "-D", str(data), "-l", str(home / "log"), "-w", "-o", options, "start")
    try:
        server = PostgresServer(port, "postgres", "lecture", password)
        server.execute(f"create role lecture login password '{password}'")
        yield server
    finally:
        run(control, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(home)
