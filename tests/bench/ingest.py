"""How long `paperround ingest` takes over the real vault, as a whole process: cold, and with nothing changed."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAPERROUND = Path(sys.executable).with_name("paperround")
RUNS = 5


def main() -> None:
    """Print medians in seconds."""
    folder = os.environ.get("PAPERROUND_CORPUS")
    if not folder:
        print("ingest: set PAPERROUND_CORPUS to the folder of the real notes")
        return
    vault = str(Path(folder) / "vault")
    cold, unchanged, version = [], [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as empty:
            environment = os.environ | {"PAPERROUND_DATABASE_URL": f"sqlite:///{empty}/bench.db"}
            cold.append(seconds(environment, "ingest", vault))
            unchanged.append(seconds(environment, "ingest", vault))
            version.append(seconds(environment, "--version"))
    beyond = statistics.median(unchanged) - statistics.median(version)
    print(f"ingest of the vault, cold: {statistics.median(cold):.2f} s (bar 4.00)")
    print(f"ingest of the vault, unchanged, beyond --version: {beyond:.2f} s (bar 0.30)")


def seconds(environment: dict[str, str], *words: str) -> float:
    """The time one whole command takes."""
    begun = time.perf_counter()
    subprocess.run([str(PAPERROUND), *words], env=environment, capture_output=True, check=False)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
