"""Text -> `Digest` and back: the three shapes a curator writes, and the values everything else speaks in.

Pure: no file, clock, network or database. How bytes are found is `sources`; what is remembered is `store`.
A new shape is a module of its own, named in `document.py`; what one line is, whatever the shape, stands in `lines.py`.
"""
