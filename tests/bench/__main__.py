"""What `make bench` prints: reading, ingest, start-up and memory. Slow and noisy on purpose: no part of the test run.

Needs PAPERROUND_CORPUS, the folder of real notes, for the first two.
"""

import os
import sys
from pathlib import Path

from tests.bench import ingest, process, reading


def main() -> None:
    """Run every bench, each of which prints its own figures."""
    corpus = os.environ.get("PAPERROUND_CORPUS")
    if corpus:
        reading.main(Path(corpus))
        ingest.main(Path(corpus))
    else:
        print("reading, ingest: not measured; set PAPERROUND_CORPUS to the folder of the real notes", file=sys.stderr)
    process.main()


if __name__ == "__main__":
    main()
