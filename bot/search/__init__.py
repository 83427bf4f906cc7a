"""What was typed -> a command or a query tree, and what can be said about text: words, dates, snippets, ranking.

Pure: no SQL (that is `store/index.py`), no words for people (that is `messages`).
"""
