"""The parts of a report, one file each: named queries asked, the answers analysed into findings."""
