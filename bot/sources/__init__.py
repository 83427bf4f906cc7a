"""Where digests come from: a folder of files, a feed. They find documents that changed.

Reading a document is `digest`, keeping it is `store`; `bot.ingest` carries from one to the other. What a source is
stands in `reading.py`; a new kind of source is a module of its own.
"""
