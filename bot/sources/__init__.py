"""Where digests come from: a folder of files, a feed. They find documents that changed; they do not read or keep them."""
