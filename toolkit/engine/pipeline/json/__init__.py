"""JSON as grafana/jsonparser reads it: leniently, in order, and with errors of its own.

That parser never looks at a document as a whole. It walks from key to key, hands out what it meets,
and stops where it is stuck or has what it wants; so a broken line yields the labels before the
break, and trailing garbage is not noticed at all. Loki's ``json`` and ``unpack`` show all of this.
"""
