"""Counts into findings: periods, comparisons, nodes. DataFrame in, DataFrame out; no source."""
