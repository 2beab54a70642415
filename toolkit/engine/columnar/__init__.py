"""Fast ways over columns of lines, for what they can answer exactly as the row pipeline does.

Two ideas carry the room. A line filter over raw lines is a mask. And where all that a pipeline can
see of a line is known by a *key* (which stream, which captures), the row pipeline is run on one
line of each key, and its answer holds for all of them; so its rules are written only once. A line
that the vector code is not sure of goes through the row pipeline itself.
"""
