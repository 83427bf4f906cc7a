"""What `make bench` prints: reading, ingest, start-up and memory. Slow and noisy on purpose: no part of the test run.

The first two need PAPERROUND_CORPUS, the folder of real notes.
`python -m tests.bench.finding` and `python -m tests.bench.speed` measure look-ups and have options of their own.
"""

import os
import subprocess
import sys

from tests.bench import hostile, ingest, process, reading

FUZZ = "20000"  # mutations of documents, queries and commands, and a third of it of each kind of feed


def main() -> None:
    """Run every bench, each of which prints its own figures."""
    reading.main()
    ingest.main()
    process.main()
    hostile.main()
    fuzz = [sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/fuzz/test_readers.py", "tests/search/test_fuzz.py"]
    subprocess.run(fuzz, env={**os.environ, "PAPERROUND_FUZZ": FUZZ}, check=False)


if __name__ == "__main__":
    main()
