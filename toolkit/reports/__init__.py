"""Reports: a source asked with named queries, the answers analysed, and written down.

``collect`` asks, ``data`` holds what was found, ``sections`` say it in words, pictures and tables
in one listed order, and a renderer for each format writes the same content.
"""
