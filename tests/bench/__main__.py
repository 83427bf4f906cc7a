"""What `make bench` prints: reading, ingest, start-up and memory. Slow and noisy on purpose: no part of the test run.

The first two need PAPERROUND_CORPUS, the folder of real notes.
`python -m tests.bench.finding` and `python -m tests.bench.speed` measure look-ups and have options of their own.
"""

from tests.bench import ingest, process, reading


def main() -> None:
    """Run every bench, each of which prints its own figures."""
    reading.main()
    ingest.main()
    process.main()


if __name__ == "__main__":
    main()
